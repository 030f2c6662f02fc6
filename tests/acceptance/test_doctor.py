"""`scope doctor`: each thing that is missing has its line, and its fix."""

import json
from pathlib import Path

import pytest

from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})


def doctor(platform: Platform, *arguments: str, code: int) -> dict[str, tuple[str, str]]:
    done = platform.scope("doctor", "--format", "json", *arguments)
    assert done.exit_code == code, str(done)
    return {item["name"]: (item["state"], item["message"]) for item in done.json["checks"]}


def test_a_target_with_everything_is_well(platform: Platform) -> None:
    platform.workspace.call("POST", "/api/2.1/unity-catalog/catalogs", {"name": "sales"})
    checks = doctor(platform, "--target", "prod", code=0)
    assert {state for state, _ in checks.values()} == {"ok"}
    assert checks["credentials"][1] == f"tester@databricks.com at {platform.workspace.url}"
    assert checks["catalogs"] == ("ok", "sales")
    platform.workspace.clear_requests()
    said = platform.scope("doctor", "--target", "prod").stdout
    assert "ok      Databricks CLI: " in said
    assert platform.workspace.writes() == []


def test_a_missing_catalog_an_invalid_record_and_a_dead_lock_are_reported_with_their_fixes(platform: Platform) -> None:
    platform.workspace.write(f"{BASE}/sales/state/scope.json", b"{}")
    platform.workspace.write(f"{BASE}/sales/state/resources.json", b"{")
    platform.workspace.write(f"{BASE}/sales/state/deploy.lock", json.dumps({"ID": "x", "User": "run 7"}).encode())
    checks = doctor(platform, "--target", "prod", code=1)
    assert checks["catalog sales"][0] == "wrong"
    assert "docs/unity-catalog.md" in checks["catalog sales"][1]
    state, what = checks["record of sales"]
    assert state == "wrong"
    assert "scope recover --target prod --domain sales" in what


def test_a_placeholder_and_a_shallow_clone_are_reported_before_anything_is_sent(platform: Platform, tmp_path: Path) -> None:
    platform.sandbox.write(
        "targets/prod.yml",
        platform.sandbox.read("targets/prod.yml").replace(platform.workspace.url, "https://prod-workspace.invalid"),
    )
    platform.push("Forget the host")
    shallow = Platform(platform.sandbox.clone(tmp_path / "shallow", "--depth", "1"), platform.workspace, platform.cli)
    platform.workspace.clear_requests()
    checks = doctor(shallow, "--target", "prod", code=1)
    assert "placeholder" in checks["target prod"][1]
    assert "fetch-depth: 0" in checks["git history"][1]
    assert platform.workspace.requests() == []


def test_what_is_left_of_a_domain_without_folders_anywhere_is_found_and_can_be_removed(platform: Platform) -> None:
    platform.workspace.call("POST", "/api/2.1/unity-catalog/catalogs", {"name": "ads"})
    assert platform.deploy().exit_code == 0
    platform.workspace.delete(f"{BASE}/sales")
    platform.sandbox.move("src/sales", "src/ads")
    platform.sandbox.move("resources/sales", "resources/ads")
    platform.push("Rename the domain")
    state, what = doctor(platform, "--target", "prod", code=1)["orphans of sales"]
    assert state == "wrong"
    assert "scope recover --target prod --domain sales" in what
    said = platform.scope("recover", "--target", "prod", "--domain", "sales")
    assert "scope destroy" in said.stderr
    assert platform.scope("destroy", "--target", "prod", "--domain", "sales", "--yes").exit_code == 0
    assert doctor(platform, "--target", "prod", code=0)["orphans"] == ("ok", "none")
    assert platform.owned("sales") == {"jobs": [], "pipelines": []}


def test_a_missing_cli_and_refused_credentials_are_reported(platform: Platform) -> None:
    platform.workspace.fail("GET", "/api/2.0/preview/scim/v2/Me", 401, times=0)
    checks = doctor_without_cli(platform)
    assert "isn't on the PATH" in checks["Databricks CLI"]
    assert "Log in again" in checks["workspace"]


def doctor_without_cli(platform: Platform) -> dict[str, str]:
    done = platform.scope("doctor", "--target", "prod", "--format", "json", PATH="/usr/bin:/bin")
    assert done.exit_code == 1, done
    return {item["name"]: item["message"] for item in done.json["checks"]}
