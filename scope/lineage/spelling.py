"""How a word of a table's name may be spelled in text, as a pattern for git and for Python.

A word stands whole, in any case, or it is put together where texts meet: implicit concatenation, sums, f-strings, formats,
lines that go on. On one line only such seams stand between its letters; elsewhere a fragment of it stands between two: its
longer half, or one from its inside. So a search finds every file that can spell a word.
"""

import re
from collections.abc import Iterable

_SHORTEST = 3
# Between two letters of a word that is spelled on one line.
_SEAM = "([^A-Za-z0-9_]*[rRfFbBuU]*[\"'])?"
_QUOTES, _BLANKS = "\"'", " \t"
# Left and right of a fragment: a quote, a field's bracket, the end of a line. Notebooks escape quotes, and end lines so.
# Git takes `\t` in brackets for a backslash or a t, so they hold the characters themselves.
_LEFT = rf"([{_QUOTES}}}]|%[a-z]|^[{_BLANKS}]*(# MAGIC|-- MAGIC)?[{_BLANKS}]*|\\n)"
_RIGHT = rf"(\\?[{_QUOTES}{{%]|\\|$)"
_BEFORE = r"(^|[^A-Za-z0-9_]|\\[nrtfv])"
_AFTER = r"($|[^A-Za-z0-9_])"


def spelling_pattern(words: Iterable[str]) -> str:
    """Return a regular expression, for git and for Python alike, that matches a line wherever one of some words is spelled.

    It is one for all words: git tries each of many on every line.
    """
    wholes, starts, ends, insides = [], [], [], []
    for word in sorted(words):
        letters = [_any_case(letter) for letter in word]
        wholes.append(_SEAM.join(letters))
        # Of two fragments, one is no shorter than half a word.
        for length in range(min(_SHORTEST, -(-len(word) // 2)), len(word)):
            starts.append("".join(letters[:length]))
            ends.append("".join(letters[-length:]))
        for length in range(1, len(word) - 1):
            insides += ["".join(letters[at : at + length]) for at in range(1, len(word) - length)]
    forms = ((_BEFORE, wholes, _AFTER), (_BEFORE, starts, _RIGHT), (_LEFT, ends, _AFTER), (_LEFT, insides, _RIGHT))
    return "|".join(f"{left}({'|'.join(dict.fromkeys(some))}){right}" for left, some, right in forms if some)


def spells(text: str, words: Iterable[str]) -> bool:
    """Return whether a text spells one of some words."""
    return re.search(spelling_pattern(words), text, re.MULTILINE) is not None


def _any_case(letter: str) -> str:
    return f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else re.escape(letter)
