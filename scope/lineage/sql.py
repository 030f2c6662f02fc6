"""SQL → the tables it writes and reads, told to a collector: plain SQL at once, any other by sqlglot."""

from collections.abc import Mapping

from scope.lineage.collector import TableCollector
from scope.lineage.plain_sql import read_plain_sql


def read_sql(
    text: str,
    tables: TableCollector,
    first_line: int = 1,
    last_line: int | None = None,
    calls: Mapping[int, int] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> frozenset[int]:
    """Collect the tables that SQL writes and reads; SQL beyond what is read of one file is unresolved.

    The text may hold the marks of `names`; `calls` says on which lines of the file the calls of `table()` stand, and
    `parameters` what is known of those that it is run with. Returns the calls whose names are those of tables here.
    """
    last = first_line + text.count("\n") if last_line is None else last_line
    if not tables.may_read_sql(text, first_line) or read_plain_sql(text, tables, first_line, last):
        return frozenset()
    from scope.lineage.parsed_sql import parse_sql  # sqlglot is slow to import, and most SQL is plain

    return parse_sql(text, tables, first_line, last, calls or {}, parameters or {})
