"""What the doctor finds in a target: who may write it, what can't be read there, each with its fix."""

from dataclasses import replace

import pytest

from scope.controller.doctor import Check, CheckState, check_package, check_target
from scope.errors import Fault
from scope.model import Grant
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


def test_one_check_that_fails_leaves_the_others(scene: Scene) -> None:
    scene.workspace.failing[BASE] = Fault.PERMISSION
    results = checks(scene)
    assert results["folder"].state is CheckState.WRONG
    assert results["records"].state is CheckState.WRONG
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
