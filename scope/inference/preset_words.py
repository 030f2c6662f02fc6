"""The words of a spec by which it may name presets, as `<stem of the file>.<name>`."""

import re

from scope.inference.yaml_nodes import DEEPEST

_WORD = r"[\w-]+"
# With or without the dot that makes it the word of a preset: no word is looked at twice.
_WORDS = re.compile(rf"({_WORD}+)(\.?)")


def is_preset_word(stem: str) -> bool:
    """Return whether `find_preset_words` can tell that a spec holds a stem; one that it can't, any spec may name."""
    return re.fullmatch(_WORD, stem) is not None


def find_preset_words(content: bytes) -> frozenset[str] | None:
    r"""Return the words before a dot in the texts of a spec: more than those of presets, never less. None: it may name any.

    >>> sorted(find_preset_words(b'cluster: "cl\\u0075sters.small"'))
    ['clusters']
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    # What YAML means stands in its text, one character after the other, unless it is escaped.
    texts = _texts(text) if "\\" in text else (text,)
    return None if texts is None else frozenset(word for text in texts for word, dot in _WORDS.findall(text) if dot)


def _texts(text: str) -> tuple[str, ...] | None:
    """Return the texts of a YAML document, or None if it is none, or nested too deep to be read."""
    import yaml  # 20 ms, and few specs hold an escape

    texts: list[str] = []
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                return None
            if isinstance(event, yaml.ScalarEvent):
                texts.append(event.value)
    except yaml.YAMLError:
        return None
    return tuple(texts)
