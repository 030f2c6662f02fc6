"""The fake workspace does what the tests that stand on it believe."""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from tests.support.cli import CliResult, DatabricksCli, find_fake_workspace
from tests.support.fake_workspace import FakeWorkspace, FakeWorkspaceError, new_service_principal_token, serving
from tests.support.sandbox import REPOSITORY, Sandbox


def make_pipelines(workspace: FakeWorkspace, *names: str) -> None:
    for name in names:
        workspace.call("POST", "/api/2.0/pipelines", {"name": name})


def test_deleting_a_folder_leaves_its_look_alikes(fake_workspace: FakeWorkspace) -> None:
    for path in ("/Workspace/x/sales/files/a.py", "/Workspace/x/sales_eu/files/a.py", "/Workspace/x/sales.json"):
        fake_workspace.write(path, b"1")
    fake_workspace.delete("/Workspace/x/sales")
    held = fake_workspace.snapshot("/Workspace/x")
    assert sorted(held.files) == ["/Workspace/x/sales.json", "/Workspace/x/sales_eu/files/a.py"]
    assert held.folders == {"/Workspace/x/sales_eu", "/Workspace/x/sales_eu/files"}


def test_a_folder_with_something_in_it_is_deleted_only_recursively(fake_workspace: FakeWorkspace) -> None:
    fake_workspace.write("/Workspace/x/a.py", b"1")
    with pytest.raises(FakeWorkspaceError) as refused:
        fake_workspace.call("POST", "/api/2.0/workspace/delete", {"path": "/Workspace/x"})
    assert (refused.value.status, refused.value.code) == (400, "DIRECTORY_NOT_EMPTY")
    with pytest.raises(FakeWorkspaceError) as missing:
        fake_workspace.delete("/Workspace/y")
    assert (missing.value.status, missing.value.code) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_pipelines_are_listed_page_by_page_and_by_name(fake_workspace: FakeWorkspace) -> None:
    make_pipelines(fake_workspace, "sales_a", "sales_b", "sales_eu_a", "other")
    first = fake_workspace.call("GET", "/api/2.0/pipelines?max_results=3")
    second = fake_workspace.call("GET", f"/api/2.0/pipelines?max_results=3&page_token={first['next_page_token']}")
    assert [item["name"] for item in first["statuses"] + second["statuses"]] == ["sales_a", "sales_b", "sales_eu_a", "other"]
    assert "next_page_token" not in second
    pipelines = fake_workspace.call("GET", "/api/2.0/pipelines?filter=name%20LIKE%20%27sales%5F%5F%27")["statuses"]
    assert [item["name"] for item in pipelines] == ["sales_a", "sales_b"]
    with pytest.raises(FakeWorkspaceError, match="400"):
        fake_workspace.call("GET", "/api/2.0/pipelines?max_results=101")


def test_jobs_are_listed_page_by_page(fake_workspace: FakeWorkspace) -> None:
    for number in range(5):
        fake_workspace.call("POST", "/api/2.2/jobs/create", {"name": f"job {number}", "tasks": [{"task_key": "t"}]})
    names: list[str] = []
    token = ""
    sizes: list[int] = []
    while True:
        page = fake_workspace.call("GET", f"/api/2.2/jobs/list?limit=2&page_token={token}")
        names += [job["settings"]["name"] for job in page["jobs"]]
        sizes.append(len(page["jobs"]))
        assert all("tasks" not in job["settings"] for job in page["jobs"])
        if not page.get("has_more"):
            break
        token = page["next_page_token"]
    assert names == [f"job {number}" for number in range(5)]
    assert sizes == [2, 2, 1]


def test_a_schema_is_not_made_twice(fake_workspace: FakeWorkspace) -> None:
    schema = {"catalog_name": "finance", "name": "stripe"}
    fake_workspace.call("POST", "/api/2.1/unity-catalog/schemas", schema)
    with pytest.raises(FakeWorkspaceError, match="SCHEMA_ALREADY_EXISTS"):
        fake_workspace.call("POST", "/api/2.1/unity-catalog/schemas", schema)


