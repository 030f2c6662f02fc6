"""Whatever goes wrong in a deploy, the next one ends right: nothing lost, nothing doubled, no orphan, and it is said."""

import json
import os
import resource
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.support.builders import allow_code, domain, job_fields, resource_module, resource_yaml
from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform, finished, kill, wait_for
from tests.support.fake_workspace import FakeWorkspace

JOB, PIPELINE = "sales_orders_refresh", "sales_orders_final_facts"
STATE = f"{BASE}/sales/state"
CREATE_JOB = ("POST", "/api/2.2/jobs/create")
PUSH_STATE = ("POST", f"/api/2.0/workspace-files/import-file{STATE}/resources.json")


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})


def change(platform: Platform, text: str = "MORE = 1\n") -> str:
    platform.sandbox.append("src/sales/orders/base/facts.py", text)
    return platform.push("Change")


def add_job(platform: Platform, name: str) -> None:
    fields = job_fields(f"sales_orders_{name}", "sales_orders_final_facts_pipeline")
    platform.sandbox.write(
        f"resources/sales/orders/jobs/{name}.py", resource_module("job", f"sales_orders_{name}_job", fields)
    )


def die_with_the_cli(platform: Platform, *arguments: str) -> None:
    """Kill scope and the CLI once a job is created and before its answer arrives, as a runner that disappears would."""
    rule = platform.workspace.hold(*CREATE_JOB, after_work=True)
    process = platform.start("deploy", "--target", "prod", *arguments)
    rule.wait_until_holding()
    kill(process)
    holding = next(request for request in platform.workspace.requests() if request.path == CREATE_JOB[1])
    os.kill(holding.pid, signal.SIGKILL)
    platform.workspace.clear_rules()


# Killed


def test_a_cli_that_is_killed_while_it_creates_is_started_again_and_nothing_is_doubled(platform: Platform) -> None:
    rule = platform.workspace.kill(*CREATE_JOB, after_work=True)
    done = platform.deploy()
    assert rule.fired == 1
    assert done.exit_code == 0, done
    assert "binding job `sales_orders_refresh`" in done.stderr
    platform.check("sales", [JOB], [PIPELINE])


def test_a_runner_that_is_taken_away_leaves_a_lock_that_says_who_and_the_next_run_doubles_nothing(
    platform: Platform,
) -> None:
    die_with_the_cli(platform)
    assert platform.owned("sales") == {"jobs": [JOB], "pipelines": [PIPELINE]}
    left = platform.lock("sales")
    locked = platform.deploy("--lock-timeout", "0")
    assert locked.exit_code == 4
    assert "is held by tester@databricks.com, by scope (sales) since 20" in locked.stdout
    assert "scope recover" in locked.stdout
    # Never broken by itself.
    assert platform.lock("sales") == left
    platform.workspace.delete(f"{STATE}/deploy.lock")
    done = platform.deploy()
    assert done.exit_code == 0, done
    assert platform.results()["prod/sales"]["because"] == "failed-attempt"
    platform.check("sales", [JOB], [PIPELINE])


