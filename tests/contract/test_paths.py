"""At which paths of a resource the real CLI stops: scope finds those, and no others."""

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from scope.stage.path_checks import check_paths
from tests.contract.test_local_paths import BUNDLE, CLUSTER, environment, job, library, named, pipeline
from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import FakeWorkspace

HOME = "resources/finance/stripe"
JUPYTER = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
FILES = {
    "src/nb.py": "# Databricks notebook source\nx = 1\n",
    "src/plain.py": "x = 1\n",
    "src/plain.sql": "select 1",
    "src/query.sql": "-- Databricks notebook source\nselect 1",
    "src/nb2.ipynb": json.dumps(JUPYTER),
    "src/scala.scala": "// Databricks notebook source\n",
    "src/r.R": "# Databricks notebook source\n",
    "src/alert.json": '{"query_lines": ["select 1"]}',
    "src/folder/x.txt": "pandas\n",
    "src/x.whl": "",
}
NAMES = (
    *(path.removeprefix("src/") for path in FILES),
    "nb", "nb2", "query", "scala", "none", "none.py", "none.sql", "none.whl", "none.txt", "folder", "*.whl",
    "none*.jar", "r.r",
)  # fmt: skip
PATHS = (
    *(f"../../../src/{name}" for name in NAMES),
    "src/nb.py", "none", "~/none", "/Workspace/none", "https://host/none", "dbfs:/none", "${workspace.root_path}/none",
)  # fmt: skip

Resources = Callable[[str], Mapping[str, Any]]
Plan = Callable[[Sequence[Mapping[str, Any]]], str]
GIT = {"git_source": {"git_url": "https://host/x", "git_provider": "gitHub", "git_branch": "main"}}


def in_git(resources: dict[str, Any]) -> dict[str, Any]:
    resources["jobs"]["load"].update(GIT)
    return resources


def notebook(path: str, **fields: object) -> dict[str, Any]:
    return job(notebook_task={"notebook_path": path, **fields}, **CLUSTER)


FIELDS: dict[str, Resources] = {
    "notebook": notebook,
    "notebook from git": lambda path: in_git(notebook(path)),
    "notebook of the workspace, beside git": lambda path: in_git(notebook(path, source="WORKSPACE")),
    "notebook that says git, without it": lambda path: notebook(path, source="GIT"),
    "parameter": lambda path: notebook("/Workspace/x", base_parameters={"sql_directory": path, "notebook_path": path}),
    "description": lambda path: {"jobs": {"load": {"name": "load", "description": path, "tags": {"path": path}}}},
    "Python file": lambda path: job(spark_python_task={"python_file": path, "parameters": [path]}, **CLUSTER),
    "Python file from git": lambda path: in_git(job(spark_python_task={"python_file": path}, **CLUSTER)),
    "SQL file": lambda path: job(sql_task={"warehouse_id": "1", "file": {"path": path}}),
    "dbt": lambda path: job(dbt_task={"commands": ["dbt run"], "project_directory": path}, **CLUSTER),
    "each": lambda path: job(
        for_each_task={"inputs": "[1]", "task": {"task_key": "one", "notebook_task": {"notebook_path": path}, **CLUSTER}}
    ),
    "requirements": lambda path: job(**library("requirements", path)),
    "requirements beside git": lambda path: in_git(job(**library("requirements", path))),
    "wheel": lambda path: job(**library("whl", path)),
    "wheel beside git": lambda path: in_git(job(**library("whl", path))),
    "jar": lambda path: job(**library("jar", path)),
    "dependency": environment,
    "dependency beside git": lambda path: in_git(environment(path)),
    "requirements of an environment": lambda path: environment(f"-r {path}"),
    "requirements of an environment beside git": lambda path: in_git(environment(f"-r {path}")),
    "pipeline's notebook": lambda path: pipeline(libraries=[{"notebook": {"path": path}}]),
    "pipeline's file": lambda path: pipeline(libraries=[{"file": {"path": path}}]),
    "pipeline's root": lambda path: pipeline(root_path=path),
    "pipeline's dependency": lambda path: pipeline(environment={"dependencies": [path]}),
    "app": lambda path: {"apps": {"one": {"name": "one", "source_code_path": path}}},
    "alert": lambda path: named("alerts", file_path=path),
    "dashboard": lambda path: named("dashboards", file_path=path),
    "genie space": lambda path: {"genie_spaces": {"one": {"title": "one", "warehouse_id": "1", "file_path": path}}},
}
PACKAGES = (
    "pandas", "pandas==2.0", "pandas[excel]>=1,<3", "pandas @ https://host/x.whl", "zope.interface", "pandas>=1.*", "a/b==1",
    "git+https://host/x", "-i https://host/x", "--pre", "-r ../../../src/folder/x.txt", "-r  ../../../src/none.txt",
    "-rnone.txt", "-c none.txt", "-e ../../../src/folder", "pandas ; python_version < '3'", "none.tar.gz", "./none",
    "pandas ",
)  # fmt: skip


def find(resources: Mapping[str, Any]) -> list[str]:
    files = write([resources])
    return [f"{finding}" for finding in check_paths({path: text.encode() for path, text in files.items()})]


def write(bundle: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the files of a bundle with some resources, each under keys of its own."""
    return FILES | {
        f"{HOME}/x{number}.yml": yaml.safe_dump(
            {"resources": {kind: {f"{key}_{number}": fields for key, fields in one.items()} for kind, one in kinds.items()}}
        )
        for number, kinds in enumerate(bundle)
    }


@pytest.fixture
def plan(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Plan:
    """Return a function that gives the CLI's error for a bundle of some resources, or none."""

    def run(bundle: Sequence[Mapping[str, Any]]) -> str:
        root = Path(tempfile.mkdtemp(dir=tmp_path))
        fields = {**BUNDLE, "include": ["resources/*/*/*.yml"]}
        for path, text in {**write(bundle), "databricks.yml": yaml.safe_dump(fields)}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        done = databricks_cli.bundle("plan", cwd=root, workspace=fake_workspace, target="prod")
        return done.stderr if done.exit_code else ""

    return run


def find_differences(plan: Plan, cases: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return where the CLI stops and scope finds nothing, or the other way round."""
    findings = {text: find(resources) for text, resources in cases.items()}
    # What the CLI takes together, it takes one by one, too; where it stops, it says only the first reason.
    fine = [text for text in cases if not findings[text]]
    errors = dict.fromkeys(fine, "") if not plan([cases[text] for text in fine]) else {}
    errors |= {text: plan([resources]) for text, resources in cases.items() if text not in errors}
    return [
        f"{text}: {errors[text].strip() or 'the CLI takes it'} / {findings[text]}"
        for text in cases
        if bool(errors[text]) != bool(findings[text])
    ]


@pytest.mark.parametrize("field", FIELDS)
def test_a_path_is_found_exactly_where_the_cli_stops(field: str, plan: Plan) -> None:
    # An alert's file is read from anywhere: test_local_paths.py
    paths = [path for path in PATHS if field != "alert" or path.startswith(".")]
    wrong = find_differences(plan, {path: FIELDS[field](path) for path in paths})
    assert not wrong, "\n".join(wrong)


def test_a_dependency_is_a_path_exactly_where_the_cli_takes_it_for_one(
    plan: Plan,
) -> None:
    wrong = find_differences(plan, {text: environment(text) for text in PACKAGES})
    assert not wrong, "\n".join(wrong)