def test_a_file_is_made_exclusively_where_that_is_asked_for(fake_workspace: FakeWorkspace) -> None:
    fake_workspace.write("/Workspace/x/lock.json", b"first")
    with pytest.raises(FakeWorkspaceError, match="409"):
        fake_workspace.call("POST", "/api/2.0/workspace-files/import-file/Workspace/x/lock.json?overwrite=false", b"second")
    assert fake_workspace.read("/Workspace/x/lock.json") == b"first"


def test_one_token_sees_nothing_of_another(fake_workspace: FakeWorkspace) -> None:
    other = fake_workspace.other()
    other.fail("POST", "/api/2.0/workspace/mkdirs", 500)
    fake_workspace.write("/Workspace/x/a.py", b"1")
    assert "/Workspace/x/a.py" not in other.snapshot().files
    assert other.requests() == []


def test_a_token_is_a_person_or_a_service_principal(fake_workspace: FakeWorkspace) -> None:
    person = fake_workspace.call("GET", "/api/2.0/preview/scim/v2/Me")["userName"]
    principal = FakeWorkspace(fake_workspace.url, new_service_principal_token()).call("GET", "/api/2.0/preview/scim/v2/Me")[
        "userName"
    ]
    assert person == "tester@databricks.com"
    assert "@" not in principal


def test_an_injected_error_comes_after_as_many_calls_and_as_often_as_asked(fake_workspace: FakeWorkspace) -> None:
    rule = fake_workspace.fail("POST", "/api/2.2/jobs/*", 503, skip=1, times=2)
    for number in range(5):
        with suppress(FakeWorkspaceError):
            fake_workspace.call("POST", "/api/2.2/jobs/create", {"name": f"job {number}"})
    assert [request.status for request in fake_workspace.requests()] == [200, 503, 503, 200, 200]
    assert rule.fired == 2
    assert fake_workspace.snapshot().names("jobs") == ["job 0", "job 3", "job 4"]


def test_a_lost_answer_leaves_the_work_done(fake_workspace: FakeWorkspace) -> None:
    fake_workspace.lose_answer("POST", "/api/2.2/jobs/create")
    with pytest.raises(OSError, match="closed connection"):
        fake_workspace.call("POST", "/api/2.2/jobs/create", {"name": "made"})
    assert fake_workspace.snapshot().names("jobs") == ["made"]
    assert [request.status for request in fake_workspace.requests()] == [0]


def test_an_error_after_the_work_leaves_the_work_done(fake_workspace: FakeWorkspace) -> None:
    fake_workspace.fail("POST", "/api/2.2/jobs/create", 504, after_work=True)
    with pytest.raises(FakeWorkspaceError, match="504"):
        fake_workspace.call("POST", "/api/2.2/jobs/create", {"name": "made"})
    assert fake_workspace.snapshot().names("jobs") == ["made"]


def test_a_forbidden_folder_is_forbidden_with_all_below_it_and_nothing_beside_it(fake_workspace: FakeWorkspace) -> None:
    for path in ("/Workspace/x/sales/a.py", "/Workspace/x/sales_eu/a.py"):
        fake_workspace.write(path, b"1")
    fake_workspace.forbid("/Workspace/x/sales")
    for method, path, body in (
        ("GET", "/api/2.0/workspace/get-status?path=/Workspace/x/sales/a.py", None),
        ("GET", "/api/2.0/workspace/list?path=/Workspace/x/sales", None),
        ("GET", "/api/2.0/workspace/export?path=/Workspace/x/sales/a.py", None),
        ("POST", "/api/2.0/workspace/mkdirs", {"path": "/Workspace/x/sales/b"}),
        ("POST", "/api/2.0/workspace/delete", {"path": "/Workspace/x/sales/a.py"}),
        ("POST", "/api/2.0/workspace-files/import-file/Workspace/x/sales/a.py", b"2"),
    ):
        with pytest.raises(FakeWorkspaceError) as refused:
            fake_workspace.call(method, path, body)
        assert (refused.value.status, refused.value.code) == (403, "PERMISSION_DENIED"), path
    fake_workspace.write("/Workspace/x/sales_eu/b.py", b"1")
    fake_workspace.clear_rules()
    fake_workspace.delete("/Workspace/x/sales")


