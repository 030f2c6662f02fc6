"""The outcome of a deploy, to people: a deploy of code alone says what it did, too."""

import io

from scope.documents.results import Result
from scope.render.outcome import print_summary
from scope.render.results_page import render_deploy_page

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
    names, _, row = stream.getvalue().splitlines()
    assert names.split()[3:] == ["created", "changed", "deleted", "files", "seconds"]
    assert row.split() == ["prod/sales", "deployed", "changed", "0", "0", "0", "17", "2.0"]


def test_the_page_says_how_many_files_were_uploaded() -> None:
    assert "| `prod/sales` | deployed | 0 | 0 | 0 | 17 | 2.0 s |" in render_deploy_page("prod", [CODE_ONLY], 0)