def test_what_a_killed_upload_left_behind_does_not_stay_in_the_files(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    platform.sandbox.write("src/sales/orders/base/doomed.py", "ROWS = 2\n")
    platform.push("Add a file")
    path = f"{BASE}/sales/files/src/sales/orders/base/doomed.py"
    platform.workspace.kill("POST", under=path, after_work=True)
    failed = platform.deploy("--retry-seconds", "0")
    assert failed.exit_code == 1
    assert platform.workspace.read(path) is not None
    platform.sandbox.delete("src/sales/orders/base/doomed.py")
    platform.push("Take it back")
    done = platform.deploy()
    assert done.exit_code == 0, done
    assert "deleted stray file src/sales/orders/base/doomed.py" in done.stderr
    platform.check("sales", [JOB], [PIPELINE])


def test_a_revert_after_a_failed_deploy_still_deploys(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    add_job(platform, "more")
    platform.push("Add a job")
    platform.workspace.fail(*CREATE_JOB, 400, times=0)
    assert platform.deploy().exit_code == 1
    platform.workspace.clear_rules()
    platform.sandbox.delete("resources/sales/orders/jobs/more.py")
    platform.push("Take it back")
    # The fingerprint is the one that was applied; the files in the workspace may not be.
    done = platform.deploy()
    assert platform.results()["prod/sales"]["because"] == "failed-attempt", done
    platform.check("sales", [JOB], [PIPELINE])


# Answers lost, refused for a moment, refused for good


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_an_error_that_passes_is_tried_again_in_the_same_run(platform: Platform, status: int) -> None:
    platform.workspace.fail(*CREATE_JOB, status, after_work=status in {502, 504})
    done = platform.deploy()
    assert done.exit_code == 0, done
    platform.check("sales", [JOB], [PIPELINE])


def test_a_lost_answer_does_not_double_what_was_made(platform: Platform) -> None:
    platform.workspace.lose_answer(*CREATE_JOB)
    platform.workspace.lose_answer("POST", "/api/2.0/pipelines")
    done = platform.deploy()
    assert done.exit_code == 0, done
    platform.check("sales", [JOB], [PIPELINE])


def test_a_state_that_could_not_be_written_is_not_lost(platform: Platform) -> None:
    platform.workspace.fail(*PUSH_STATE, 500, times=3)
    done = platform.deploy()
    assert done.exit_code == 0, done
    platform.check("sales", [JOB], [PIPELINE])


def test_a_state_that_could_not_be_written_is_found_again_by_the_next_run(platform: Platform) -> None:
    platform.workspace.fail(*PUSH_STATE, 500, times=0)
    assert platform.deploy("--retry-seconds", "0").exit_code == 1
    platform.workspace.clear_rules()
    done = platform.deploy()
    assert done.exit_code == 0, done
    platform.check("sales", [JOB], [PIPELINE])


def test_a_token_that_expires_half_way_is_a_failure_that_is_not_tried_again(platform: Platform) -> None:
    platform.workspace.fail(*CREATE_JOB, 401, times=0)
    done = platform.deploy()
    assert done.exit_code == 1
    assert platform.results()["prod/sales"]["fault"] == "credentials", done
    assert sum(request.path == CREATE_JOB[1] for request in platform.workspace.requests()) == 1


def test_a_refusal_for_good_is_not_tried_again_and_the_domain_stays_due(platform: Platform) -> None:
    platform.workspace.fail(*CREATE_JOB, 403, times=0)
    failed = platform.deploy()
    assert failed.exit_code == 1
    assert platform.results()["prod/sales"]["fault"] == "permission"
    assert platform.lock("sales") is None
    platform.workspace.clear_rules()
    assert platform.deploy().exit_code == 0
    platform.check("sales", [JOB], [PIPELINE])


def test_a_deletion_that_was_not_permitted_is_a_failure_although_the_cli_says_success(platform: Platform) -> None:
    add_job(platform, "more")
    platform.push("Add a job")
    assert platform.deploy().exit_code == 0
    platform.sandbox.delete("resources/sales/orders/jobs/more.py")
    platform.push("Remove it")
    assert platform.deploy().exit_code == 3
    digest = platform.results()["prod/sales"]["digest"]
    platform.workspace.fail("POST", "/api/2.2/jobs/delete", 403, times=0)
    failed = platform.deploy("--approve-destructive", digest)
    assert failed.exit_code == 1, failed
    assert platform.results()["prod/sales"]["fault"] == "permission"
    assert "Ignoring permission error when deleting" in failed.stdout
    assert platform.owned("sales")["jobs"] == ["sales_orders_more", JOB]
    # The state has forgotten it: that is said, and not passed over.
    platform.workspace.clear_rules()
    again = platform.deploy()
    assert again.exit_code == 3, again
    assert "sales_orders_more" in again.stdout
    assert "scope recover --target prod --domain sales" in again.stdout


def test_a_workspace_that_does_not_answer_is_noticed_in_seconds(platform: Platform) -> None:
    for path in sorted(platform.sandbox.path("targets").glob("*.yml")):
        path.write_text(path.read_text().replace(platform.workspace.url, "http://127.0.0.1:9"))
    platform.push("Move the host")
    done = platform.deploy(DATABRICKS_HOST="http://127.0.0.1:9")
    assert done.exit_code == 1
    assert "http://127.0.0.1:9 doesn't answer" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# Several at once


def test_two_deploys_at_once_deploy_once(platform: Platform) -> None:
    rule = platform.workspace.hold(*CREATE_JOB)
    first = platform.start("deploy", "--target", "prod")
    rule.wait_until_holding()
    second = platform.start("deploy", "--target", "prod")
    lock = f"{STATE}/deploy.lock"
    wait_for(
        "The second run",
        lambda: sum(item.workspace_path == lock and item.status == 409 for item in platform.workspace.requests()),
    )
    rule.release()
    done = [finished(process) for process in (first, second)]
    assert [item.exit_code for item in done] == [0, 0], done
    assert "another run deployed it meanwhile" in done[1].stdout
    platform.check("sales", [JOB], [PIPELINE])


@pytest.mark.parametrize("closed", ["files", "state"])
def test_one_domain_fails_and_the_others_go_on(platform: Platform, closed: str) -> None:
    platform.sandbox.write_all(domain("sales_eu"))
    platform.push("Add another")
    platform.workspace.forbid(f"{BASE}/sales/{closed}")
    done = platform.deploy()
    assert done.exit_code == 1
    assert {key: item["outcome"] for key, item in platform.results().items()} == {
        "prod/sales": "failed",
        "prod/sales_eu": "deployed",
    }
    platform.check("sales_eu", ["sales_eu_orders_refresh"], ["sales_eu_orders_final_facts"])
    platform.workspace.clear_rules()
    again = platform.deploy()
    assert set(platform.results()) == {"prod/sales"}, again
    platform.check("sales", [JOB], [PIPELINE])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_a_running_deploy_ends_well_and_nothing_new_begins(platform: Platform, number: signal.Signals) -> None:
    platform.sandbox.write_all(domain("zebra"))
    platform.push("Add another")
    rule = platform.workspace.hold(*CREATE_JOB)
    process = platform.start("deploy", "--target", "prod", "--max-parallel", "1")
    rule.wait_until_holding()
    process.send_signal(number)
    process.send_signal(number)
    rule.release()
    done = finished(process)
    assert done.exit_code == 1, done
    assert "stopping: nothing new begins" in done.stderr
    platform.check("sales", [JOB], [PIPELINE])
    assert platform.results()["prod/zebra"]["outcome"] == "stopped"
    assert platform.owned("zebra") == {"jobs": [], "pipelines": []}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_three_times_it_ends_with_the_cli_and_says_how_to_free_the_lock(
    platform: Platform, number: signal.Signals
) -> None:
    rule = platform.workspace.hold(*CREATE_JOB)
    process = platform.start("deploy", "--target", "prod")
    rule.wait_until_holding()
    children = _processes_of(process.pid)
    assert children
    for _ in range(3):
        process.send_signal(number)
        time.sleep(0.3)  # signals of one number that wait are one
    done = finished(process)
    assert done.exit_code == 130, done
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists() and not _is_zombie(pid)]
    line = (
        "scope: ended at once, and a lock stays: take the lock over. Run: scope recover --target prod --domain sales --yes"
    )
    assert line in done.stderr.splitlines(), done
    rule.release()
    platform.workspace.clear_rules()
    assert platform.scope(*line.rpartition("Run: scope ")[2].split()).exit_code == 0
    assert platform.deploy().exit_code == 0
    platform.check("sales", [JOB], [PIPELINE])


def _processes_of(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, check=True, text=True).stdout
    return [int(pid) for pid, started_by in map(str.split, listed.splitlines()) if int(started_by) == parent]


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


# Where the token goes, and who may write


def test_a_host_that_was_edited_gets_no_request(platform: Platform, fake_workspace: FakeWorkspace) -> None:
    path = platform.sandbox.path("targets/prod.yml")
    path.write_text(path.read_text().replace(platform.workspace.url, "https://evil.example.com"))
    platform.push("Edit the host")
    done = platform.deploy()
    assert done.exit_code == 3
    assert "targets/prod.yml:" in done.stderr
    assert "Nothing was sent" in done.stderr
    assert fake_workspace.requests() == []


def test_a_token_without_a_host_is_not_sent_anywhere(platform: Platform, fake_workspace: FakeWorkspace) -> None:
    done = platform.deploy(DATABRICKS_HOST="")
    assert done.exit_code == 3
    assert "DATABRICKS_TOKEN is set, but not DATABRICKS_HOST" in done.stderr
    assert fake_workspace.requests() == []


def test_another_file_of_the_bundle_cannot_lead_the_deploy_elsewhere(platform: Platform) -> None:
    elsewhere = (
        "targets:\n  prod:\n    workspace:\n      root_path: /Workspace/elsewhere/sales\n      state_path: /Workspace/x\n"
    )
    platform.sandbox.write("resources/sales/orders/elsewhere.yml", elsewhere)
    platform.push("Point elsewhere")
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    # Nor where the domain is permitted to set such things.
    platform.sandbox.write("pyproject.toml", allow_code(platform.sandbox.read("pyproject.toml"), "sales"))
    platform.push("Permit it")
    done = platform.deploy()
    assert done.exit_code == 0, done
    held = platform.workspace.snapshot()
    assert not [path for path in held.files if not path.startswith(f"{BASE}/sales/")]
    platform.check("sales", [JOB], [PIPELINE])


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"record_version": 99}', b'{"record_version": 1, "target": "prod"}'],
    ids=["empty", "cut", "newer", "part"],
)
def test_an_invalid_record_makes_the_whole_domain_deploy(platform: Platform, content: bytes) -> None:
    assert platform.deploy().exit_code == 0
    platform.workspace.write(f"{STATE}/scope.json", content)
    done = platform.deploy()
    assert done.exit_code == 0, done
    assert platform.results()["prod/sales"]["because"] == "untrusted-record"
    platform.check("sales", [JOB], [PIPELINE])


