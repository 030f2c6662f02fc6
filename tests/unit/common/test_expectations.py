"""Expectations: handed to Databricks' pipelines, applied to rows where there are none. Spark itself: tests/pipelines."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.support.engines import LocalEngine

Query = Callable[[], Any]
RULES = {"has_an_id": "id IS NOT NULL", "is_new": "version > 1"}


@pytest.fixture
def pipelines(local_engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give a `pyspark.pipelines` without expectations, as open-source Spark has it."""
    assert local_engine
    stand_in = ModuleType("pyspark.pipelines")
    package = ModuleType("pyspark")
    vars(package)["pipelines"] = stand_in
    monkeypatch.setitem(sys.modules, "pyspark", package)
    monkeypatch.setitem(sys.modules, "pyspark.pipelines", stand_in)
    return stand_in


@pytest.mark.parametrize("kind", ["expect", "expect_or_drop", "expect_or_fail"])
@pytest.mark.parametrize("rules", [RULES, {"has_an_id": "id IS NOT NULL"}])
def test_databricks_gets_each_rule_by_its_name_and_the_query_as_it_is(
    local_engine: LocalEngine, pipelines: ModuleType, kind: str, rules: dict[str, str]
) -> None:
    given: list[tuple[dict[str, str], Query]] = []

    def own(conditions: dict[str, str]) -> Callable[[Query], str]:
        return lambda query: (given.append((conditions, query)), "what Databricks makes of it")[1]

    all_of_them = kind.replace("expect", "expect_all")
    setattr(pipelines, all_of_them, own)
    expectations = local_engine.module("common.expectations")
    query: Query = object
    made = [getattr(expectations, all_of_them)(rules)(query)]
    if len(rules) == 1:
        made.append(getattr(expectations, kind)(*next(iter(rules.items())))(query))
    assert given == [(rules, query)] * len(made)
    assert made == ["what Databricks makes of it"] * len(made)


@pytest.mark.parametrize(("kind", "kept"), [("expect_all", 4), ("expect_all_or_drop", 1)])
@pytest.mark.usefixtures("pipelines")
def test_elsewhere_a_row_is_dropped_unless_every_condition_is_true(local_engine: LocalEngine, kind: str, kept: int) -> None:
    expectations = local_engine.module("common.expectations")
    rows = [("a", 2), ("a", 1), ("a", None), (None, 2)]

    @getattr(expectations, kind)(RULES)
    def records() -> Any:  # noqa: ANN401  the engine's own DataFrame
        return local_engine.frame("id string, version bigint", rows)

    assert records.__name__ == "records"
    assert len(local_engine.rows(records(), "id", "version")) == kept
