"""Taking over a dead lock: one winner, whatever dies on the way."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from scope.deployment.lock import acquire
from scope.deployment.takeover import take_over, takeover_count
from scope.errors import RemoteError
from tests.support.fakes import InMemoryWorkspace

STATE = "/Workspace/deploy/x/state"
IF_DEAD = "run: scope recover --target prod --domain x --yes"


def test_of_many_that_take_over_a_dead_lock_one_gets_it() -> None:
    workspace = InMemoryWorkspace()
    dead = acquire(workspace, STATE, "a dead run", if_dead=IF_DEAD).info
    with ThreadPoolExecutor(16) as pool:
        won = [lock for lock in pool.map(lambda number: take_over(workspace, STATE, dead, f"{number}"), range(16)) if lock]
    assert len(won) == 1
    won[0].check()
    won[0].release()
    # A slow reader of the old lock comes too late, even when nobody holds it any more or it lies there again.
    assert take_over(workspace, STATE, dead, "slow") is None


def test_a_take_over_that_died_half_way_can_be_repeated() -> None:
    workspace = InMemoryWorkspace()
    dead = acquire(workspace, STATE, "a dead run", if_dead=IF_DEAD).info
    workspace.held[f"{STATE}/takeover-{dead.id}.json"] = b"{}"
    assert take_over(workspace, STATE, dead, "me") is None
    assert takeover_count(workspace, STATE, dead) == 1
    lock = take_over(workspace, STATE, dead, "me", generation=2)
    assert lock is not None
    lock.check()


def test_a_claim_is_given_back_if_the_lock_may_not_be_written() -> None:
    workspace = InMemoryWorkspace()
    dead = acquire(workspace, STATE, "a dead run", if_dead=IF_DEAD).info
    workspace.read_only.add(f"{STATE}/deploy.lock")
    with pytest.raises(RemoteError):
        take_over(workspace, STATE, dead, "me")
    assert takeover_count(workspace, STATE, dead) == 0
    workspace.read_only.clear()
    assert take_over(workspace, STATE, dead, "me") is not None
