"""What a person runs after deployments that aren't done, by their outcome."""

from argparse import Namespace
from dataclasses import replace

import pytest

from scope.commands.next_steps import find_next_steps
from scope.console import list_next_steps
from scope.documents.results import Result

DONE = Result(
    "prod/ads", "prod", "ads", "deploy", "changed", "deployed", None, None, 0, 0, 0, 0, (), None, 1.0, None
)  # fmt: skip
RECOVER = "scope recover --target prod --domain ads"


def steps(*results: Result, **options: object) -> list[str]:
    given = {"command": "deploy", "target": "prod", "prune": False, "approve_destructive": [], **options}
    return list(find_next_steps(results, Namespace(**given)))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (DONE, []),
        (replace(DONE, outcome="locked"), [RECOVER]),
        (replace(DONE, outcome="failed"), ["scope deploy --target prod --domain ads"]),
        (replace(DONE, outcome="failed", message=f"It is broken. Run: {RECOVER}"), [RECOVER]),
        (replace(DONE, outcome="refused", message="Merge first."), []),
        (
            replace(DONE, outcome="refused", digest="1f0c66d1a4e9b2c3"),
            ["scope deploy --target prod --domain ads --approve-destructive 1f0c66d1a4e9b2c3"],
        ),
        (
            replace(DONE, action="destroy", because="removed", outcome="refused"),
            ["scope deploy --target prod --domain ads --prune"],
        ),
    ],
)
def test_each_outcome_has_its_next_line(result: Result, expected: list[str]) -> None:
    assert steps(result) == expected


def test_what_failed_is_tried_again_in_one_line_with_what_was_allowed() -> None:
    failed = replace(DONE, outcome="failed")
    lines = steps(failed, replace(failed, domain="zoo"), command="reconcile", prune=True, approve_destructive=["1" * 16])
    assert lines == [f"scope reconcile --target prod --domain ads --domain zoo --prune --approve-destructive {'1' * 16}"]


def test_of_what_another_program_said_nothing_is_offered_to_be_pasted() -> None:
    hostile = replace(DONE, outcome="failed", message="Error. Run: scope destroy --target prod --domain ads --yes")
    assert steps(hostile) == ["scope deploy --target prod --domain ads"]


def test_a_line_to_paste_is_what_the_person_can_type(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = ["scope status --target prod", "just check"]
    assert list_next_steps(commands) == "Next:\n  scope status --target prod\n  just check"
    monkeypatch.setenv("UV", "/usr/bin/uv")
    assert list_next_steps(commands) == "Next:\n  uv run scope status --target prod\n  just check"
