"""The outcome of a run: one exit code, one published form, harmless lines."""

import json

import pytest

from scope.documents.results import OutcomeName, Result, exit_code, json_schema
from scope.escaping import escape_message
from scope.render.results_page import render_deploy_page
from tests.support.sandbox import REPOSITORY


def result(outcome: OutcomeName, message: str | None = None) -> Result:
    return Result("prod/x", "prod", "x", "deploy", None, outcome, None, message, 0, 0, 0, 0, (), None, 0.0, None)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        (["deployed", "nothing", "superseded", "destroyed"], 0),
        (["deployed", "locked"], 4),
        (["locked", "refused"], 3),
        (["locked", "refused", "failed"], 1),
        (["deployed", "stopped"], 1),
    ],
)
def test_a_failure_beats_a_refusal_and_a_refusal_beats_a_lock(outcomes: list[OutcomeName], code: int) -> None:
    assert exit_code(outcomes) == code


def test_the_published_schema_is_the_programs_own() -> None:
    published = json.loads((REPOSITORY / "docs" / "results.schema.json").read_text())
    assert published == json_schema()


@pytest.mark.parametrize("line", ["::error::x", "  ::add-mask::x", "##[error]x", "a ##[group]b", "\t::stop-commands::x"])
def test_a_line_holds_no_workflow_command(line: str) -> None:
    harmless = escape_message(line)
    assert not harmless.lstrip().startswith("::")
    assert "##[" not in harmless


def test_a_message_stays_in_its_cell() -> None:
    page = render_deploy_page("prod", [result("failed", "a | b\n<img src=x> `c` @team #1 [x](y)")], 0)
    row = next(line for line in page.splitlines() if "prod/x" in line)
    cells = row.strip("| ").split(" | ")
    assert len(cells) == 8
    # Code means nothing to Markdown, HTML or GitHub's mentions, as long as it isn't left.
    assert cells[-1].startswith("`")
    assert cells[-1].count("`") == 2