def test_a_held_request_waits_until_it_is_released(fake_workspace: FakeWorkspace) -> None:
    rule = fake_workspace.hold("POST", "/api/2.2/jobs/create")
    thread = threading.Thread(target=fake_workspace.call, args=("POST", "/api/2.2/jobs/create", {"name": "late"}))
    thread.start()
    rule.wait_until_holding()
    assert fake_workspace.snapshot().names("jobs") == []
    rule.release()
    thread.join(timeout=10)
    assert fake_workspace.snapshot().names("jobs") == ["late"]


def test_a_delayed_request_is_answered_later(fake_workspace: FakeWorkspace) -> None:
    fake_workspace.add_rule("GET", "/api/2.0/preview/scim/v2/Me", delay=0.2)
    started = time.monotonic()
    fake_workspace.call("GET", "/api/2.0/preview/scim/v2/Me")
    assert time.monotonic() - started >= 0.2


def test_a_job_is_busy_until_the_test_says_otherwise(fake_workspace: FakeWorkspace) -> None:
    job_id = fake_workspace.call("POST", "/api/2.2/jobs/create", {"name": "busy"})["job_id"]
    active = f"/api/2.2/jobs/runs/list?active_only=true&job_id={job_id}"
    fake_workspace.set_active(job_id=job_id)
    assert len(fake_workspace.call("GET", active)["runs"]) == 1
    fake_workspace.set_active(job_id=job_id, active=False)
    assert not fake_workspace.call("GET", active).get("runs")


def test_a_rule_that_does_nothing_or_two_things_is_refused(fake_workspace: FakeWorkspace) -> None:
    with pytest.raises(FakeWorkspaceError, match="does something"):
        fake_workspace.add_rule("GET", "/x")
    with pytest.raises(FakeWorkspaceError, match="at most one"):
        fake_workspace.add_rule("GET", "/x", drop=True, status=500)


def test_a_request_that_the_fake_cannot_answer_is_kept_as_a_problem(fake_workspace: FakeWorkspace) -> None:
    with pytest.raises(FakeWorkspaceError, match="501"):
        fake_workspace.call("GET", "/api/2.0/no-such-thing-here")
    assert any("/api/2.0/no-such-thing-here" in problem for problem in fake_workspace.problems())


# With the real CLI


@pytest.fixture
def bundle(tmp_path: Path, fake_workspace: FakeWorkspace) -> Sandbox:
    """Give a bundle of one job and one pipeline, and nothing of this repository's."""
    sandbox = Sandbox.create(tmp_path / "bundle")
    resources = {
        "jobs": {"refresh": {"name": "refresh", "max_concurrent_runs": 1}},
        "pipelines": {"facts": {"name": "facts", "catalog": "sales", "schema": "orders", "serverless": True}},
    }
    config = {
        "bundle": {"name": "small"},
        "workspace": {"host": fake_workspace.url, "root_path": "/Workspace/deploy/small"},
        "resources": resources,
    }
    sandbox.write("databricks.yml", yaml.safe_dump(config))
    sandbox.write("src/a.py", "1\n")
    return sandbox


def deploy(cli: DatabricksCli, bundle: Sandbox, workspace: FakeWorkspace, cache: str = "cache") -> CliResult:
    env = {"DATABRICKS_BUNDLE_TMP": str(bundle.root.parent / cache)}
    return cli.run("bundle", "deploy", "--auto-approve", cwd=bundle.root, workspace=workspace, env=env)


