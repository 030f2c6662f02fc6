"""Recovery in between: one winner for a dead lock, whatever dies on the way, and nothing claimed."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from scope.controller.recover import RecoverOptions, describe, diagnose, recover
from scope.deployment.lock import NAME, lock_content, new_holder, read_holder, take_over
from scope.deployment.observation import observe
from scope.errors import Fault, Locked, Refused, RemoteError
from tests.support.sandbox import Sandbox
from tests.support.scene import PATHS, Scene, setting


@pytest.fixture
def scene(sandbox: Sandbox) -> Iterator[Scene]:
    with setting(sandbox) as found:
        yield found


def die_with_the_lock(scene: Scene) -> None:
    scene.workspace.make_folder(PATHS.state)
    scene.workspace.write(f"{PATHS.state}/{NAME}", lock_content(new_holder("a dead run")))


def recovered(scene: Scene) -> bool:
    try:
        recover(scene.session, "sales")
    except Locked:
        return False
    return True


def test_of_many_recoveries_at_once_at_most_one_takes_the_dead_lock_over(scene: Scene) -> None:
    die_with_the_lock(scene)
    with ThreadPoolExecutor(16) as pool:
        winners = list(pool.map(lambda _: take_over_quietly(scene), range(16)))
    assert sum(winners) == 1


def take_over_quietly(scene: Scene) -> bool:
    dead = read_holder(scene.workspace, PATHS.state)
    return dead is not None and dead.user == "a dead run" and take_over(scene.workspace, PATHS.state, dead, "me") is not None


def test_a_recovery_that_has_just_won_is_not_overtaken_and_one_that_died_is(scene: Scene) -> None:
    die_with_the_lock(scene)
    dead = read_holder(scene.workspace, PATHS.state)
    assert dead is not None
    claim = f"{PATHS.state}/takeover-{dead.id}.json"
    scene.workspace.write(claim, lock_content(new_holder("another recovery")))
    assert not recovered(scene)
    old = json.loads(scene.workspace.read(claim) or b"{}")
    old["AcquisitionTime"] = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    scene.workspace.write(claim, json.dumps(old).encode())
    assert recovered(scene)
    assert read_holder(scene.workspace, PATHS.state) is None


def test_a_recovery_claims_nothing_about_what_a_dead_run_may_have_changed(scene: Scene) -> None:
    scene.deploy()
    assert diagnose(scene.session, "sales").is_healthy
    die_with_the_lock(scene)
    assert any("nothing applied" in line for line in describe(diagnose(scene.session, "sales")))
    recover(scene.session, "sales")
    assert scene.record.applied is None
    scene.deploy()
    assert scene.record.is_clean


def test_a_failure_on_the_way_leaves_no_lock_and_can_be_repeated(scene: Scene) -> None:
    scene.deploy()
    scene.workspace.write(f"{PATHS.state}/resources.json", b"{")
    scene.workspace.failing[PATHS.files] = Fault.SERVER
    with pytest.raises(RemoteError):
        recover(scene.session, "sales")
    assert read_holder(scene.workspace, PATHS.state) is None
    assert scene.record.applied is None
    scene.workspace.failing.clear()
    recover(scene.session, "sales")
    assert observe(scene.workspace, "dev", "sales", PATHS).state.unusable == ()


def test_only_a_leftover_of_this_deployment_can_be_deleted_by_its_id(scene: Scene) -> None:
    scene.deploy()
    twin = scene.workspace.add_resource("jobs", "job a", PATHS.metadata)
    other = scene.workspace.add_resource("jobs", "job a", "/Workspace/deploy/ads/state/metadata.json")
    with pytest.raises(Refused):
        recover(scene.session, "sales", RecoverOptions(delete=frozenset({other.id})))
    assert recover(scene.session, "sales").unmatched == (twin,)
    assert recover(scene.session, "sales", RecoverOptions(delete=frozenset({twin.id}))).unmatched == ()
    assert {twin, other} & set(scene.workspace.owned) == {other}
