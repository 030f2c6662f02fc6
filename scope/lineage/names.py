"""Names of tables in text, of which parts may only be known at run time.

A text holds marks of its own, characters that no file can name: a hole stands for what only the run knows, and a pair around
a name for the table that `common.tables.table()` makes of it. Names are those of prod, so of the values that the platform
hands to pipelines and jobs, they have the ones of prod; with the default naming, these are prefixes that prod hasn't.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from scope.naming import OWN_KEYS

HOLE = "\ue000"
# In SQL, what stands before a value of the platform.
PREFIX = "scope_prefix_"
_OPEN, _CLOSE = "\ue001", "\ue002"
_LOGICAL = re.compile(f"{_OPEN}(\\d{{1,9}}):([^{_CLOSE}]*){_CLOSE}")
_MARKS = re.compile("[\ue000-\ue002]")
_REFERENCE = re.compile(r"\$\{([^{}]*)\}|\{\{([^{}]*)\}\}")
_FIELD = re.compile(r"(?<!\{)\{\w+\}(?!\})")
_VALUE = re.compile(r"\s*(?:(?P<root>var|platform|job\.parameters\.\[?platform)\.(?P<name>\w+)\]?|bundle\.target)\s*")
_DOMAIN = re.compile(r"\s*(?:job\.parameters\.\[?)?platform\.domain\]?\s*")
_NAME = re.compile(r"\s*((?:`[^`]+`|[^.`\s]+)(?:\s*\.\s*(?:`[^`]+`|[^.`\s]+))*)\s*")
_PART = re.compile(r"`([^`]+)`|([^.`\s]+)")


# What the default naming's references stand for.
PREFIXES: Mapping[str, str] = dict.fromkeys(
    ("catalog_prefix", "schema_prefix", "upstream_catalog_prefix", "upstream_schema_prefix"), ""
)


class References(NamedTuple):
    """What the platform's references stand for in the code of a domain: texts by the names of variables and keys."""

    domain: str | None = None
    values: Mapping[str, str] = PREFIXES

    def find(self, key: str) -> str | None:
        """Return the text that a reference stands for, or None if it is no part of the platform's names."""
        match = _VALUE.fullmatch(key)
        name = (match["name"] or "target") if match else ""
        is_variable = match is not None and match["root"] == "var"
        return None if is_variable and name in OWN_KEYS else self.values.get(name)


class Name(NamedTuple):
    """A table's name as it is written: its parts, none if it isn't a name, and whether it has the target's values in it.

    `calls` are the numbers of the calls of `table()` that it came from.
    """

    parts: tuple[str, ...]
    is_logical: bool = False
    calls: tuple[int, ...] = ()


def without_marks(text: str) -> str:
    """Return a file's text without the characters that are marks here."""
    return _MARKS.sub("?", text)


def mark_logical(call: int, text: str) -> str:
    """Return the text that stands for the table that a numbered call of `table()` names."""
    return f"{_OPEN}{call}:{text}{_CLOSE}"


def has_calls(text: str) -> bool:
    """Return whether a name that a call of `table()` makes stands in a text."""
    return _OPEN in text


def split_logical(text: str) -> list[str]:
    """Return a text cut at its calls of `table()`: text, the number of a call, its name, text, and so on."""
    return _LOGICAL.split(text)


def read_name(text: str, references: References | None = None) -> Name:
    """Return the name that a text is, with what is known of the platform's references in it."""
    calls = tuple(int(number) for number, _ in _LOGICAL.findall(text))
    plain = _LOGICAL.sub(r"\2", text)
    known, has_value = fill_references(plain, references or References())
    return Name(name_parts(known), bool(calls) or has_value, calls)


def fill_references(text: str, references: References, hole: str = HOLE, mark: str = "") -> tuple[str, bool]:
    """Return a text with its references (`${…}`, `{{…}}`) filled in as far as they are known, and if one was a value.

    Each value stands behind the mark.
    """
    has_value = False

    def fill(match: re.Match[str]) -> str:
        nonlocal has_value
        key = match[1] if match[1] is not None else match[2]
        value = references.find(key)
        if value is not None:
            has_value = True
            return mark + value
        return references.domain if references.domain and _DOMAIN.fullmatch(key) else hole

    if "{" not in text:
        return text, False
    # What a template or a query's arguments put there.
    filled = _FIELD.sub(hole, _REFERENCE.sub(fill, text))
    return filled, has_value


def name_parts(text: str) -> tuple[str, ...]:
    """Return the parts of a table's name as Spark reads it from a string, or none if it isn't a name."""
    return tuple(quoted or plain for quoted, plain in _PART.findall(text)) if _NAME.fullmatch(text) else ()
