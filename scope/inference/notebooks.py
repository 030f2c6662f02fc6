"""A notebook's source → its cells, each with its language: Jupyter files, and Databricks' source format.

In the source format a cell of another language is written in comments, `# MAGIC %sql` in Python, `-- MAGIC %python` in SQL.
The first line of a cell names its language; without one it has the notebook's.
"""

import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from scope.inference.json_texts import JsonTexts


class Language(StrEnum):
    """The language of a cell. The text of a `RUN` cell is the argument of `%run`."""

    PYTHON = "python"
    SQL = "sql"
    SCALA = "scala"
    R = "r"
    RUN = "run"
    OTHER = "other"


class Cell(NamedTuple):
    """One cell. `line` counts from 1 in the file; it is 1 in Jupyter files until `locate_cells`."""

    language: Language
    text: str
    line: int
    written: str = ""
    """All of a Jupyter notebook's cell, with its magic."""


class BrokenNotebookError(Exception):
    """The bytes aren't a Jupyter notebook. `line` is the line at which reading stopped."""

    def __init__(self, line: int) -> None:
        super().__init__(f"Not a Jupyter notebook, from line {line} on.")
        self.line = line


_LANGUAGES = {
    "python": Language.PYTHON,
    "py": Language.PYTHON,
    "sql": Language.SQL,
    "scala": Language.SCALA,
    "r": Language.R,
    "run": Language.RUN,
}
# Those whose cells a magic of Jupyter begins.
_TEXTS = frozenset({Language.PYTHON, Language.SQL, Language.SCALA, Language.R})
# These take the whole cell; `%pip` and the like take their line, and the notebook's own language may follow.
_WHOLE_CELL = frozenset(
    {"bash", "fs", "html", "javascript", "js", "md", "md-sandbox", "r", "scala", "script", "sh", "writefile"}
)
# The suffixes that `%run` and notebook paths leave out. The CLI takes them in any case.
_SUFFIXES = (".py", ".ipynb", ".sql", ".scala", ".r")
# These are compiled by `re` when a notebook is met.
_MAGIC = r"(?s)[ \t]*%{1,2}([\w-]+)[ \t]*(.*)"
_COMMENTED = r"(?m)^[ \t]*(?:#|--|//)[ \t]*MAGIC(?:[ \t](.*))?$"
_MAGIC_LINE = r"(?m)^([ \t]*)[%!](.*)$"


def notebook_names(path: str) -> tuple[str, ...]:
    """Return the files that a notebook's path may mean, which has no suffix: `.sql` and `.SQL`."""
    return tuple(path + name for suffix in _SUFFIXES for name in (suffix, suffix.upper()))


def source_cells(text: str) -> Iterator[Cell]:
    """Yield the cells that are written as comments of a notebook's source, in order."""
    cell: list[str] = []
    language = Language.OTHER
    start = previous = 0
    line, position = 1, 0
    for match in re.finditer(_COMMENTED, text):
        line += text.count("\n", position, match.start())
        position = match.start()
        content = (match[1] or "").rstrip("\r")
        magic = re.match(_MAGIC, content)
        if cell and (magic or line != previous + 1):
            yield Cell(language, "\n".join(cell), start)
            cell = []
        if magic:
            language, start = _LANGUAGES.get(magic[1].lower(), Language.OTHER), line
            content = magic[2]
        elif not cell:
            language, start = Language.OTHER, line
        cell.append(content)
        previous = line
    if cell:
        yield Cell(language, "\n".join(cell), start)


def jupyter_cells(source: bytes) -> tuple[Cell, ...]:
    """Return the code cells of a Jupyter notebook. Raise `BrokenNotebookError` for anything else."""
    try:
        tree = json.loads(source)
    except json.JSONDecodeError as error:
        raise BrokenNotebookError(error.lineno) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BrokenNotebookError(1) from error
    if not isinstance(tree, dict) or not isinstance(tree.get("cells"), list):
        raise BrokenNotebookError(1)
    default = _language_of(tree.get("metadata"))
    cells = []
    for cell in tree["cells"]:
        if not isinstance(cell, dict):
            raise BrokenNotebookError(1)
        if cell.get("cell_type") == "code":
            cells.append(_jupyter_cell(cell.get("source"), default))
    return tuple(cells)


def locate_cells(source: bytes, cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Return the code cells of a Jupyter notebook with the lines where they begin in its file."""
    texts = JsonTexts(source.decode(errors="replace"))
    located = []
    for cell in cells:
        first, end, _ = cell.written.partition("\n")
        located.append(cell._replace(line=texts.find_line(first + end)) if cell.written else cell)
    return tuple(located)


def _language_of(metadata: object) -> Language:
    if not isinstance(metadata, dict):
        return Language.PYTHON
    for key in ("application/vnd.databricks.v1+notebook", "kernelspec"):
        about = metadata.get(key)
        if isinstance(about, dict) and isinstance(about.get("language"), str):
            return _LANGUAGES.get(about["language"].lower(), Language.OTHER)
    return Language.PYTHON


def _jupyter_cell(source: object, default: Language) -> Cell:
    lines = [source] if isinstance(source, str) else source
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise BrokenNotebookError(1)
    text = "".join(lines)
    magic = re.match(_MAGIC, text.lstrip("\n"))
    if not magic:
        return Cell(default, text, 1, text)
    language = _LANGUAGES.get(magic[1].lower())
    if language in _TEXTS:
        return Cell(language, magic[2], 1, text)
    return Cell(Language.OTHER if magic[1].lower() in _WHOLE_CELL else default, text, 1, text)


def magic_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield IPython's own lines (`%run x`, `!pip install x`) with their numbers."""
    line, position = 1, 0
    for match in re.finditer(_MAGIC_LINE, text):
        line += text.count("\n", position, match.start())
        position = match.start()
        yield line, text[match.start() : match.end()].strip()


def without_magic_lines(text: str) -> str:
    """Return Python without IPython's lines, with the same line numbers and blocks."""
    return re.sub(_MAGIC_LINE, r"\1pass", text)


def run_paths(argument: str) -> tuple[str, ...]:
    """Return the paths that `%run ARGUMENT` may mean: a path, perhaps with spaces or quotes, and parameters after it."""
    text = re.split(r"[ \t]\$", argument.strip(), maxsplit=1)[0].strip()
    quoted = re.match(r"([\"'])(.*?)\1", text)
    if quoted:
        return (quoted[2],)
    words = [word for word in text.split() if not word.startswith("-")]
    return tuple(dict.fromkeys(filter(None, (text, *words[:1]))))
