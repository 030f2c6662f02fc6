"""Words and patterns by which a file that may use shared code is found without being parsed, by git or here."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby

from scope.inference.plain_text import MACHINERY_NAMES, PLACE_NAMES

# A file of a domain in which none of these occurs, and no path that climbs, uses nothing outside of its domain, and nothing
# computed. Shared code is always read: it uses its neighbours by relative imports, without a word of these.
MARKERS: tuple[bytes, ...] = tuple(
    sorted(
        {name.encode() for name in MACHINERY_NAMES | PLACE_NAMES}
        | {b"common", b"_models", b"resources", b"pkgutil", b"pkg_resources", b"%run", b"dbutils", b"notebook.run"}
    )
)

# Markers that only say that something shared is named: the names of the changed files are narrower.
_NAMING = frozenset({b"common", b"resources", b"_models"})
# Uses that reach shared files without naming them: loaders, star imports (also in notebooks, whose lines are JSON strings),
# whole folders, names composed at run time, packages whose files are opened, folders around those that shared code offers.
#
# Git and Python read these patterns. No alternative begins like another, and what was matched is given back nowhere, so that
# a line takes time by its length, however long it is.
# A space, a tab, and so on; `\v` has another meaning in git.
_BLANKS = r" \t\f\x0b\r"
_WRITTEN = rf"\\(?:[nrtfv\\\"{_BLANKS}]|u00[0-9a-fA-F][0-9a-fA-F])"
_NAME = "[A-Za-z0-9_.]"
_ENDS = "[\"'{%\\\\]"
_SHARED = "(?:common|_models|resources)"
# Letters that mean plain ones in a name of Python's (NFKC), by their bytes in UTF-8.
_COMPATIBLE = (
    r"\xc2[\xaa\xba]|\xc4[\xb2\xb3]|\xc5\xbf|\xc7[\x87-\x8c\xb1-\xb3]|\xca[\xb0-\xb8]|\xcb[\xa1-\xa3]"
    r"|\xe1\xb4[\xac-\xbf]|\xe1\xb5[\x80-\xa5]|\xe1\xb6[\x9c-\xbb]|\xe2\x81[\xb1\xbf]|\xe2\x82[\x90-\x9c]"
    r"|\xe2\x84[\x82-\xb9]|\xe2\x85[\x85-\xbf]|\xe2\xb1[\xbc\xbd]|\xea\x9f[\xb2-\xb4]|\xef\xac[\x80-\x86]"
    r"|\xef\xb8[\xb3\xb4]|\xef\xb9[\x8d-\x8f]|\xef\xbc[\x90-\xbf]|\xef\xbd[\x81-\x9a]|\xf0\x90\x9e\xa5"
    r"|\xf0\x9d[\x90-\x9f]|\xf0\x9f\xaf[\xb0-\xb9]"
)
# The same as JSON may write them in a notebook, a few more with them.
_ESCAPED = r"\\[uU](?:00[aAbB][aA]|01[37cCfF]|02[bBeE]|1[dD][2-69aAbB]|20[789]|21|2[cC]7|[aA]7[fF]|[fF][bBeEfF]|[dD]8[034])"
# A file in another encoding than UTF-8, which may write anything in its own way.
_ENCODED = r"coding[:=][ \t]*(?:[^ \tuU\"']|[uU][^tT]|[uU][tT][fF]-?[^-8])"
# A file that may name something without its letters.
UNSPELLED = (_COMPATIBLE, _ESCAPED, _ENCODED)
# A path that climbs leads to shared files of its last names, from wherever it counts. It needn't hold a word of `MARKERS`,
# nor the names of all files below a folder.
CLIMBING = r"[\"']\.\."
# Words that begin with the same letters, so many, are one pattern, which is still found by its beginning.
_SAME = 2


def _group(words: Iterable[bytes]) -> Iterator[str]:
    """Yield patterns for words: one for those that begin alike, since git takes as long for each pattern."""
    for start, group in groupby(sorted(word.decode() for word in words), key=lambda word: word[:_SAME]):
        ends = [re.escape(word[_SAME:]) for word in group]
        yield re.escape(start) + (ends[0] if len(ends) == 1 else f"(?:{'|'.join(ends)})")


_WORDS = tuple(sorted({*MARKERS, b"importlib", b"common/", b"/common", b"dirname", b"pardir", b".parent"} - _NAMING))
# The other patterns, with words of which a file holds one if it matches.
_NEEDED: Mapping[str, tuple[bytes, ...]] = {
    _ESCAPED: (b"\\u", b"\\U"),
    _ENCODED: (b"coding",),
    rf"import(?:[^A-Za-z0-9_(\\*]|{_WRITTEN})*+\*": (b"*",),
    rf"^(?:[\"{_BLANKS}]|{_WRITTEN})*+\*(?:[{_BLANKS}]|{_WRITTEN})*+(?:[\"#;]|$)": (b"*",),
    r"[\"']\.\.(?:/\.\.)*+/?\\?[\"']": (b"..",),
}
_OTHERS = (_COMPATIBLE, *_NEEDED, *_group(_WORDS))
_NAME_THAT_GOES_ON = rf"(?<!{_NAME})(?={_NAME}*+{_ENDS}){_NAME}*{_SHARED}(?:\.|(?!{_NAME}))"
WIDE = (*_OTHERS, _NAME_THAT_GOES_ON)


def _extend(pattern: str) -> str:
    r"""Return a pattern as an extended regular expression, in whose brackets `\t` is a backslash or a t."""
    for written, plain in (("(?:", "("), ("*+", "*"), (_BLANKS, " \t\f\v\r"), (r"[ \t", "[ \t"), (r"[^ \t", "[^ \t")):
        pattern = pattern.replace(written, plain)
    # A byte that is no text by itself, as Python writes it to a program.
    return re.sub(r"\\x([89a-f][0-9a-f])", lambda match: chr(0xDC00 + int(match[1], 16)), pattern)


# The same for a git that knows no other expressions.
EXTENDED_UNSPELLED = tuple(map(_extend, UNSPELLED))
EXTENDED_WIDE = (
    *map(_extend, _OTHERS),
    *(_extend(f"{start}{_NAME}*{_SHARED}(\\.{_NAME}*)?{_ENDS}") for start in ("^", "[^A-Za-z0-9_.]")),
)


@cache
def _climbing() -> re.Pattern[bytes]:
    return re.compile(CLIMBING.encode())


def is_climbing(content: bytes) -> bool:
    """Return whether a file may hold a path that climbs."""
    return _climbing().search(content) is not None


@cache
def _wide() -> tuple[tuple[tuple[bytes, ...], re.Pattern[bytes]], ...]:
    patterns = {**_NEEDED, _NAME_THAT_GOES_ON: tuple(_NAMING)}
    return tuple((needed, re.compile(pattern.encode(), re.MULTILINE)) for pattern, needed in patterns.items())


@cache
def _compatible() -> re.Pattern[bytes]:
    return re.compile(_COMPATIBLE.encode())


def is_wide(content: bytes) -> bool:
    """Return whether one of the `WIDE` patterns matches a file."""
    return are_wide([content])[0]


def are_wide(contents: Sequence[bytes]) -> list[bool]:
    """Return of each of some files whether one of the `WIDE` patterns matches it.

    Words are looked for in all of them together: most are in none, and each is found sooner than most patterns, which begin
    like much else.
    """
    together = b"\n".join(contents)
    words = [word for word in _WORDS if word in together]
    patterns = [pattern for needed, pattern in _wide() if any(word in together for word in needed)]
    return [
        any(word in content for word in words)
        or any(pattern.search(content) for pattern in patterns)
        or (not content.isascii() and _compatible().search(content) is not None)
        for content in contents
    ]
