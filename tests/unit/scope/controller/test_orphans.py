"""Orphans of an earlier attempt: bound before the next one, left alone where they may be somebody else's."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from scope.controller.diagnosis import diagnose
from scope.controller.observations import observe_all
from scope.controller.recover import RecoverOptions
from scope.deployment.evidence import PendingCreates
from scope.deployment.record import write_record
from scope.deployment.target import Paths
from scope.documents.results import Outcome
from scope.errors import CliError, Fault, Refused, RemoteError
from scope.model import ResourceKey
from scope.workspace_model import NamedResource, RemoteResource
from tests.support.fakes import InMemoryCli
from tests.support.scene import PATHS, SETTINGS, Scene


def test_orphans_are_bound_before_a_second_try(scene: Scene) -> None:
    def leave_an_orphan() -> None:
        scene.cli.before_deploy = lambda: None
        scene.workspace.add_resource("jobs", "job b", PATHS.metadata)
        raise CliError(Fault.SERVER, "The answer was an error.")

    scene.cli.before_deploy = leave_an_orphan
    assert scene.deploy(retry_seconds=30).outcome is Outcome.DEPLOYED
    assert scene.jobs == ["job a", "job b"]
    assert any("binding job `job b`" in event for event in scene.events)


def test_a_second_orphan_of_one_name_is_not_chosen_between(scene: Scene) -> None:
    for _ in range(2):
        scene.workspace.add_resource("jobs", "job b", PATHS.metadata)
    with pytest.raises(Refused, match=r"scope recover --target dev --domain sales"):
        scene.deploy()
    assert "deploy" not in scene.cli.calls


def test_what_was_created_without_a_state_is_bound_again(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.cli.named = {"schemas.s": "sales.orders"}
    scene.fail_before_the_state()
    made = set(scene.workspace.unowned)
    scene.deploy()
    assert scene.workspace.unowned == made
    assert set(scene.record.inventory) == {ResourceKey("schemas", "s")}


def test_what_nothing_tells_the_creator_of_is_asked_about(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.fail_before_the_state()
    (made,) = scene.workspace.unowned
    with pytest.raises(Refused, match=f"--yes --import secret_scopes.x={made.id}$"):
        scene.deploy()
    scene.recover(RecoverOptions(imports={ResourceKey("secret_scopes", "x"): made.id}))
    scene.deploy()
    assert scene.workspace.unowned == {made}


@pytest.mark.parametrize(
    "origin",
    [{"creator": "another@example.com"}, {"created_at": datetime(2025, 12, 31, tzinfo=UTC)}],
    ids=["by another", "before the attempt"],
)
def test_what_somebody_else_created_under_a_pending_name_is_neither_bound_nor_deleted(
    scene_with_a_scope: Scene, origin: dict[str, Any]
) -> None:
    scene = scene_with_a_scope
    scene.cli.named = {"schemas.s": "sales.orders"}
    scene.fail_before_anything()
    theirs = scene.workspace.add_named("schemas", "sales.orders")
    facts = NamedResource(theirs.id, "me", scene.workspace.time)
    scene.workspace.origins[theirs.id] = facts._replace(**origin)
    with pytest.raises(RemoteError, match=r"exists already \(created by .*\), and dev/sales didn't create it"):
        scene.deploy()
    assert not [call for call in scene.cli.calls if call.startswith("bind s")]
    # Gone from the repository, it isn't a leftover either.
    scene.cli.named = {}
    assert scene.recover().unmatched == ()
    scene.deploy()
    assert scene.workspace.unowned == {theirs}


def test_what_two_deployments_may_have_created_is_asked_about(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.cli.named = {"schemas.s": "sales.orders"}
    scene.fail_before_the_state()
    other = Paths("/Workspace/deploy/ads")
    pending = PendingCreates().with_planned({ResourceKey("schemas", "s"): "sales.orders"}, "me", scene.workspace.time)
    attempt = replace(scene.record.attempted, creates=pending)
    scene.workspace.make_folder(other.state)
    write_record(scene.workspace, other.state, replace(scene.record, domain="ads", attempted=attempt))
    with pytest.raises(Refused, match=r"may have created these, or somebody else has:\n  schema sales\.orders"):
        scene.deploy()


def test_a_deployment_that_goes_on_at_another_root_is_not_made_a_second_time(scene: Scene) -> None:
    scene.deploy()
    old, new = PATHS.root, "/Workspace/elsewhere/sales"
    scene.session = replace(scene.session, settings=replace(SETTINGS, root="/Workspace/elsewhere/${var.domain}"))
    moved = InMemoryCli(scene.workspace, new, scene.cli.jobs, scene.cli.files)
    scene.session = replace(scene.session, make_cli=lambda _folder, _domain: moved)
    with pytest.raises(Refused, match=f"is deployed at {old} already.*scope adopt --target dev --domain sales --from {old}"):
        scene.deploy()
    assert scene.jobs == ["job a", "job b"]


def test_many_unclean_ends_read_the_whole_workspace_once(scene: Scene) -> None:
    """An invalid record tells no names, so everything is read: once for the session, not once for each."""
    scene.deploy()
    reads: list[str] = []
    owned_below, resources_of = scene.workspace.owned_below, scene.workspace.resources_of

    def count_whole(folder: str, names: frozenset[str] | None = None) -> tuple[tuple[str, RemoteResource], ...]:
        reads.extend([folder] if names is None else [])
        return owned_below(folder, names)

    def refuse_whole(path: str, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        assert names is not None, "it reads the whole workspace for one deployment"
        return resources_of(path, names)

    scene.workspace.owned_below, scene.workspace.resources_of = count_whole, refuse_whole  # type: ignore[method-assign]
    for _ in range(3):
        scene.workspace.write(f"{PATHS.state}/scope.json", b"{")
        scene.session.observations.clear()
        observe_all(scene.session, ["sales"])
        scene.deploy()
    assert reads == ["/Workspace/deploy"]


def test_what_another_deployment_has_created_since_is_neither_bound_nor_deleted(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.fail_before_anything()
    theirs = scene.let_another_create("secret_scopes.x", "shared")
    with pytest.raises(Refused, match="ads -> sales"):
        scene.deploy()
    assert any("belongs to dev/ads" in note for note in diagnose(scene.deployment).notes)
    del scene.cli.named["secret_scopes.x"]
    scene.deploy()
    assert scene.record.is_clean
    assert scene.workspace.unowned == {theirs}
