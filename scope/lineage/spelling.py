"""How a word of a table's name may be spelled in text, as patterns for git and for Python.

A word stands whole, in any case, or it is put together where texts meet: implicit concatenation, sums, f-strings, formats,
lines that go on. On one line only such seams stand between its letters; elsewhere a fragment of it stands between two: its
longer half, or one from its inside. So a search finds every file that can spell a word.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

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


class _Forms(NamedTuple):
    """How some words may stand: whole, or as fragments from their starts, ends and insides."""

    wholes: list[str]
    starts: list[str]
    ends: list[str]
    insides: list[str]


def spelling_patterns(words: Iterable[str]) -> tuple[str, ...]:
    """Return regular expressions, for git and for Python alike, of which one matches a line wherever a word is spelled.

    A search skips whatever can't begin a match, so they are apart by what they begin with, and what stands before a word is
    looked at after its first letter.
    """
    forms, after = _list_forms(words, rf"(?:(?<!{_LETTER}.)|(?<={_ESCAPE}.))"), f"(?!{_LETTER})"
    word = _either((_either(forms.wholes) + after, *_end(forms.starts, _RIGHT)))
    fragment = _either((*_end(forms.ends, after), *_end(forms.insides, _RIGHT)))
    return (word, f"({_MARK}){fragment}", _LINE_START + fragment) if forms.ends else (word,)


def extended_spelling_patterns(words: Iterable[str]) -> tuple[str, ...]:
    """Return the same for a git that knows no Perl: one expression, since git tries each of many on every line."""
    forms, after = _list_forms(words), "($|[^A-Za-z0-9_])"
    word = _either((_either(forms.wholes) + after, *_end(forms.starts, _RIGHT)))
    fragment = _either((*_end(forms.ends, after), *_end(forms.insides, _RIGHT)))
    left = f"({_MARK}|^[{_BLANKS}]*({_MAGIC})?[{_BLANKS}]*)"
    return (f"(^|[^A-Za-z0-9_]|{_ESCAPE}){word}" + (f"|{left}{fragment}" if forms.ends else ""),)


def _end(forms: list[str], right: str) -> list[str]:
    return [_either(forms) + right] if forms else []


def _either(forms: Iterable[str]) -> str:
    return f"({'|'.join(forms)})"


def spells(text: str, words: Iterable[str]) -> bool:
    """Return whether a text spells one of some words."""
    return _compile(frozenset(words)).search(text) is not None


@cache
def _compile(words: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(spelling_patterns(words)), re.MULTILINE)


def _list_forms(words: Iterable[str], first: str = "") -> _Forms:
    """Return the forms of some words, with `first` after the first letter of what begins with it."""
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
    return _Forms(*(list(dict.fromkeys(forms)) for forms in (wholes, starts, ends, insides)))


def _any_case(letter: str) -> str:
    """Return a pattern of a letter. Git compares bytes, of which other letters have several."""
    if not letter.isalpha():
        return re.escape(letter)
    return f"[{letter.upper()}{letter.lower()}]" if letter.isascii() else f"({letter.upper()}|{letter.lower()})"
