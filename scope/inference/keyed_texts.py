"""The texts of a resource module or a YAML file, each with the key that it stands under.

Keys of any depth count alike: what an anchor, a merge or a variable carries to another place is found where it is written.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scope.inference.parsing import NOT_PARSED, parse
from scope.inference.yaml_nodes import compose
from scope.inference.yaml_settings import UnreadableYamlError

if TYPE_CHECKING:
    import yaml

# With those that aliases lead to under other keys.
_MOST_TEXTS = 500_000


@dataclass(frozen=True, slots=True)
class KeyedText:
    """A text, or an item of a list, under a key. `text` is None for what is no text; `line` and `column` count from 1."""

    key: str
    text: str | None
    line: int
    column: int


def keyed_texts(path: str, content: bytes) -> tuple[KeyedText, ...]:
    """Return every value of every mapping, and every item of a list in one, as often as another key leads to it.

    What isn't Python has none. Raises `UnreadableYamlError` for what isn't YAML, nor JSON.
    """
    return tuple(_python_texts(content) if path.endswith(".py") else _yaml_texts(content))


def _python_texts(content: bytes) -> Iterator[KeyedText]:
    try:
        tree = parse(content)
    except NOT_PARSED:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant):
                    yield from _python_values(str(key.value), value)


def _python_values(key: str, value: ast.expr) -> Iterator[KeyedText]:
    items = [value]
    while items:
        item = items.pop()
        if isinstance(item, ast.List | ast.Tuple):
            items += reversed(item.elts)
        else:
            text = item.value if isinstance(item, ast.Constant) and isinstance(item.value, str) else None
            yield KeyedText(key, text, item.lineno, item.col_offset + 1)


def _yaml_texts(content: bytes) -> Iterator[KeyedText]:
    import yaml  # 20 ms, and most domains have no YAML resources

    try:
        pending = [("", compose(content))]
    except (ValueError, yaml.YAMLError) as error:
        raise UnreadableYamlError(" ".join(str(error).split())) from None
    seen: set[tuple[str, int]] = set()
    while pending:
        key, node = pending.pop()
        # An anchor's node is met again by each alias; a mapping's own keys count, however it is reached.
        place = ("" if isinstance(node, yaml.MappingNode) else key, id(node))
        if node is None or place in seen:
            continue
        seen.add(place)
        if len(seen) > _MOST_TEXTS:
            raise UnreadableYamlError(f"it has more than {_MOST_TEXTS} values, with those of its aliases")
        if isinstance(node, yaml.SequenceNode):
            pending += [(key, item) for item in reversed(node.value)]
            continue
        yield _keyed(key, node)
        if isinstance(node, yaml.MappingNode):
            pairs = [(name.value if isinstance(name, yaml.ScalarNode) else "", value) for name, value in node.value]
            pending += reversed(pairs)


def _keyed(key: str, node: "yaml.Node") -> KeyedText:
    import yaml

    text = node.value if isinstance(node, yaml.ScalarNode) else None
    return KeyedText(key, text, node.start_mark.line + 1, node.start_mark.column + 1)
