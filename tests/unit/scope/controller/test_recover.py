"""Recovery in between: one winner for a dead lock, whatever dies on the way, and nothing claimed."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from scope.controller.diagnosis import describe, diagnose
from scope.controller.recover import RecoverOptions
from scope.deployment.lock import NAME, dump_lock, new_lock_info, read_lock
from scope.deployment.takeover import take_over
from scope.errors import CliError, Fault, Locked, Refused, RemoteError
from scope.model import ResourceKey
from tests.support.scene import PATHS, Scene

JOB_A = ResourceKey("jobs", "a")


def die_with_the_lock(scene: Scene) -> None:
    scene.workspace.make_folder(PATHS.state)
    scene.workspace.write(f"{PATHS.state}/{NAME}", dump_lock(new_lock_info("a dead run")))


def recovered(scene: Scene) -> bool:
    try:
        scene.recover()
    except Locked:
        return False
    return True


def test_of_many_recoveries_at_once_at_most_one_takes_the_dead_lock_over(scene: Scene) -> None:
    die_with_the_lock(scene)
    with ThreadPoolExecutor(16) as pool:
        winners = list(pool.map(lambda _: take_over_quietly(scene), range(16)))
    assert sum(winners) == 1


def take_over_quietly(scene: Scene) -> bool:
    dead = read_lock(scene.workspace, PATHS.state)
    return dead is not None and dead.user == "a dead run" and take_over(scene.workspace, PATHS.state, dead, "me") is not None


def test_a_recovery_that_has_just_won_is_not_overtaken_and_one_that_died_is(scene: Scene) -> None:
    die_with_the_lock(scene)
    dead = read_lock(scene.workspace, PATHS.state)
    assert dead is not None
    claim = f"{PATHS.state}/takeover-{dead.id}.json"
    scene.workspace.write(claim, dump_lock(new_lock_info("another recovery")))
    assert not recovered(scene)
    old = json.loads(scene.workspace.read(claim) or b"{}")
    old["AcquisitionTime"] = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    scene.workspace.write(claim, json.dumps(old).encode())
    assert recovered(scene)
    assert read_lock(scene.workspace, PATHS.state) is None


def test_a_lock_that_is_no_json_is_said_to_be_so_and_taken_over_again_and_again(scene: Scene) -> None:
    scene.deploy()
    for content in (b"", b"not JSON", b"[]", b"\xff\xfe"):
        scene.workspace.write(f"{PATHS.state}/{NAME}", content)
        steps = list(describe(diagnose(scene.deployment)))
        assert steps[0] == "take over the lock of an unknown holder (the file isn't JSON) (make sure that run is dead)"
        with pytest.raises(Locked, match=r"deploy\.lock is held by an unknown holder.*scope recover .* --yes"):
            scene.deploy()
        assert scene.recover().done[0] == "took over the lock of an unknown holder (the file isn't JSON)"
        scene.deploy()


@pytest.mark.parametrize("forbidden", [NAME, ""], ids=["the lock", "the folder"])
def test_a_lock_that_may_not_be_written_says_who_must_delete_it_and_how(scene: Scene, forbidden: str) -> None:
    scene.workspace.make_folder(PATHS.state)
    scene.workspace.write(f"{PATHS.state}/{NAME}", b"not JSON")
    scene.workspace.read_only.add(f"{PATHS.state}/{forbidden}".rstrip("/"))
    for _ in range(3):
        with pytest.raises(RemoteError) as caught:
            scene.recover()
        assert caught.value.fault is Fault.PERMISSION
        lines = str(caught.value).splitlines()
        assert f"somebody who may write {PATHS.state} has to delete it" in lines[1]
        assert lines[2].strip() == (
            f"(cd / && export DATABRICKS_HOST={scene.workspace.host} && databricks workspace delete {PATHS.state}/{NAME})"
        )
        assert lines[4].strip() == "scope recover --target dev --domain sales --yes"


def test_a_recovery_claims_nothing_about_what_a_dead_run_may_have_changed(scene: Scene) -> None:
    scene.deploy()
    assert diagnose(scene.deployment).is_healthy
    die_with_the_lock(scene)
    assert any("nothing applied" in line for line in describe(diagnose(scene.deployment)))
    scene.recover()
    assert scene.record.applied is None
    scene.deploy()
    assert scene.record.is_clean


def test_a_failure_on_the_way_leaves_no_lock_and_can_be_repeated(scene: Scene) -> None:
    scene.deploy()
    scene.workspace.write(f"{PATHS.state}/resources.json", b"{")
    scene.workspace.failing[PATHS.files] = Fault.SERVER
    with pytest.raises(RemoteError):
        scene.recover()
    assert read_lock(scene.workspace, PATHS.state) is None
    assert scene.record.applied is None
    scene.workspace.failing.clear()
    scene.recover()
    assert scene.deployment.observe().state.unusable == ()


def test_only_a_leftover_of_this_deployment_can_be_deleted_by_its_id(scene: Scene) -> None:
    scene.deploy()
    twin = scene.workspace.add_resource("jobs", "job a", PATHS.metadata)
    other = scene.workspace.add_resource("jobs", "job a", "/Workspace/deploy/ads/state/metadata.json")
    with pytest.raises(Refused):
        scene.recover(RecoverOptions(delete=frozenset({other.id})))
    assert scene.recover().unmatched == (twin,)
    assert scene.recover(RecoverOptions(delete=frozenset({twin.id}))).unmatched == ()
    assert {twin, other} & set(scene.workspace.owned) == {other}


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_leftover_that_nobody_defines_can_be_deleted_or_forgotten(scene_with_a_scope: Scene, *, is_kept: bool) -> None:
    scene = scene_with_a_scope
    scene.fail_before_the_state()
    scene.cli.named.clear()
    (unmatched,) = scene.workspace.unowned
    with pytest.raises(Refused, match="doesn't know"):
        scene.deploy()
    assert scene.recover().unmatched == (unmatched,)
    ids = frozenset({unmatched.id})
    assert scene.recover(RecoverOptions(forget=ids) if is_kept else RecoverOptions(delete=ids)).unmatched == ()
    assert (unmatched in scene.workspace.unowned) is is_kept
    scene.deploy()
    assert scene.record.is_clean


def test_a_job_cannot_be_forgotten(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.deploy()
    twin = scene.workspace.add_resource("jobs", "job a", PATHS.metadata)
    with pytest.raises(Refused, match="Jobs and pipelines can't"):
        scene.recover(RecoverOptions(forget=frozenset({twin.id})))


def test_schemas_are_deleted_after_what_lies_in_them(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.cli.named |= {"schemas.s": "sales.orders", "volumes.v": "sales.orders.landing"}
    scene.fail_before_the_state()
    scene.cli.named.clear()
    unmatched = scene.recover().unmatched
    assert [item.kind for item in unmatched] == ["secret_scopes", "volumes", "schemas"]
    scene.recover(RecoverOptions(delete=frozenset(item.id for item in unmatched)))
    assert scene.workspace.unowned == set()


def test_a_lost_state_gives_back_what_was_owned_and_nothing_else(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.deploy()
    own = next(iter(scene.workspace.unowned))
    theirs = scene.workspace.add_named("sql_warehouses", "BI")
    scene.cli.named["sql_warehouses.new"] = "BI"
    scene.workspace.delete(f"{PATHS.state}/resources.json")
    assert "--import sql_warehouses.new" in " ".join(diagnose(scene.deployment).notes)
    scene.recover()
    bound = [call for call in scene.cli.calls if call.startswith("bind")]
    assert f"bind x {own.id}" in bound
    assert not [call for call in bound if theirs.id in call]


def test_a_person_s_word_comes_before_any_guess(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.deploy()
    scene.workspace.delete(f"{PATHS.state}/resources.json")
    first = next(item for item in scene.workspace.owned if item.name == "job a")
    second = scene.workspace.add_resource("jobs", "another name", PATHS.metadata)
    assert scene.recover(RecoverOptions(imports={JOB_A: second.id})).unmatched == (first,)
    assert f"bind a {second.id}" in scene.cli.calls
    assert f"bind a {first.id}" not in scene.cli.calls
    # Ended and begun again, it has nothing more to do.
    assert scene.recover(RecoverOptions(imports={JOB_A: second.id})).unmatched == (first,)


@pytest.mark.parametrize(
    ("imports", "words"),
    [
        ({"jobs.nobody": "1"}, "isn't a key under which a deploy would create something"),
        ({"jobs.a": None}, "Say its id"),
        ({"secret_scopes.x": None}, "nothing has its name"),
        ({"secret_scopes.x": "theirs"}, "belongs to dev/ads"),
    ],
)
def test_importing_what_cannot_be_is_refused(scene_with_a_scope: Scene, imports: dict[str, str | None], words: str) -> None:
    scene = scene_with_a_scope
    theirs = scene.let_another_create("secret_scopes.y", "of another")
    wanted = {
        ResourceKey.parse(f"resources.{key}"): theirs.id if resource_id == "theirs" else resource_id
        for key, resource_id in imports.items()
    }
    with pytest.raises(Refused, match=words):
        scene.recover(RecoverOptions(imports=wanted))


def test_importing_what_is_not_there_is_an_error_and_no_silence(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    with pytest.raises(CliError, match="does not exist"):
        scene.recover(RecoverOptions(imports={JOB_A: "12345"}))
