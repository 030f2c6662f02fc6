"""Text → whether it may spell a table's full name, catalog and all: for Python that is worth reading for nothing else.

A catalog stands in the text as a word, or something there puts words together or takes them apart. So far as texts come from
other files, those are asked the same.
"""

import re
from collections.abc import Collection

_WORD = re.compile(r"\w+")
# The same for ASCII: what is no part of a word is a blank.
_BLANKS = "".join(character if character.isalnum() or character == "_" else " " for character in map(chr, range(128)))
# Sums, formats, escapes, and other languages.
_SIGNS = re.compile(r"[+%{|]|\\[\r\nNUux0-7]")
# Methods that change texts, and words of which one is a part of each of them: these are found faster.
_METHODS = re.compile(
    r"\b(?:concat\w*|format\w*|join|partition|remove\w+|replace\w*|rpartition|rsplit|split|strip|lstrip|rstrip|translate)\b"
)
_METHOD_STEMS = ("concat", "format", "join", "partition", "remove", "replace", "split", "strip", "translate")
# Quotes that meet: `"fin" "ance"`.
_MEETING = re.compile(r"[\"'\0]\s*+[rRbBuUfF]{0,2}[\"'\0]")
# A text in three quotes isn't an empty one beside another.
_TRIPLE = re.compile("\"\"\"|'''")
# What may be a comment between two texts, with the quote or the line end before it. It may be a part of a text, too.
_COMMENT = re.compile(r"([\"'\0\n])[^\S\n]*+#([^\n]*)")


def may_spell(text: str, catalogs: Collection[str]) -> bool:
    """Return whether Python may spell a name with one of some catalogs, in lower case, as far as its own text goes."""
    if has_word(text, catalogs):
        return True
    if _SIGNS.search(text) or (any(map(text.__contains__, _METHOD_STEMS)) and _METHODS.search(text)):
        return True
    plain = _TRIPLE.sub("\0", text)
    # Without the comments between them, more quotes meet, and nothing else is new.
    return _MEETING.search(plain) is not None or (
        "#" in plain and _MEETING.search(_COMMENT.sub(_keep_quote, plain)) is not None
    )


def _keep_quote(comment: re.Match[str]) -> str:
    """Return what stands for a comment: a quote, if there is one, so that nothing that ends or begins there is missed."""
    return comment[1] + ("'" if comment[1] == "\n" and not {*comment[2]}.isdisjoint("\"'\0") else "")


def has_word(text: str, words: Collection[str]) -> bool:
    """Return whether one of some words, which are in lower case, stands in a text, whole and in any case."""
    lower = text.lower()
    return not frozenset(words).isdisjoint(lower.translate(_BLANKS).split() if lower.isascii() else _WORD.findall(lower))
