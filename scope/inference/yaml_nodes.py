"""The node tree of a YAML file from a repository, which may be nested without measure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

# No file of a bundle is nested so deep. libyaml's composer calls itself for each level, and kills the process in the end.
DEEPEST = 200
# Below this length, only these characters can nest deeper: a level of a block mapping takes a line with one more space.
_SHORT = 100_000
_NESTING = ("[", "{", "- ", "-\n", "-\t", "? ", "?\n", "?\t")


class DeepYamlError(ValueError):
    """A file is nested too deep to be read."""


def compose(content: bytes) -> "yaml.Node | None":
    """Return the root of a file's one document, or None if it is empty.

    Raises `ValueError` (of which `UnicodeDecodeError` and `DeepYamlError` are) and `yaml.YAMLError`.
    """
    import yaml  # 20 ms, and most domains have no YAML resources

    text = content.decode()
    may_be_deep = len(text) > _SHORT or sum(text.count(mark) for mark in _NESTING) > DEEPEST
    if may_be_deep:
        _check_depth(text)
    return yaml.compose(text, Loader=yaml.CSafeLoader)


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
