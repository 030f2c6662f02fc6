"""`scope adopt` with the real CLI: one state becomes one per domain, and no resource is made or deleted."""

import json
import os
import re
import shlex
import signal
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


# Killed

# Method and file of the request at which it is killed, and whether the workspace still did its work.
KILLED = {
    "planning": ("GET", f"{BASE}/ads/state/resources.json", False),
    "before the state": ("POST", f"{BASE}/ads/state/adoption.json", True),
    "after the state": ("POST", f"{BASE}/ads/state/resources.json", True),
    "before the old state": ("POST", f"{BASE}/state/resources.json", False),
    "after the old state": ("POST", f"{BASE}/state/resources.json", True),
}


@pytest.mark.parametrize("moment", KILLED)
def test_after_a_killed_adoption_the_lines_that_recover_says_complete_it(platform: Platform, moment: str) -> None:
    before = ids(platform)
    method, file, after_work = KILLED[moment]
    rule = platform.workspace.hold(method, under=file, after_work=after_work)
    process = platform.start("adopt", "--target", "prod", "--domain", "ads", "--yes", before=os.setsid)
    rule.wait_until_holding(seconds=120)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    platform.workspace.clear_rules()

    said = platform.scope("recover", "--target", "prod", "--domain", "ads")
    assert said.exit_code == 0, str(said)
    assert "nothing to recover" not in said.stderr
    assert "scope reconcile" not in said.stderr, "that would create everything a second time"
    if "recover --target prod --domain ads --yes" in said.stderr:
        said = platform.scope("recover", "--target", "prod", "--domain", "ads", "--yes")
        assert said.exit_code == 3, str(said)
    lines = re.findall(r"^  (\(cd / .*\))$|(scope adopt .*)$", said.stderr, re.MULTILINE)
    assert lines, str(said)
    for shell, scope in lines:
        if shell:
            subprocess.run(["sh", "-c", shell], env=platform.cli.environment(platform.workspace), check=True, timeout=60)
        else:
            done = platform.scope(*shlex.split(scope)[1:], "--lock-timeout", "0")
            assert done.exit_code == 0, str(done)
    assert ids(platform) == before
    assert old_keys(platform) == {f"resources.jobs.{key}" for key in (*(job("sales", one)[0] for one in range(FEW)), LEFT)}
    platform.check("ads", [job("ads", number)[1]["name"] for number in range(FEW)], [])
    assert platform.workspace.read(f"{BASE}/state/deploy.lock") is None
    assert platform.workspace.read(f"{BASE}/ads/state/adoption.json") is None
    assert "nothing to recover" in platform.scope("recover", "--target", "prod", "--domain", "ads").stderr


def test_what_is_left_of_an_old_root_is_said_with_the_line_that_removes_it(platform: Platform) -> None:
    """The root that the target had before has nothing but its own files in it."""
    old = f"{BASE}/ads"
    adopt(platform, "--domain", "ads", "--yes")
    text = platform.sandbox.read("targets/prod.yml")
    platform.sandbox.write("targets/prod.yml", text.replace("${bundle.target}/${var.domain}", "elsewhere/${var.domain}"))
    platform.push("Change the root")
    before = ids(platform)
    said = adopt(platform, "--domain", "ads", "--from", old, "--yes")
    assert f"Nothing is left in the state of {old}" in said
    line = said.rstrip().rpartition("Run: ")[2]
    subprocess.run(["sh", "-c", line], env=platform.cli.environment(platform.workspace), check=True, timeout=60)
    assert not [path for path in platform.workspace.snapshot().files if path.startswith(f"{old}/")]
    assert ids(platform) == before
    assert "already in sync" in platform.deploy("--domain", "ads").stdout
