"""The command line itself: what is typed without a command, or with a slip of the finger."""

import argparse

import pytest

from scope.cli import COMMANDS, main, make_parser


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert all(f"    {name} " in shown.out for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["pln"], "There is no command `pln`. Did you mean `plan`? `scope --help` lists them."),
        (["-C", "x", "--quiet", "xyz"], "There is no command `xyz`. `scope --help` lists them."),
        (
            ["plan", "--domains", "finance"],
            "`plan` has no option `--domains`. Did you mean `--domain`? `scope plan --help` says what it takes.",
        ),
        (
            ["deploy", "--dom=finance"],
            "`deploy` has no option `--dom`. Did you mean `--domain`? `scope deploy --help` says what it takes.",
        ),
        (["--nocolor"], "scope has no option `--nocolor`. Did you mean `--no-color`? `scope --help` says what it takes."),
        (["plan", "finance"], "`plan` takes no `finance`. `scope plan --help` says what it takes."),
        (["status", "--", "x"], "`status` passes nothing on to the CLI: remove the `--` and what follows."),
        (["plan", "\x1b[2J"], "`plan` takes no `\\x1b[2J`. `scope plan --help` says what it takes."),
    ],
)
def test_a_word_that_nothing_knows_is_answered_with_the_nearest(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr() == ("", f"scope: {problem}\n")


@pytest.mark.parametrize("columns", ["30", "60", "120", "0", "wide"])
def test_the_help_is_as_wide_as_argparse_would_write_it(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    parser = make_parser(["plan"])
    written = parser.format_help()
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    assert written == parser.format_help()
