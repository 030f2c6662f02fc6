"""The lock: one holder, told apart from all others by its id, whatever became of the answers."""

import json
from datetime import datetime
from uuid import UUID

import pytest

from scope.deployment.lock import acquire, new_lock_info, read_lock
from scope.errors import Fault, Locked, RemoteError
from tests.support.fakes import InMemoryWorkspace

STATE = "/Workspace/deploy/x/state"
IF_DEAD = "run: scope recover --target prod --domain x --yes"


class LosingWorkspace(InMemoryWorkspace):
    """Does what it is asked for, and loses the answer."""

    def create(self, path: str, content: bytes) -> bool:
        super().create(path, content)
        raise RemoteError(Fault.NETWORK, "The answer was lost.")


def test_the_lock_file_is_the_clis_own() -> None:
    workspace = InMemoryWorkspace()
    acquire(workspace, STATE, "scope run https://ci/42 (finance)", if_dead=IF_DEAD)
    tree = json.loads(workspace.held[f"{STATE}/deploy.lock"])
    assert set(tree) == {"ID", "AcquisitionTime", "IsForced", "User"}
    assert tree["User"] == "scope run https://ci/42 (finance)"
    assert tree["IsForced"] is False
    UUID(tree["ID"])
    assert datetime.fromisoformat(tree["AcquisitionTime"]).tzinfo is not None


def test_a_held_lock_is_waited_for_and_then_refused_with_its_holder() -> None:
    workspace = InMemoryWorkspace()
    acquire(workspace, STATE, "the other run", if_dead=IF_DEAD)
    told: list[str] = []
    with pytest.raises(
        Locked, match=r"held by the other run since .*if it is dead, run: scope recover --target prod --domain x --yes"
    ):
        acquire(
            workspace,
            STATE,
            "me",
            if_dead=IF_DEAD,
            timeout=0.05,
            on_wait=lambda info: told.append(info.user),
            sleep=lambda _: None,
        )
    assert told == ["the other run"]


def test_a_lock_that_is_released_while_waiting_is_taken() -> None:
    workspace = InMemoryWorkspace()
    other = acquire(workspace, STATE, "the other run", if_dead=IF_DEAD)
    mine = acquire(workspace, STATE, "me", if_dead=IF_DEAD, timeout=60, sleep=lambda _: other.release())
    assert read_lock(workspace, STATE) == mine.info


def test_a_lock_whose_answer_was_lost_is_ours() -> None:
    workspace = LosingWorkspace()
    lock = acquire(workspace, STATE, "me", if_dead=IF_DEAD)
    lock.check()


def test_a_lost_answer_does_not_make_another_runs_lock_ours() -> None:
    workspace = InMemoryWorkspace()
    acquire(workspace, STATE, "the other run", if_dead=IF_DEAD)
    losing = LosingWorkspace(held=workspace.held, folders=workspace.folders)
    with pytest.raises(Locked, match="the other run"):
        acquire(losing, STATE, "me", if_dead=IF_DEAD)


def test_only_the_holder_releases() -> None:
    workspace = InMemoryWorkspace()
    mine = acquire(workspace, STATE, "me", if_dead=IF_DEAD)
    workspace.held.clear()
    other = acquire(workspace, STATE, "the other run", if_dead=IF_DEAD)
    with pytest.raises(RemoteError, match="held by the other run"):
        mine.check()
    mine.release()
    other.check()


def test_an_unreadable_lock_is_held_by_somebody() -> None:
    workspace = InMemoryWorkspace()
    workspace.make_folder(STATE)
    for content in (b"", b"[]", b'{"ID": 4}', b"[" * 100_000):
        workspace.held[f"{STATE}/deploy.lock"] = content
        with pytest.raises(Locked):
            acquire(workspace, STATE, "me", if_dead=IF_DEAD)


def test_two_holders_are_never_the_same() -> None:
    assert new_lock_info("me") != new_lock_info("me")
