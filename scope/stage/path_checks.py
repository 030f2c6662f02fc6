"""Checks that what a stage's resources name is in it, and is what they take it for.

The CLI stops at a path that leads nowhere, at a file where it needs a notebook, and the reverse; a run stops at a file in
the workspace that nobody uploaded.
"""

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scope.inference.file_references import FileReference, PathKind, file_references
from scope.inference.notebook_files import UnusableNotebookError, is_notebook, remote_name
from scope.model import Finding, quote_path
from scope.repository.folders import find_folders
from scope.repository.layout import is_resource


@dataclass(frozen=True, slots=True)
class _Staged:
    files: Mapping[str, bytes]
    folders: frozenset[str]
    notebooks: frozenset[str]


def check_paths(contents: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield a finding for each notebook that can't be uploaded or has another's name, and each path that leads nowhere."""
    notebooks: dict[str, str] = {}
    for path, content in contents.items():
        try:
            if not is_notebook(path, content):
                continue
        except UnusableNotebookError as error:
            message = f"The upload of this notebook would fail: {error}. Correct it, or remove it."
            yield Finding(quote_path(path), 0, "notebook", message)
            continue
        name = remote_name(path)
        if (other := notebooks.setdefault(name, path)) != path:
            message = f"{other} is the same notebook in the workspace, {name}. Rename one of them."
            yield Finding(quote_path(path), 0, "notebook-twin", message)
        elif name != path and name in contents:
            message = f"The file {name} has the same path in the workspace. Rename one of them."
            yield Finding(quote_path(path), 0, "notebook-twin", message)
    staged = _Staged(contents, find_folders(contents), frozenset(notebooks.values()))
    for path, content in contents.items():
        if is_resource(path):
            for reference in file_references(path, content):
                if message := _explain(reference, staged):
                    yield Finding(quote_path(path), reference.line, "reference", message, reference.column)


def _explain(reference: FileReference, staged: _Staged) -> str | None:
    """Return why a path doesn't lead to what it must, or None."""
    text, path, kind = f"`{reference.text}`", reference.path, reference.kind
    missing = f"{text} matches nothing that is deployed here. Correct the path, or add the file."
    is_file, is_folder = path in staged.files, path in staged.folders
    if reference.is_glob:
        wrong = {PathKind.NOTEBOOK: staged.files.keys() - staged.notebooks, PathKind.FILE: staged.notebooks}.get(kind, ())
        named = [file for file in staged.files if reference.means(file)]
        other = next((file for file in named if file in wrong), None)
        if other is not None:
            return f"{text} matches {other} too, which {'is a' if kind is PathKind.FILE else 'is no'} notebook."
        return None if named else missing
    if kind is PathKind.UPLOADED:
        is_there = is_folder or (is_file and path not in staged.notebooks) or path in map(remote_name, staged.notebooks)
        return None if is_there else missing
    if kind is PathKind.NOTEBOOK and not is_file:
        same = [notebook for notebook in sorted(staged.notebooks) if remote_name(notebook) == path]
        return (
            f"{text} lacks the suffix of {posixpath.basename(same[0])}, without which the CLI doesn't find it."
            if same
            else missing
        )
    if not is_file and not is_folder:
        return missing
    if kind is PathKind.NOTEBOOK and path not in staged.notebooks:
        return f"{text} isn't a notebook: its first line isn't `Databricks notebook source` in a comment. Write that there."
    if kind in {PathKind.FILE, PathKind.DOCUMENT, PathKind.ALERT} and not is_file:
        return f"{text} is a folder, and a file is needed here."
    if kind is PathKind.FILE and path in staged.notebooks:
        return f"{text} is a notebook, and a plain file is needed here. Take away its first line, or name another file."
    if kind is PathKind.ALERT and not _is_object(staged.files[path]):
        return f"{text} isn't a JSON object, which an alert's file is."
    if kind is PathKind.FOLDER and not is_folder:
        return f"{text} is a file, and a folder is needed here."
    return None


def _is_object(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False
