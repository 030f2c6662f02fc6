"""`generator import`, before the real CLI: what was deployed as YAML is, as a spec, the very same."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.builders import skeleton
from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
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


def normalized(resource: Any) -> Any:  # noqa: ANN401  JSON
    """Return a resource in which what has a name stands in the order of names."""
    if isinstance(resource, dict):
        return {name: normalized(value) for name, value in resource.items()}
    if isinstance(resource, list):
        return sorted(map(normalized, resource), key=json.dumps) if all(map(_is_named, resource)) else resource
    return resource


def _is_named(entry: object) -> bool:
    return isinstance(entry, dict) and not _NAMES.isdisjoint(entry)


_NAMES = frozenset({"default", "environment_key", "job_cluster_key", "level"})
