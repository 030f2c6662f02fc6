"""Reads the bundle's own YAML files as the CLI does: they may use more of YAML than a spec."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from generator.errors import Problem, SpecError

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 100
# With those that aliases stand for: merges of merges copy them all.
MAX_VALUES = 200_000


class _TextLoader(yaml.CSafeLoader):
    """Reads all values as texts: `on` may be a variable's name, and `2026-02-31` is nobody's date. Merge keys work."""


_TextLoader.yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile("<<"))]}


def read_bundle_file(path: str, content: bytes) -> dict[str, Any]:
    """Return the mapping in a YAML file, or an empty one if it holds none. Raises SpecError if it isn't YAML."""
    if len(content) > MAX_BYTES:
        raise SpecError(Problem(path, 0, 0, "", f"has {len(content)} bytes; at most {MAX_BYTES} are read."))
    try:
        # Events first: the interpreter crashes when it builds a tree that nests too deep.
        _check_measure(path, yaml.parse(content, Loader=_TextLoader))
        tree = yaml.load(content, Loader=_TextLoader)  # noqa: S506  a safe loader
    # pyyaml's constructors answer some tags, `!!int` of nothing say, by whatever their code runs into.
    except (yaml.YAMLError, ValueError, AttributeError, LookupError, ArithmeticError, TypeError) as error:
        raise SpecError(Problem(path, 0, 0, "", f"is not YAML: {' '.join(str(error).split())}.")) from None
    return tree if isinstance(tree, dict) else {}


def _check_measure(path: str, events: Iterator[yaml.Event]) -> None:
    """Raise SpecError for a file that nests too deep, or whose aliases stand for too much."""
    sizes: dict[str | None, int] = {}
    around: list[str | None] = []
    counts = [0]
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            around.append(event.anchor)
            counts.append(1)
        elif isinstance(event, yaml.CollectionEndEvent):
            size = counts.pop()
            sizes[around.pop()] = size
            counts[-1] += size
        elif isinstance(event, yaml.NodeEvent):
            counts[-1] += sizes.get(event.anchor, 1) if isinstance(event, yaml.AliasEvent) else 1
        if len(around) > MAX_DEPTH:
            raise SpecError(Problem(path, 0, 0, "", f"nests deeper than {MAX_DEPTH} levels."))
        if counts[-1] > MAX_VALUES:
            raise SpecError(Problem(path, 0, 0, "", f"has more than {MAX_VALUES} values, with those of its aliases."))
