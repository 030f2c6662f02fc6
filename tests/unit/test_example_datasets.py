"""What a pipeline finds when it runs the layer folders of the example.

A stand-in for Databricks' `pyspark.pipelines` records what the decorators are given. It says which datasets would be
registered, which tables they read and that their expectations can be evaluated; nothing about streams. Open-source Spark
runs the same files in tests/pipelines.
"""

import re
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from common.tables import KEYS
from tests.support.engines import LocalEngine

SRC = Path(__file__).parents[2] / "src"
MARKETING_IN_DEV = ("marketing", "dev_", "ada_", "staging_", "")
LAYERS = ("raw", "base", "staging", "final")
Function = Callable[[], Any]
Decorator = Callable[[Function], Function]


class RecordingPipelines(ModuleType):
    """Stands in for `pyspark.pipelines`; what it doesn't know is an AttributeError, as a misspelt decorator would be."""

    def __init__(self) -> None:
        super().__init__("pyspark.pipelines")
        self.kinds: dict[str, str] = {}
        self.functions: dict[str, Function] = {}
        self.rules: dict[str, list[tuple[str, str]]] = {}
        self.tables: dict[str, Any] = {}
        # What a dataset function asks `SparkSession.active()` for.
        self.session = SimpleNamespace(read=SimpleNamespace(table=lambda name: self.tables[name]))

    def table(self, *, name: str, comment: str) -> Decorator:
        return self._dataset("table", name, comment)

    def materialized_view(self, *, name: str, comment: str) -> Decorator:
        return self._dataset("materialized_view", name, comment)

    def expect_all(self, conditions: dict[str, str]) -> Decorator:
        return self._rules("count", conditions)

    def expect_all_or_drop(self, conditions: dict[str, str]) -> Decorator:
        return self._rules("drop", conditions)

    def expect_all_or_fail(self, conditions: dict[str, str]) -> Decorator:
        return self._rules("fail", conditions)

    def _dataset(self, kind: str, name: str, comment: str) -> Decorator:
        def register(function: Function) -> Function:
            assert name not in self.kinds
            assert function.__name__ == name
            assert comment.endswith(".")
            self.kinds[name] = kind
            self.functions[name] = function
            return function

        return register

    def _rules(self, action: str, conditions: dict[str, str]) -> Decorator:
        def register(function: Function) -> Function:
            self.rules.setdefault(function.__name__, []).extend((action, condition) for condition in conditions.values())
            return function

        return register

    def update(self, name: str) -> Any:  # noqa: ANN401  the engine's own DataFrame
        """Return what an update of the dataset would hold: its function's result, and its expectations applied."""
        frame = self.functions[name]()
        for action, condition in self.rules.get(name, []):
            kept = frame.where(condition)
            if action == "drop":
                frame = kept
            elif action == "fail":
                assert kept.count() == frame.count(), condition
        return frame


@pytest.fixture
def pipelines(local_engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> RecordingPipelines:
    stand_in = RecordingPipelines()
    package = ModuleType("pyspark")
    vars(package)["pipelines"] = stand_in
    monkeypatch.setitem(sys.modules, "pyspark", package)
    monkeypatch.setitem(sys.modules, "pyspark.pipelines", stand_in)
    monkeypatch.setattr(type(local_engine.session), "active", lambda: stand_in.session, raising=False)
    return stand_in


def modules_of(source: str, layer: str) -> list[str]:
    files = sorted((SRC / source / layer).rglob("*.py"))
    return [".".join(file.relative_to(SRC).with_suffix("").parts) for file in files if file.name != "__init__.py"]


@pytest.mark.parametrize(
    ("source", "layer", "datasets"),
    [
        ("finance/stripe", "raw", {"raw_payments": "table"}),
        ("finance/stripe", "base", {"base_payments": "materialized_view"}),
        ("finance/stripe", "staging", {"staging_payments": "materialized_view"}),
        ("finance/stripe", "final", {"final_payments": "materialized_view"}),
        ("marketing/hubspot", "raw", {"raw_campaigns": "table"}),
        ("marketing/hubspot", "base", {"base_campaigns": "materialized_view"}),
        ("marketing/hubspot", "staging", {"staging_campaigns": "materialized_view"}),
        ("marketing/hubspot", "final", {"final_campaign_revenue": "materialized_view"}),
    ],
)
def test_a_layer_s_folder_registers_its_tables_and_nothing_else(
    local_engine: LocalEngine, pipelines: RecordingPipelines, source: str, layer: str, datasets: dict[str, str]
) -> None:
    for name in modules_of(source, layer):
        local_engine.module(name)
    assert pipelines.kinds == datasets


@pytest.mark.parametrize("source", ["finance/stripe", "marketing/hubspot"])
def test_modules_beside_the_layers_register_nothing(
    local_engine: LocalEngine, pipelines: RecordingPipelines, source: str
) -> None:
    beside = [folder.name for folder in (SRC / source).iterdir() if folder.is_dir() and folder.name not in LAYERS]
    names = [name for folder in beside for name in modules_of(source, folder)]
    assert names
    for name in names:
        local_engine.module(name)
    assert pipelines.kinds == {}


def test_the_layers_of_both_domains_fit_together(
    local_engine: LocalEngine, pipelines: RecordingPipelines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From landed records to the final tables, each layer reading what the one before it wrote."""
    for source in ("finance/stripe", "marketing/hubspot"):
        for layer in LAYERS:
            for name in modules_of(source, layer):
                local_engine.module(name)
    # Where marketing, in dev, is told to read finance's tables.
    prefixes = [f"--{key}={value}" for key, value in zip(KEYS, MARKETING_IN_DEV, strict=True)]
    monkeypatch.setattr(sys, "argv", ["pipeline", *prefixes])

    pipelines.tables["raw_payments"] = local_engine.landed("finance/stripe/payments.json")
    pipelines.tables["raw_campaigns"] = local_engine.landed("marketing/hubspot/campaigns.json")
    for name in ("base_payments", "staging_payments", "base_campaigns", "staging_campaigns"):
        pipelines.tables[name] = pipelines.update(name)
    pipelines.tables["staging_finance.stripe.final_payments"] = pipelines.update("final_payments")

    assert local_engine.rows(pipelines.update("final_campaign_revenue"), "campaign_id", "revenue") == [
        ("always", Decimal("12.5")),
        ("spring", Decimal("12.5")),
    ]
    assert local_engine.rows(pipelines.update("base_payments"), "payment_id") == [
        ("pay_1",),
        ("pay_2",),
        ("pay_3",),
        ("pay_4",),
        ("pay_5",),
    ]


def test_every_folder_of_a_domain_is_a_package() -> None:
    domains = [path.parent for path in SRC.glob("*/__init__.py")]
    folders = {file.parent for domain in domains for file in domain.rglob("*.py")}
    missing = [str(folder.relative_to(SRC)) for folder in folders if not (folder / "__init__.py").is_file()]
    assert missing == []


def test_domains_import_only_themselves_and_common() -> None:
    """The example keeps the rule it teaches."""
    domains = {path.parent.name for path in SRC.glob("*/__init__.py")} - {"common"}
    imported = {
        (domain, other)
        for domain in domains
        for file in (SRC / domain).rglob("*.py")
        for other in re.findall(r"^\s*(?:from|import)\s+(\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        if other in domains - {domain}
    }
    assert imported == set()
