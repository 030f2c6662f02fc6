"""Collects the tables that a source file writes and reads, and completes their names.

Names are those of prod, in lower case, which is how Unity Catalog compares them: `<domain>.<source>.<table>`, unless the
repository has names of its own.
"""

import re
from typing import NamedTuple

from scope.lineage.names import HOLE, References, read_name
from scope.lineage.table_names import PLAIN, TableNames
from scope.lineage.table_uses import TableRead, TableUses

# All SQL of one file, in characters.
MOST_SQL = 80 * 1024
_PLAIN = re.compile(r"[\w-]+")
# `parquet.`/folder`` and the like read files.
_PATH_FORMATS = frozenset({"avro", "binaryfile", "csv", "delta", "iceberg", "json", "orc", "parquet", "text", "xml"})
# The schema that stood for a pipeline's own datasets in older pipelines.
LIVE = "live"
# The schemas of views that live no longer than a session.
_VIEW_SCHEMAS = frozenset({"global_temp", "session"})


class _Use(NamedTuple):
    """A name as it is written, with what completes it there; complete only when all views of the file are known."""

    parts: tuple[str, ...]
    default: tuple[str, str] | None
    line: int
    is_write: bool
    is_logical: bool


class TableCollector:
    """Collects the tables of one file. `home`, a catalog and a schema, completes names of one and two parts."""

    def __init__(self, home: tuple[str, str] | None, names: TableNames = PLAIN, domain: str | None = None) -> None:
        """Collect for the code of a domain; with the default naming, that of its home."""
        self.home = home
        self.names = names
        self.domain = domain
        # Views that live no longer than a run: their names aren't tables. A hole stands for any text.
        self.views: set[str] = set()
        self.unresolved: set[int] = set()
        # Characters of SQL that were read.
        self.sql_length = 0
        # The catalog and schema of the last USE, with a hole for what isn't known; None before the first.
        self.default: tuple[str, str] | None = None
        # What is known of SQL's variables, with holes.
        self.variables: dict[str, str] = {}
        self._uses: set[_Use] = set()

    @property
    def references(self) -> References:
        """What the platform's references stand for in the file."""
        domain = self.domain or (self.home[0] if self.home and self.names.is_plain else None)
        return self.names.references(domain)

    def may_read_sql(self, text: str, line: int) -> bool:
        """Count the SQL of a file, and return whether it isn't too much; then its line is unresolved."""
        self.sql_length += len(text)
        is_small = self.sql_length <= MOST_SQL
        self.unresolved.update(() if is_small else (line,))
        return is_small

    def add_write(self, parts: tuple[str, ...], line: int) -> None:
        """Add a table that is written; no parts stand for a name that only the run knows."""
        self._uses.add(_Use(parts, self.default, line, is_write=True, is_logical=False))

    def add_read(self, parts: tuple[str, ...], line: int, *, through_table: bool = False) -> None:
        """Add a table that is read; no parts stand for a name that only the run knows."""
        self._uses.add(_Use(parts, self.default, line, is_write=False, is_logical=through_table))

    def add_text(self, text: str, line: int) -> None:
        """Add a table that is read, by a text that is its name."""
        name = read_name(text, self.references)
        self.add_read(name.parts, line, through_table=name.is_logical)

    def add_view(self, parts: tuple[str, ...]) -> None:
        """Add a temporary view, whose name isn't a table's."""
        if parts:
            self.views.add(parts[-1].lower())

    def use_catalog(self, name: str) -> None:
        """Take the catalog that short names count from now on. A hole stands for one that only the run knows."""
        self.default = (name, "default")

    def use_schema(self, parts: tuple[str, ...]) -> None:
        """Take the schema, or the catalog and the schema, that short names count from now on; no parts stand for any."""
        if len(parts) == 1:
            catalog = (self.default or self.home or (HOLE,))[0]
            self.default = (catalog, parts[0])
        else:
            self.default = (parts[0], parts[1]) if len(parts) == 2 else (HOLE, HOLE)

    def to_uses(self) -> TableUses:
        """Return the collected tables, without reads and writes of this file's own temporary views."""
        unknown_views = [_pattern(view) for view in self.views if HOLE in view]
        writes: dict[str, int] = {}
        reads: set[TableRead] = set()
        unresolved = set(self.unresolved)
        possible: set[tuple[int, str]] = set()
        for use in self._uses:
            names = tuple(part.lower() for part in use.parts)
            if _is_no_table(names) or (len(names) == 1 and names[0] in self.views and HOLE not in names[0]):
                continue
            name = _complete(names, use.default, self.home)
            if name is None or (len(names) == 1 and any(pattern.fullmatch(names[0]) for pattern in unknown_views)):
                unresolved.add(use.line)
                possible.add((use.line, _to_pattern(names)))
                continue
            name = self.names.canonical(name)
            if use.is_write:
                writes[name] = min(use.line, writes.get(name, use.line))
            else:
                reads.add(TableRead(name, use.line, use.is_logical, len(names)))
        known = {line for line, pattern in possible if pattern != "*"}
        blind = {(line, "*") for line in self.unresolved & known}
        partly = {(line, pattern) for line, pattern in possible if line in known}
        return TableUses(
            tuple(sorted(reads)),
            tuple(sorted(unresolved)),
            tuple(sorted(partly | blind)),
            tuple(sorted(writes.items())),
        )


def _to_pattern(names: tuple[str, ...]) -> str:
    """Return what is known of a name, with `*` for what isn't; nothing is known of one that can't be a name."""
    text = re.sub(f"{HOLE}+", "*", ".".join(names))
    parts = text.split(".")
    is_name = 0 < len(parts) <= 3 and all(_PLAIN.fullmatch(part.replace("*", "x")) for part in parts)
    return text if is_name and set(text) - set("*.") else "*"


def _pattern(view: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, re.split(f"{HOLE}+", view))))


def _is_no_table(names: tuple[str, ...]) -> bool:
    return len(names) == 2 and (names[0] in _PATH_FORMATS or names[0] in _VIEW_SCHEMAS)


def _complete(names: tuple[str, ...], default: tuple[str, str] | None, home: tuple[str, str] | None) -> str | None:
    """Return a name in three parts, or None if it isn't known."""
    if len(names) == 2 and names[0] == LIVE:
        names, default = names[1:], home
    missing = 3 - len(names)
    around = default or home
    if not 0 <= missing < 3 or (missing and around is None):
        return None
    full = (*(part.lower() for part in (around or ())[:missing]), *names)
    return ".".join(full) if all(_PLAIN.fullmatch(name) for name in full) else None
