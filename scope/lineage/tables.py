"""A source file → the tables it writes and reads. For reviewers: best effort, and every name that isn't known is counted.

Tables never decide what deploys. They show who reads the tables that a change writes, and who still reads a removed one.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from scope.inference.notebooks import (
    BrokenNotebookError,
    Cell,
    Language,
    jupyter_cells,
    locate_cells,
    magic_lines,
    run_paths,
    source_cells,
)
from scope.inference.parsing import Trees, decode, is_large
from scope.lineage.collector import TableCollector
from scope.lineage.modules import notebook_paths
from scope.lineage.python import Load, PythonReader, load_nothing
from scope.lineage.sources import DOCUMENTS, is_source, may_name_tables
from scope.lineage.sql import read_sql
from scope.lineage.table_names import PLAIN, TableNames
from scope.lineage.table_uses import FileTables, TableUses
from scope.lineage.values import Module
from scope.repository.layout import Role, place_of

_LARGEST = 1024 * 1024
_COMMAND = re.compile(r"\n--[ \t]*COMMAND[ \t]*-{10,}[^\n]*")
# Modules that wait for each other are followed so deep.
_DEEPEST = 20


class Modules:
    """The modules and notebooks of one tree, as files see them that import or run them."""

    def __init__(self, read: Callable[[str], bytes | None], names: TableNames = PLAIN, trees: Trees | None = None) -> None:
        """Read nothing yet; `read` gives the content of a path, or None, `trees` are those of shared code."""
        self._read = read
        self._trees = trees
        self._names = names
        self._known: dict[str, Module | None] = {}
        self._loading: list[str] = []

    @property
    def sought(self) -> Collection[str]:
        """Return the paths at which modules and notebooks were looked for, whether or not there are any."""
        return self._known.keys()

    def read_file(self, path: str, content: bytes, *, is_user: bool = False) -> FileTables:
        """Return what a file says of tables. One without a word of them is only read as a user of other files."""
        return _read_file(path, content, self._collector(path), self.loader(path), is_user=is_user)

    def _collector(self, path: str) -> TableCollector:
        return TableCollector(self._names.home(path), self._names, place_of(path).domain)

    def loader(self, path: str) -> Load:
        """Return what gives a file the modules that it may use: those of its own domain, and shared ones."""
        domain = place_of(path).domain

        def load(other: str) -> Module | None:
            is_foreign = place_of(other).domain not in (None, domain)
            return None if is_foreign or other == path else self._load(other)

        return load

    def _load(self, path: str) -> Module | None:
        if path in self._known:
            return self._known[path]
        # A module that waits for itself has no names yet.
        if path in self._loading or len(self._loading) >= _DEEPEST:
            return None
        content = self._read(path)
        reader: PythonReader | None = None
        if content is not None and len(content) <= _LARGEST:
            self._loading.append(path)
            try:
                trees = self._trees if place_of(path).domain is None else None
                reader = _read_source(path, content, self._collector(path), self.loader(path), trees)
            finally:
                self._loading.pop()
        self._known[path] = None if reader is None else reader.to_module(path)
        return self._known[path]


def file_tables(path: str, content: bytes, load: Load = load_nothing) -> TableUses:
    """Return the tables of a file; names of one and two parts are completed with the domain and source it lies in.

    `load` gives the modules and notebooks that it may use.
    """
    return table_uses(path, content, home=PLAIN.home(path), load=load)


def table_uses(path: str, source: bytes, *, home: tuple[str, str] | None, load: Load = load_nothing) -> TableUses:
    """Return the tables of a file. `home` is the catalog and schema of the pipeline or job that runs it, if it has one."""
    return _read_file(path, source, TableCollector(home), load).uses


def _read_file(path: str, source: bytes, tables: TableCollector, load: Load, *, is_user: bool = False) -> FileTables:
    reader: PythonReader | None = None
    if len(source) > _LARGEST:
        tables.unresolved.update({1} if is_source(path) else ())
    elif path.lower().endswith(DOCUMENTS):
        from scope.lineage.resources import read_document  # a change of code has few resources among its readers

        read_document(path, source, tables)
    elif place_of(path).role is Role.RESOURCE and path.endswith(".py"):
        from scope.lineage.resources import read_resource_module

        reader = read_resource_module(source, path, tables, load)
    elif may_name_tables(path, source) or (is_user and path.lower().endswith((".py", ".ipynb"))):
        reader = _read_source(path, source, tables, load)
    uses = tables.to_uses()
    if path.endswith(".ipynb"):
        # Not every notebook has a line for each line of its cells.
        uses = uses.within(source.count(b"\n") + 1)
    if reader is None:
        return FileTables(uses)
    return FileTables(uses, reader.offered_texts() if is_user else frozenset(), reader.has_functions)


def _read_source(
    path: str, source: bytes, tables: TableCollector, load: Load, trees: Trees | None = None
) -> PythonReader | None:
    """Read a file of code; return the reader of the Python in it, or None if it can't be read."""
    reader = PythonReader(path, tables, load, trees)
    if path.endswith(".ipynb"):
        try:
            cells = jupyter_cells(source)
        except BrokenNotebookError as error:
            tables.unresolved.add(error.line)
            return None
        _read_cells(locate_cells(source, cells), reader)
    elif path.endswith(".py"):
        text = decode(source)
        _read_python_file(text, reader)
    else:
        text = source.decode(errors="replace").replace("\r\n", "\n")
        _read_other_file(path, text, reader)
    reader.end()
    return reader


