"""The node tree of a YAML file from a repository, which may be nested without measure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

# No file of a bundle is nested so deep. libyaml's composer calls itself for each level, and kills the process in the end.
DEEPEST = 200
# Composing takes most of a second for so much. In bytes.
LARGEST_YAML = 320 * 1024
# Below this length, only these characters can nest deeper: a level of a block mapping takes a line with one more space.
_SHORT = 100_000
_NESTING = ("[", "{", "- ", "-\n", "-\t", "? ", "?\n", "?\t")


class DeepYamlError(ValueError):
    """A file is nested too deep to be read."""


class LargeYamlError(ValueError):
    """A file is too large to be read."""


def compose(content: bytes) -> "yaml.Node | None":
    """Return the root of a file's one document, or None if it is empty.

    Raises `ValueError` (`UnicodeDecodeError`, `DeepYamlError` and `LargeYamlError` are among them) and `yaml.YAMLError`.
    """
    import yaml  # 20 ms, and most domains have no YAML resources

    check_size(content)
    text = content.decode()
    may_be_deep = len(text) > _SHORT or sum(text.count(mark) for mark in _NESTING) > DEEPEST
    if may_be_deep:
        _check_depth(text)
    return yaml.compose(text, Loader=yaml.CSafeLoader)


def check_size(content: bytes) -> None:
    """Raise `LargeYamlError` for a file that is too large to be read."""
    if len(content) > LARGEST_YAML:
        raise LargeYamlError(f"it has more than {LARGEST_YAML // 1024} KiB")


def _check_depth(text: str) -> None:
    """Raise `DeepYamlError` for a text that is nested too deep. The parser's events come one after the other."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise DeepYamlError(f"it is nested more than {DEEPEST} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def find_node(node: object, *keys: str) -> "yaml.Node | None":
    """Return the value that keys lead to, or None. Of a key that is there twice, the CLI takes the last."""
    import yaml

    for name in keys:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        node = next((value for key, value in reversed(pairs) if key.value == name), None)
    return node if isinstance(node, yaml.Node) else None


def is_null(node: "yaml.Node | None") -> bool:
    """Return whether there is no value, or one that says that there is none."""
    return node is None or node.tag == "tag:yaml.org,2002:null"
