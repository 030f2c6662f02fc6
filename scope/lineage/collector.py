"""What is noted of tables while a source is read, and how their names are completed.

Names are logical, as prod has them: `<domain>.<source>.<table>`, in lower case, which is how Unity Catalog compares them.
"""

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"\s*((?:`[^`]+`|[^.`\s]+)(?:\.(?:`[^`]+`|[^.`\s]+))*)\s*")
_PART = re.compile(r"`[^`]+`|[^.`\s]+")
_PLAIN = re.compile(r"[\w-]+")
# `parquet.`/folder`` and the like read files.
_PATH_FORMATS = frozenset({"avro", "binaryfile", "csv", "delta", "iceberg", "json", "orc", "parquet", "text", "xml"})
# The schema of older pipelines that stood for the pipeline's own datasets.
LIVE = "live"


@dataclass(frozen=True, slots=True, order=True)
class TableRead:
    """A table that is read.

    `parts` counts those of the name as it is written. One of 3 that doesn't go through `table()` is prod's in every target.
    """

    table: str
    line: int
    through_table: bool
    parts: int


@dataclass(frozen=True, slots=True)
class TableUses:
    """The tables that one source file writes and reads, and the lines where a table's name is only known when it runs."""

    writes: frozenset[str] = frozenset()
    reads: tuple[TableRead, ...] = ()
    unresolved: tuple[int, ...] = ()


@dataclass(slots=True)
class TableCollector:
    """Collects what a file does to tables. `home`, a catalog and a schema, completes names of one and two parts."""

    home: tuple[str, str] | None
    writes: set[str] = field(default_factory=set)
    reads: set[TableRead] = field(default_factory=set)
    # Views that live no longer than a run: their names are no tables.
    local: set[str] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)

    def write(self, parts: tuple[str, ...], line: int) -> None:
        """Note a table that is written."""
        name = self._complete(parts, line)
        if name and not self._is_local(parts):
            self.writes.add(name)

    def read(self, parts: tuple[str, ...], line: int, *, through_table: bool = False) -> None:
        """Note a table that is read."""
        name = self._complete(parts, line)
        if name:
            self.reads.add(TableRead(name, line, through_table, len(parts)))

    def temporary(self, parts: tuple[str, ...]) -> None:
        """Note a view whose name is no table's."""
        if parts:
            self.local.add(parts[-1].lower())

    def uses(self) -> TableUses:
        """Return what was noted, without what is read from this file's own temporary views."""
        reads = (read for read in self.reads if read.parts != 1 or read.table.rpartition(".")[2] not in self.local)
        return TableUses(frozenset(self.writes), tuple(sorted(reads)), tuple(sorted(self.unknown)))

    def _is_local(self, parts: tuple[str, ...]) -> bool:
        return len(parts) == 1 and parts[0].lower() in self.local

    def _complete(self, parts: tuple[str, ...], line: int) -> str | None:
        """Return the name of three parts, or None for a path; a name that can't be completed is not understood."""
        names = tuple(part.lower() for part in parts)
        if len(names) == 2 and (names[0] == LIVE or names[0] in _PATH_FORMATS):
            if names[0] != LIVE:
                return None
            names = names[1:]
        missing = 3 - len(names)
        known = 0 <= missing < 3 and all(_PLAIN.fullmatch(name) for name in names)
        if not known or (missing and self.home is None):
            self.unknown.add(line)
            return None
        return ".".join((*(self.home or ())[:missing], *names))


def name_parts(text: str) -> tuple[str, ...]:
    """Return the parts of a table's name as Spark reads it from a string; none where it isn't one."""
    return tuple(part.strip("`") for part in _PART.findall(text)) if _NAME.fullmatch(text) else ()
