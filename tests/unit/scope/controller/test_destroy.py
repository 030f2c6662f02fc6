"""Destroying a deployment: everything of it goes, after approval, and nothing of others."""

import pytest

from scope.controller.approval import ApprovalRequired
from scope.documents.results import Counts, Outcome
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
    assert scene.workspace.named == {theirs}


def test_a_folder_without_a_state_is_deleted_with_approval_only(scene: Scene) -> None:
    scene.workspace.make_folder(PATHS.files)
    scene.workspace.write(f"{PATHS.files}/a.py", b"")
    with pytest.raises(ApprovalRequired) as caught:
        scene.destroy()
    assert caught.value.items == (f"delete the folder {PATHS.root}, which has files and no state",)
    done = scene.destroy(caught.value.digest)
    assert done.outcome is Outcome.DESTROYED
