"""Which paths of a bundle the real CLI follows out of the bundle's folder: scope reads those, and no others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.cli import CliResult, DatabricksCli
from tests.support.fake_workspace import FakeWorkspace

BUNDLE: dict[str, Any] = {
    "bundle": {"name": "paths"},
    "workspace": {"root_path": "/Workspace/deploy/paths"},
    "sync": {"paths": ["./src"]},
    "targets": {"prod": {"default": True}},
}
CLUSTER = {"existing_cluster_id": "1"}
# By another name, so that no look at how a path begins finds it.
OUT = "src/../../secret"


def job(**task: object) -> dict[str, Any]:
    return {"jobs": {"load": {"name": "load", "tasks": [{"task_key": "load", **task}]}}}


def environment(dependency: str) -> dict[str, Any]:
    environments = [{"environment_key": "one", "spec": {"environment_version": "4", "dependencies": [dependency]}}]
    task = {"task_key": "load", "environment_key": "one", "spark_python_task": {"python_file": "/Workspace/x.py"}}
    return {"jobs": {"load": {"name": "load", "tasks": [task], "environments": environments}}}


def pipeline(**fields: object) -> dict[str, Any]:
    return {"pipelines": {"load": {"name": "load", "catalog": "a", "schema": "b", "serverless": True, **fields}}}


def library(kind: str, path: str) -> dict[str, Any]:
    return {**CLUSTER, "notebook_task": {"notebook_path": "/Workspace/x"}, "libraries": [{kind: path}]}


def named(kind: str, **fields: object) -> dict[str, Any]:
    return {kind: {"one": {"display_name": "one", "warehouse_id": "1", **fields}}}


FOLLOWED = {
    "whl": job(**library("whl", f"{OUT}.whl")),
    "jar": job(**library("jar", f"{OUT}.jar")),
    "glob": job(**library("jar", "src/../../*.jar")),
    "for each": job(for_each_task={"inputs": "[1]", "task": {"task_key": "one", **library("whl", f"{OUT}.whl")}}),
    "scheme": job(**library("jar", "x:y/../../secret.jar")),
    "file scheme": environment("file:/../../secret.jar"),
    "environment": environment(f"{OUT}.whl"),
    "pipeline": pipeline(environment={"dependencies": [f"./{OUT}.whl"]}),
}
REFUSED = {
    "notebook": job(notebook_task={"notebook_path": f"{OUT}.py"}, **CLUSTER),
    "python file": job(spark_python_task={"python_file": f"{OUT}.py"}, **CLUSTER),
    "sql file": job(sql_task={"warehouse_id": "1", "file": {"path": f"{OUT}.sql"}}),
    "dbt": job(dbt_task={"commands": ["dbt run"], "project_directory": "src/../.."}),
    "requirements": job(**library("requirements", f"{OUT}.txt")),
    "option -r": environment(f"-r {OUT}.txt"),
    "option -e": environment(f"-e {OUT}.txt"),
    "code source": job(ai_runtime_task={"experiment": "x", "code_source_path": f"{OUT}.jar"}),
    "code source folder": job(ai_runtime_task={"experiment": "x", "code_source_path": "src/../.."}),
    "command": job(ai_runtime_task={"experiment": "x", "deployments": [{"command_path": f"{OUT}.txt"}]}),
    "pipeline notebook": pipeline(libraries=[{"notebook": {"path": f"{OUT}.py"}}]),
    "pipeline file": pipeline(libraries=[{"file": {"path": f"{OUT}.sql"}}]),
    "pipeline glob": pipeline(libraries=[{"glob": {"include": "src/../../**"}}]),
    "pipeline root": pipeline(root_path="src/../.."),
    "dashboard": named("dashboards", file_path=f"{OUT}.json"),
    "genie space": {"genie_spaces": {"one": {"title": "one", "warehouse_id": "1", "file_path": f"{OUT}.json"}}},
    "app": {"apps": {"one": {"name": "one", "source_code_path": "src/../.."}}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a bundle's folder, with files beside it that are none of its business."""
    (tmp_path / "bundle/src").mkdir(parents=True)
    (tmp_path / "bundle/src/x.txt").write_text("")
    for ending in ("whl", "jar", "txt", "sql"):
        (tmp_path / f"secret.{ending}").write_text("top secret")
    (tmp_path / "secret.py").write_text("# Databricks notebook source\nTOP = 'top secret'\n")
    (tmp_path / "secret.json").write_text('{"query_lines": ["top secret"]}')
    return tmp_path / "bundle"


def run(
    command: str, folder: Path, resources: Mapping[str, Any], fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli
) -> CliResult:
    (folder / "databricks.yml").write_text(yaml.safe_dump({**BUNDLE, "resources": dict(resources)}))
    return databricks_cli.bundle(command, cwd=folder, workspace=fake_workspace, target="prod")


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_library_is_uploaded_from_wherever_its_path_leads(
    name: str, folder: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli
) -> None:
    done = run("deploy", folder, FOLLOWED[name], fake_workspace, databricks_cli)
    assert done.exit_code == 0, done
    assert b"top secret" in fake_workspace.snapshot("/Workspace/deploy").files.values()


@pytest.mark.parametrize("path", [f"{OUT}.json", "{beside}/secret.json"])
def test_an_alert_s_file_is_read_from_wherever_its_path_leads(
    path: str, folder: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli
) -> None:
    alert = named("alerts", file_path=path.format(beside=folder.parent))
    done = run("deploy", folder, alert, fake_workspace, databricks_cli)
    assert done.exit_code == 0, done
    (made,) = fake_workspace.call("GET", "/api/2.0/alerts")["alerts"]
    assert "top secret" in made["query_text"]


@pytest.mark.parametrize("name", REFUSED)
def test_the_cli_itself_follows_no_other_path_out_of_the_bundle(
    name: str, folder: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli
) -> None:
    done = run("plan", folder, REFUSED[name], fake_workspace, databricks_cli)
    assert done.exit_code != 0, done
    held = fake_workspace.snapshot("/Workspace/deploy")
    assert b"top secret" not in b"".join(held.files.values())
