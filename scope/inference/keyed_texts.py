"""The texts of a resource module or a YAML file, each with the keys that it stands under.

Keys of any depth count alike: what an anchor, a merge or a variable carries to another place is found where it is written,
and under each key that leads to it.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from scope.inference.parsing import NOT_PARSED, parse
from scope.inference.resource_keys import constructor_of
from scope.inference.yaml_nodes import compose
from scope.inference.yaml_settings import UnreadableYamlError

if TYPE_CHECKING:
    import yaml

# With those that aliases lead to under other keys.
_MOST_TEXTS = 500_000
# The classes of resources, by the key that YAML has their kind under.
_CLASSES = {
    "Alert": "alerts",
    "App": "apps",
    "Dashboard": "dashboards",
    "GenieSpace": "genie_spaces",
    "Job": "jobs",
    "Pipeline": "pipelines",
}
_GIT = "git_source"
_MERGE = "<<"
# Longer chains and lists of them only cost time.
_DEEPEST_MERGE = 3
_MOST_MERGED = 20


class KeyedText(NamedTuple):
    """A text, or an item of a list, under a key. `text` is None for what is no text; `line` and `column` count from 1."""

    key: str
    text: str | None
    line: int
    column: int
    above: tuple[str, str] = ("", "")
    """The two keys above, the nearer last. Of a resource that is made by its class, its kind and no key."""
    in_git: bool = False
    """It is of a job that takes its code from a git repository."""


class _Place(NamedTuple):
    """The keys that lead to a value, the nearest last, and whether it is of a job with a git source."""

    keys: tuple[str, str, str] = ("", "", "")
    in_git: bool = False
    merges: int = 0

    def below(self, key: str) -> "_Place":
        return _Place((*self.keys[1:], key), self.in_git)

    def merged(self) -> "_Place":
        """Return the place of what is merged in. In a long chain it is no longer told, so that each link is read once."""
        return self._replace(merges=self.merges + 1) if self.merges < _DEEPEST_MERGE else _Place()

    def text(self, text: str | None, line: int, column: int) -> KeyedText:
        return KeyedText(self.keys[2], text, line, column, self.keys[:2], self.in_git)


def keyed_texts(path: str, content: bytes) -> tuple[KeyedText, ...]:
    """Return every value of every mapping, and every item of a list in one, as often as other keys lead to it.

    What isn't Python has none. Raises `UnreadableYamlError` for what isn't YAML, nor JSON.
    """
    return tuple(_python_texts(content) if path.endswith(".py") else _yaml_texts(content))


def _python_texts(content: bytes) -> Iterator[KeyedText]:
    """Yield the values of dictionaries and of named arguments; a name that is assigned a text once stands for it."""
    try:
        tree = parse(content)
    except NOT_PARSED:
        return
    constants: Mapping[str, str] | None = None
    pending: list[tuple[_Place, ast.AST]] = [(_Place(), tree)]
    while pending:
        place, node = pending.pop()
        if isinstance(node, ast.Dict | ast.Call):
            pending += reversed(list(_python_items(place, node)))
        elif isinstance(node, ast.List | ast.Tuple | ast.IfExp | ast.Starred):
            pending += [(place, item) for item in reversed(list(ast.iter_child_nodes(node)))]
        else:
            inner = ast.iter_child_nodes(node)
            pending += [(_Place(), item) for item in reversed(list(inner))]
        if isinstance(node, ast.expr) and place.keys[2] and not isinstance(node, ast.List | ast.Tuple):
            if constants is None and isinstance(node, ast.Name):
                constants = _constants(tree)
            yield place.text(_text(node, constants or {}), node.lineno, node.col_offset + 1)


def _text(node: ast.expr, constants: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _python_items(place: _Place, node: ast.Dict | ast.Call) -> Iterator[tuple[_Place, ast.AST]]:
    """Yield the values in a dictionary or a call, each with its place."""
    if isinstance(node, ast.Dict):
        named = [
            (key.value if isinstance(key, ast.Constant) else None, value)
            for key, value in zip(node.keys, node.values, strict=True)
        ]
    else:
        named = [(keyword.arg, keyword.value) for keyword in node.keywords]
        kind = _CLASSES.get(constructor_of(node))
        if kind is not None:
            place = _Place(("", kind, ""))
        yield place, node.func
        yield from ((place, argument) for argument in node.args)
    if any(key == _GIT and not (isinstance(value, ast.Constant) and value.value is None) for key, value in named):
        place = _Place(place.keys, in_git=True)
    for key, value in named:
        yield place.below("" if key is None else str(key)), value


def _constants(tree: ast.Module) -> Mapping[str, str]:
    """Return the names that a module assigns a text, and assigns once."""
    nodes = list(ast.walk(tree))
    assigned = Counter(node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
    texts: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            texts |= {name.id: node.value.value for name in node.targets if isinstance(name, ast.Name)}
    return {name: text for name, text in texts.items() if assigned[name] == 1}


def _yaml_texts(content: bytes) -> Iterator[KeyedText]:
    import yaml  # 20 ms, and most domains have no YAML resources

    try:
        pending = [(_Place(), compose(content))]
    except (ValueError, yaml.YAMLError) as error:
        raise UnreadableYamlError(" ".join(str(error).split())) from None
    seen: set[tuple[_Place, int]] = set()
    while pending:
        place, node = pending.pop()
        # An anchor's node is met again by each alias.
        if node is None or (place, id(node)) in seen:
            continue
        seen.add((place, id(node)))
        if len(seen) > _MOST_TEXTS:
            raise UnreadableYamlError(f"it has more than {_MOST_TEXTS} values, with those of its aliases")
        if isinstance(node, yaml.SequenceNode):
            pending += [(place, item) for item in reversed(node.value)]
            continue
        yield place.text(
            node.value if isinstance(node, yaml.ScalarNode) else None, node.start_mark.line + 1, node.start_mark.column + 1
        )
        if isinstance(node, yaml.MappingNode):
            pairs = [(name.value if isinstance(name, yaml.ScalarNode) else "", value) for name, value in node.value]
            if any(name in {_GIT, _MERGE} for name, _ in pairs) and _has_git(node):
                place = place._replace(in_git=True)
            # What is merged into a mapping stands where that stands.
            pending += [(place.merged() if name == _MERGE else place.below(name), value) for name, value in reversed(pairs)]


def _has_git(mapping: "yaml.MappingNode") -> bool:
    """Return whether a mapping has a git source, itself or in what is merged into it."""
    import yaml

    merged = [value for name, value in mapping.value if name.value == _MERGE]
    mappings = [
        mapping,
        *merged,
        *(item for node in merged if isinstance(node, yaml.SequenceNode) for item in node.value[:_MOST_MERGED]),
    ]
    return any(
        name.value == _GIT and value.tag != "tag:yaml.org,2002:null"
        for node in mappings
        if isinstance(node, yaml.MappingNode)
        for name, value in node.value
    )
