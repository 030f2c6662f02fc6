"""A parser's commands and options, and the recipes of the justfile, as Markdown."""

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

# Explained once, for all commands.
_EVERYWHERE = frozenset({"help", "version", "quiet", "no_color", "directory", "folder"})


def commands_of(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """Return the parsers of a parser's commands by name, in the order of its help."""
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {name: command for action in actions for name, command in action.choices.items()}


def describe_command(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the lines of a command's section: what it does, its arguments and options, its examples."""
    yield from (f"## {name}", "")
    if parser.description:
        yield from (_sentence(parser.description), "")
    own = [action for action in parser._actions if action.dest not in _EVERYWHERE and action.help != argparse.SUPPRESS]
    if own:
        yield from table(("argument or option", "meaning"), ((_name(action), _meaning(parser, action)) for action in own))
    if examples := list(_examples(parser.epilog or "")):
        yield from ("```sh", *examples, "```", "")


def describe_shared(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the table of the options that every command has."""
    shared = [action for action in parser._actions if action.dest in _EVERYWHERE]
    yield from table(("option", "meaning"), ((_name(action), _meaning(parser, action)) for action in shared))


def describe_recipes(recipes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a table of recipes for each group, of what `just --dump --dump-format json` tells of them."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for recipe in recipes:
        group = next((one["group"] for one in recipe["attributes"] if isinstance(one, dict) and "group" in one), "")
        values = [_value(parameter) for parameter in recipe["parameters"]]
        groups.setdefault(group, []).append((f"`{' '.join(['just', recipe['name'], *values])}`", recipe["doc"] or ""))
    for group, rows in sorted(groups.items()):
        if group:
            yield from (f"## {group}", "")
            yield from table(("recipe", "does"), sorted(rows))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table's lines, and an empty one."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return " or ".join(f"`{part}`" for part in _metavar(action).split("|"))
    value = "" if action.nargs == 0 else f" {_metavar(action)}"
    return ", ".join(f"`{option}{value}`" for option in sorted(action.option_strings, key=len, reverse=True))


def _metavar(action: argparse.Action) -> str:
    return str(action.metavar or action.dest.upper())


def _meaning(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    # `<…>` would be an element of HTML.
    text = re.sub(r"<([^>]*)>", r"`<\1>`", text)
    choices = ", ".join(f"`{choice}`" for choice in action.choices or ())
    required = "required" if action.option_strings and action.required else ""
    return "; ".join(part for part in (text, f"one of {choices}" if choices else "", required) if part)


def _examples(epilog: str) -> Iterator[str]:
    """Yield the examples of a help's end, with what explains each as a comment."""
    lines = epilog.splitlines()
    begins = next((number for number, line in enumerate(lines) if re.match(r"examples?:", line)), None)
    pairs = [] if begins is None else [re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in lines[begins + 1 :]]
    width = max((len(pair[0]) for pair in pairs if len(pair) == 2), default=0)
    for pair in pairs:
        yield pair[0] if len(pair) == 1 else f"{pair[0]:{width}}  # {pair[1]}"


def _value(parameter: Mapping[str, Any]) -> str:
    name = str(parameter["name"]).upper()
    if parameter["kind"] in {"star", "plus"}:
        return f"[{name}…]"
    return f"[{name}]" if parameter["default"] is not None else name


def _sentence(text: str) -> str:
    whole = " ".join(text.split())
    return whole if whole.endswith(".") else f"{whole[:1].upper()}{whole[1:]}."
