"""Names of tables in text, of which parts may only be known at run time.

A text holds marks of its own, characters that no file can name: a hole stands for what only the run knows, and a pair around
a name for the table that `common.tables.table()` makes of it. Names are logical, those of prod, so the prefixes that the
platform hands to pipelines and jobs aren't part of them.
"""

import re
from dataclasses import dataclass

HOLE = "\ue000"
# In SQL, what stands for a prefix of the platform.
PREFIX = "scope_prefix_"
_OPEN, _CLOSE = "\ue001", "\ue002"
_LOGICAL = re.compile(f"{_OPEN}(\\d{{1,9}}):([^{_CLOSE}]*){_CLOSE}")
_MARKS = re.compile("[\ue000-\ue002]")
_REFERENCE = re.compile(r"\$\{([^{}]*)\}|\{\{([^{}]*)\}\}")
_FIELD = re.compile(r"(?<!\{)\{\w+\}(?!\})")
_PREFIX = re.compile(r"\s*(?:var|platform|job\.parameters\.\[?platform)\.(?:upstream_)?(?:catalog|schema)_prefix\]?\s*")
_DOMAIN = re.compile(r"\s*(?:job\.parameters\.\[?)?platform\.domain\]?\s*")
_NAME = re.compile(r"\s*((?:`[^`]+`|[^.`\s]+)(?:\s*\.\s*(?:`[^`]+`|[^.`\s]+))*)\s*")
_PART = re.compile(r"`([^`]+)`|([^.`\s]+)")


@dataclass(frozen=True, slots=True)
class Name:
    """A table's name as it is written: its parts, none if it isn't a name, and whether the target's prefixes are added.

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


def read_name(text: str, domain: str | None = None) -> Name:
    """Return the name that a text is. What is known to be a prefix of the platform is left out, in code of `domain`."""
    calls = tuple(int(number) for number, _ in _LOGICAL.findall(text))
    plain = _LOGICAL.sub(r"\2", text)
    known, has_prefix = fill_references(plain, domain)
    return Name(name_parts(known), bool(calls) or has_prefix, calls)


def fill_references(text: str, domain: str | None, hole: str = HOLE, prefix: str = "") -> tuple[str, bool]:
    """Return a text with its references (`${…}`, `{{…}}`) filled in as far as they are known, and if one was a prefix."""
    has_prefix = False

    def fill(match: re.Match[str]) -> str:
        nonlocal has_prefix
        key = match[1] if match[1] is not None else match[2]
        if _PREFIX.fullmatch(key):
            has_prefix = True
            return prefix
        return domain if domain and _DOMAIN.fullmatch(key) else hole

    if "{" not in text:
        return text, False
    # What a template or a query's arguments put there.
    filled = _FIELD.sub(hole, _REFERENCE.sub(fill, text))
    return filled, has_prefix


def name_parts(text: str) -> tuple[str, ...]:
    """Return the parts of a table's name as Spark reads it from a string, or none if it isn't a name."""
    return tuple(quoted or plain for quoted, plain in _PART.findall(text)) if _NAME.fullmatch(text) else ()
