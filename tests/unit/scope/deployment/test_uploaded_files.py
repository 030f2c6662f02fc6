"""What lies in a deployment's folder, beside what was uploaded."""

import json
from collections.abc import Iterable

import pytest

from scope.deployment.uploaded_files import compare_contents, find_unexplained
from scope.workspace_model import RemoteEntry, RemoteKind

ROOT = "/Workspace/deploy/sales"
FILES = f"{ROOT}/files"


def differences(uploaded: dict[str, str], there: dict[str, tuple[RemoteKind, str]]) -> tuple[str, ...]:
    remote = [RemoteEntry(f"{FILES}/{name}", kind) for name, (kind, _) in there.items()]

    def read(paths: Iterable[str], *, as_jupyter: bool) -> list[bytes | None]:
        assert all(there[path.removeprefix(f"{FILES}/")][0] is RemoteKind.NOTEBOOK for path in paths if as_jupyter)
        return [there[path.removeprefix(f"{FILES}/")][1].encode() for path in paths]

    return compare_contents(FILES, {path: text.encode() for path, text in uploaded.items()}, remote, read)


def notebook(*sources: str, kind: str = "code", **fields: object) -> str:
    return json.dumps({"cells": [{"cell_type": kind, "source": [source], **fields} for source in sources]})


SOURCE = "# Databricks notebook source\nA = 1\n\n# COMMAND ----------\n\nB = 2\n"


@pytest.mark.parametrize(
    ("path", "ours", "theirs"),
    [
        ("a.py", SOURCE, SOURCE.rstrip()),
        ("a.py", SOURCE, SOURCE.replace("\n", "\r\n")),
        ("a.py", SOURCE, "# Databricks notebook source\nA = 1\n# COMMAND ----------\nB = 2"),
        ("a.sql", "-- Databricks notebook source\nSELECT 1\n", "-- Databricks notebook source\n\nSELECT 1"),
        ("a.ipynb", notebook("A = 1"), notebook("A = 1\n", outputs=[1], metadata={"x": 1})),
    ],
)
def test_a_notebook_that_the_workspace_wrote_anew_is_the_same(path: str, ours: str, theirs: str) -> None:
    assert differences({path: ours}, {"a": (RemoteKind.NOTEBOOK, theirs)}) == ()


@pytest.mark.parametrize(
    ("path", "ours", "theirs"),
    [
        ("a.py", SOURCE, SOURCE.replace("B = 2", "B = 3")),
        ("a.py", SOURCE, SOURCE.replace("# COMMAND ----------\n", "")),
        ("a.py", SOURCE, SOURCE + "\n# COMMAND ----------\nC = 3\n"),
        ("a.ipynb", notebook("A = 1"), notebook("A = 2")),
        ("a.ipynb", notebook("A = 1"), notebook("A = 1", kind="markdown")),
        ("a.ipynb", notebook("A = 1"), notebook("A = 1", "B = 2")),
        ("a.ipynb", notebook("A = 1"), "A = 1"),
        ("a.ipynb", "{}", "[]"),
    ],
)
def test_a_notebook_with_other_cells_is_not(path: str, ours: str, theirs: str) -> None:
    assert differences({path: ours}, {"a": (RemoteKind.NOTEBOOK, theirs)}) == (f"edited {path}",)


def test_a_file_is_compared_byte_for_byte_and_no_other_object_takes_its_place() -> None:
    assert differences({"a.txt": "x\n"}, {"a.txt": (RemoteKind.FILE, "x")}) == ("edited a.txt",)
    assert differences({"a.txt": "x"}, {"a": (RemoteKind.FILE, "x")}) == ("missing a.txt", "extra a")


def test_only_what_the_cli_and_scope_put_beside_the_files_is_explained() -> None:
    names = [
        "files/x", "artifacts/.internal/a.whl", "artifacts/.internal/a.jar", "resources/late.lvdash.json",
        "state/scope.json", "uploads.json", "state/deploy.lock", "state/takeover-1-2.json",
        "state/resources.unreadable-123.json",
    ]  # fmt: skip
    odd = ["artifacts/.internal/a.sh", "evil.py", "state/deep.txt", "state/scope.json.bak"]
    remote = [RemoteEntry(f"{ROOT}/{name}", RemoteKind.FILE) for name in (*names, *odd)]
    assert list(find_unexplained(ROOT, remote)) == odd
