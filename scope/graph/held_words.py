"""Which of many words a file holds, wherever they stand in it: each name in a file is looked at once for all files."""

import re
from collections.abc import Iterable

_NAME = re.compile(rb"[A-Za-z0-9_]+")
# Bytes. What is longer is data, whose names no other file has: words are looked for one by one.
_LONGEST_CODE = 1024 * 1024
# Fewer words than these are found sooner than all names are taken apart.
_FEW = 10


class HeldWords:
    """Words of letters, digits and underscores to look for. An empty one stands in every file."""

    def __init__(self, words: Iterable[str]) -> None:
        """Look for some words."""
        self.words = frozenset(words)
        self._encoded = {word.encode(): word for word in self.words}
        self._lengths = sorted({len(word) for word in self._encoded if word})
        self._always = self.words & {""}
        self._known: dict[bytes, frozenset[str]] = {}

    def find(self, content: bytes) -> frozenset[str]:
        """Return the words that a content holds, also as parts of longer ones."""
        if len(content) > _LONGEST_CODE or len(self._encoded) < _FEW:
            return frozenset(word for encoded, word in self._encoded.items() if encoded in content)
        return self._always.union(*map(self._find_in_name, set(_NAME.findall(content))))

    def _find_in_name(self, name: bytes) -> frozenset[str]:
        # A word has only letters that names have, so it stands inside of one.
        if name not in self._known:
            self._known[name] = frozenset(self._look_into(name))
        return self._known[name]

    def _look_into(self, name: bytes) -> Iterable[str]:
        if len(name) * len(self._lengths) > len(self._encoded):
            # It has more parts than there are words.
            return (word for encoded, word in self._encoded.items() if encoded in name)
        parts = (name[at : at + length] for length in self._lengths for at in range(len(name) - length + 1))
        return (self._encoded[part] for part in parts if part in self._encoded)
