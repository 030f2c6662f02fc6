"""A file's text → the modules and paths it uses, in every form that an import takes here.

No use is missed: a line whose imports are only known at run time is `dynamic`, and a file that doesn't parse uses everything
that its text could mean. A false use costs a deploy, a missed one leaves old code running.
"""

import re
from collections.abc import Iterable, Iterator

from scope.inference.notebooks import (
    BrokenNotebookError,
    Cell,
    Language,
    jupyter_cells,
    magic_lines,
    run_paths,
    source_cells,
    without_magic_lines,
)
from scope.inference.parsing import LARGEST, NOT_PARSED, LargePythonError, decode, is_large, parse
from scope.inference.plain_text import climbing_paths, dynamic_lines, imported_modules, shared_modules, shared_paths
from scope.inference.syntax_tree import tree_uses
from scope.inference.uses import EVERYTHING, ImportedName, ModuleUse, NotebookRun, PathUse, Place, Uses
from scope.inference.wide_uses import is_wide

# Without any of these, a file that isn't Python has no uses.
_MARKS_OF_TEXT = (b"common", b"../", b"MAGIC")
_RUN_LINE = re.compile(r"%run\b(.*)")
# A longer notebook is mostly outputs, whose form costs as much to read as code.
_LARGEST_NOTEBOOK = 16 * 1024 * 1024


def file_uses(path: str, source: bytes) -> Uses:
    """Return the uses of a file of any kind."""
    if path.endswith((".py", ".ipynb")):
        return python_uses(path, source)
    return text_uses(path, source)


def python_uses(path: str, source: bytes) -> Uses:
    """Return the uses of a Python file or a Jupyter notebook. `path` counts from the repository's root."""
    place = Place.of(path)
    if path.endswith(".ipynb"):
        return _notebook_uses(source, place)
    if len(source) > LARGEST:
        return _unread_uses(source, place)
    text = decode(source)
    uses = _python_text(text, place, 1)
    if "MAGIC" not in text:
        return uses
    return _merged((uses, *(of_cell for cell in source_cells(text) for of_cell in _cell_uses(cell, place))))


def text_uses(path: str, source: bytes) -> Uses:
    """Return the possible uses of any other file: names of shared code, and the cells of a notebook in SQL, Scala or R."""
    if not any(map(source.__contains__, _MARKS_OF_TEXT)):
        return Uses()
    place = Place.of(path)
    text = source.decode(errors="replace").replace("\r\n", "\n")
    cells = source_cells(text) if "MAGIC" in text else ()
    return _merged((_shared_names(text, place, 1), *(uses for cell in cells for uses in _cell_uses(cell, place))))


def _notebook_uses(source: bytes, place: Place) -> Uses:
    if len(source) > _LARGEST_NOTEBOOK:
        return _unread_uses(source, place)
    try:
        cells = jupyter_cells(source)
    except BrokenNotebookError as error:
        return _guess(_raw_text(source), place, 1, error.line)
    if is_large([cell.text for cell in cells]):
        return _unread_uses(source, place)
    return _merged(uses for cell in cells for uses in _cell_uses(cell, place))


def _raw_text(source: bytes) -> str:
    r"""Return the text of a file; a notebook's lines end where its strings have a `\n`."""
    return source.decode(errors="replace").replace("\\n", "\n")


def _unread_uses(source: bytes, place: Place) -> Uses:
    """Return the uses of Python that is too large to be parsed: all shared code, unless all that it uses is named in it."""
    if place.shared or is_wide(source):
        return EVERYTHING
    return _guess(_raw_text(source), place, 1, 1)._replace(broken=None, too_large=True)


def _cell_uses(cell: Cell, place: Place) -> Iterator[Uses]:
    if cell.language is Language.RUN:
        yield _run_uses(cell.text, place, cell.line)
    elif cell.language is Language.PYTHON:
        yield _python_text(cell.text, place, cell.line)
    yield _shared_names(cell.text, place, cell.line)


def _run_uses(argument: str, place: Place, line: int) -> Uses:
    paths = run_paths(argument)
    return Uses(
        paths=frozenset(PathUse(path, line, place.folder) for path in paths), runs=frozenset({NotebookRun(paths, line)})
    )


def _python_text(text: str, place: Place, first_line: int) -> Uses:
    try:
        return tree_uses(parse(text), place, text, first_line)
    except LargePythonError:
        return _unread_uses(text.encode(errors="replace"), place)
    except NOT_PARSED as error:
        broken = (getattr(error, "lineno", None) or 1) + first_line - 1
    magic = _merged(_magic_uses(text, place, first_line))
    try:
        plain = without_magic_lines(text)
        return _merged((magic, tree_uses(parse(plain), place, plain, first_line)))
    except NOT_PARSED:
        return _merged((magic, _guess(text, place, first_line, broken)))


def _magic_uses(text: str, place: Place, first_line: int) -> Iterator[Uses]:
    for number, line in magic_lines(text):
        if "run" not in line and "common" not in line:
            continue
        at = number + first_line - 1
        run = _RUN_LINE.match(line)
        if run:
            yield _run_uses(run[1], place, at)
        yield _shared_names(line, place, at)


def _shared_names(text: str, place: Place, first_line: int) -> Uses:
    paths = frozenset(climbing_paths(text, place.folder, first_line)) if place.shared and "../" in text else frozenset()
    if "common" not in text:
        return Uses(paths=paths)
    return Uses(
        modules=frozenset(shared_modules(text, first_line)),
        paths=paths | frozenset(shared_paths(text, place.folder, first_line)),
    )


def _guess(text: str, place: Place, first_line: int, broken: int) -> Uses:
    """Return more than the uses of Python that doesn't parse."""
    names = _shared_names(text, place, first_line)
    modules = set(imported_modules(text, place, first_line))
    if place.shared:
        modules |= {ModuleUse(f"{place.package}.{use.name}", use.line, certain=False) for use in modules}
    return Uses(
        modules=names.modules | modules,
        paths=names.paths,
        dynamic=tuple(dynamic_lines(text, first_line)),
        broken=broken,
    )


def _merged(parts: Iterable[Uses]) -> Uses:
    listed = tuple(parts)
    if len(listed) == 1:
        return listed[0]
    broken = [part.broken for part in listed if part.broken is not None]
    return Uses(
        modules=frozenset[ModuleUse]().union(*(part.modules for part in listed)),
        paths=frozenset[PathUse]().union(*(part.paths for part in listed)),
        dynamic=tuple(sorted({line for part in listed for line in part.dynamic})),
        broken=min(broken) if broken else None,
        too_large=any(part.too_large for part in listed),
        names=frozenset[ImportedName]().union(*(part.names for part in listed)),
        runs=frozenset[NotebookRun]().union(*(part.runs for part in listed)),
    )
