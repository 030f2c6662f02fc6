"""`scope status`, and `scope plan --base deployed`: what each domain runs, beside the head."""

import json
from pathlib import Path

import pytest

from scope.documents.manifest_reader import loads
from tests.support.builders import domain
from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.imported import modules_after


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"], "ads": ["clicks"]})


def status(platform: Platform, *arguments: str) -> dict[str, dict]:
    done = platform.scope("status", "--target", "prod", "--format", "json", *arguments)
    assert done.exit_code == 0, done
    return {item["domain"]: item for item in done.json["domains"]}


def test_each_domain_says_how_it_stands(platform: Platform) -> None:
    assert {name: item["sync"] for name, item in status(platform).items()} == {
        "ads": "never-deployed",
        "sales": "never-deployed",
    }
    first = platform.sandbox.head
    assert platform.deploy().exit_code == 0
    done = platform.scope("status", "--target", "prod", "--detailed-exitcode")
    assert done.exit_code == 0
    assert "2 of 2 domains in sync." in done.stdout

    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Change sales")
    platform.sandbox.write("docs/note.md", "words\n")
    platform.push("Say something")
    domains = status(platform)
    assert (domains["ads"]["sync"], domains["sales"]["sync"]) == ("in-sync", "behind")
    assert (domains["sales"]["commits"], domains["sales"]["changes"]) == (2, ["src/sales/orders/base/facts.py"])
    assert domains["sales"]["commit"] == first
    assert platform.scope("status", "--target", "prod", "--detailed-exitcode").exit_code == 5

    assert platform.deploy().exit_code == 0
    platform.sandbox.git("checkout", "--quiet", first)
    assert (status(platform)["sales"]["sync"], status(platform)["sales"]["commits"]) == ("ahead", 2)


def test_what_is_gone_failed_or_deployed_by_others_shows(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    platform.sandbox.delete("src/ads")
    platform.sandbox.delete("resources/ads")
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Remove ads, change sales")
    platform.workspace.fail("POST", f"/api/2.0/workspace-files/import-file{BASE}/sales/files/*", 400, times=0)
    assert platform.deploy("--domain", "sales", "--retry-seconds", "0").exit_code == 1
    platform.workspace.clear_rules()
    domains = status(platform)
    assert (domains["ads"]["sync"], domains["sales"]["sync"]) == ("gone", "dirty")
    assert "did not complete" in domains["sales"]["why"]
    assert platform.deploy("--domain", "sales").exit_code == 0

    # A deploy by hand raises the CLI's own number.
    path = f"{BASE}/sales/state/deployment.json"
    held = json.loads(platform.workspace.read(path) or b"")
    platform.workspace.write(path, json.dumps({**held, "seq": held["seq"] + 1}).encode())
    domains = status(platform)
    assert domains["sales"]["sync"] == "foreign"
    assert "something else deployed since" in domains["sales"]["why"]


def test_a_look_at_what_is_deployed_costs_one_request_for_each_domain(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    for command, others in ((("status",), 3), (("deploy",), 5)):
        platform.workspace.clear_requests()
        done = platform.scope(*command, "--target", "prod")
        assert done.exit_code == 0, done
        requests = platform.workspace.requests()
        assert [request.status for request in requests] == [200] * (2 + others), [str(request) for request in requests]
        read = sorted(request.workspace_path for request in requests if request.path.endswith("/export"))
        assert read == [f"{BASE}/ads/state", f"{BASE}/sales/state"]


def test_no_command_imports_more_of_the_sdk_than_it_needs(platform: Platform) -> None:
    assert platform.deploy("--domain", "sales").exit_code == 0
    # The first of them deploys something, the second has nothing to do.
    commands = [["deploy", "--target", "prod"], ["deploy", "--target", "prod"], ["status", "--target", "prod"]]
    env = platform.environment()
    for modules in modules_after(platform.sandbox.root, env, *commands):
        assert "databricks.sdk.core" in modules
        assert "databricks.sdk" not in modules
        # The SDK's ways to log in need these.
        assert {name for name in modules if name.startswith("databricks.sdk.service.")} <= {
            "databricks.sdk.service._internal",
            "databricks.sdk.service.provisioning",
        }


def test_a_change_by_hand_shows_as_drift(platform: Platform) -> None:
    assert platform.deploy("--domain", "sales").exit_code == 0
    assert status(platform, "--domain", "sales", "--drift", "--verify")["sales"]["sync"] == "in-sync"
    platform.workspace.write(f"{BASE}/sales/files/src/sales/orders/base/facts.py", b"EDITED = 1\n")
    platform.workspace.write(f"{BASE}/sales/files/src/sales/orders/base/extra.py", b"EXTRA = 1\n")
    jobs = platform.workspace.snapshot().resources["jobs"]
    job_id, job = next(iter(jobs.items()))
    settings = {**job["settings"], "max_concurrent_runs": 7}
    platform.workspace.call("POST", "/api/2.2/jobs/reset", {"job_id": int(job_id), "new_settings": settings})
    sales = status(platform, "--domain", "sales", "--drift", "--verify")["sales"]
    assert sales["sync"] == "drifted"
    assert sales["differences"] == [
        "update jobs.sales_orders_refresh_job",
        "extra src/sales/orders/base/extra.py",
        "edited src/sales/orders/base/facts.py",
    ]


def test_notebooks_of_every_kind_are_known_where_they_lie(platform: Platform) -> None:
    jupyter = json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}], "metadata": {}, "nbformat": 4})
    folder = "src/sales/orders/final"
    notebooks = {
        "a.ipynb": jupyter,
        "b.designer.ipynb": jupyter,
        "c.sql": "-- Databricks notebook source\nSELECT 1\n",
        "d.scala": "// Databricks notebook source\nval x = 1\n",
        "e.R": "# Databricks notebook source\nx <- 1\n",
        "f.py": "# Databricks notebook source\nx = 1\n",
    }
    for name, text in notebooks.items():
        platform.sandbox.write(f"{folder}/{name}", text)
    platform.push("Add notebooks")
    assert platform.deploy("--domain", "sales").exit_code == 0
    held = platform.workspace.snapshot(f"{BASE}/sales/files/{folder}").files
    assert {"a", "b.designer.ipynb", "c", "d", "e", "f"} <= {path.rpartition("/")[2] for path in held}
    assert status(platform, "--domain", "sales", "--verify")["sales"]["sync"] == "in-sync"
    platform.workspace.write(f"{BASE}/sales/files/{folder}/b.designer.ipynb", jupyter.replace("x = 1", "x = 2").encode())
    assert status(platform, "--domain", "sales", "--verify")["sales"]["differences"] == [f"edited {folder}/b.designer.ipynb"]


