"""What the doctor finds in a target: who may write it, what can't be read there, each with its fix."""

import json
from dataclasses import replace

import pytest

from scope.controller.doctor import Check, CheckState, check_package, check_repository, check_target
from scope.errors import Fault
from scope.graph.layouts import open_index
from scope.repository.snapshot import Snapshot
from scope.workspace_model import Grant
from tests.support.fake_git import FakeGit
from tests.support.five_bundles import five_bundles
from tests.support.scene import PATHS, Scene

BASE = "/Workspace/deploy"


@pytest.fixture
def scene(scene: Scene) -> Scene:
    settings = replace(scene.session.settings, mode="production")
    return replace(scene, session=replace(scene.session, settings=settings))


def checks(scene: Scene) -> dict[str, Check]:
    return {check.name: check for check in check_target(scene.session)}


def test_whoever_else_may_write_the_folder_is_named(scene: Scene) -> None:
    scene.workspace.make_folder(BASE)
    scene.workspace.granted[BASE] = {Grant("me", "CAN_MANAGE", is_group=False)}
    assert checks(scene)["folder"] == Check("folder", CheckState.OK, f"{BASE}: me (CAN_MANAGE), nobody else")
    scene.workspace.granted[BASE].add(Grant("users", "CAN_EDIT", is_group=True))
    check = checks(scene)["folder"]
    assert check.state is CheckState.WRONG
    assert check.message.startswith(f"users may write {BASE} too (CAN_EDIT)")


def test_a_folder_that_is_not_there_yet_is_no_problem(scene: Scene) -> None:
    check = checks(scene)["folder"]
    assert (check.state, check.message) == (CheckState.OK, f"{BASE} isn't there yet; the first deploy creates it")


def test_where_the_first_deploy_makes_the_folder_is_said_with_who_may(scene: Scene) -> None:
    scene.workspace.make_folder("/Workspace")
    scene.workspace.make_folder("/Workspace/shared")
    settings = replace(scene.session.settings, root="/Workspace/shared/deploy/${var.domain}")
    below = replace(scene, session=replace(scene.session, settings=settings))
    assert checks(below)["folder"].message.startswith(
        "/Workspace/shared (in which /Workspace/shared/deploy will be created): me (by a group"
    )


def test_each_target_of_a_repository_with_its_own_bundles_is_named() -> None:
    git = FakeGit()
    index = open_index(Snapshot(git, git.make(five_bundles())))
    names = [check.name for check in check_repository(git, index, ("dev", "prod"))]
    assert names == ["git history", "target dev", "target prod"]


def test_one_check_that_fails_leaves_the_others(scene: Scene) -> None:
    scene.workspace.failing[BASE] = Fault.PERMISSION
    results = checks(scene)
    assert results["folder"].state is CheckState.WRONG
    assert results["unseen"].state is CheckState.WRONG
    assert results["records"] == Check("records", CheckState.OK, "0 deployed domains")
    assert results["catalog sales"].state is CheckState.WRONG


def test_records_and_locks_that_stop_a_deploy_are_told(scene: Scene) -> None:
    scene.deploy()
    assert checks(scene)["records"] == Check("records", CheckState.OK, "1 deployed domain")
    scene.workspace.write(f"{PATHS.state}/scope.json", b"{}")
    assert "scope recover --target dev --domain sales" in checks(scene)["record of sales"].message


def test_what_no_state_knows_is_told_although_its_folder_is_gone(scene: Scene) -> None:
    scene.deploy()
    assert checks(scene)["orphans"] == Check("orphans", CheckState.OK, "none")
    orphan = scene.workspace.add_resource("jobs", "old", f"{BASE}/ads/state/metadata.json")
    scene.workspace.add_resource("jobs", "elsewhere", f"{BASE}_eu/ads/state/metadata.json")
    results = checks(scene)
    assert "orphans" not in results
    assert results["orphans of ads"] == Check(
        "orphans of ads", CheckState.WRONG, f"No state knows {orphan}. Run: scope recover --target dev --domain ads"
    )


def test_what_may_not_be_looked_into_is_told_and_its_jobs_are_nobodys_orphans(scene: Scene) -> None:
    scene.deploy()
    scene.workspace.add_resource("jobs", "theirs", f"{BASE}/hidden/state/metadata.json")
    scene.workspace.make_folder(f"{BASE}/hidden")
    scene.workspace.failing[f"{BASE}/hidden"] = Fault.PERMISSION
    results = checks(scene)
    assert f"{BASE}/hidden may not be looked into" in results["unseen"].message
    assert results["records"] == Check("records", CheckState.OK, "1 deployed domain")
    assert results["orphans"] == Check("orphans", CheckState.OK, "none")


def test_a_job_that_has_moved_is_no_orphan_before_its_new_domain_is_deployed(scene: Scene) -> None:
    scene.deploy()
    state = PATHS.state.replace("sales", "ads")
    moved = next(resource for resource in scene.workspace.owned if resource.name == "job a")
    tree = json.loads(scene.workspace.held[f"{PATHS.state}/resources.json"])
    entry = {"resources.jobs.a": tree["state"].pop("resources.jobs.a")}
    scene.workspace.write(f"{PATHS.state}/resources.json", json.dumps(tree).encode())
    scene.workspace.make_folder(state)
    scene.workspace.write(f"{state}/resources.json", json.dumps({**tree, "state": entry}).encode())
    results = checks(scene)
    assert results["orphans"] == Check("orphans", CheckState.OK, "none")
    assert results["moved"].message == f"{moved} has moved from sales to ads, and says so after the next deploy there"


def test_a_catalog_that_is_there_is_no_problem(scene: Scene) -> None:
    scene.workspace.add_named("catalogs", "sales")
    assert checks(scene)["catalogs"] == Check("catalogs", CheckState.OK, "sales")


@pytest.mark.parametrize(
    ("cli", "package", "state"),
    [
        ("1.13.0-dev", "1.12.1", CheckState.OK),
        ("1.12.1", "1.12.1", CheckState.OK),
        ("1.12.1", "1.22.0", CheckState.WRONG),
        ("1.12.1", None, CheckState.WRONG),
    ],
)
def test_a_package_newer_than_the_cli_is_told(cli: str, package: str | None, state: CheckState) -> None:
    assert check_package(cli, package).state is state
