"""Destroying a deployment: everything of it goes, after approval, and nothing of others."""

from dataclasses import replace

import pytest

from scope.controller.approval import ApprovalRequired
from scope.controller.recover import RecoverOptions
from scope.documents.results import Counts, Outcome
from scope.errors import Refused
from tests.support.scene import PATHS, ROOT, Scene


def test_a_destroy_takes_everything_with_it(scene: Scene) -> None:
    scene.deploy()
    scene.workspace.add_resource("jobs", "orphan", PATHS.metadata)
    with pytest.raises(ApprovalRequired) as needed:
        scene.destroy()
    assert len(needed.value.items) == 3
    done = scene.destroy(needed.value.digest)
    assert (done.outcome, done.counts.deleted) == (Outcome.DESTROYED, 3)
    assert scene.jobs == []
    assert scene.workspace.entries(ROOT) is None
    assert scene.destroy().outcome is Outcome.NOTHING


def test_destroying_the_one_that_failed_leaves_what_another_deployment_has_created_since(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.fail_before_anything()
    theirs = scene.let_another_create("secret_scopes.x", "shared")
    assert scene.destroy().counts == Counts()
    assert scene.workspace.unowned == {theirs}


def test_a_folder_without_a_state_is_deleted_with_approval_only(scene: Scene) -> None:
    scene.workspace.make_folder(f"{PATHS.files}/src")
    scene.workspace.write(f"{PATHS.files}/src/pyproject.toml", b"")
    with pytest.raises(ApprovalRequired) as caught:
        scene.destroy()
    assert caught.value.items == (f"delete the folder {PATHS.root}, which has files and no state",)
    done = scene.destroy(caught.value.digest)
    assert done.outcome is Outcome.DESTROYED


def test_a_destroy_without_its_state_takes_what_the_record_lists(scene_with_a_scope: Scene) -> None:
    scene = scene_with_a_scope
    scene.deploy()
    scene.workspace.delete(f"{PATHS.state}/resources.json")
    theirs = scene.workspace.add_named("secret_scopes", "another")
    with pytest.raises(ApprovalRequired) as needed:
        scene.destroy()
    assert [item.partition(" (")[0].partition(":")[0] for item in needed.value.items][
        -1
    ] == "delete secret_scopes.secret_scopes"
    scene.destroy(needed.value.digest)
    assert scene.workspace.unowned == {theirs}
    assert scene.jobs == []


def test_another_repositorys_deployment_is_neither_deployed_nor_destroyed_nor_gone(scene: Scene) -> None:
    scene.session = replace(scene.session, head=replace(scene.session.head, repository="github.com/acme/one"))
    scene.deploy()
    ours = scene.session
    scene.session = replace(ours, head=replace(ours.head, repository="github.com/acme/two"), observations={})
    scene.cli.jobs["c"] = "job c"
    for act in (scene.deploy, scene.destroy, scene.recover):
        with pytest.raises(Refused, match=r"has a deployment of another repository than github\.com/acme/two.*d:2"):
            act()
    assert scene.jobs == ["job a", "job b"]
    # If the address has changed, a person says so.
    scene.recover(RecoverOptions(is_new_repository=True))
    scene.deploy()
    assert scene.record.repository == "github.com/acme/two"