def test_the_cli_deploys_and_destroys(bundle: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace) -> None:
    for path in ("/Workspace/deploy/small_two/a.py", "/Workspace/deploy/small.json"):
        fake_workspace.write(path, b"1")
    deployed = deploy(databricks_cli, bundle, fake_workspace)
    assert deployed.exit_code == 0, deployed
    held = fake_workspace.snapshot("/Workspace/deploy")
    assert held.below("/Workspace/deploy/small/files")["src/a.py"] == b"1\n"
    assert (held.names("jobs"), held.names("pipelines")) == (["refresh"], ["facts"])

    destroyed = databricks_cli.run("bundle", "destroy", "--auto-approve", cwd=bundle.root, workspace=fake_workspace)
    assert destroyed.exit_code == 0, destroyed
    held = fake_workspace.snapshot("/Workspace/deploy")
    assert sorted(held.files) == ["/Workspace/deploy/small.json", "/Workspace/deploy/small_two/a.py"]
    assert (held.names("jobs"), held.names("pipelines")) == ([], [])
    assert fake_workspace.problems() == []


@pytest.mark.parametrize("after_work", [False, True])
def test_the_cli_is_killed_at_a_request(
    bundle: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, *, after_work: bool
) -> None:
    rule = fake_workspace.kill("POST", "/api/2.2/jobs/create", after_work=after_work)
    assert deploy(databricks_cli, bundle, fake_workspace).exit_code == -signal.SIGKILL
    assert rule.fired == 1
    held = fake_workspace.snapshot()
    assert held.names("jobs") == (["refresh"] if after_work else [])
    assert "/Workspace/deploy/small/state/deploy.lock" in held.files
    assert fake_workspace.problems() == []


