"""`scope adopt` with the real CLI: one state becomes one per domain, and no resource is made or deleted."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.builders import resource_module
from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import Sandbox

# Jobs of each domain.
MANY, FEW = 10, 2
LEFT = "nobodys_job"


def job(domain: str, number: int) -> tuple[str, dict[str, Any]]:
    return f"{domain}_orders_{number:02}_job", {
        "name": f"{domain}_orders_{number:02}",
        "tasks": [
            {
                "task_key": "main",
                "environment_key": "default",
                "spark_python_task": {"python_file": f"src/{domain}/orders/main.py"},
            }
        ],
        "environments": [{"environment_key": "default", "spec": {"environment_version": "4"}}],
    }


@pytest.fixture
def platform(
    request: pytest.FixtureRequest, tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli
) -> Platform:
    """Give a repository of two domains, whose jobs a plain bundle has deployed into the folder above their roots."""
    platform = Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": (), "ads": ()})
    jobs = dict(job(domain, number) for domain in ("sales", "ads") for number in range(getattr(request, "param", FEW)))
    for key, fields in jobs.items():
        home = f"{key.split('_')[0]}/orders"
        platform.sandbox.write(f"src/{home}/main.py", "ROWS = 1\n")
        for folder in (f"src/{home}", f"resources/{home}", f"resources/{home}/jobs"):
            platform.sandbox.write(f"{folder}/__init__.py", "")
        platform.sandbox.write(f"resources/{home}/jobs/{key}.py", resource_module("job", key, fields))
    platform.push("Define what the plain bundle has deployed")
    bundle = {
        "bundle": {"name": "plain"},
        "targets": {"prod": {"workspace": {"host": fake_workspace.url, "root_path": BASE}}},
        "resources": {"jobs": {**jobs, LEFT: {**job("sales", 99)[1], "name": "nobodys"}}},
    }
    plain = Sandbox.create(
        tmp_path / "plain",
        {
            "databricks.yml": yaml.safe_dump(bundle),
            "src/sales/orders/main.py": "ROWS = 1\n",
            "src/ads/orders/main.py": "ROWS = 1\n",
        },
    )
    done = databricks_cli.bundle("deploy", cwd=plain.root, workspace=fake_workspace, target="prod")
    assert done.exit_code == 0, str(done)
    return platform


def adopt(platform: Platform, *arguments: str, code: int = 0) -> str:
    done = platform.scope("adopt", "--target", "prod", *arguments)
    assert done.exit_code == code, str(done)
    return done.stdout + done.stderr


def ids(platform: Platform) -> dict[str, str]:
    jobs = platform.workspace.snapshot().resources["jobs"]
    return {job["settings"]["name"]: key for key, job in jobs.items()}


def old_keys(platform: Platform) -> set[str]:
    content = platform.workspace.read(f"{BASE}/state/resources.json")
    return set(json.loads(content or b"{}")["state"])


@pytest.mark.parametrize("platform", [MANY], indirect=True, ids=["twenty"])
def test_twenty_jobs_of_one_plain_bundle_come_into_two_domains_with_their_ids(platform: Platform) -> None:
    before = ids(platform)
    assert len(before) == 2 * MANY + 1
    platform.workspace.clear_requests()
    said = adopt(platform)
    assert f"sales would adopt {MANY} resources" in said
    assert f"  jobs.{LEFT}" in said
    assert platform.workspace.writes() == []

    said = adopt(platform, "--yes")
    assert f"ads has adopted {MANY} resources" in said
    assert ids(platform) == before
    assert old_keys(platform) == {f"resources.jobs.{LEFT}"}
    for domain in ("sales", "ads"):
        platform.check(domain, [job(domain, number)[1]["name"] for number in range(MANY)], [])
    assert platform.workspace.read(f"{BASE}/state/deploy.lock") is None
    assert platform.workspace.read(f"{BASE}/files/src/sales/orders/main.py") is not None
    assert "Nothing to adopt." in adopt(platform, "--yes")
    assert "2 deployments already in sync" in platform.deploy().stdout


def test_an_adoption_that_was_ended_can_be_repeated(platform: Platform) -> None:
    before = ids(platform)
    platform.workspace.fail("POST", "/api/2.2/jobs/reset", 400, skip=1)
    adopt(platform, "--yes", code=1)
    platform.workspace.clear_rules()
    # The old state still holds everything, so nobody has lost anything.
    assert len(old_keys(platform)) == 2 * FEW + 1
    adopt(platform, "--yes")
    assert ids(platform) == before
    assert old_keys(platform) == {f"resources.jobs.{LEFT}"}


def test_anything_but_updates_is_refused_before_anything_is_written(platform: Platform) -> None:
    key, fields = job("sales", 50)
    platform.sandbox.write(f"resources/sales/orders/jobs/{key}.py", resource_module("job", key, fields))
    platform.push("Define one more")
    platform.workspace.clear_requests()
    assert f"create jobs.{key}" in adopt(platform, "--yes", code=3)
    # Only the old root's lock was taken, and given back.
    assert {write.workspace_path for write in platform.workspace.writes()} <= {f"{BASE}/state", f"{BASE}/state/deploy.lock"}
    assert platform.workspace.read(f"{BASE}/state/deploy.lock") is None


def test_a_lock_on_the_old_root_is_respected(platform: Platform) -> None:
    platform.workspace.write(f"{BASE}/state/deploy.lock", json.dumps({"ID": "x", "User": "somebody"}).encode())
    done = platform.scope("adopt", "--target", "prod", "--domain", "ads", "--lock-timeout", "0", "--yes")
    assert done.exit_code == 4, str(done)
    assert "somebody" in done.stderr
    assert len(old_keys(platform)) == 2 * FEW + 1
    # The line to paste, as it stands there, frees it.
    line = done.stderr.rstrip().rpartition("Run: ")[2]
    environment = {**platform.cli.environment(platform.workspace), "DATABRICKS_HOST": "https://elsewhere.invalid"}
    subprocess.run(["sh", "-c", line], env=environment, check=True, timeout=60)
    again = platform.scope("adopt", "--target", "prod", "--domain", "ads", "--lock-timeout", "0", "--yes")
    assert again.exit_code == 0, str(again)
