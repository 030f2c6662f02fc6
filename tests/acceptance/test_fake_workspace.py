"""The fake workspace does what the tests that stand on it believe."""

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from tests.support.cli import find_fake_workspace
from tests.support.fake_workspace import FakeWorkspace, FakeWorkspaceError, new_service_principal_token, serving

pytestmark = pytest.mark.cli


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
    found = fake_workspace.call("GET", "/api/2.0/pipelines?filter=name%20LIKE%20%27sales%5F%5F%27")["statuses"]
    assert [item["name"] for item in found] == ["sales_a", "sales_b"]
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


def test_the_server_ends_when_it_is_told_to() -> None:
    with serving(find_fake_workspace()) as url:
        FakeWorkspace(url, "somebody").problems()
    with pytest.raises(OSError, match="refused"):
        FakeWorkspace(url, "somebody").problems()
