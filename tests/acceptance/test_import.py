"""`generator import`, before the real CLI: what was deployed as YAML is, as a spec, the very same."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import skeleton
from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import CURRENT_USER, FakeWorkspace
from tests.support.old_bundle import FILES, JOBS, PIPELINES, PLACE, old_bundle
from tests.support.sandbox import Sandbox

KEYS = [
    *(("jobs", key) for key in (*JOBS, "only_in_prod")),
    *(("pipelines", key) for key in PIPELINES),
]


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory, fake_workspace_url: str, databricks_cli: DatabricksCli
) -> dict[str, Any]:
    """Deploy the YAML to prod, put its import in the place, and return both as the CLI sees them, and its plan."""
    workspace = FakeWorkspace(fake_workspace_url, "dapi-import")
    sandbox = Sandbox.create(tmp_path_factory.mktemp("import") / "bundle", {**skeleton(), **FILES, PLACE: old_bundle()})
    sandbox.point_at(workspace, "dev", "prod")
    sandbox.link_venv()

    def bundle(command: str, *arguments: str, target: str = "prod") -> Any:  # noqa: ANN401  JSON
        given = ("--var", f"stage={target}/finance", *arguments)
        result = databricks_cli.bundle(
            command, *given, cwd=sandbox.root, workspace=workspace, target=target, domain="finance"
        )
        assert result.exit_code == 0, result
        return result.json if "json" in arguments else None

    bundle("deploy")
    before = {target: bundle("validate", "-o", "json", target=target)["resources"] for target in ("dev", "prod")}
    generate(sandbox, "import", PLACE)
    sandbox.delete(PLACE)
    generate(sandbox, "build", "--all")
    after = {target: bundle("validate", "-o", "json", target=target)["resources"] for target in ("dev", "prod")}
    return {"before": before, "after": after, "plan": bundle("plan", "-o", "json")["plan"]}


def generate(sandbox: Sandbox, *arguments: str) -> None:
    command = [sys.executable, "-m", "generator.cli", "-C", str(sandbox.root), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_the_plan_of_an_imported_resource_is_empty(outcome: dict[str, Any], kind: str, key: str) -> None:
    planned = {name: entry for name, entry in outcome["plan"].items() if f"{name}.".startswith(f"resources.{kind}.{key}.")}
    assert planned
    assert {entry["action"] for entry in planned.values()} == {"skip"}, json.dumps(planned, indent=1)


@pytest.mark.parametrize("target", ["dev", "prod"])
@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_the_cli_sees_the_same_resource(outcome: dict[str, Any], kind: str, key: str, target: str) -> None:
    before, after = (outcome[side][target][kind].get(key) for side in ("before", "after"))
    assert normalized(before) == normalized(after)


def test_what_bundle_generate_writes_is_imported_with_its_files(
    tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli
) -> None:
    notebook = f"/Workspace/Users/{CURRENT_USER}/look"
    content = base64.b64encode(b"# Databricks notebook source\nprint(1)\n").decode()
    fake_workspace.call("POST", "/api/2.0/workspace/mkdirs", {"path": notebook.rpartition("/")[0]})
    source = {"path": notebook, "format": "SOURCE", "language": "PYTHON", "content": content}
    fake_workspace.call("POST", "/api/2.0/workspace/import", source)
    cluster = {"spark_version": "16.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1}
    task = {"task_key": "look", "notebook_task": {"notebook_path": notebook}, "new_cluster": cluster}
    schedule = {"quartz_cron_expression": "0 0 1 * * ?", "timezone_id": "UTC"}
    made = fake_workspace.call("POST", "/api/2.2/jobs/create", {"name": "Nightly", "tasks": [task], "schedule": schedule})
    old = tmp_path / "old"
    old.mkdir()
    (old / "databricks.yml").write_text("bundle: {name: old}\ninclude: [resources/*.yml]\n", encoding="utf-8")
    options = ("--existing-job-id", str(made["job_id"]), "--key", "nightly")
    generated = databricks_cli.run("bundle", "generate", "job", *options, cwd=old, workspace=fake_workspace)
    assert generated.exit_code == 0, generated
    before = databricks_cli.run("bundle", "validate", "-o", "json", cwd=old, workspace=fake_workspace)
    assert before.exit_code == 0, before

    sandbox = Sandbox.create(tmp_path / "bundle", {**skeleton(), **FILES})
    sandbox.point_at(fake_workspace, "prod")
    sandbox.link_venv()
    place = ("--domain", "finance", "--source", "stripe")
    generate(sandbox, "import", "../old/resources/nightly.job.yml", *place, "--copy-files")
    assert sandbox.read("src/finance/stripe/look.py") == "# Databricks notebook source\nprint(1)\n"
    generate(sandbox, "build", "--all")
    after = databricks_cli.bundle(
        "validate", "-o", "json", cwd=sandbox.root, workspace=fake_workspace, target="prod", domain="finance"
    )
    assert after.exit_code == 0, after
    one, other = (run.json["resources"]["jobs"]["nightly"] for run in (before, after))
    # Where the files and the deployment lie, and who may do what with all resources, is each bundle's own.
    for job in (one, other):
        del job["deployment"], job["tasks"][0]["notebook_task"]["notebook_path"]
        job.pop("permissions", None)
    assert normalized(one) == normalized(other)


def normalized(resource: Any) -> Any:  # noqa: ANN401  JSON
    """Return a resource without empty fields, in which what has a name stands in the order of names."""
    if isinstance(resource, dict):
        return {name: normalized(value) for name, value in resource.items() if value not in ({}, [])}
    if isinstance(resource, list):
        entries = [normalized(entry) for entry in resource]
        return sorted(entries, key=json.dumps) if all(map(_is_named, resource)) else entries
    return resource


def _is_named(entry: object) -> bool:
    return isinstance(entry, dict) and not _NAMES.isdisjoint(entry)


_NAMES = frozenset({"default", "environment_key", "job_cluster_key", "level"})
