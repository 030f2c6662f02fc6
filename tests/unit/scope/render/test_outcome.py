"""The outcome of a deploy, to people: a deploy of code alone says what it did, too."""

import io
from dataclasses import replace

import pytest

from scope.documents.results import Link, Result
from scope.render.outcome import print_summary
from scope.render.results_page import render_deploy_page
from tests.support.screens import WIDTHS, Screen

CODE_ONLY = Result(
    id="prod/sales",
    target="prod",
    domain="sales",
    action="deploy",
    because="changed",
    outcome="deployed",
    fault=None,
    message=None,
    created=0,
    changed=0,
    deleted=0,
    uploaded=17,
    destructive=(),
    digest=None,
    seconds=2,
    log=None,
)


def test_the_table_says_how_many_files_were_uploaded() -> None:
    stream = io.StringIO()
    print_summary([CODE_ONLY], 0, stream, color=False)
    names, _, row, _ = stream.getvalue().splitlines()
    assert names.split()[2:] == ["created", "changed", "deleted", "files", "seconds", "why"]
    assert row.split() == ["prod/sales", "deployed", "0", "0", "0", "17", "2.0", "changed"]


def test_a_deploy_ends_with_links_and_the_number_of_files() -> None:
    stream = io.StringIO()
    links = tuple(Link(f"jobs.a_{number}", f"https://x/jobs/{number}") for number in range(5))
    folder = Link("folder", "https://x/#workspace/deploy/prod/sales")
    print_summary([replace(CODE_ONLY, links=(*links, folder)), CODE_ONLY], 0, stream, color=False)
    assert stream.getvalue().splitlines()[3:] == [
        "    https://x/jobs/0  jobs.a_0",
        "    https://x/jobs/1  jobs.a_1",
        "    https://x/jobs/2  jobs.a_2",
        "    https://x/#workspace/deploy/prod/sales  folder",
        "    and 2 more resources",
        "prod/sales  deployed        0        0        0     17      2.0  changed",
        "34 files uploaded.",
    ]
    stream = io.StringIO()
    print_summary([replace(CODE_ONLY, links=(*links, folder))] * 4, 0, stream, color=False)
    assert stream.getvalue().count(" folder\n") == 4
    assert "jobs" not in stream.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_outcome_and_no_number_is_cut(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = replace(
        CODE_ONLY, id=f"prod/{'a' * 45}", outcome="failed", uploaded=123_456, seconds=1234.5, because="first-deploy"
    )
    screen = Screen(width, monkeypatch)
    print_summary([CODE_ONLY, failed], 0, screen, color=False)
    words = screen.getvalue().replace(",", "").split()
    for whole in ("deployed", failed.id, "failed", "123456", "1234.5", "first-deploy"):
        assert words.count(whole) == 1, whole
    assert max(map(len, screen.getvalue().splitlines())) <= width


def test_what_was_destroyed_stands_first() -> None:
    stream = io.StringIO()
    gone = replace(CODE_ONLY, id="prod/zoo", domain="zoo", action="destroy", outcome="destroyed")
    print_summary([CODE_ONLY, gone], 0, stream, color=False)
    assert [line.split()[0] for line in stream.getvalue().splitlines()[2:4]] == ["prod/zoo", "prod/sales"]
    page = render_deploy_page("prod", [CODE_ONLY, gone], 0)
    assert page.index("prod/zoo") < page.index("prod/sales")


def test_the_page_says_how_many_files_were_uploaded() -> None:
    assert "| `prod/sales` | deployed | 0 | 0 | 0 | 17 | 2.0 s |" in render_deploy_page("prod", [CODE_ONLY], 0)