# State lost or foreign


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("resources.json", None, "is gone"),
        ("resources.json", b'{"state_version": 2', "is broken"),
        ("resources.json", b'{"state_version": 99}', "was written by a newer CLI"),
        ("resources.json", b'{"state_version": 2, "lineage": "x", "serial": 1, "state": {}}', "another lineage"),
        ("deployment.json", b"{", "is broken"),
    ],
)
def test_a_state_that_is_lost_or_foreign_is_refused_before_anything_is_uploaded(
    platform: Platform, name: str, content: bytes | None, words: str
) -> None:
    assert platform.deploy().exit_code == 0
    change(platform)
    if content is None:
        platform.workspace.delete(f"{STATE}/{name}")
    else:
        platform.workspace.write(f"{STATE}/{name}", content)
    before = platform.files("sales")
    done = platform.deploy()
    assert done.exit_code == 3, done
    assert words in done.stdout
    assert platform.files("sales") == before
    assert platform.lock("sales") is None


def test_a_folder_that_was_deleted_by_hand_is_deployed_again_and_takes_its_resources_back(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    platform.workspace.delete(f"{BASE}/sales")
    done = platform.deploy()
    assert done.exit_code == 0, done
    platform.check("sales", [JOB], [PIPELINE])


@pytest.mark.parametrize("lost", [[], ["deployment.json"]], ids=["as it was", "its counter restarts"])
def test_a_deploy_by_hand_in_between_is_noticed_and_made_good(platform: Platform, lost: list[str]) -> None:
    assert platform.deploy().exit_code == 0
    for name in lost:
        platform.workspace.delete(f"{STATE}/{name}")
    platform.sandbox.append("src/sales/orders/base/facts.py", "BY_HAND = 1\n")
    by_hand = platform.deploy_by_hand("sales")
    assert by_hand.exit_code == 0, by_hand
    platform.sandbox.git("checkout", "--quiet", ".")
    done = platform.deploy()
    assert done.exit_code == 0, done
    assert platform.results()["prod/sales"]["because"] == "untrusted-record"
    platform.check("sales", [JOB], [PIPELINE])


# The catalog


def test_a_schema_that_somebody_else_made_is_not_taken_over(platform: Platform) -> None:
    platform.workspace.call("POST", "/api/2.1/unity-catalog/schemas", {"catalog_name": "sales", "name": "orders"})
    platform.sandbox.write(
        "resources/sales/orders/schema.yml",
        resource_yaml("schemas", "sales_orders", {"name": "orders", "catalog_name": "sales"}),
    )
    platform.push("Define a schema")
    for _ in range(2):
        done = platform.deploy()
        assert done.exit_code == 1, done
        assert "The schema sales.orders exists already (created by tester@databricks.com at " in done.stdout
        assert platform.files("sales") == {}


def test_a_schema_that_a_killed_deploy_made_is_taken_back(platform: Platform) -> None:
    platform.sandbox.write(
        "resources/sales/orders/schema.yml",
        resource_yaml("schemas", "sales_orders", {"name": "orders", "catalog_name": "sales"}),
    )
    platform.push("Define a schema")
    platform.workspace.kill("POST", "/api/2.1/unity-catalog/schemas", after_work=True)
    assert platform.deploy("--retry-seconds", "0").exit_code == 1
    done = platform.deploy()
    assert done.exit_code == 0, done
    assert list(platform.workspace.snapshot().resources["schemas"]) == ["sales.orders"]
    platform.check("sales", [JOB], [PIPELINE])


# What shall not be deleted unasked


def test_a_deleted_job_needs_approval_of_exactly_that_before_anything_is_uploaded(platform: Platform) -> None:
    add_job(platform, "more")
    add_job(platform, "most")
    platform.push("Add jobs")
    assert platform.deploy().exit_code == 0
    before = platform.files("sales")
    platform.sandbox.delete("resources/sales/orders/jobs/more.py")
    change(platform)
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    assert "delete jobs.sales_orders_more_job" in refused.stdout
    assert platform.files("sales") == before
    digest = platform.results()["prod/sales"]["digest"]
    assert f"--approve-destructive {digest}" in refused.stdout
    # Another list than the one that was shown is another digest.
    platform.sandbox.delete("resources/sales/orders/jobs/most.py")
    platform.push("Remove another")
    assert platform.deploy("--approve-destructive", digest).exit_code == 3
    assert platform.files("sales") == before
    both = platform.results()["prod/sales"]["digest"]
    # Half of it done, the rest is still what was approved.
    platform.workspace.fail("POST", "/api/2.2/jobs/delete", 400)
    assert platform.deploy("--approve-destructive", both).exit_code == 1
    done = platform.deploy("--approve-destructive", both)
    assert done.exit_code == 0, done
    platform.check("sales", [JOB], [PIPELINE])


def test_a_domain_that_would_become_empty_is_refused(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    for path in ("resources/sales/orders/jobs", "resources/sales/orders/pipelines"):
        platform.sandbox.delete(path)
    platform.push("Break it")
    refused = platform.deploy()
    assert refused.exit_code == 3
    assert "nothing would be left of it" in refused.stdout
    assert platform.owned("sales") == {"jobs": [JOB], "pipelines": [PIPELINE]}


def test_a_domain_that_is_gone_is_destroyed_only_when_asked_and_approved(platform: Platform) -> None:
    platform.sandbox.write_all(domain("sales_eu"))
    platform.push("Add another")
    assert platform.deploy().exit_code == 0
    platform.sandbox.delete("src/sales")
    platform.sandbox.delete("resources/sales")
    platform.push("Remove it")
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    assert "delete jobs.sales_orders_refresh_job" in refused.stdout
    assert "add --prune" in refused.stdout
    shown = platform.deploy("--prune")
    assert shown.exit_code == 3
    digest = platform.results()["prod/sales"]["digest"]
    assert platform.owned("sales") == {"jobs": [JOB], "pipelines": [PIPELINE]}
    done = platform.deploy("--prune", "--approve-destructive", digest)
    assert done.exit_code == 0, done
    assert platform.owned("sales") == {"jobs": [], "pipelines": []}
    assert platform.files("sales") == {}
    assert platform.owned("sales_eu") == {"jobs": ["sales_eu_orders_refresh"], "pipelines": ["sales_eu_orders_final_facts"]}
    assert "1 deployment already in sync" in platform.deploy("--prune").stdout


def test_destroy_takes_orphans_with_it_and_can_be_repeated(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    platform.workspace.call(
        "POST",
        "/api/2.2/jobs/create",
        {"name": "orphan", "deployment": {"kind": "BUNDLE", "metadata_file_path": f"{STATE}/metadata.json"}},
    )
    platform.workspace.fail("POST", "/api/2.2/jobs/delete", 400)
    failed = platform.scope("destroy", "--target", "prod", "--domain", "sales", "--yes")
    assert failed.exit_code == 1, failed
    done = platform.scope("destroy", "--target", "prod", "--domain", "sales", "--yes")
    assert done.exit_code == 0, done
    assert platform.owned("sales") == {"jobs": [], "pipelines": []}
    assert platform.workspace.read(f"{STATE}/scope.json") is None
    again = platform.scope("destroy", "--target", "prod", "--domain", "sales", "--yes")
    assert again.exit_code == 0
    assert "there is no such deployment" in again.stdout


@pytest.mark.parametrize(("answer", "code"), [("warn", 0), ("refuse", 3)])
def test_active_runs_warn_or_refuse_as_the_target_says(platform: Platform, answer: str, code: int) -> None:
    platform.sandbox.append("pyproject.toml", f'\n[tool.scope.active-runs]\nprod = "{answer}"\n')
    platform.push("Say what to do about active runs")
    assert platform.deploy().exit_code == 0
    job = json.loads(platform.workspace.read(f"{STATE}/resources.json") or b"")["state"][
        "resources.jobs.sales_orders_refresh_job"
    ]
    platform.workspace.set_active(job_id=int(job["__id__"]))
    change(platform)
    done = platform.deploy()
    assert done.exit_code == code, done
    assert "sales_orders_refresh" in done.stderr + done.stdout


def test_a_run_whose_lock_was_taken_over_writes_nothing_more(platform: Platform) -> None:
    rule = platform.workspace.hold(*CREATE_JOB)
    process = platform.start("deploy", "--target", "prod")
    rule.wait_until_holding()
    other = b'{"ID": "c8a4a6d0-2c6f-4b8e-9a52-0d1a3c5b7e9f", "AcquisitionTime": "2026-01-01T00:00:00Z", "User": "another"}'
    platform.workspace.write(f"{STATE}/deploy.lock", other)
    rule.release()
    done = finished(process)
    assert done.exit_code == 1, done
    assert "was taken away from this run: it is held by another since" in done.stdout
    assert platform.lock("sales") == other
    assert platform.record("sales")["applied"] is None


def test_an_approved_list_is_still_approved_when_half_of_it_is_tried_again(platform: Platform) -> None:
    add_job(platform, "more")
    add_job(platform, "most")
    platform.push("Add jobs")
    assert platform.deploy().exit_code == 0
    for name in ("more", "most"):
        platform.sandbox.delete(f"resources/sales/orders/jobs/{name}.py")
    platform.push("Remove them")
    assert platform.deploy().exit_code == 3
    digest = platform.results()["prod/sales"]["digest"]
    platform.workspace.kill("POST", "/api/2.2/jobs/delete", skip=1)
    done = platform.deploy("--approve-destructive", digest)
    assert done.exit_code == 0, done
    assert platform.results()["prod/sales"]["deleted"] == 2
    platform.check("sales", [JOB], [PIPELINE])


# The CLI


def test_a_full_disk_is_reported_and_leaves_no_lock(platform: Platform) -> None:
    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = finished(platform.start("deploy", "--target", "prod", before=fill))
    assert done.exit_code != 0
    assert "can't be written: File too large. Free some space, or set TMPDIR." in done.stdout
    assert "Traceback" not in done.stderr
    assert platform.lock("sales") is None


def test_no_temporary_folder_is_reported_and_leaves_no_lock(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(platform.sandbox.root / "nowhere"))
    done = platform.deploy()
    assert done.exit_code == 1
    assert "No stage can be made" in done.stdout
    assert platform.lock("sales") is None


def fake_cli(folder: Path, script: str) -> str:
    folder.mkdir()
    path = folder / "databricks"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("can_build", [False, True])
def test_a_missing_cli_is_reported_with_the_ways_to_get_it(platform: Platform, tmp_path: Path, *, can_build: bool) -> None:
    if can_build:  # as this repository can, and one that has the tool installed can't
        platform.sandbox.write("tests/cli/install", "")
        platform.push("Have what builds the CLI")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(subprocess.check_output(["which", "git"], text=True).strip())
    done = platform.deploy(PATH=str(folder))
    assert done.exit_code == 2
    assert "Install it (https://docs.databricks.com/dev-tools/cli/install)" in done.stderr
    assert ("`just install-cli`" in done.stderr) == can_build
    assert platform.workspace.requests() == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ('echo "Databricks CLI v0.210.3"', "1.12 or newer is needed"),
        ('echo "Version 0.18.0"', "1.12 or newer is needed"),
        ("exit 1", "doesn't print a version"),
        ("echo hello", "doesn't print a version"),
    ],
)
def test_another_cli_is_refused_before_any_request(platform: Platform, tmp_path: Path, script: str, words: str) -> None:
    done = platform.deploy(PATH=fake_cli(tmp_path / "bin", script))
    assert done.exit_code == 2
    assert words in done.stderr
    assert platform.workspace.requests() == []


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("echo 'Hello, I am no JSON'", "unknown"),
        ("head -c 30000000 /dev/zero | tr '\\0' x; head -c 30000000 /dev/zero >&2", "unknown"),
        ("echo 'Error: \\n::error::x##[error]y' >&2; exit 1", "invalid-config"),
    ],
    ids=["no-json", "flood", "failure"],
)
def test_a_cli_that_prints_nonsense_is_a_failure_and_its_words_are_harmless(
    platform: Platform, tmp_path: Path, script: str, fault: str
) -> None:
    path = fake_cli(tmp_path / "bin", f'[ "$1" = version ] && {{ echo "Databricks CLI v1.13.0"; exit 0; }}\n{script}')
    done = platform.deploy(PATH=path)
    assert done.exit_code == 1
    assert platform.results()["prod/sales"]["fault"] == fault, done
    assert platform.lock("sales") is None
    assert not [line for line in (done.stdout + done.stderr).splitlines() if line.lstrip().startswith("::") or "##[" in line]
