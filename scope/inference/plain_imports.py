"""Plain Python → its import statements, without its syntax tree.

Plain is a file of a domain whose text holds nothing by which it could import, open or run anything but by import statements,
each on a line of its own. What such a file uses is among what these name: they may stand in a text or a comment, or the file
may not parse. So whoever finds that all of it is there already, or in order, needs no more; everybody else reads the tree.
"""

import keyword
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from scope.inference.collector import MOST_ORIGINS
from scope.inference.parsing import is_too_large
from scope.inference.plain_text import FOLDER_PARTS
from scope.inference.uses import Place
from scope.inference.wide_uses import MARKERS

_LARGEST = 64 * 1024
_LONGEST_STATEMENT = 500
_IMPORT = "import"
_HEADER = "# Databricks notebook source"
# Only import statements may name these.
_SHARED = ("common", "resources", "_models")
# Whatever imports, opens or runs code by other means has one of these: a marker, a word that tells where code lies, a cell
# in another language, or a path that climbs, perhaps put together.
_OTHER_MEANS = frozenset({marker.decode() for marker in MARKERS}.difference(_SHARED) | {*FOLDER_PARTS, "MAGIC", "coding"})
_SIGNS = ("\r", '"."', "'.'", '".{', "'.{")
# One that holds another needs no search of its own.
_NEVER = (
    *_SIGNS,
    *(word for word in sorted(_OTHER_MEANS) if not any(other in word for other in _OTHER_MEANS if other != word)),
)
_ESCAPE = re.compile(r"\\[\nxuUN0-7]")
# A text that ends in the beginning of a name of shared code, which the next one may end.
_BEGUN = re.compile(r"(?<![A-Za-z0-9_.])(?:src\.)?(?:co?m{0,2}o?|re?s?o?u?r?c?e?)[\"'{]")
_STATEMENT = re.compile(
    r"^[ \t]*+(?:from[ \t]++[A-Za-z0-9_.]++[ \t]++import[ \t]++(?:\([A-Za-z0-9_\s,]*+\)[ \t]*+|[A-Za-z0-9_, \t]++)"
    r"|import[ \t]++[A-Za-z0-9_., \t]++)$",
    re.MULTILINE,
)
_MOST_KNOWN = 4096


class PlainImport(NamedTuple):
    """An import statement.

    `modules` are imported as such, `names` from the one module; `possible` are all modules that the text may mean, if it is
    no statement of a file that parses.
    """

    modules: tuple[str, ...]
    names: tuple[str, ...]
    possible: tuple[str, ...]
    bound: tuple[str, ...]


def read_plain_imports(path: str, source: bytes) -> tuple[PlainImport, ...] | None:
    """Return the import statements of a Python file, or None if it isn't plain."""
    if not path.endswith(".py") or len(source) > _LARGEST or not source.isascii():
        return None
    text = source.decode()
    statements = _STATEMENT.findall(text)
    if text.count(_IMPORT) != len(statements) or not _is_plain(text, "\n".join(statements)):
        return None
    imports: list[PlainImport] = []
    for statement in statements:
        is_relative = statement.split(None, 2)[1].startswith(".")
        read = _read_statement(statement, Place.of(path) if is_relative else _NOWHERE)
        if read is None:
            return None
        imports.append(read)
    return tuple(imports) if _binds_few(imports) else None


def _is_plain(text: str, statements: str) -> bool:
    if any(map(text.__contains__, _NEVER)):
        return False
    if any(text.count(word) != statements.count(word) for word in _SHARED):
        return False
    if text.count("notebook") != text.count(_HEADER):
        return False
    if "\\" in text and _ESCAPE.search(text):
        return False
    return _BEGUN.search(text) is None and not is_too_large(text)


def _binds_few(imports: Iterable[PlainImport]) -> bool:
    """Whether no name is imported in so many ways that it may stand for anything."""
    bound = [name for one in imports for name in one.bound]
    return len(bound) <= MOST_ORIGINS or max(Counter(bound).values()) <= MOST_ORIGINS


_NOWHERE = Place.of("")


@lru_cache(_MOST_KNOWN)  # most statements stand in many files
def _read_statement(statement: str, place: Place) -> PlainImport | None:
    """Return what a statement says, or None if it isn't one that Python reads."""
    if len(statement) > _LONGEST_STATEMENT:
        return None
    kind, origin, *rest = statement.split(None, 3)
    is_from = kind == "from"
    listed = rest[1] if is_from else statement.split(None, 1)[1]
    parts = [part.split() for part in listed.strip().strip("()").split(",")]
    if not parts[-1]:
        parts.pop()
    name = origin.lstrip(".") if is_from else ""
    pieces = [piece for part in (*parts, name.split()) for word in part[:1] + part[2:] for piece in word.split(".")]
    is_read = all(map(str.isidentifier, pieces)) and not any(map(keyword.iskeyword, pieces))
    if not is_read or not parts or any(len(part) not in (1, 3) or part[1:2] not in ([], ["as"]) for part in parts):
        return None
    names = tuple(part[0] for part in parts)
    bound = tuple(part[-1] for part in parts)
    if not is_from:
        modules = tuple(place.absolute(one, 0) for one in names)
        tops = tuple(one.partition(".")[0] for one in bound)
        return PlainImport(tuple(filter(None, modules)), (), (*modules, *bound), tops)
    base = place.absolute(name, len(origin) - len(name))
    # Where the file doesn't parse, every word counts.
    words = dict.fromkeys(word for part in parts for word in part)
    possible = tuple(f"{base}.{word}" if base else word for word in words)
    return PlainImport((base,) if base else (), names if base else (), (base, *possible) if base else possible, bound)
