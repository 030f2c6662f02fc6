"""Reads the bundle's own YAML files as the CLI does: they may use more of YAML than a spec."""

import re
from typing import Any

import yaml

from generator.errors import Problem, SpecError

MAX_DEPTH = 100


class _TextLoader(yaml.CSafeLoader):
    """Reads all values as texts: `on` may be a variable's name, and `2026-02-31` is nobody's date. Merge keys work."""


_TextLoader.yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile("<<"))]}


def read_bundle_file(path: str, content: bytes) -> dict[str, Any]:
    """Return the mapping in a YAML file, or an empty one if it holds none. Raises SpecError if it isn't YAML."""
    depth = 0
    try:
        # Events first: the interpreter crashes when it builds a tree that nests too deep.
        for event in yaml.parse(content, Loader=_TextLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise SpecError(Problem(path, 0, 0, "", f"nests deeper than {MAX_DEPTH} levels."))
        tree = yaml.load(content, Loader=_TextLoader)  # noqa: S506  a safe loader
    # The latter two come from values that aren't of the type their tags say.
    except (yaml.YAMLError, ValueError, AttributeError) as error:
        raise SpecError(Problem(path, 0, 0, "", f"is not YAML: {' '.join(str(error).split())}.")) from None
    return tree if isinstance(tree, dict) else {}
