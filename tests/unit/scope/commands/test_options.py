"""An option means the same in every command that has it."""

import argparse
import importlib

import pytest

from scope.cli import COMMANDS, make_parser
from scope.commands.reporting import say_progress
from scope.console import Console


def actions_of(command: str) -> dict[str, argparse.Action]:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"scope.commands.{command}").add_arguments(parser)
    return {option: action for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize(
    "option", ["-t", "--target", "--domain", "--base", "--head", "--summary", "--yes", "--max-parallel", "--manifest-sha256"]
)
def test_a_shared_option_has_one_form_and_one_text(option: str) -> None:
    actions = [action for name in COMMANDS if (action := actions_of(name).get(option)) is not None]
    assert len(actions) > 1
    assert len({tuple(action.option_strings) for action in actions}) == 1
    assert len({(action.dest, action.metavar, action.type) for action in actions}) == 1
    # Only the default, in parentheses, differs, and that some may be repeated.
    assert len({(action.help or "").partition(" (")[0].removesuffix("; may be repeated") for action in actions}) == 1


@pytest.mark.parametrize("arguments", [["plan", "--dom", "finance"], ["deploy", "--targ", "dev"], ["--quie", "plan"]])
def test_an_option_is_written_in_full(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        make_parser(arguments).parse_args(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err


def test_progress_names_the_domain_and_shows_what_is_invisible(capsys: pytest.CaptureFixture[str]) -> None:
    say = say_progress(Console())
    say("finance", "one\ntwo \u202e")
    say("", "of all")
    assert capsys.readouterr().err == "finance: one\nfinance: two \\u202e\nof all\n"
