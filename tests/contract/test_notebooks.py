"""Which files the real CLI uploads as notebooks, which it refuses, and where they lie in the workspace."""

import json
from pathlib import Path

import pytest
import yaml

from scope.deployment.state import parse_files
from scope.inference.notebook_files import UnusableNotebookError, is_notebook, remote_name
from tests.contract.test_local_paths import BUNDLE
from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import FakeWorkspace

FIELDS = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def jupyter(**fields: object) -> str:
    return json.dumps({**FIELDS, **fields})


USABLE = {
    "a.ipynb": jupyter(),
    "b.ipynb": jupyter(nbformat=5),
    "c.ipynb": jupyter(metadata={"language_info": {"name": "julia"}}),
    "d.ipynb": jupyter(metadata={"application/vnd.databricks.v1+notebook": {"language": "sql"}}),
    "e.ipynb": jupyter() + "more",
    "f.ipynb": jupyter(cells=[{"cell_type": "code", "source": 5}]),
    "g.IPYNB": jupyter(),
    "h.designer.ipynb": jupyter(),
    "i.dbquery.ipynb": jupyter(),
    "j.ipynb": "\n\t " + jupyter(nbformat_minor=None),
    "k.py": "# Databricks notebook source\nx = 1\n",
    "l.py": "# Databricks notebook source",
    "m.py": "# Databricks notebook source\r\nx = 1\r\n",
    "n.py": " # Databricks notebook source\n",
    "o.py": "\ufeff# Databricks notebook source\n",
    "p.py": "#Databricks notebook source\n",
    "q.PY": "# Databricks notebook source\n",
    "r.scala": "// Databricks notebook source\n",
    "s.r": "# Databricks notebook source\n",
    "t.R": "# Databricks notebook source\n",
    "u.sql": "-- Databricks notebook source\nselect 1",
    "v.sql": "# Databricks notebook source\nselect 1",
    "w.lvdash.json": '{"pages": []}',
    "x.dbalert.json": "{",
    "y.json": "",
    "z.txt": "# Databricks notebook source\n",
    "without": "# Databricks notebook source\n",
}
UNUSABLE = {
    "empty": "",
    "blank": " \n",
    "conflict": "<<<<<<< HEAD\n" + jupyter(),
    "byte order mark": "\ufeff" + jupyter(),
    "list": "[]",
    "null": "null",
    "no cells": '{"metadata": {}, "nbformat": 4}',
    "no metadata": '{"cells": [], "nbformat": 4}',
    "cells of null": jupyter(cells=None),
    "metadata of a list": jupyter(metadata=[]),
    "version 3": jupyter(nbformat=3),
    "no version": '{"cells": [], "metadata": {}}',
    "text for a version": jupyter(nbformat="4"),
    "fraction": jupyter(nbformat=4.0),
    "text for a minor version": jupyter(nbformat_minor="5"),
    "not a number": '{"cells": [NaN], "metadata": {}, "nbformat": 4}',
}


def deploy(folder: Path, files: dict[str, str], cli: DatabricksCli, workspace: FakeWorkspace) -> str:
    """Deploy files of a bundle, and return the CLI's error, or none."""
    (folder / "databricks.yml").write_text(yaml.safe_dump({**BUNDLE, "resources": {}}))
    (folder / "src").mkdir()
    for name, text in files.items():
        (folder / "src" / name).write_bytes(text.encode())
    done = cli.bundle("deploy", cwd=folder, workspace=workspace, target="prod")
    return done.stderr if done.exit_code else ""


def test_notebooks_are_those_that_the_cli_takes_for_some(
    tmp_path: Path, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    assert deploy(tmp_path, USABLE, databricks_cli, fake_workspace) == ""
    held = fake_workspace.snapshot("/Workspace/deploy/paths").files
    (content,) = [content for path, content in held.items() if path.endswith("/deployment.json")]
    listed = {item["local_path"]: item["is_notebook"] for item in json.loads(content)["files"]}
    ours = {f"src/{name}": is_notebook(name, text.encode()) for name, text in USABLE.items()}
    assert listed == ours
    # Where they lie: the workspace and what is read of the CLI's list agree.
    there = {path.partition("/files/")[2] for path in held if "/files/" in path}
    assert there == {remote_name(path) if is_one else path for path, is_one in ours.items()}
    assert parse_files(content).remote == there


@pytest.mark.parametrize("shape", UNUSABLE)
def test_a_notebook_that_the_cli_refuses_is_unusable(
    shape: str, tmp_path: Path, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    assert "src/x.ipynb: " in deploy(tmp_path, {"x.ipynb": UNUSABLE[shape]}, databricks_cli, fake_workspace)
    with pytest.raises(UnusableNotebookError):
        is_notebook("x.ipynb", UNUSABLE[shape].encode())
