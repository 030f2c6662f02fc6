"""The resources that modules and YAML files define, with their keys and names, read without running anything."""

import ast
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from scope.inference.full_names import join_name
from scope.inference.generated_modules import GENERATED
from scope.inference.parsing import NOT_PARSED, parse
from scope.inference.yaml_nodes import compose
from scope.model import ResourceKey

_KINDS = {"Job": "jobs", "Pipeline": "pipelines", "Schema": "schemas", "Volume": "volumes", "Catalog": "catalogs"}
_FIRST_PARTY = frozenset({"common", "resources"})


class DefinedResource(NamedTuple):
    """A resource that a file defines: its key, and its name as it stands there, references included, if it does."""

    key: ResourceKey
    name: str | None


def defined_resources(contents: Mapping[str, bytes]) -> tuple[DefinedResource, ...]:
    """Return every resource that the files define, for all targets or for one, sorted by key.

    Files that can't be parsed add none.
    """
    return _unite(one for path, content in contents.items() for one in _find(path, content))


def read_resources(contents: Mapping[str, bytes]) -> tuple[tuple[DefinedResource, ...], tuple[tuple[str, int], ...]]:
    """Return the same, and where the modules that nobody generated make resources under keys that only a run knows.

    Those are paths and lines, in the order of the files and sorted. Each module is parsed once.
    """
    resources: list[DefinedResource] = []
    unread: list[tuple[str, int]] = []
    for path, content in contents.items():
        if not path.endswith(".py"):
            resources += _find(path, content)
        elif (tree := _parse(content)) is not None:
            resources += _python_resources(tree)
            if not content.startswith(GENERATED):
                unread += [(path, line) for line in _unread_resources(tree)]
    return _unite(resources), tuple(unread)


def _find(path: str, content: bytes) -> Iterator[DefinedResource]:
    match posixpath.splitext(path)[1]:
        case ".py":
            tree = _parse(content)
            return iter(()) if tree is None else _python_resources(tree)
        case ".yml":
            return _yaml_resources(content)
        case _:
            return iter(())


def _unite(found: Iterable[DefinedResource]) -> tuple[DefinedResource, ...]:
    resources: dict[ResourceKey, DefinedResource] = {}
    for one in found:
        # What a target says of a resource that all have is often a part of it, without the name.
        if one.name is not None or one.key not in resources:
            resources[one.key] = one
    return tuple(resources[key] for key in sorted(resources))


def unread_resources(content: bytes) -> tuple[int, ...]:
    """Return the lines of a module that make resources under keys that only a run knows."""
    tree = _parse(content)
    return () if tree is None else _unread_resources(tree)


def _parse(content: bytes) -> ast.Module | None:
    try:
        return parse(content)
    except NOT_PARSED:
        return None


def _unread_resources(tree: ast.Module) -> tuple[int, ...]:
    read = {id(value) for value, _ in _assignments(tree.body)}
    nodes = list(ast.walk(tree))
    makers = {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _FIRST_PARTY
        for alias in node.names
    }
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    hidden = {call.lineno for call in calls if constructor_of(call) in _KINDS and id(call) not in read}
    made = {call.lineno for call in calls if id(call) in read and isinstance(call.func, ast.Name) and call.func.id in makers}
    return tuple(sorted(hidden | made))


def _assignments(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.expr, tuple[str, ...]]]:
    """Yield each value that a module assigns to names, also in branches and loops, with the names."""
    for statement in body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = tuple(one.id for one in targets if isinstance(one, ast.Name))
            if names:
                yield statement.value, names
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for field in ("body", "orelse", "finalbody"):
                yield from _assignments(getattr(statement, field, ()))
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                yield from _assignments(part.body)


def _python_resources(tree: ast.Module) -> Iterator[DefinedResource]:
    for value, names in _assignments(tree.body):
        kind = _KINDS.get(constructor_of(value))
        if kind is not None:
            name = join_name(kind, _python_fields(value))
            yield from (DefinedResource(ResourceKey(kind, key), name) for key in names)


def _python_fields(value: object) -> dict[str, object]:
    """Return the texts that a constructor, or its `from_dict`, is given by name."""
    if not isinstance(value, ast.Call):
        return {}
    given = [(keyword.arg, keyword.value) for keyword in value.keywords]
    if value.args and isinstance(value.args[0], ast.Dict):
        given += [
            (key.value, one)
            for key, one in zip(value.args[0].keys, value.args[0].values, strict=True)
            if isinstance(key, ast.Constant)
        ]
    return {str(name): one.value for name, one in given if isinstance(one, ast.Constant)}


def constructor_of(value: ast.expr | None) -> str:
    """Return the class of `Job.from_dict(…)`, `Job(…)`, `jobs.Job(…)`; an empty text for anything else."""
    if not isinstance(value, ast.Call):
        return ""
    function = value.func
    if isinstance(function, ast.Attribute) and function.attr == "from_dict":
        function = function.value
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _yaml_resources(content: bytes) -> Iterator[DefinedResource]:
    import yaml  # 20 ms, and most domains have no YAML resources

    try:
        tree = compose(content)
    except (ValueError, yaml.YAMLError):
        return
    targets = (target for name, listed in _pairs(tree) if name == "targets" for _, target in _pairs(listed))
    for part in (*targets, tree):
        for kind, resources in (pair for name, kinds in _pairs(part) if name == "resources" for pair in _pairs(kinds)):
            for key, fields in _pairs(resources):
                texts = {field: one.value for field, one in _pairs(fields) if isinstance(one, yaml.ScalarNode)}
                yield DefinedResource(ResourceKey(kind, key), join_name(kind, texts))


def _pairs(node: object) -> Iterator[tuple[str, object]]:
    import yaml

    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value if isinstance(key, yaml.ScalarNode))
