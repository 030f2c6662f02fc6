"""Which moves a plan shows: those that are declared, and those that look so, with the line to add."""

import pytest

from scope.documents.manifest import ManifestMove
from scope.errors import UsageError
from scope.graph.closure import DomainIndex
from scope.planning.moves import list_moves
from tests.support.builders import resource_module, resource_yaml
from tests.support.fake_git import FakeGit, Files

SALES = "resources/sales/orders/jobs/refresh.py"
BASE: Files = {
    "src/ads/clicks/a.py": "",
    SALES: resource_module("job", "sales_refresh", {"name": "Refresh ${var.x}"}),
    "resources/sales/orders/s.yml": resource_yaml("schemas", "orders", {"name": "orders", "catalog_name": "main"}),
}


def index(files: Files) -> DomainIndex:
    return DomainIndex(FakeGit().snapshot(files))


def moves(head: Files) -> list[ManifestMove]:
    return list(list_moves(index(BASE), index(head), {"ads", "sales", "revenue"}))


def renamed(*lines: str) -> Files:
    files: Files = {
        "src/ads/clicks/a.py": "",
        "resources/revenue/orders/jobs/refresh.py": resource_module("job", "revenue_refresh", {"name": "Another"}),
        "resources/revenue/orders/s.yml": BASE["resources/sales/orders/s.yml"],
    }
    return {**files, "moves.toml": f"moves = {list(lines)!r}\n"} if lines else files


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_renamed_domain_is_one_line_and_each_of_its_resources(*, is_declared: bool) -> None:
    line = "sales -> revenue"
    assert moves(renamed(line) if is_declared else renamed()) == [
        ManifestMove("sales.jobs.sales_refresh", "revenue.jobs.revenue_refresh", is_declared, line),
        ManifestMove("sales.schemas.orders", "revenue.schemas.orders", is_declared, line),
    ]


def test_a_renamed_key_is_known_by_the_name() -> None:
    head = {**BASE, SALES: resource_module("job", "nightly", {"name": "Refresh ${var.x}"})}
    line = "sales.jobs.sales_refresh -> sales.jobs.nightly"
    assert moves(head) == [ManifestMove("sales.jobs.sales_refresh", "sales.jobs.nightly", declared=False, line=line)]


def test_a_resource_that_another_domain_gets_is_known_by_its_key_or_name() -> None:
    head = {path: content for path, content in BASE.items() if path != SALES}
    head["resources/ads/clicks/jobs/x.py"] = resource_module("job", "x", {"name": "Refresh ${var.x}"})
    line = "sales.jobs.sales_refresh -> ads.jobs.x"
    assert moves(head) == [ManifestMove("sales.jobs.sales_refresh", "ads.jobs.x", declared=False, line=line)]


def test_what_goes_nowhere_and_what_is_only_removed_is_no_move() -> None:
    assert moves(renamed("sales -> nowhere")) == []
    assert moves({path: content for path, content in BASE.items() if path != SALES}) == []
    assert moves(BASE) == []


def test_a_line_that_cannot_be_is_told_before_the_merge() -> None:
    with pytest.raises(UsageError, match=r"moves\.toml:1: `sales` is still a domain"):
        moves({**BASE, "moves.toml": "moves = ['sales -> ads']\n"})
