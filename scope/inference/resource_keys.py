"""The keys of the resources that modules and YAML files define, read without running anything."""

import ast
from collections.abc import Iterator, Mapping

from scope.model import ResourceKey

_KINDS = {"Job": "jobs", "Pipeline": "pipelines", "Schema": "schemas", "Volume": "volumes", "Catalog": "catalogs"}


def resource_keys(contents: Mapping[str, bytes]) -> tuple[ResourceKey, ...]:
    """Return the key of every resource that the files define, sorted. Files that can't be parsed add none."""
    keys: set[ResourceKey] = set()
    for path, content in contents.items():
        if path.endswith(".py"):
            keys.update(_python_keys(content))
        elif path.endswith(".yml"):
            keys.update(_yaml_keys(content))
    return tuple(sorted(keys))


def _python_keys(content: bytes) -> Iterator[ResourceKey]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        kind = _KINDS.get(_constructor(getattr(statement, "value", None)))
        if kind is not None:
            yield from (ResourceKey(kind, target.id) for target in targets if isinstance(target, ast.Name))


def _constructor(value: ast.expr | None) -> str:
    """Return the class of `Job.from_dict(…)`, `Job(…)`, `jobs.Job(…)`; an empty text for anything else."""
    if not isinstance(value, ast.Call):
        return ""
    function = value.func
    if isinstance(function, ast.Attribute) and function.attr == "from_dict":
        function = function.value
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _yaml_keys(content: bytes) -> Iterator[ResourceKey]:
    import yaml  # 20 ms, and most domains have no YAML resources

    try:
        tree = yaml.compose(content.decode(), Loader=yaml.CSafeLoader)
    except (UnicodeDecodeError, yaml.YAMLError):
        return
    for name, kinds in _pairs(tree):
        if name == "resources":
            for kind, resources in _pairs(kinds):
                yield from (ResourceKey(kind, key) for key, _ in _pairs(resources))


def _pairs(node: object) -> Iterator[tuple[str, object]]:
    import yaml

    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value if isinstance(key, yaml.ScalarNode))
