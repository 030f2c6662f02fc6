"""The paths of the bundle's files that a resource names, each with what it must be: a notebook, a file, a folder.

Which fields hold such a path is the CLI's rule: `tests/contract/test_paths.py` holds this to it. A path in YAML
counts from the file that holds it; in a Python module from the bundle's root.
"""

import posixpath
import re
from enum import StrEnum
from typing import NamedTuple

from scope.inference.keyed_texts import KeyedText, keyed_texts
from scope.inference.yaml_settings import UnreadableYamlError
from scope.repository.globs import matches


class PathKind(StrEnum):
    """What a path must lead to."""

    NOTEBOOK = "notebook"
    FILE = "file"
    """A file that is no notebook."""
    DOCUMENT = "document"
    """A file of any kind, which the CLI reads: no path in the workspace will do."""
    ALERT = "alert"
    """A file of JSON, which the CLI reads."""
    FOLDER = "folder"
    GLOB = "glob"
    """At least one file."""
    LIBRARY = "library"
    """A file, a folder or a glob."""
    UPLOADED = "uploaded"
    """What is written as a path in the workspace below the deployment's files: a notebook without its suffix."""


# Fields by their own key and the one above.
_FIELDS = {
    ("notebook_task", "notebook_path"): PathKind.NOTEBOOK,
    ("notebook", "path"): PathKind.NOTEBOOK,
    ("spark_python_task", "python_file"): PathKind.FILE,
    ("file", "path"): PathKind.FILE,
    ("libraries", "requirements"): PathKind.FILE,
    ("dbt_task", "project_directory"): PathKind.FOLDER,
    ("glob", "include"): PathKind.GLOB,
    ("libraries", "whl"): PathKind.LIBRARY,
    ("libraries", "jar"): PathKind.LIBRARY,
    ("spec", "dependencies"): PathKind.LIBRARY,
    ("environment", "dependencies"): PathKind.LIBRARY,
}
# Fields of a resource by its kind and their own key.
_OF_RESOURCES = {
    ("pipelines", "root_path"): PathKind.FOLDER,
    ("apps", "source_code_path"): PathKind.FOLDER,
    ("alerts", "file_path"): PathKind.ALERT,
    ("dashboards", "file_path"): PathKind.DOCUMENT,
    ("genie_spaces", "file_path"): PathKind.DOCUMENT,
}
_DEPENDENCIES = "dependencies"
_UPLOADED = "${workspace.file_path}/"
# What the CLI builds before it looks.
_WHEEL = re.compile(r"(^|/)dist/[^/]*\.whl$")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# An option of pip, which the CLI doesn't take for a file, and those whose file it looks for.
OPTION = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9-]*(?:[ =]|$)")
_FILE_OPTION = re.compile(r"-[re] +")
_RELEASE = (
    r"(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:a|b|rc)\d+)?(?:[-_.]?post\d+)?(?:[-_.]?dev\d+)?"
    r"(?:\+[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*)?"
)
_PACKAGE = re.compile(rf"[A-Za-z0-9_-]+\s?(?:\[.*\])?\s?(?:(?:[=!<>~]=|[<>])\s?{_RELEASE},?)*")


class FileReference(NamedTuple):
    """A path as a resource writes it, its place in the file, and the path from the repository's root that it means."""

    text: str
    path: str
    kind: PathKind
    line: int
    column: int
    is_glob: bool
    """Whether it stands for all files that it matches."""

    def means(self, file: str) -> bool:
        """Whether the path names a file: the file itself, a folder around it, or a glob that it matches."""
        return matches(self.path, file) if self.is_glob else file == self.path or file.startswith(f"{self.path}/")


def file_references(path: str, content: bytes) -> tuple[FileReference, ...]:
    """Return the repository's files that a resource module or YAML file names, or none if it doesn't parse."""
    if not path.endswith((".py", ".yml")):
        return ()
    try:
        texts = keyed_texts(path, content)
    except UnreadableYamlError:
        return ()
    folder = posixpath.dirname(path) if path.endswith(".yml") else ""
    return tuple(dict.fromkeys(reference for item in texts if (reference := _reference(item, folder))))


def _reference(item: KeyedText, folder: str) -> FileReference | None:
    kind = _FIELDS.get((item.above[1], item.key)) or _OF_RESOURCES.get((item.above[0], item.key))
    text = item.text
    if kind is None or not text or "\n" in text:
        return None
    is_library = kind is PathKind.LIBRARY
    if item.key == _DEPENDENCIES and (option := _FILE_OPTION.match(text)):
        kind, text, is_library = PathKind.FILE, text[option.end() :].strip(), False
    elif (
        is_library
        and (item.key == _DEPENDENCIES or item.in_git)
        and not text.startswith(".")
        and (OPTION.match(text) or _is_package(text))
    ):
        return None
    if item.in_git:
        # Such a job has its paths in that repository. Libraries are uploaded nevertheless, from the bundle's root.
        if not is_library:
            return None
        folder = ""
    if text.startswith(_UPLOADED):
        kind, text, folder = PathKind.UPLOADED, text.removeprefix(_UPLOADED), ""
    is_elsewhere = text.startswith(("/", "${workspace.")) or SCHEME.match(text) is not None
    if _WHEEL.search(text) or (is_elsewhere and kind is not PathKind.DOCUMENT) or ("${" in text and not is_elsewhere):
        return None
    path = text if is_elsewhere else posixpath.normpath(posixpath.join(folder, text))
    # The CLI expands globs of a pipeline's libraries too.
    may_be_glob = kind in {PathKind.GLOB, PathKind.LIBRARY} or item.above[0] == "libraries"
    is_glob = may_be_glob and re.search(r"[*?\[]", path) is not None
    return FileReference(item.text or "", path, kind, item.line, item.column, is_glob)


def _is_package(text: str) -> bool:
    """Return whether the CLI takes a dependency for a package of an index, or for one behind an address."""
    name, at, address = text.partition(" @ ")
    return _PACKAGE.fullmatch(name) is not None and (not at or SCHEME.match(address) is not None)
