"""The paths of files that a resource names: notebooks, Python and SQL files, library globs.

In YAML a path counts from the file that holds it; in a Python module from the bundle's root, as the CLI has it.
"""

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from scope.inference.keyed_texts import keyed_texts
from scope.inference.notebooks import notebook_names
from scope.inference.parsing import NOT_PARSED, parse
from scope.inference.yaml_settings import UnreadableYamlError
from scope.repository.globs import matches

_WHEEL = re.compile(r"(^|/)dist/[^/]*\.whl$")


@dataclass(frozen=True, slots=True)
class FileReference:
    """A path as a resource writes it, its place in the file, and the path from the repository's root that it means."""

    text: str
    path: str
    line: int
    column: int

    def is_answered_by(self, files: frozenset[str], folders: frozenset[str]) -> bool:
        """Whether the file or folder exists; a glob needs one match."""
        if self._is_glob:
            return any(self.means(file) for file in files)
        return self.path in folders or any(name in files for name in (self.path, *notebook_names(self.path)))

    def means(self, file: str) -> bool:
        """Whether the path names a file: the file itself, a folder around it, or a glob that it matches."""
        if self._is_glob:
            return matches(self.path, file)
        return file.startswith(f"{self.path}/") or file in {
            self.path,
            *notebook_names(self.path),
        }

    @property
    def _is_glob(self) -> bool:
        return re.search(r"[*?\[]", self.path) is not None


def file_references(path: str, content: bytes) -> tuple[FileReference, ...]:
    """Return the repository's files that a resource module or YAML file names, or none if it doesn't parse."""
    texts = _python_texts(content) if path.endswith(".py") else _yaml_texts(path, content) if path.endswith(".yml") else ()
    folder = posixpath.dirname(path) if path.endswith(".yml") else ""
    return tuple(reference for text, line, column in texts if (reference := _reference(text, line, column, folder)))


def _reference(text: str, line: int, column: int, folder: str) -> FileReference | None:
    # In YAML only a leading dot makes a path; a module's may also begin with the folder's name.
    beginnings = ("./", "../") if folder else ("./", "../", "src/")
    if not text.startswith(beginnings) or "\n" in text or "${" in text or _WHEEL.search(text):
        return None
    return FileReference(text, posixpath.normpath(posixpath.join(folder, text)), line, column)


def _python_texts(content: bytes) -> Iterator[tuple[str, int, int]]:
    try:
        tree = parse(content)
    except NOT_PARSED:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno, node.col_offset + 1


def _yaml_texts(path: str, content: bytes) -> Iterator[tuple[str, int, int]]:
    try:
        texts = keyed_texts(path, content)
    except UnreadableYamlError:
        return
    for item in texts:
        if item.text is not None:
            yield item.text, item.line, item.column
