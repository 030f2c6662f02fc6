"""`scope recover` with the real CLI: it shows what it would do, does it when asked to, and takes over nothing else."""

import json
from pathlib import Path

import pytest

from tests.support.builders import resource_yaml
from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace

STATE = f"{BASE}/sales/state"
JOB, PIPELINE = "sales_orders_refresh", "sales_orders_final_facts"
LOCK = {"ID": "6f7f5b6c-5d5e-4a3c-9d7e-0a1b2c3d4e5f", "AcquisitionTime": "2026-01-01T00:00:00Z", "IsForced": False}


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    platform = Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})
    assert platform.deploy().exit_code == 0
    return platform


def recover(platform: Platform, *arguments: str, code: int = 0) -> str:
    done = platform.scope("recover", "--target", "prod", "--domain", "sales", *arguments)
    assert done.exit_code == code, done
    return done.stdout + done.stderr


def test_a_healthy_deployment_needs_nothing_and_looking_writes_nothing(platform: Platform) -> None:
    platform.workspace.clear_requests()
    assert "nothing to recover" in recover(platform)
    assert platform.workspace.writes() == []


@pytest.mark.parametrize("command", [("recover",), ("recover", "--yes"), ("deploy",), ("status",), ("destroy", "--yes")])
def test_a_domain_that_is_nowhere_is_told_with_the_nearest(platform: Platform, command: tuple[str, ...]) -> None:
    done = platform.scope(*command, "--target", "prod", "--domain", "salse")
    # What is to be gone and isn't there needs nothing more.
    assert done.exit_code == (0 if command[0] == "destroy" else 2), done
    assert "Did you mean `sales`?" in done.stdout + done.stderr
    assert platform.workspace.snapshot().below(f"{BASE}/salse") == {}


def test_a_dead_lock_is_shown_and_taken_over_only_when_told_to(platform: Platform) -> None:
    platform.workspace.write(f"{STATE}/deploy.lock", json.dumps({**LOCK, "User": "scope run https://ci/7"}).encode())
    said = recover(platform)
    assert "take over the lock of scope run https://ci/7 since 2026-01-01" in said
    assert platform.lock("sales") is not None
    said = recover(platform, "--yes")
    assert "took over the lock of scope run https://ci/7" in said
    assert platform.lock("sales") is None
    # Whoever held it may have uploaded anything, so nothing is claimed.
    assert platform.record("sales")["applied"] is None
    assert platform.deploy().exit_code == 0
    platform.check("sales", [JOB], [PIPELINE])


@pytest.mark.parametrize("content", [b"", b'{"state_version": 2, "lin'])
def test_a_truncated_state_is_set_aside_and_its_resources_are_bound(platform: Platform, content: bytes) -> None:
    ids = {key: set(held) for key, held in platform.workspace.snapshot().resources.items()}
    platform.workspace.write(f"{STATE}/resources.json", content)
    refused = platform.deploy("--domain", "sales")
    assert refused.exit_code == 3, refused
    assert "scope recover --target prod --domain sales" in refused.stdout
    assert "set aside state/resources.json" in recover(platform)
    said = recover(platform, "--yes")
    assert "bound job" in said
    assert "bound pipeline" in said
    assert platform.record("sales")["applied"] is None
    assert platform.deploy().exit_code == 0
    platform.check("sales", [JOB], [PIPELINE])
    assert {key: set(held) for key, held in platform.workspace.snapshot().resources.items()} == ids
    kept = [path for path in platform.workspace.snapshot(STATE).files if "resources.unreadable-" in path]
    assert len(kept) == 1


def test_a_lost_state_is_found_again_and_nothing_is_made_twice(platform: Platform) -> None:
    platform.workspace.delete(f"{STATE}/resources.json")
    assert platform.deploy("--domain", "sales").exit_code == 0 or "recover" in platform.results()["prod/sales"]["message"]
    assert "resources.json is lost" in recover(platform)
    recover(platform, "--yes")
    assert platform.deploy().exit_code == 0
    platform.check("sales", [JOB], [PIPELINE])


def test_a_second_orphan_of_a_name_is_deleted_only_by_its_id(platform: Platform) -> None:
    jobs = platform.workspace.snapshot().resources["jobs"]
    settings = next(iter(jobs.values()))["settings"]
    twin = str(platform.workspace.call("POST", "/api/2.2/jobs/create", settings)["job_id"])
    assert f"--delete-id {twin}" in recover(platform)
    recover(platform, "--yes", code=3)
    own = next(iter(jobs))
    assert f"{own} isn't the id of a leftover" in recover(platform, "--yes", "--delete-id", own, code=3)
    assert "deleted the job" in recover(platform, "--yes", "--delete-id", twin)
    assert platform.owned("sales")["jobs"] == [JOB]
    assert set(platform.workspace.snapshot().resources["jobs"]) == {own}


def test_stray_files_are_removed(platform: Platform) -> None:
    stray = f"{BASE}/sales/files/src/sales/orders/base/left_by_a_killed_upload.py"
    platform.workspace.write(stray, b"")
    assert "left_by_a_killed_upload.py (not in any upload)" in recover(platform)
    recover(platform, "--yes")
    assert platform.workspace.read(stray) is None


def test_a_state_of_a_newer_cli_is_refused(platform: Platform) -> None:
    content = json.loads(platform.workspace.read(f"{STATE}/resources.json") or b"") | {"state_version": 99}
    platform.workspace.write(f"{STATE}/resources.json", json.dumps(content).encode())
    before = platform.record("sales")
    assert "was written by a newer CLI" in recover(platform, "--yes", code=3)
    assert platform.record("sales") == before


def test_an_odd_record_is_kept_aside_and_nothing_is_claimed(platform: Platform) -> None:
    platform.workspace.write(f"{STATE}/scope.json", b"{}")
    recover(platform, "--yes")
    assert platform.record("sales")["applied"] is None
    assert platform.workspace.read(f"{STATE}/scope.unreadable-44136fa355b3.json") == b"{}"
    assert platform.deploy().exit_code == 0
    platform.check("sales", [JOB], [PIPELINE])


def test_what_is_there_already_is_taken_over_only_by_its_key(platform: Platform) -> None:
    schema = {"name": "orders", "catalog_name": "sales"}
    platform.workspace.call("POST", "/api/2.1/unity-catalog/schemas", schema)
    platform.sandbox.write("resources/sales/orders/schema.yml", resource_yaml("schemas", "sales_orders", schema))
    platform.push("Define a schema that somebody has made")
    failed = platform.deploy()
    assert failed.exit_code == 1, failed
    assert "--yes --import schemas.sales_orders" in recover(platform)
    assert "nothing to recover" in recover(platform, "--yes")
    assert "bound schemas.sales_orders" in recover(platform, "--yes", "--import", "schemas.sales_orders")
    assert platform.deploy().exit_code == 0
    assert platform.workspace.snapshot().names("schemas") == ["orders"]
