"""Every command that the documentation shows is one that can be typed: recipe, options and all."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import pytest

from generator.cli import make_parser as make_generator_parser
from scope.cli import COMMANDS, split
from scope.cli import make_parser as make_scope_parser
from tests.support.sandbox import REPOSITORY

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(r"(?:\$ )?(?:uv run )?((?:scope|just|generator)(?: .*)?)$")
_ENDS = {"|", ">", "&&", ";"}


def typed(text: str) -> list[str] | None:
    """Return the words of a command, without its comment and what comes after it; nothing for other text."""
    command = _COMMAND.match(" ".join(text.split()))
    if command is None or "…" in command[1]:
        return None
    # A placeholder such as <older commit> stands for one word, and so does what a shell puts in; a list of it for none.
    plain = re.sub(r'"\$\([^)]*\)"|<[^>]*>', "PLACEHOLDER", re.sub(r'"\$\{\w+\[@\][^"]*"', "", command[1]))
    words = shlex.split(plain, comments=True)
    return words[: next((number for number, word in enumerate(words) if word in _ENDS), len(words))]


def documented() -> Iterator[tuple[str, list[str]]]:
    """Return the commands of the documentation, each with its file; of those in sentences, the ones with options."""
    for path in [*sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        lines = [line for kind, block in _FENCE.findall(text) for line in block.splitlines() if is_input(kind, line)]
        spans = _INLINE.findall(_FENCE.sub("", text))
        for words in filter(None, map(typed, lines)):
            yield path.name, words
        for words in filter(None, map(typed, spans)):
            if words[0] == "just" or any(word.startswith("--") for word in words):
                yield path.name, words


def is_input(kind: str, line: str) -> bool:
    """Return whether somebody types a line of a block; in a session, the others are printed."""
    return kind.partition(" ")[0] != "console" or line.startswith("$ ")


def examples() -> Iterator[tuple[str, list[str]]]:
    """Return the examples that each command's help shows. What comes after two spaces explains them."""
    for name in COMMANDS:
        module = pytest.importorskip(f"scope.commands.{name}")
        for line in module.EXAMPLES.splitlines():
            words = typed(re.split(r"\s{2,}", line.strip())[0])
            if words:
                yield f"scope {name} --help", words


def id_of(case: tuple[str, list[str]]) -> str:
    return f"{case[0]}: {' '.join(case[1])}"


@cache
def recipes() -> dict[str, list[dict[str, object]]]:
    """Return the parameters of each recipe."""
    just = shutil.which("just")
    assert just, "The recipes need just on the PATH: `uv tool install rust-just`."
    done = subprocess.run(
        [just, "--dump", "--dump-format", "json"], cwd=REPOSITORY, capture_output=True, check=True, text=True
    )
    return {name: recipe["parameters"] for name, recipe in json.loads(done.stdout)["recipes"].items()}


def takes(parameters: list[dict[str, object]], given: int) -> bool:
    """Return whether a recipe can be called with so many values."""
    has_rest = any(item["kind"] in {"star", "plus"} for item in parameters)
    needed = sum(item["default"] is None and item["kind"] != "star" for item in parameters)
    return needed <= given and (has_rest or given <= len(parameters))


def check(words: list[str]) -> None:
    """Raise where a command can't be typed so."""
    program, *arguments = words
    # A recipe or command that is only named is no example of its arguments.
    if program == "just" and arguments[:1] == ["--completions"]:
        return  # just's own
    if program == "just":
        known = recipes()
        assert not arguments or arguments[0] in known, f"There is no recipe {arguments[0]}."
        assert len(arguments) < 2 or takes(known[arguments[0]], len(arguments) - 1), "It takes other values."
    elif program == "scope":
        own, passed_on = split(arguments)
        options = make_scope_parser(own).parse_args(own)
        assert not passed_on or hasattr(options, "passed_on"), "It takes nothing behind `--`."
    else:
        make_generator_parser().parse_args(arguments)


@pytest.mark.parametrize("case", [*documented(), *examples()], ids=id_of)
def test_a_command_that_is_shown_can_be_typed(case: tuple[str, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    where, words = case
    with suppress(SystemExit):
        check(words)
        return
    pytest.fail(f"{where} shows `{' '.join(words)}`: {capsys.readouterr().err}")


def test_a_command_that_is_not_there_would_be_found() -> None:
    assert typed("$ scope plan --nonsense   # words") == ["scope", "plan", "--nonsense"]
    for words in (["scope", "plan", "--nonsense"], ["scope", "fly"], ["generator", "build"]):
        with pytest.raises(SystemExit):
            check(words)
    for words in (["just", "fly"], ["just", "scaffold", "finance"]):
        with pytest.raises(AssertionError):
            check(words)