def test_the_cli_is_killed_at_its_nth_request_whatever_that_is(
    bundle: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    fake_workspace.kill(skip=7)
    assert deploy(databricks_cli, bundle, fake_workspace).exit_code == -signal.SIGKILL
    requests = fake_workspace.requests()
    assert requests[7].status == 0
    # Others may have been under way beside it, but none came later from a dead process.
    assert len(requests) < 18
    assert len({request.pid for request in requests}) == 1


def test_a_file_under_upload_is_where_the_cli_dies(
    bundle: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    # Without its folder, the first request for a file is refused and sent again.
    fake_workspace.call("POST", "/api/2.0/workspace/mkdirs", {"path": "/Workspace/deploy/small/files/src"})
    fake_workspace.kill("POST", "*/import-file/*", under="/Workspace/deploy/small/files/src", after_work=True)
    assert deploy(databricks_cli, bundle, fake_workspace).exit_code == -signal.SIGKILL
    held = fake_workspace.snapshot()
    assert "/Workspace/deploy/small/files/src/a.py" in held.files
    assert "/Workspace/deploy/small/state/deployment.json" not in held.files


def test_a_kill_counts_the_requests_of_the_cli_only(
    bundle: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    rule = fake_workspace.kill("GET", skip=1)
    for _ in range(3):
        fake_workspace.call("GET", "/api/2.0/preview/scim/v2/Me")
    assert rule.state()["matched"] == 0
    assert deploy(databricks_cli, bundle, fake_workspace).exit_code == -signal.SIGKILL
    assert rule.fired == 1


def test_a_program_that_dies_while_its_request_is_held_gets_nothing_done(fake_workspace: FakeWorkspace) -> None:
    rule = fake_workspace.hold("POST", "/api/2.2/jobs/create")
    script = (
        "import sys\nfrom tests.support.fake_workspace import FakeWorkspace\n"
        "FakeWorkspace(*sys.argv[1:]).call('POST', '/api/2.2/jobs/create', {'name': 'never'})\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, fake_workspace.url, fake_workspace.token], cwd=REPOSITORY
    ) as process:
        rule.wait_until_holding()
        process.kill()
    deadline = time.monotonic() + 10
    while rule.state()["holding"] and time.monotonic() < deadline:
        time.sleep(0.005)
    rule.release()
    assert rule.state()["holding"] == 0
    assert fake_workspace.snapshot().names("jobs") == []


def test_a_second_deploy_meets_the_lock_of_one_that_is_held(
    bundle: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    rule = fake_workspace.hold("POST", "/api/2.2/jobs/create")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(deploy, databricks_cli, bundle, fake_workspace, cache="cache")
        rule.wait_until_holding()
        second = deploy(databricks_cli, bundle, fake_workspace, cache="another cache")
        rule.release()
        assert first.result().exit_code == 0, first.result()
    assert second.exit_code == 1, second
    assert "deploy lock acquired by tester@databricks.com" in second.stderr
    assert fake_workspace.snapshot().names("jobs") == ["refresh"]


# With the Python client


def test_the_client_that_the_controller_uses_finds_all_it_needs(
    fake_workspace: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every process that collects the tests would import it otherwise, which takes seconds.
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.errors import NotFound, ResourceConflict
    from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
    from databricks.sdk.service.workspace import ImportFormat

    for name in [name for name in os.environ if name.startswith(("DATABRICKS_", "ARM_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", os.devnull)
    client = WorkspaceClient(host=fake_workspace.url, token=fake_workspace.token)
    assert client.current_user.me().user_name == "tester@databricks.com"

    root = "/Workspace/deploy/x"
    client.workspace.mkdirs(root)
    content = base64.b64encode(b"one").decode()
    client.workspace.import_(f"{root}/a.json", content=content, format=ImportFormat.AUTO, overwrite=False)
    with pytest.raises(ResourceConflict):
        client.workspace.import_(f"{root}/a.json", content=content, format=ImportFormat.AUTO, overwrite=False)
    assert client.workspace.download(f"{root}/a.json").read() == b"one"
    assert [item.path for item in client.workspace.list(root)] == [f"{root}/a.json"]
    assert client.workspace.get_status(f"{root}/a.json").object_id

    folder = str(client.workspace.get_status(root).object_id)
    reader = AccessControlRequest(group_name="readers", permission_level=PermissionLevel.CAN_READ)
    client.permissions.set("directories", folder, access_control_list=[reader])
    permissions = client.permissions.get("directories", folder).access_control_list or []
    assert [item.group_name for item in permissions] == ["readers"]

    client.workspace.delete(root, recursive=True)
    with pytest.raises(NotFound):
        client.workspace.get_status(root)

    for number in range(30):
        client.jobs.create(name=f"job {number:02}")
        client.pipelines.create(name=f"pipeline {number:02}")
    jobs = list(client.jobs.list(limit=10))
    assert [job.settings and job.settings.name for job in jobs] == [f"job {number:02}" for number in range(30)]
    pipelines = list(client.pipelines.list_pipelines(max_results=10))
    assert [pipeline.name for pipeline in pipelines] == [f"pipeline {number:02}" for number in range(30)]
    job_id, pipeline_id = jobs[0].job_id or 0, pipelines[0].pipeline_id or ""
    client.jobs.delete(job_id)
    client.pipelines.delete(pipeline_id)
    with pytest.raises(NotFound):
        client.jobs.get(job_id)
    with pytest.raises(NotFound):
        client.pipelines.get(pipeline_id)
    assert fake_workspace.problems() == []


# Start and end


@pytest.mark.cli
def test_the_server_ends_with_the_process_that_started_it() -> None:
    # The starter dies without any chance to clean up.
    script = (
        "import os, subprocess, sys\n"
        "p = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "print(p.pid, p.stdout.readline(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, find_fake_workspace()], capture_output=True, text=True, check=False, timeout=30
    )
    url = str(json.loads(done.stdout.partition(" ")[2])["url"])
    assert done.returncode == -9
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            FakeWorkspace(url, "nobody").problems()
        except OSError:
            return
        time.sleep(0.01)
    pytest.fail("The server still answers.")


@pytest.mark.cli
def test_the_server_ends_when_it_is_told_to() -> None:
    with serving(find_fake_workspace()) as url:
        FakeWorkspace(url, "somebody").problems()
    with pytest.raises(OSError, match="refused"):
        FakeWorkspace(url, "somebody").problems()
