"""Checks the fields of resources in YAML: that there are such fields, and what databricks-bundles stops at.

The CLI leaves an unknown field out, with a warning that few read. The resources of some kinds it gives to
databricks-bundles, whose answer to a field that it lacks, one that is missing and a word that it doesn't expect is a
traceback.
`resource_fields.json` has the fields that both know; `generator.refresh_schema` writes it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from scope.inference.yaml_nodes import compose, find_node, is_null
from scope.model import Finding, quote_path
from scope.repository.layout import is_loaded_yaml
from scope.wording import suggest

if TYPE_CHECKING:
    import yaml

# A key as text and as a node, and the value.
_Pair = tuple[str, "yaml.Node", "yaml.Node"]

FILE = Path(__file__).with_name("resource_fields.json")
# The kinds that databricks-bundles loads, from YAML too.
_LOADED = frozenset({"catalogs", "jobs", "pipelines", "schemas", "volumes"})
_CODE = "field"

# Mappings that are merged into one, by each other: chains of more would be walked again for each of their links.
_MOST_MERGED = 20

# The name of a definition, a list or a map of one, or nothing for a plain value.
_Type = str | Mapping[str, object] | None


def check_fields(contents: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield a finding for each field of a resource that nobody knows, that is missing, or whose word is none of its own."""
    import yaml  # 20 ms, and most domains have no YAML resources

    trees: dict[str, yaml.Node | None] = {}
    for path, content in contents.items():
        if is_loaded_yaml(path):
            try:
                trees[path] = compose(content)
            except (ValueError, yaml.YAMLError):
                continue  # told by others
    parts = [(path, part) for path, tree in trees.items() for part in _of_targets(tree)]
    completed = {key for _, part in parts for key, _ in _listed(part)}
    for path, part in parts:
        yield from _Reader(path, frozenset()).check(part)
    for path, tree in trees.items():
        resources = find_node(tree, "resources")
        whole = frozenset(key for key, _ in _listed(resources) if key[0] in _LOADED and key not in completed)
        yield from _Reader(path, whole).check(resources)


def _of_targets(tree: "yaml.Node | None") -> Iterator["yaml.Node"]:
    """Yield what the targets of a file say of resources."""
    for _, _, target in _pairs(find_node(tree, "targets")):
        resources = find_node(target, "resources")
        if resources is not None:
            yield resources


def _listed(resources: "yaml.Node | None") -> Iterator[tuple[tuple[str, str], "yaml.Node"]]:
    """Yield each resource with its kind and key."""
    for kind, _, inner in _pairs(resources):
        for key, _, node in _pairs(inner):
            yield (kind, key), node


def _pairs(node: "yaml.Node | None") -> Iterator["_Pair"]:
    """Yield the keys of a mapping, and of those merged into it, each as text and as a node, and the values."""
    import yaml

    pending = [node]
    seen: set[int] = set()
    while pending and len(seen) <= _MOST_MERGED:
        mapping = pending.pop()
        if id(mapping) in seen:
            continue
        seen.add(id(mapping))
        if isinstance(mapping, yaml.SequenceNode):
            pending += mapping.value
        for key, value in mapping.value if isinstance(mapping, yaml.MappingNode) else ():
            if key.value == "<<":
                pending.append(value)
            elif isinstance(key, yaml.ScalarNode):
                yield key.value, key, value


@dataclass(slots=True)
class _Reader:
    """Reads the resources of one file. `whole` are those that no target completes: they must have all that is required."""

    path: str
    whole: frozenset[tuple[str, str]]
    seen: set[tuple[int, str]] = field(default_factory=set)

    def check(self, resources: "yaml.Node | None") -> Iterator[Finding]:
        """Yield the findings, in the order of the file."""
        kinds = _definitions()["config.Resources"]
        yield from self._unknown(_pairs(resources), kinds)
        for (kind, key), node in _listed(resources):
            known = _resolved(_fields_of(kinds).get(kind))
            if isinstance(known, Mapping):
                is_whole = (kind, key) in self.whole
                yield from self._walk(node, known.get("map"), is_loaded=kind in _LOADED, is_whole=is_whole)

    def _walk(self, node: "yaml.Node", known: object, *, is_loaded: bool, is_whole: bool) -> Iterator[Finding]:
        import yaml

        name, known = str(known), _resolved(known)
        if is_null(node) or not isinstance(known, Mapping) or (id(node), name) in self.seen:
            return
        self.seen.add((id(node), name))
        inner: list[tuple[yaml.Node, object]] = []
        if isinstance(node, yaml.ScalarNode):
            words = known.get("enum")
            if is_loaded and isinstance(words, list) and node.value not in words and "${" not in node.value:
                near = suggest(node.value, words)
                yield self._finding(node, f"`{node.value}` is none of {', '.join(words)}.{near} The CLI stops at it.")
        elif isinstance(node, yaml.SequenceNode):
            inner = [(item, known.get("list")) for item in node.value]
        elif "fields" in known:
            pairs = tuple(_pairs(node))
            yield from self._unknown(pairs, known)
            if is_whole:
                yield from self._missing(node, pairs, known)
            inner = [(value, _fields_of(known).get(key)) for key, _, value in pairs]
        elif "map" in known:
            inner = [(value, known["map"]) for _, _, value in _pairs(node)]
        for one, of in inner:
            yield from self._walk(one, of, is_loaded=is_loaded, is_whole=is_whole)

    def _unknown(self, pairs: Iterable[_Pair], known: Mapping[str, object]) -> Iterator[Finding]:
        fields = _fields_of(known)
        for key, at, _ in pairs:
            if key not in fields:
                near = suggest(key, fields)
                message = f"`{key}` isn't a field that the CLI and databricks-bundles know here.{near} Correct or remove it."
                yield self._finding(at, message)

    def _missing(self, node: "yaml.Node", pairs: Iterable[_Pair], known: Mapping[str, object]) -> Iterator[Finding]:
        there = {key for key, _, value in pairs if not is_null(value)}
        required = known.get("required")
        for name in required if isinstance(required, list) else ():
            if name not in there:
                yield self._finding(node, f"`{name}` is missing, and the deploy stops without it. Add it.")

    def _finding(self, node: "yaml.Node", message: str) -> Finding:
        return Finding(quote_path(self.path), node.start_mark.line + 1, _CODE, message, node.start_mark.column + 1)


@cache
def _definitions() -> dict[str, Mapping[str, object]]:
    definitions: dict[str, Mapping[str, object]] = json.loads(FILE.read_text(encoding="utf-8"))
    return definitions


def _resolved(known: object) -> object:
    """Return what the name of a definition stands for."""
    while isinstance(known, str):
        known = _definitions().get(known)
    return known


def _fields_of(known: Mapping[str, object]) -> Mapping[str, object]:
    fields = known.get("fields")
    return fields if isinstance(fields, Mapping) else {}
