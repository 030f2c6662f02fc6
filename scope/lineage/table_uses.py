"""What one file says of tables, as values."""

import re
from collections.abc import Callable
from typing import NamedTuple, Self


class TableRead(NamedTuple):
    """A table that is read.

    `parts` counts those of the name as written. A name of 3 outside of `table()` means prod's table in every target.
    """

    table: str
    line: int
    through_table: bool
    parts: int


class TableUses(NamedTuple):
    """The tables that one source file writes and reads, and the lines where a table's name is only known at run time.

    Of some of these names a part is known: `possible` has them with `*` for what isn't, each after its line. A line with
    another name, of which nothing is known, is there with `*` as well. `written_at` has the first line of each write.
    """

    reads: tuple[TableRead, ...] = ()
    unresolved: tuple[int, ...] = ()
    possible: tuple[tuple[int, str], ...] = ()
    written_at: tuple[tuple[str, int], ...] = ()

    @property
    def writes(self) -> frozenset[str]:
        """The tables that it writes."""
        return frozenset(table for table, _ in self.written_at)

    def lines_that_may_name(self, table: str) -> tuple[int, ...]:
        """Return the lines whose names aren't known, but for those that can't be a table's, by what is known of them."""
        return self._unresolved_but(lambda pattern: may_be(pattern, table))

    def lines_that_may_name_one_of(self, schema: str) -> tuple[int, ...]:
        """Return the lines whose names aren't known, but for those that can't lie in a schema (`domain.source`)."""
        return self._unresolved_but(lambda pattern: may_be(f"{pattern.rpartition('.')[0] or '*'}.*", f"{schema}.x"))

    def _unresolved_but(self, is_possible: Callable[[str], bool]) -> tuple[int, ...]:
        partly = {line for line, _ in self.possible}
        possible = {line for line, pattern in self.possible if is_possible(pattern)}
        return tuple(line for line in self.unresolved if line not in partly or line in possible)

    def within(self, lines: int) -> Self:
        """Return the same of a file with so many lines."""
        return self._replace(
            reads=tuple(sorted({read._replace(line=min(read.line, lines)) for read in self.reads})),
            unresolved=tuple(sorted({min(line, lines) for line in self.unresolved})),
            possible=tuple(sorted({(min(line, lines), pattern) for line, pattern in self.possible})),
            written_at=tuple((table, min(line, lines)) for table, line in self.written_at),
        )


def may_be(pattern: str, table: str) -> bool:
    """Return whether a name of which parts aren't known may be a table's. A short name may lie anywhere."""
    known = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(rf"(?:.*\.)?{known}", table) is not None


class FileTables(NamedTuple):
    """What one file says of tables: its own uses of them, and what it offers to those that import or run it.

    `texts` are the texts that its names, and what its functions return, may be; `has_functions` says whether it has any that
    others may call.
    """

    uses: TableUses
    texts: frozenset[str] = frozenset()
    has_functions: bool = False
