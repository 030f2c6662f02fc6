"""The manifest for a terminal."""

import io

import pytest

from scope.documents.manifest import Manifest
from scope.render.text import print_plan
from tests.support.manifest_cases import CASES, TARGETS, everywhere, imported, manifest
from tests.support.manifests import change
from tests.support.screens import WIDTHS, Screen, count_lines

LONG = "a" * 45
MOST_LINES = 40


def one_shared_file(*names: str) -> Manifest:
    deploy = (
        item for name in names for item in everywhere(name, imported(0, name, f"src/{name}/stripe/transforms/payments.py"))
    )
    ordered = sorted(deploy, key=lambda item: (item.target, item.domain))
    return manifest(tuple(ordered), (change(0, "src/common/money.py"),))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("last", ["domain_24", LONG], ids=["short", "long"])
def test_a_change_that_reaches_many_domains_fits_a_screen(width: int, last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = (*(f"domain_{number:02}" for number in range(24)), last)
    screen = Screen(width, monkeypatch)
    print_plan(one_shared_file(*names), screen, color=False)
    text = screen.getvalue()
    assert count_lines(text, width) <= MOST_LINES
    assert text.count("src/common/money.py") == 1
    for whole in ("deploy ", ", ".join(TARGETS), "75 deployments", *names):
        assert text.count(whole) == 1, whole


def shown(name: str) -> str:
    stream = io.StringIO()
    print_plan(CASES[name], stream, color=False)
    return stream.getvalue()


def test_domains_with_changes_of_their_own_name_them_beside_those_that_they_share() -> None:
    assert shown("many_domains").splitlines()[-2:] == [
        "    src/domain_00/crm/raw/deals.py, src/domain_01/crm/raw/deals.py, src/domain_02/crm/raw/deals.py and 27 more",
        "    src/common/money.py",
    ]


def test_what_is_destroyed_stands_first_and_says_what_destroys_it() -> None:
    lines = shown("removed_domain").splitlines()
    assert lines[0].endswith(": destroys 1 domain (3 deployments), deploys 1 domain (1 deployment).")
    assert [line.split()[0] for line in lines[2:]] == [
        "action",
        lines[3],
        "destroy",
        "gone",
        "src/legacy/crm/raw/contacts.py",
        "deploy",
        "src/finance/stripe/raw/payments.py",
    ]


def test_a_file_that_no_rule_covers_says_so_where_it_deploys_everything() -> None:
    assert "    by rule: tools/new.cfg (no rule covers it)\n" in shown("everything")


def test_moves_are_shown_with_the_line_that_declares_them_or_would() -> None:
    said = shown("renamed_domain")
    assert (
        '  "sales -> revenue": sales.jobs.sales_crm to revenue.jobs.revenue_crm, sales.schemas.crm to revenue.schemas.crm\n'
    ) in said
    assert 'else a deploy refuses:\n  "ads.jobs.a|b -> ads.jobs.`c`"\n' in said
