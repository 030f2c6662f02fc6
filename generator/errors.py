"""The problems of specs: each has a file and a place in it."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem. Lines and columns count from 1; `line` 0 means the whole file."""

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class SpecError(Exception):
    """The input can't be used. Holds all of its problems, sorted by file and place."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(problem for problem in problems if isinstance(problem, str)) + tuple(
            sorted({problem for problem in problems if isinstance(problem, Problem)})
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RefusedError(SpecError):
    """The command would overwrite or remove somebody's work without being told to."""


def suggestion(text: str, allowed: Iterable[str]) -> str:
    """Return ` Did you mean `x`?` for a near miss, or an empty text.

    >>> suggestion("sheduled", ["schedule", "settings"])
    ' Did you mean `schedule`?'
    >>> suggestion("bronze", ["raw", "base"])
    ''
    """
    close = difflib.get_close_matches(text, list(allowed), n=1, cutoff=0.6)
    return f" Did you mean `{close[0]}`?" if close else ""


def listed(names: Iterable[str], joint: str = "or") -> str:
    """Return names as an enumeration in a sentence.

    >>> listed(["raw", "base", "final"])
    'raw, base or final'
    """
    *most, last = list(names) or ["nothing"]
    return f"{', '.join(most)} {joint} {last}" if most else last


def quoted(value: object, limit: int = 60) -> str:
    """Quote a value from a file for a message: on one line, of bounded length.

    >>> quoted("a" * 100)[:5], len(quoted("a" * 100))
    ('`aaaa', 62)
    """
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    return f"`{text if len(text) <= limit else text[: limit - 1] + '…'}`"


def visible(text: object, limit: int = 80) -> str:
    """Return a name from a file as it is, or escaped and quoted if a line can't hold it.

    >>> visible("nightly"), visible("n" * 9, limit=4)
    ('nightly', '`nnn…`')
    """
    shown = str(text)
    return shown if shown.isprintable() and len(shown) <= limit else quoted(shown, limit)


def quotes_hint(value: object) -> str:
    """Return the hint for a value that stands where a text is wanted, or an empty text.

    >>> quotes_hint(True)
    ' Put quotes around it.'
    """
    return " Put quotes around it." if isinstance(value, int | float) else ""


def value_name(value: object) -> str:
    """Describe a value for a message.

    >>> value_name(12)
    'the number `12`'
    """
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        return f"the number {quoted(value)}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list) else "a mapping"
