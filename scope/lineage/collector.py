"""Collects the tables that a source file writes and reads, and completes their names.

Names are logical, those of prod: `<domain>.<source>.<table>`, in lower case, which is how Unity Catalog compares them.
"""

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"\s*((?:`[^`]+`|[^.`\s]+)(?:\.(?:`[^`]+`|[^.`\s]+))*)\s*")
_PART = re.compile(r"`[^`]+`|[^.`\s]+")
_PLAIN = re.compile(r"[\w-]+")
# `parquet.`/folder`` and the like read files.
_PATH_FORMATS = frozenset({"avro", "binaryfile", "csv", "delta", "iceberg", "json", "orc", "parquet", "text", "xml"})
# The schema that stood for a pipeline's own datasets in older pipelines.
LIVE = "live"


@dataclass(frozen=True, slots=True, order=True)
class TableRead:
    """A table that is read.

    `parts` counts those of the name as written. A name of 3 outside of `table()` means prod's table in every target.
    """

    table: str
    line: int
    through_table: bool
    parts: int


@dataclass(frozen=True, slots=True)
class TableUses:
    """The tables that one source file writes and reads, and the lines where a table's name is only known at run time."""

    writes: frozenset[str] = frozenset()
    reads: tuple[TableRead, ...] = ()
    unresolved: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A table that stands in a Python string as `{table("…")}`: its name and line."""

    parts: tuple[str, ...]
    line: int


@dataclass(slots=True)
class TableCollector:
    """Collects the tables of one file. `home`, a catalog and a schema, completes names of one and two parts."""

    home: tuple[str, str] | None
    writes: set[str] = field(default_factory=set)
    reads: set[TableRead] = field(default_factory=set)
    # Views that live no longer than a run: their names aren't tables.
    views: set[str] = field(default_factory=set)
    unresolved: set[int] = field(default_factory=set)
    sql_length: int = 0
    """Characters of SQL that were read."""

    def add_write(self, parts: tuple[str, ...], line: int) -> None:
        """Add a table that is written."""
        name = self._complete(parts, line)
        if name and not (len(parts) == 1 and parts[0].lower() in self.views):
            self.writes.add(name)

    def add_read(self, parts: tuple[str, ...], line: int, *, through_table: bool = False) -> None:
        """Add a table that is read."""
        name = self._complete(parts, line)
        if name:
            self.reads.add(TableRead(name, line, through_table, len(parts)))

    def add_view(self, parts: tuple[str, ...]) -> None:
        """Add a temporary view, whose name isn't a table's."""
        if parts:
            self.views.add(parts[-1].lower())

    def to_uses(self) -> TableUses:
        """Return the collected tables, without reads of this file's own temporary views."""
        reads = (read for read in self.reads if read.parts != 1 or read.table.rpartition(".")[2] not in self.views)
        return TableUses(frozenset(self.writes), tuple(sorted(reads)), tuple(sorted(self.unresolved)))

    def _complete(self, parts: tuple[str, ...], line: int) -> str | None:
        """Return the name in three parts, or None for a folder. A name that can't be completed is unresolved."""
        names = tuple(part.lower() for part in parts)
        if len(names) == 2 and names[0] in _PATH_FORMATS:
            return None
        if len(names) == 2 and names[0] == LIVE:
            names = names[1:]
        missing = 3 - len(names)
        is_name = 0 <= missing < 3 and all(_PLAIN.fullmatch(name) for name in names)
        if not is_name or (missing and self.home is None):
            self.unresolved.add(line)
            return None
        return ".".join((*(self.home or ())[:missing], *names))


def name_parts(text: str) -> tuple[str, ...]:
    """Return the parts of a table's name as Spark reads it from a string, or none if it isn't a name."""
    return tuple(part.strip("`") for part in _PART.findall(text)) if _NAME.fullmatch(text) else ()
