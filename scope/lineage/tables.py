"""A source file → the tables it writes and reads. For reviewers: best effort, and every name that isn't known is counted.

Tables never decide what deploys. They show who reads the tables that a change writes, and who still reads a removed one.
"""

import re
from collections.abc import Sequence

from scope.inference.notebooks import BrokenNotebookError, Cell, Language, jupyter_cells, source_cells
from scope.inference.parsing import decode, is_large
from scope.lineage.collector import TableCollector, TableRead, TableUses
from scope.lineage.python import read_python
from scope.repository.layout import Role, place_of

__all__ = ["CODE", "TableRead", "TableUses", "file_tables", "table_uses"]

CODE = (".py", ".sql", ".ipynb")
_LARGEST = 1024 * 1024
# A file without any of these names no table. Cheap enough for every file of a domain.
_PYTHON = re.compile(rb"[tT]able|[sS]ql|SQL|\bdlt\b|pipelines|forName|writeTo|insertInto|DeltaTable")
_SQL = re.compile(rb"create|from|join|into|merge|update|delete|apply|use|magic|table", re.IGNORECASE)


def file_tables(path: str, content: bytes) -> TableUses:
    """Return the tables of a file; names of one and two parts are completed with the domain and source it lies in."""
    place = place_of(path)
    home = (place.domain, place.source) if place.role is Role.CODE and place.domain and place.source else None
    return table_uses(path, content, home=home)


def table_uses(path: str, source: bytes, *, home: tuple[str, str] | None) -> TableUses:
    """Return the tables of a file. `home` is the catalog and schema of the pipeline or job that runs it, if it has one."""
    tables = TableCollector(home)
    if len(source) > _LARGEST:
        tables.unresolved.add(1)
    elif path.endswith(".py") and _PYTHON.search(source):
        text = decode(source)
        read_python(text, path, tables)
        _read_cells(tuple(source_cells(text)), path, tables)
    elif path.endswith(".ipynb") and _PYTHON.search(source):
        try:
            _read_cells(jupyter_cells(source), path, tables)
        except BrokenNotebookError as error:
            tables.unresolved.add(error.line)
    elif path.endswith(".sql") and _SQL.search(source):
        text = source.decode(errors="replace").replace("\r\n", "\n")
        _read_sql(text, tables)
        _read_cells(tuple(source_cells(text)), path, tables)
    return tables.to_uses()


def _read_cells(cells: Sequence[Cell], path: str, tables: TableCollector) -> None:
    if is_large([cell.text for cell in cells if cell.language is Language.PYTHON]):
        tables.unresolved.update(cell.line for cell in cells)
        return
    for cell in cells:
        if cell.language is Language.SQL:
            _read_sql(cell.text, tables, cell.line)
        elif cell.language is Language.PYTHON:
            read_python(cell.text, path, tables, cell.line)


def _read_sql(text: str, tables: TableCollector, first_line: int = 1) -> None:
    from scope.lineage.sql import read_sql  # sqlglot is slow to import, and most changes have no SQL

    read_sql(text, tables, first_line)