def test_files_that_no_upload_explains_show_in_a_domain_that_is_behind(platform: Platform) -> None:
    platform.sandbox.write("src/sales/orders/final/report.py", "# Databricks notebook source\nROWS = 1\n")
    platform.push("Add a notebook")
    assert platform.deploy().exit_code == 0
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.sandbox.delete("src/ads")
    platform.sandbox.delete("resources/ads")
    platform.push("Change sales, remove ads")
    # A workspace writes a notebook anew.
    report = f"{BASE}/sales/files/src/sales/orders/final/report.py"
    platform.workspace.write(report, b"# Databricks notebook source\n\nROWS = 1")
    domains = status(platform, "--verify")
    assert [(item["sync"], item["differences"], item["unverified"]) for item in domains.values()] == [
        ("gone", [], None),
        ("behind", [], None),
    ]
    files = f"{BASE}/sales/files/src/sales/orders"
    platform.workspace.write(f"{files}/base/evil.py", b"EVIL = 1\n")
    platform.workspace.write(f"{files}/raw/facts.py", b"EVIL = 1\n")
    platform.workspace.delete(f"{files}/staging/facts.py")
    platform.workspace.write(report, b"# Databricks notebook source\nROWS = 2\n")
    platform.workspace.write(f"{BASE}/ads/state/evil.sh", b"evil\n")
    domains = status(platform, "--verify")
    assert (domains["sales"]["sync"], domains["sales"]["differences"]) == (
        "behind",
        [
            "missing src/sales/orders/staging/facts.py",
            "extra src/sales/orders/base/evil.py",
            "edited src/sales/orders/final/report.py",
            "edited src/sales/orders/raw/facts.py",
        ],
    )
    assert (domains["ads"]["sync"], domains["ads"]["unexplained"]) == ("gone", ["state/evil.sh"])