def _read_python_file(text: str, reader: PythonReader) -> None:
    cells = list(source_cells(text)) if "MAGIC" in text else []
    if is_large([cell.text for cell in cells if cell.language is Language.PYTHON]):
        reader.tables.unresolved.update(cell.line for cell in cells)
        cells = []

    def read_above(line: int) -> None:
        while cells and cells[0].line < line:
            _read_cell(cells.pop(0), reader)

    for number, line in magic_lines(text) if "%run" in text else ():
        if line.startswith("%run"):
            cells.append(Cell(Language.RUN, line.removeprefix("%run"), number))
    cells.sort(key=lambda cell: cell.line)
    reader.read(text, between=read_above)
    read_above(text.count("\n") + 2)


def _read_other_file(path: str, text: str, reader: PythonReader) -> None:
    """Read a file in SQL, Scala or R, with the cells in other languages that it holds."""
    lines = text.split("\n")
    start = 1
    for cell in [*(source_cells(text) if "MAGIC" in text else ()), None]:
        end = len(lines) + 1 if cell is None else cell.line
        own = "\n".join(lines[start - 1 : end - 1])
        if path.lower().endswith(".sql"):
            for line, query in _split_queries(own, start):
                read_sql(query, reader.tables, line)
        else:
            _read_other_language(own, reader.tables, start)
        if cell is not None:
            _read_cell(cell, reader)
            start = end + cell.text.count("\n") + 1


def _split_queries(text: str, first_line: int) -> Iterator[tuple[int, str]]:
    """Yield the cells of a SQL notebook's source with their first lines: no semicolon ends the last statement of a cell."""
    for cell in _COMMAND.split(text):
        yield first_line, cell
        first_line += cell.count("\n") + 1


def _read_cells(cells: Sequence[Cell], reader: PythonReader) -> None:
    if is_large([cell.text for cell in cells if cell.language is Language.PYTHON]):
        reader.tables.unresolved.update(cell.line for cell in cells)
        return
    for cell in cells:
        for _, line in magic_lines(cell.text) if "%run" in cell.text else ():
            if line.startswith("%run"):
                _run(line.removeprefix("%run"), reader)
        _read_cell(cell, reader)


def _read_cell(cell: Cell, reader: PythonReader) -> None:
    match cell.language:
        case Language.SQL:
            read_sql(cell.text, reader.tables, cell.line)
        case Language.PYTHON:
            reader.read(cell.text, cell.line)
        case Language.RUN:
            _run(cell.text, reader)
        case Language.SCALA | Language.R:
            _read_other_language(cell.text, reader.tables, cell.line)


def _read_other_language(text: str, tables: TableCollector, first_line: int) -> None:
    from scope.lineage.other_languages import read_other_language  # few repositories have a file of one

    read_other_language(text, tables, first_line)


def _run(argument: str, reader: PythonReader) -> None:
    for path in _run_candidates(argument, reader.imports.place.folder):
        if reader.run_notebook(path):
            return
    # What it defines and which schema it uses isn't known.
    reader.lose_schema()


def _run_candidates(argument: str, folder: str) -> Iterator[str]:
    for path in run_paths(argument):
        yield from notebook_paths(path, folder)
