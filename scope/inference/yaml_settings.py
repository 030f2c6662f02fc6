"""The settings in the upper levels of a YAML file, each with its keys and its line.

Read from the parser's events, one after the other: a file that is nested or aliased without measure costs no more than its
length. Nothing is resolved: an alias and a merge are reported as what they are.
"""

from typing import TYPE_CHECKING, NamedTuple

from scope.inference.yaml_nodes import LargeYamlError, check_size

if TYPE_CHECKING:
    import yaml

# The key of every item of a list, and that of a key which is no plain text: an alias, or one with a tag. By `!!merge` before
# it, the CLI takes any key for a merge.
ITEM = "[]"
# libyaml takes time by the square of the levels.
_DEEPEST = 10_000
NO_TEXT = "?"


class UnreadableYamlError(ValueError):
    """A file isn't YAML of one document. The message says why."""


class Setting(NamedTuple):
    """A key and the keys above it. `text` is the value if that is a plain text."""

    keys: tuple[str, ...]
    line: int
    text: str | None = None
    # The value stands elsewhere in the file.
    is_alias: bool = False

    @property
    def name(self) -> str:
        """Return the keys as messages have them, `targets.prod.mode`."""
        return ".".join(self.keys)


class _Collection:
    """A mapping or a list that the reader is in. `keys` lead to it."""

    __slots__ = ("is_mapping", "key", "keys", "line")

    def __init__(self, keys: tuple[str, ...], *, is_mapping: bool) -> None:
        self.keys = keys
        self.is_mapping = is_mapping
        # Of a mapping, the key whose value comes next.
        self.key: str | None = None
        self.line = 0


def yaml_settings(content: bytes, depth: int) -> tuple[Setting, ...]:
    """Return the settings with at most `depth` keys, in the order of the file. Raises `UnreadableYamlError`."""
    import yaml  # 20 ms, and most domains have no YAML resources

    settings: list[Setting] = []
    collections: list[_Collection] = []
    documents = 0
    try:
        check_size(content)
        for event in yaml.parse(_decode(content), Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                collections.pop()
            elif isinstance(event, yaml.NodeEvent) and len(collections) > depth:
                # Too deep to be reported. Keys that grow with each level would take memory by the square.
                if isinstance(event, yaml.CollectionStartEvent):
                    collections.append(collections[-1])
                if len(collections) > _DEEPEST:
                    raise UnreadableYamlError(f"it is nested more than {_DEEPEST} levels deep")
            elif isinstance(event, yaml.NodeEvent):
                keys, setting = _read_node(collections[-1] if collections else None, event)
                if setting is not None and len(keys) <= depth:
                    settings.append(setting)
                if isinstance(event, yaml.CollectionStartEvent):
                    collections.append(_Collection(keys, is_mapping=isinstance(event, yaml.MappingStartEvent)))
    except (UnicodeDecodeError, LargeYamlError, yaml.YAMLError) as error:
        raise UnreadableYamlError(" ".join(str(error).split())) from None
    if documents > 1:
        raise UnreadableYamlError("it holds more than one document, and the CLI reads only the first")
    return tuple(settings)


def _decode(content: bytes) -> str:
    text = content.decode()
    if "\ufeff" in text[1:]:
        raise UnreadableYamlError(
            "it holds a byte order mark, which the CLI takes for a part of a key or of its indentation"
        )
    return text


def _read_node(around: _Collection | None, event: "yaml.NodeEvent") -> tuple[tuple[str, ...], Setting | None]:
    """Return the keys that lead to a node, and the setting that it completes; a key by itself completes none."""
    import yaml

    if around is None:
        return (), None
    line = event.start_mark.line + 1 if event.start_mark is not None else 0
    text = event.value if isinstance(event, yaml.ScalarEvent) else None
    is_alias = isinstance(event, yaml.AliasEvent)
    if not around.is_mapping:
        keys = (*around.keys, ITEM)
        return keys, Setting(keys, line, text, is_alias)
    if around.key is None:
        is_tagged = isinstance(event, yaml.ScalarEvent) and event.tag is not None
        around.key, around.line = (NO_TEXT if text is None or is_tagged else text), line
        return (*around.keys, NO_TEXT), None
    keys = (*around.keys, around.key)
    around.key = None
    return keys, Setting(keys, around.line, text, is_alias)
