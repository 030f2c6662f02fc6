"""Which files the CLI uploads as notebooks, and what the workspace calls them.

The rules are those of the CLI, which looks at a file's first line or, of Jupyter's, at a few of its fields; it is as strict
with JSON as Go is. `tests/contract/test_notebooks.py` holds them to it.
"""

import json

_PYTHON = b"# Databricks notebook source"
_HEADERS = {
    ".py": _PYTHON,
    ".r": _PYTHON,
    ".scala": b"// Databricks notebook source",
    ".sql": b"-- Databricks notebook source",
}
_JUPYTER = ".ipynb"
# These keep their suffix in the workspace.
_DESIGNER = ".designer.ipynb"
# The first version whose cells stand at the top.
_OLDEST = 4


class UnusableNotebookError(ValueError):
    """A file has a notebook's suffix and can't be uploaded. The message says why."""


def is_notebook(path: str, content: bytes) -> bool:
    """Return whether the CLI takes a file for a notebook. Raises `UnusableNotebookError` where it refuses the file."""
    suffix = _suffix(path)
    if suffix == _JUPYTER:
        _check_jupyter(content)
        return True
    header = _HEADERS.get(suffix)
    if header is None or not content.startswith(header):
        return False
    return content.partition(b"\n")[0].removesuffix(b"\r") == header


def remote_name(path: str) -> str:
    """Return the path of a notebook in the workspace, where its suffix is left out."""
    suffix = _suffix(path)
    return path if not suffix or path.endswith(_DESIGNER) else path[: -len(suffix)]


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:].lower() if dot >= 0 else ""


def _check_jupyter(content: bytes) -> None:
    text = content.decode(errors="replace").lstrip(" \t\r\n")
    if not text:
        raise UnusableNotebookError("it is empty")
    if text.startswith("\ufeff"):
        raise UnusableNotebookError("it begins with a byte order mark")
    try:
        # The CLI reads no further than the first value.
        tree = json.JSONDecoder(parse_constant=_refuse).raw_decode(text)[0]
    except (ValueError, RecursionError) as error:
        raise UnusableNotebookError(f"it isn't JSON: {error}") from error
    fields = tree if isinstance(tree, dict) else {}
    if not isinstance(fields.get("cells"), list) or not isinstance(fields.get("metadata"), dict):
        raise UnusableNotebookError("it lacks `cells` or `metadata`")
    version = fields.get("nbformat")
    if type(version) is not int or version < _OLDEST:
        raise UnusableNotebookError(f"its `nbformat` is {version!r}, and notebooks begin with version {_OLDEST}")
    if type(fields.get("nbformat_minor", 0)) not in {int, type(None)}:
        raise UnusableNotebookError("its `nbformat_minor` isn't a number")


def _refuse(name: str) -> object:
    raise ValueError(f"`{name}` is no number in JSON")
