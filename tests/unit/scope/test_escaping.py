"""Messages, made harmless before a person or a workflow's log gets them."""

from pathlib import Path

from scope.escaping import escape_message
from scope.model import Finding
from scope.render.github_annotations import render_annotations
from tests.support.scope_command import run_scope


def test_a_message_keeps_its_lines_and_nothing_that_a_terminal_or_a_workflow_acts_on() -> None:
    assert escape_message("one\n  two") == "one\n  two"
    assert escape_message("a\x1b[2Jb\u202ec\r") == "a\\x1b[2Jb\\u202ec\\r"
    assert escape_message("a\n::add-mask::x\n  ::error::y\n##[group]z") == "a\n| ::add-mask::x\n|   ::error::y\n## [group]z"


def test_an_error_of_the_command_line_is_made_harmless(tmp_path: Path) -> None:
    done = run_scope(tmp_path, "-C", "no\x1b[2J\n::error::x", "check")
    assert done.exit_code == 2
    assert "\x1b" not in done.stderr
    assert "\\x1b[2J" in done.stderr
    assert not [line for line in done.stderr.splitlines() if line.startswith("::")]


def test_an_annotation_hides_nothing() -> None:
    text = render_annotations([Finding("src/a\u202e.py", 1, "import", "not \x1b[8mseen\u200b")])
    assert text == "::error file=src/a\\u202e.py,line=1,title=scope check%3A import::not \\x1b[8mseen\\u200b\n"
