"""Messages, made harmless before a person or a workflow's log gets them."""

import json
from pathlib import Path

from scope.escaping import code_span, escape_invisible, escape_json, escape_message
from scope.model import CiKind, Finding
from scope.render.annotations import render_annotations
from tests.support.scope_command import run_scope


def test_a_message_keeps_its_lines_and_nothing_that_a_terminal_or_a_workflow_acts_on() -> None:
    assert escape_message("one\n  two") == "one\n  two"
    assert escape_message("a\x1b[2Jb\u202ec\r") == "a\\x1b[2Jb\\u202ec\\r"
    assert escape_message("a\n::add-mask::x\n  ::error::y\n##[group]z") == "a\n| ::add-mask::x\n|   ::error::y\n## [group]z"


def test_a_command_that_a_log_finds_anywhere_in_a_line_is_taken_apart_wherever_text_is_shown() -> None:
    assert escape_invisible("a ##[error]\nb") == "a ## [error]\\nb"
    assert escape_invisible("a ##vso[task.setvariable variable=PATH]b") == "a ## vso[task.setvariable variable=PATH]b"
    assert escape_invisible("a ##VSO[x]b") == "a ## VSO[x]b"
    assert code_span("##[group]x") == "`## [group]x`"


def test_a_json_document_means_the_same_and_has_nothing_that_cannot_be_seen() -> None:
    content = {"a\x9b\x7f": "b\u202e\u2028\ue000 \U000e0001 ##[error]é 日本\n\x1b", "##[c]": ["\udcff", "##vso[x]"]}
    text = escape_json(json.dumps(content, indent=2, ensure_ascii=False))
    assert json.loads(text) == content
    assert not [one for one in text if one != "\n" and escape_invisible(one) != one]
    assert "##[" not in text
    assert "##vso[" not in text
    assert "é 日本" in text


def test_an_error_of_the_command_line_is_made_harmless(tmp_path: Path) -> None:
    done = run_scope(tmp_path, "-C", "no\x1b[2J\n::error::x", "check")
    assert done.exit_code == 2
    assert "\x1b" not in done.stderr
    assert "\\x1b[2J" in done.stderr
    assert not [line for line in done.stderr.splitlines() if line.startswith("::")]


def test_an_annotation_hides_nothing() -> None:
    text = render_annotations([Finding("src/a\u202e.py", 1, "import", "not \x1b[8mseen\u200b")], CiKind.GITHUB)
    assert text == "::error file=src/a\\u202e.py,line=1,title=scope check%3A import::not \\x1b[8mseen\\u200b\n"
