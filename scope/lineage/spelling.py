"""How a word of a table's name may be spelled in text, as patterns for git and for Python.

A word stands whole, in any case, or it is put together where texts meet: implicit concatenation, sums, f-strings, formats,
lines that go on. On one line only such seams stand between its letters; elsewhere a fragment of it stands between two: its
longer half, or one from its inside. So a search finds every file that can spell a word.
"""

import re
from collections.abc import Collection, Iterable
from functools import cache

_SHORTEST = 3
# Between two letters of a word that is spelled on one line.
_SEAM = "([^A-Za-z0-9_]*[rRfFbBuU]*[\"'])?"
_QUOTES, _BLANKS = "\"'", " \t"
# Left and right of a fragment: a quote, a field's bracket, the end of a line. Notebooks escape quotes, and end lines so.
# Git takes `\t` in brackets for a backslash or a t, so they hold the characters themselves.
_MARK = rf"[{_QUOTES}}}]|%[a-z]|\\n"
_RIGHT = rf"(\\?[{_QUOTES}{{%]|\\|$)"
_MAGIC = "# MAGIC|-- MAGIC"
_LINE_START = rf"^[{_BLANKS}]*+(?:(?:{_MAGIC})[{_BLANKS}]*+)?"
_LETTER = "[A-Za-z0-9_]"
_ESCAPE = r"\\[nrtfv]"


def spelling_patterns(words: Iterable[str]) -> tuple[str, ...]:
    """Return regular expressions, for git and for Python alike, of which one matches a line wherever a word is spelled.

    A search skips whatever can't begin a match, so they are apart by what they begin with, and what stands before a word is
    looked at after its first letter.
    """
    word, fragment = _join_forms(words, rf"(?:(?<!{_LETTER}.)|(?<={_ESCAPE}.))", f"(?!{_LETTER})")
    return (word, f"({_MARK}){fragment}", _LINE_START + fragment) if fragment else (word,)


def extended_spelling_patterns(words: Iterable[str]) -> tuple[str, ...]:
    """Return the same for a git that knows no Perl: one expression, since git tries each of many on every line."""
    word, fragment = _join_forms(words, "", "($|[^A-Za-z0-9_])")
    left = f"({_MARK}|^[{_BLANKS}]*({_MAGIC})?[{_BLANKS}]*)"
    return (f"(^|[^A-Za-z0-9_]|{_ESCAPE}){word}" + (f"|{left}{fragment}" if fragment else ""),)


def spells(text: str, words: Iterable[str]) -> bool:
    """Return whether a text spells one of some words."""
    return any(pattern.search(text) for pattern in _compile(frozenset(words)))


def spells_outside(text: str, words: Iterable[str], schemas: Collection[str]) -> bool:
    """Return whether a text spells one of some words elsewhere than at the end of one of some schemas (`catalog.schema`).

    A reference may stand before the schema's own name, as in SQL.
    """
    ends = "|".join(sorted({re.escape(schema.rpartition(".")[2]) for schema in schemas}))
    whole = re.compile(rf"\b(\w+)\.(?:\$\{{[\w.]+\}})?({ends})\b", re.IGNORECASE | re.ASCII)
    others = whole.sub(lambda match: " " if f"{match[1]}.{match[2]}".lower() in schemas else match[0], text)
    return spells(others, words)


@cache
def _compile(words: frozenset[str]) -> tuple[re.Pattern[str], ...]:
    # One by one, since `re` skips what can't begin a match only where it begins alike.
    return tuple(re.compile(pattern, re.MULTILINE) for pattern in spelling_patterns(words))


def _join_forms(words: Iterable[str], first: str, after: str) -> tuple[str, str]:
    """Return patterns of some words where they begin, and of fragments that go on with one; empty if there are none.

    `first` follows the first letter of what begins a word, `after` what ends one.
    """
    wholes, starts, ends, insides = [], [], [], []
    for word in sorted(words):
        letters = [_any_case(letter) for letter in word]
        begun = [letters[0] + first, *letters[1:]]
        wholes.append(_SEAM.join(begun))
        # Of two fragments, one is no shorter than half a word.
        for length in range(min(_SHORTEST, -(-len(word) // 2)), len(word)):
            starts.append("".join(begun[:length]))
            ends.append("".join(letters[-length:]))
        for length in range(1, len(word) - 1):
            insides += ["".join(letters[at : at + length]) for at in range(1, len(word) - length)]
    return _either((wholes, after), (starts, _RIGHT)), _either((ends, after), (insides, _RIGHT))


def _either(*forms: tuple[list[str], str]) -> str:
    """Return a pattern of forms, each list with what follows them; an empty text if there is no form."""
    parts = [f"({'|'.join(dict.fromkeys(some))}){right}" for some, right in forms if some]
    return f"({'|'.join(parts)})" if parts else ""


def _any_case(letter: str) -> str:
    """Return a pattern of a letter. Git compares bytes, of which other letters have several."""
    if not letter.isalpha():
        return re.escape(letter)
    return f"[{letter.upper()}{letter.lower()}]" if letter.isascii() else f"({letter.upper()}|{letter.lower()})"
