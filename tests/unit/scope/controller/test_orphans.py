"""Orphans of an earlier attempt: bound before the next one, left alone where they may be somebody else's."""

import pytest

from scope.documents.results import Outcome
from scope.errors import CliError, Fault, Refused, RemoteError
from scope.model import ResourceKey
from tests.support.scene import PATHS, Scene


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
    scene.fail_before_the_state()
    made = set(scene.workspace.named)
    scene.deploy()
    assert scene.workspace.named == made
    assert set(scene.record.inventory) == {ResourceKey("secret_scopes", "x")}


def test_what_another_deployment_has_created_since_is_neither_bound_nor_deleted(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.fail_before_anything()
    theirs = scene.let_another_create("secret_scopes.x", "shared")
    with pytest.raises(RemoteError, match="belongs to dev/ads"):
        scene.deploy()
    del scene.cli.named["secret_scopes.x"]
    scene.deploy()
    assert scene.record.is_clean
    assert scene.workspace.named == {theirs}
