"""A source file → the tables it writes and reads. For reviewers: best effort, and what wasn't understood is counted.

Tables decide nothing about what deploys. They say who reads what a change writes, and what a removed table leaves behind.
"""

import re
from collections.abc import Iterable

from scope.inference.imports import decoded
from scope.inference.notebooks import BrokenNotebookError, Cell, Language, jupyter_cells, source_cells
from scope.lineage.collector import TableCollector, TableRead, TableUses
from scope.lineage.python import read_python
from scope.lineage.sql import read_sql

__all__ = ["TableRead", "TableUses", "table_uses"]

_LARGEST = 1024 * 1024
# A file without any of these names no table. Cheap enough for every file of a domain.
_PYTHON = re.compile(rb"[tT]able|[sS]ql|SQL|\bdlt\b|pipelines|forName|writeTo|insertInto|DeltaTable")
_SQL = re.compile(rb"create|from|join|into|merge|update|delete|apply|use|magic|table", re.IGNORECASE)


def table_uses(path: str, source: bytes, *, home: tuple[str, str] | None) -> TableUses:
    """Return the tables of a file. `home` is the catalog and schema of the pipeline or job that runs it, if it has one."""
    notes = TableCollector(home)
    if len(source) > _LARGEST:
        notes.unknown.add(1)
        return notes.uses()
    if path.endswith(".py") and _PYTHON.search(source):
        text = decoded(source)
        read_python(text, path, notes)
        _read_cells(source_cells(text), path, notes)
    elif path.endswith(".ipynb") and _PYTHON.search(source):
        try:
            _read_cells(jupyter_cells(source), path, notes)
        except BrokenNotebookError as error:
            notes.unknown.add(error.line)
    elif path.endswith(".sql") and _SQL.search(source):
        text = source.decode(errors="replace").replace("\r\n", "\n")
        read_sql(text, notes)
        _read_cells(source_cells(text), path, notes)
    return notes.uses()


def _read_cells(cells: Iterable[Cell], path: str, notes: TableCollector) -> None:
    for cell in cells:
        if cell.language is Language.SQL:
            read_sql(cell.text, notes, cell.line)
        elif cell.language is Language.PYTHON:
            read_python(cell.text, path, notes, cell.line)


CODE = (".py", ".sql", ".ipynb")


def file_tables(path: str, content: bytes) -> TableUses:
    """Return the tables of a file; names of one and two parts are completed with the domain and source it lies in."""
    parts = path.split("/")
    return table_uses(path, content, home=(parts[1], parts[2]) if len(parts) > 3 and parts[0] == "src" else None)
