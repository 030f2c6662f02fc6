"""`scope reconcile` with the real CLI: whatever came about before, it ends with what the head says."""

import json
from pathlib import Path

import pytest

from tests.support.builders import allow_code, job_fields, resource_module
from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace

JOB, PIPELINE = "sales_orders_refresh", "sales_orders_final_facts"


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})


def reconcile(platform: Platform, *arguments: str, code: int = 0) -> str:
    done = platform.scope("reconcile", "--target", "prod", "--lock-timeout", "0", *arguments)
    assert done.exit_code == code, str(done)
    return done.stdout + done.stderr


def test_a_dry_run_shows_what_is_due_and_writes_nothing(platform: Platform) -> None:
    assert "first deploy" in reconcile(platform, "--dry-run", "--detailed-exitcode", code=5)
    assert platform.workspace.writes() == []
    reconcile(platform)
    platform.check("sales", [JOB], [PIPELINE])
    assert "in sync: nothing to do" in reconcile(platform, "--dry-run", "--detailed-exitcode")
    platform.workspace.clear_requests()
    assert "1 deployment already in sync" in reconcile(platform)
    assert platform.workspace.writes() == []


def test_what_failed_and_was_then_reverted_is_picked_up(platform: Platform) -> None:
    reconcile(platform)
    platform.sandbox.append("src/sales/orders/base/facts.py", "NEW = 1\n")
    platform.push("Change it")
    platform.workspace.fail("POST", f"/api/2.0/workspace-files/import-file{BASE}/sales/state/deployment.json", 400)
    reconcile(platform, "--retry-seconds", "0", code=1)
    platform.sandbox.git("revert", "--quiet", "--no-edit", "HEAD")
    platform.push("Revert it")
    assert b"NEW" in platform.files("sales")["src/sales/orders/base/facts.py"]
    reconcile(platform)
    platform.check("sales", [JOB], [PIPELINE])


def test_what_is_gone_from_the_repository_is_destroyed_only_with_prune_and_approval(platform: Platform) -> None:
    reconcile(platform)
    platform.sandbox.delete("src/sales")
    platform.sandbox.delete("resources/sales")
    platform.push("Remove sales")
    assert "--prune" in reconcile(platform, code=3)
    reconcile(platform, "--prune", code=3)
    digest = platform.results()["prod/sales"]["digest"]
    reconcile(platform, "--prune", "--approve-destructive", digest)
    assert platform.owned("sales") == {"jobs": [], "pipelines": []}
    assert not [path for path in platform.workspace.snapshot().files if path.startswith(f"{BASE}/sales/")]


def test_a_deploy_by_hand_that_was_killed_at_its_upload_shows_by_its_lock_and_is_undone(platform: Platform) -> None:
    reconcile(platform)
    head = platform.sandbox.read("src/sales/orders/base/facts.py")
    platform.sandbox.append("src/sales/orders/base/facts.py", "BY_HAND = 1\n")
    path = f"{BASE}/sales/files/src/sales/orders/base/facts.py"
    platform.workspace.kill("POST", f"/api/2.0/workspace-files/import-file{path}", after_work=True)
    assert platform.deploy_by_hand("sales").exit_code < 0
    platform.sandbox.write("src/sales/orders/base/facts.py", head)
    assert b"BY_HAND" in platform.files("sales")["src/sales/orders/base/facts.py"]
    said = reconcile(platform, code=4)
    assert "tester@databricks.com" in said
    assert platform.scope("recover", "--target", "prod", "--domain", "sales", "--yes").exit_code == 0
    reconcile(platform)
    platform.check("sales", [JOB], [PIPELINE])


def test_what_a_deploy_by_hand_made_before_it_was_killed_is_not_made_twice(platform: Platform) -> None:
    reconcile(platform)
    job = resource_module("job", "sales_more_job", job_fields("sales_more", "sales_orders_final_facts_pipeline"))
    platform.sandbox.write("resources/sales/orders/jobs/more.py", job)
    platform.push("Add a job")
    platform.workspace.kill("POST", "/api/2.2/jobs/create", after_work=True)
    assert platform.deploy_by_hand("sales").exit_code < 0
    platform.workspace.delete(f"{BASE}/sales/state/deploy.lock")
    assert json.loads(platform.workspace.read(f"{BASE}/sales/state/scope.json") or b"{}")["applied"]
    reconcile(platform)
    platform.check("sales", [JOB, "sales_more"], [PIPELINE])


def test_what_was_changed_by_hand_is_undone_when_asked_for(platform: Platform) -> None:
    reconcile(platform)
    path = f"{BASE}/sales/files/src/sales/orders/base/facts.py"
    platform.workspace.write(path, b"BY_HAND = 1\n")
    platform.workspace.write(f"{BASE}/sales/files/src/sales/orders/base/extra.py", b"EXTRA = 1\n")
    jobs = platform.workspace.snapshot().resources["jobs"]
    job_id, job = next(iter(jobs.items()))
    settings = {**job["settings"], "max_concurrent_runs": 7}
    platform.workspace.call("POST", "/api/2.2/jobs/reset", {"job_id": int(job_id), "new_settings": settings})
    # By the record all is well.
    assert "1 deployment already in sync" in reconcile(platform)
    platform.workspace.clear_requests()
    assert "edited src/sales/orders/base/facts.py" in reconcile(platform, "--drift", "--dry-run")
    assert platform.workspace.writes() == []
    reconcile(platform, "--drift")
    platform.check("sales", [JOB], [PIPELINE])
    assert platform.workspace.snapshot().resources["jobs"][job_id]["settings"].get("max_concurrent_runs") != 7


def test_a_state_folder_that_was_deleted_hides_no_job_that_was_renamed_meanwhile(platform: Platform) -> None:
    reconcile(platform)
    platform.workspace.delete(f"{BASE}/sales/state")
    for path in sorted(platform.sandbox.root.glob("resources/sales/orders/*/*.py")):
        path.write_text(path.read_text().replace("'name': 'sales_orders_", "'name': 'renamed_"))
    platform.sandbox.write("pyproject.toml", allow_code(platform.sandbox.read("pyproject.toml"), "sales"))
    platform.push("Rename the job and the pipeline")
    said = reconcile(platform, code=3)
    assert f"`{JOB}`" in said
    assert f"`{PIPELINE}`" in said
    assert platform.owned("sales") == {"jobs": [JOB], "pipelines": [PIPELINE]}


def test_a_lock_that_a_domain_has_left_behind_is_seen_when_the_domain_is_gone(platform: Platform) -> None:
    lock = {"ID": "6f7f5b6c-5d5e-4a3c-9d7e-0a1b2c3d4e5f", "AcquisitionTime": "2026-01-01T00:00:00Z", "User": "a dead run"}
    platform.workspace.write(f"{BASE}/ads/state/deploy.lock", json.dumps({**lock, "IsForced": False}).encode())
    status = platform.scope("status", "--target", "prod", "--format", "json")
    assert {item["domain"]: item["sync"] for item in status.json["domains"]} == {"ads": "gone", "sales": "never-deployed"}
    assert "a dead run" in reconcile(platform, "--prune", code=4)
    assert platform.scope("recover", "--target", "prod", "--domain", "ads", "--yes").exit_code == 0
    reconcile(platform, "--prune")
    platform.check("sales", [JOB], [PIPELINE])
