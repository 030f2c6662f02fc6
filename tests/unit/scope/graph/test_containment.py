"""Which node holds which, by place alone."""

import pytest

from scope.graph.containment import Homes, list_ancestors
from scope.graph.nodes import TOOLING


@pytest.mark.parametrize(
    ("node", "ancestors"),
    [
        ("domain:finance", []),
        ("reader:finance", []),
        ("source:finance.stripe", ["domain:finance"]),
        ("file:src/finance/stripe/raw/x.py", ["source:finance.stripe", "domain:finance"]),
        ("file:specs/jobs/finance/stripe/x.yml", ["source:finance.stripe", "domain:finance"]),
        ("file:resources/finance/__init__.py", ["domain:finance"]),
        ("table:finance.stripe.raw_x", ["source:finance.stripe", "domain:finance"]),
        ("table:ingest.stripe.raw_x", ["schema:ingest.stripe", "catalog:ingest"]),
        ("table:odd", []),
        ("table:main.stripe.payments", ["source:finance.stripe", "domain:finance"]),
        ("table:main.gold.payments", ["domain:finance"]),
        ("table:main.other.payments", ["schema:main.other", "catalog:main"]),
        ("file:src/common/readers/csv.py", ["library:src/common/readers", "library:src/common"]),
        ("file:resources/_models/tags.yml", ["folder:resources/_models"]),
        ("file:targets/prod.yml", ["target:prod"]),
        ("file:databricks.yml", [TOOLING]),
        ("file:tools/new.cfg", [TOOLING]),
        (TOOLING, []),
    ],
)
def test_a_node_lies_in_what_its_place_says(node: str, ancestors: list[str]) -> None:
    assert (
        list(
            list_ancestors(node, Homes({"finance"}, {"main.stripe": "source:finance.stripe", "main.gold": "domain:finance"}))
        )
        == ancestors
    )