def test_where_no_commit_tells_what_was_uploaded_only_names_are_compared_and_it_says_so(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    path = f"{BASE}/ads/state/scope.json"
    platform.workspace.write(path, (platform.workspace.read(path) or b"").replace(platform.sandbox.head.encode(), b"1" * 40))
    for name in ("ads", "sales"):
        platform.sandbox.append(f"src/{name}/{'clicks' if name == 'ads' else 'orders'}/base/facts.py", "MORE = 1\n")
    platform.push("Change both")
    platform.workspace.fail("POST", f"/api/2.0/workspace-files/import-file{BASE}/sales/files/*", 400, times=0)
    assert platform.deploy("--domain", "sales", "--retry-seconds", "0").exit_code == 1
    platform.workspace.clear_rules()
    for name in ("ads", "sales"):
        platform.workspace.write(f"{BASE}/{name}/files/src/{name}/evil.py", b"EVIL = 1\n")
    domains = status(platform, "--verify")
    assert {name: (item["sync"], item["differences"]) for name, item in domains.items()} == {
        "ads": ("behind", ["extra src/ads/evil.py"]),
        "sales": ("dirty", ["extra src/sales/evil.py"]),
    }
    assert "the commit 111111111 isn't in this clone. Fetch it: git fetch origin 1111" in domains["ads"]["unverified"]
    assert "only the names of its files were compared" in domains["sales"]["unverified"]
    assert "did not complete" in domains["sales"]["unverified"]
    platform.workspace.delete(f"{BASE}/sales/state/deployment.json")
    (sales,) = status(platform, "--verify", "--domain", "sales").values()
    assert sales["unverified"].startswith("its files can't be verified: ")


def test_a_plan_against_the_records_has_a_base_per_domain(platform: Platform) -> None:
    first = platform.sandbox.head
    assert platform.deploy("--domain", "sales").exit_code == 0
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.sandbox.write_all(domain("refunds"))
    platform.push("Change sales, add refunds")
    done = platform.scope("plan", "--base", "deployed", "--target", "prod", "--detailed-exitcode")
    assert done.exit_code == 5, done
    manifest = loads(platform.sandbox.path(".scope/manifest.json").read_bytes(), "it")
    assert manifest.against == "deployed"
    assert {item.domain: item.because for item in manifest.deploy} == {
        "ads": "first-deploy",
        "refunds": "first-deploy",
        "sales": "changed",
    }
    sales = next(item for item in manifest.deploy if item.domain == "sales")
    assert (manifest.bases[sales.base].kind, manifest.bases[sales.base].commit) == ("record", first)
    changes = {change.id: change.path for change in manifest.changes}
    assert [changes[cause.change] for cause in sales.causes] == ["src/sales/orders/base/facts.py"]
    # The same manifest drives a deploy.
    done = platform.deploy("--manifest", str(platform.sandbox.path(".scope/manifest.json")))
    assert done.exit_code == 0, done
    assert platform.scope("plan", "--base", "deployed", "--target", "prod", "--detailed-exitcode").exit_code == 0


def test_a_base_that_is_gone_deploys_the_domain_and_says_so(platform: Platform) -> None:
    assert platform.deploy("--domain", "sales").exit_code == 0
    path = f"{BASE}/sales/state/scope.json"
    gone = (platform.workspace.read(path) or b"").replace(platform.sandbox.head.encode(), b"1" * 40)
    platform.workspace.write(path, gone)
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Change sales")
    assert platform.scope("plan", "--base", "deployed", "--target", "prod").exit_code == 0
    manifest = loads(platform.sandbox.path(".scope/manifest.json").read_bytes(), "it")
    assert {item.domain: item.because for item in manifest.deploy}["sales"] == "base-unreachable"


def test_where_the_workspace_cannot_be_asked_a_plan_stops_or_falls_back_with_a_note(platform: Platform) -> None:
    platform.workspace.fail("GET", "/api/2.0/preview/scim/v2/Me", 403, times=0)
    arguments = ("plan", "--base", "deployed", "--target", "prod")
    assert platform.scope(*arguments).exit_code == 1
    done = platform.scope(*arguments, "--fallback", "main")
    assert done.exit_code == 0, done
    assert "couldn't be read, so this is compared with main" in done.stderr
    manifest = loads(platform.sandbox.path(".scope/manifest.json").read_bytes(), "it")
    assert [warning.code for warning in manifest.warnings] == ["records-unreadable"]


def test_a_plan_without_credentials_falls_back_too(platform: Platform) -> None:
    arguments = ("plan", "--base", "deployed", "--target", "prod")
    nothing = {"DATABRICKS_HOST": "", "DATABRICKS_TOKEN": ""}
    assert platform.scope(*arguments, **nothing).exit_code == 2
    done = platform.scope(*arguments, "--fallback", "main", **nothing)
    assert done.exit_code == 0, done
    assert "There are no credentials" in done.stderr


def test_a_status_writes_nothing(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    platform.workspace.clear_requests()
    status(platform, "--drift", "--verify")
    assert platform.workspace.writes() == []
