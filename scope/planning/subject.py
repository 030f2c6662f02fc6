"""What a person asks about: the domain, file, folder or table that a typed name stands for; never one that isn't there."""

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum

from scope.errors import UsageError
from scope.escaping import escape_invisible
from scope.graph.index import DeploymentIndex
from scope.planning.comparison import Comparison
from scope.wording import abbreviate

# Files that may spell a table's name, and names that a slip of the finger is looked for among.
_MOST_FILES = 5_000
_MOST_NAMES = 50_000
_PART = re.compile(r"[a-z_]\w*", re.ASCII)


class SubjectKind(StrEnum):
    """What a name is the name of."""

    DOMAIN = "domain"
    PATH = "path"
    DELETED = "deleted"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about; a table by its full name."""

    kind: SubjectKind
    name: str


def find_subject(comparison: Comparison, typed: str, *, is_new: bool = False) -> Subject:
    """Return what a name stands for. `UsageError`, with the nearest name, if there is nothing of that name.

    `is_new` says that it is the path of a file that doesn't exist yet.
    """
    name = typed.removeprefix("./").rstrip("/")
    if name.startswith("/") or ".." in name.split("/"):
        raise UsageError(f"`{typed}` isn't a path from the repository's root.")
    head = comparison.head
    if name in {*head.domains, *comparison.base.domains}:
        return Subject(SubjectKind.DOMAIN, name)
    if is_new or head.snapshot.entry(name) is not None:
        return Subject(SubjectKind.PATH, name)
    if comparison.base.snapshot.entry(name) is not None:
        return Subject(SubjectKind.DELETED, name)
    tables = _find_tables(head, name)
    if len(tables) > 1:
        raise UsageError(f"`{typed}` is the name of {len(tables)} tables. Say which: {abbreviate(tables, 10)}.")
    if tables:
        return Subject(SubjectKind.TABLE, tables[0])
    near = _suggest(head, name)
    hint = f"Did you mean `{escape_invisible(near)}`?" if near else "For a file that you are going to add, say --new."
    raise UsageError(f"There is no domain, file or table `{escape_invisible(typed)}`. {hint}")


def _find_tables(head: DeploymentIndex, name: str) -> tuple[str, ...]:
    """Return the tables of a name, sorted: whole, without catalog or schema, or with a target's prefixes before both.

    A whole name by a domain's own, or in one of its schemas, is taken as it is: whether anybody writes it is the answer.
    """
    parts = name.replace("`", "").lower().split(".")
    if len(parts) > 3 or not all(map(_PART.fullmatch, parts)):
        return ()
    if len(parts) == 3 and parts[0] in head.domains:
        return (head.tables.names.physical(".".join(parts)),)
    if (
        len(parts) == 3
        and head.tables.names.domain_of(shown := head.tables.names.canonical(".".join(parts))) in head.domains
    ):
        return (shown,)
    files = head.tables.search({parts[-1]}, head.domains, _MOST_FILES)
    uses = head.tables.read(files).values()
    known = {read.table for one in uses for read in one.reads} | {table for one in uses for table, _ in one.written_at}
    return tuple(sorted(table for table in known if _has_name(table.split("."), parts)))


def _has_name(table: list[str], parts: list[str]) -> bool:
    """Return whether a table may be called by some parts of a name, of which catalog and schema may have a prefix."""
    pairs = list(zip(reversed(table), reversed(parts), strict=False))
    return (
        len(table) == 3
        and pairs[0][0] == pairs[0][1]
        and all(part == known or part.endswith(f"_{known}") for known, part in pairs[1:])
    )


def _suggest(head: DeploymentIndex, name: str) -> str | None:
    """Return the domain or the path most like a name that doesn't exist: of the same folder first, then of any."""
    folder, _, last = name.rpartition("/")
    near = difflib.get_close_matches(last, head.snapshot.names(folder), n=1)
    if near:
        return f"{folder}/{near[0]}" if folder else near[0]
    if "/" not in name and (near := difflib.get_close_matches(name, head.domains, n=1)):
        return near[0]
    by_name: dict[str, str] = {}
    for path in head.snapshot.files(""):
        by_name.setdefault(path.rpartition("/")[2], path)
    near = difflib.get_close_matches(last, list(by_name)[:_MOST_NAMES], n=1, cutoff=0.75)
    return by_name[near[0]] if near else None
