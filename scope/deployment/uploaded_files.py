"""A deployment's folder in the workspace beside what an upload puts there: what is missing, edited, or unexplained."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Protocol

from scope.inference.notebook_files import remote_name
from scope.workspace_model import RemoteEntry, RemoteKind

# What the CLI and scope put below a deployment's root. `resources/` is for dashboards and the like.
_EXPLAINED = (
    "files/*", "artifacts/.internal/*.whl", "artifacts/.internal/*.jar", "resources/*", "state/resources.json",
    "state/deployment.json", "state/metadata.json", "state/scope.json", "uploads.json", "state/deploy.lock",
    "state/takeover-*.json", "state/*.unreadable-*.json",
)  # fmt: skip
_JUPYTER = ".ipynb"
_HEADER = re.compile(r"(?:#|--|//) Databricks notebook source\s*")
_SEPARATOR = re.compile(r"(?:#|--|//) COMMAND -+\s*")


class Reader(Protocol):
    """Reads files of the workspace."""

    def __call__(self, paths: Iterable[str], *, as_jupyter: bool) -> list[bytes | None]:
        """Return the contents in the order of the paths, None for what isn't there; of notebooks, source or Jupyter's."""
        ...


def find_unexplained(root: str, remote: Iterable[RemoteEntry]) -> tuple[str, ...]:
    """Return the files below a deployment's root, beside the uploaded ones, that neither the CLI nor scope puts there."""
    names = sorted(entry.path.removeprefix(f"{root}/") for entry in remote)
    return tuple(name for name in names if not any(fnmatchcase(name, pattern) for pattern in _EXPLAINED))


def compare_names(folder: str, listed: Iterable[str], remote: Iterable[RemoteEntry]) -> tuple[str, ...]:
    """Return the differences between an upload's list and what lies in its folder, both as the workspace calls them."""
    names, expected = {entry.path.removeprefix(f"{folder}/") for entry in _below(folder, remote)}, set(listed)
    missing = (f"missing {name}" for name in sorted(expected - names))
    return (*missing, *(f"extra {name}" for name in sorted(names - expected)))


def compare_contents(
    folder: str, uploaded: Mapping[str, bytes], remote: Iterable[RemoteEntry], read: Reader
) -> tuple[str, ...]:
    """Return the differences between the files of an upload and what lies in its folder.

    Files are compared byte for byte, notebooks by their cells: the workspace writes these anew.
    """
    entries = {entry.path.removeprefix(f"{folder}/"): entry for entry in _below(folder, remote)}
    names = {path: name for path in sorted(uploaded) if (name := _name_there(path, entries)) is not None}
    listed = {*names.values(), *(uploaded.keys() - names.keys())}
    edited: list[str] = []
    for as_jupyter in (False, True):
        paths = [
            path
            for path, name in names.items()
            if (entries[name].kind is not RemoteKind.FILE and path.endswith(_JUPYTER)) == as_jupyter
        ]
        contents = read([entries[names[path]].path for path in paths], as_jupyter=as_jupyter)
        edited += [
            f"edited {path}"
            for path, content in zip(paths, contents, strict=True)
            if content is None or not _is_same(path, entries[names[path]].kind, uploaded[path], content)
        ]
    return (*compare_names(folder, listed, entries.values()), *sorted(edited))


def _below(folder: str, remote: Iterable[RemoteEntry]) -> Iterator[RemoteEntry]:
    return (entry for entry in remote if entry.path.startswith(f"{folder}/"))


def _name_there(path: str, entries: Mapping[str, RemoteEntry]) -> str | None:
    """Return the name of an uploaded file in the workspace: a notebook's has no extension. None if it isn't there."""
    if path in entries:
        return path
    stem = remote_name(path)
    return stem if stem in entries and entries[stem].kind is RemoteKind.NOTEBOOK else None


def _is_same(path: str, kind: RemoteKind, ours: bytes, theirs: bytes) -> bool:
    return ours == theirs or (kind is not RemoteKind.FILE and _cells(path, ours) == _cells(path, theirs) is not None)


def _cells(path: str, content: bytes) -> tuple[object, ...] | None:
    """Return a notebook's cells without what the workspace changes: the header, line ends, space around cells, outputs.

    None for what is no notebook.
    """
    if path.endswith(_JUPYTER):
        return _jupyter_cells(content)
    cells: list[list[str]] = [[]]
    lines = content.decode(errors="surrogateescape").splitlines()
    for line in lines[1:] if lines and _HEADER.fullmatch(lines[0]) else lines:
        if _SEPARATOR.fullmatch(line):
            cells.append([])
        else:
            cells[-1].append(line)
    return tuple("\n".join(cell).strip() for cell in cells)


def _jupyter_cells(content: bytes) -> tuple[object, ...] | None:
    try:
        cells = json.loads(content)["cells"]
        return tuple((cell["cell_type"], "".join(cell["source"]).strip()) for cell in cells)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
