"""The status of a target to a person: whatever the width, no name, state or reason is cut."""

from dataclasses import replace

import pytest

from scope.controller.status import Report, Status, Sync
from scope.render.status import print_status
from tests.support.screens import WIDTHS, Screen, count_lines

PRINCIPAL = "4f5e1c2a-0b1d-4c3e-9f7a-8d6b5c4a3f2e"
LONG = "a" * 45
PATH = "src/finance/stripe/transforms/a_file_with_quite_a_long_name_for_a_terminal.py"


IN_SYNC = Status("ads", Sync.IN_SYNC, None, "1" * 40, dirty=False, started_at=None, actor=PRINCIPAL, run_url=None)


def shown(monkeypatch: pytest.MonkeyPatch, width: int, *domains: Status) -> str:
    screen = Screen(width, monkeypatch)
    print_status(Report("prod", "https://prod.example.com", "1" * 40, dirty=False, domains=domains), screen, color=False)
    return screen.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
def test_reasons_are_whole_at_every_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    why = "its commit and the head have diverged"
    behind = replace(IN_SYNC, domain="finance", sync=Sync.BEHIND, why=why, commits=12, changes=(PATH,))
    lost = "It is gone. Run: scope recover --target prod --domain x"
    refused = replace(IN_SYNC, domain=LONG, sync=Sync.DIRTY, actor="tester@example.com", why=lost)
    text = shown(monkeypatch, width, behind, refused, replace(IN_SYNC, sync=Sync.NEVER_DEPLOYED))
    words = " ".join(text.split())
    for whole in (f"finance behind {'1' * 9}", why, "12 commits", "never deployed", PRINCIPAL, "tester@example.com", LONG):
        assert whole in words
    assert PATH in "".join(text.split())
    # What is to be pasted is in one line.
    assert "scope recover --target prod --domain x\n" in text
    assert max(map(len, text.splitlines())) <= max(width, 60)


@pytest.mark.parametrize("width", WIDTHS)
def test_who_deployed_everything_is_said_once(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, width, *(replace(IN_SYNC, domain=f"domain_{number:02}") for number in range(25)))
    assert text.count(PRINCIPAL) == 1
    assert count_lines(text, width) <= 31


@pytest.mark.parametrize("width", WIDTHS)
def test_what_many_domains_have_in_common_is_said_once(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    behind = replace(IN_SYNC, sync=Sync.BEHIND, commits=2, changes=("src/common/money.py",))
    names = [f"domain_{number:02}" for number in range(25)]
    items = [replace(behind, domain=name, next=f"scope deploy --target prod --domain {name}") for name in names]
    other = replace(items[12], domain="domain_12b", next="scope recover --target prod --domain domain_12b")
    text = shown(monkeypatch, width, *items[:13], other, *items[13:])
    assert text.count("src/common/money.py") == 2
    assert text.count("these 25: 2 commits\n") == 1
    together = " ".join(["scope deploy --target prod", *(f"--domain {name}" for name in names)])
    assert f"    {together}\n" in text
    assert f"    {other.next}\n" in text
    assert count_lines(text, width) <= 50
    for name in [*names, other.domain]:
        assert f"\n{name} " in text


def test_what_is_gone_stands_first_and_what_is_in_sync_last(monkeypatch: pytest.MonkeyPatch) -> None:
    gone, behind = replace(IN_SYNC, domain="sales", sync=Sync.GONE), replace(IN_SYNC, domain="crm", sync=Sync.BEHIND)
    text = shown(monkeypatch, 80, IN_SYNC, behind, gone)
    assert text.index("sales") < text.index("crm") < text.index("ads")
