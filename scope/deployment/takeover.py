"""Taking over the lock of a dead run: of many that try at once, one gets it.

Who wins is settled by a claim, a file that only one can create and that stays for ever: a slow reader of the old lock can't
win again. A winner that died before it wrote the lock needs a claim of another generation.
"""

import hashlib
import uuid
from contextlib import suppress

from scope.deployment.lock import NAME, Lock, LockInfo, dump_lock, new_lock_info, parse_lock, read_lock
from scope.errors import RemoteError
from scope.workspace_ports import Workspace


def take_over(workspace: Workspace, state_path: str, dead: LockInfo, user: str, *, generation: int = 1) -> Lock | None:
    """Take over a dead lock; return None if another run was quicker.

    A claim is given back if the workspace refuses to let the lock be written.
    """
    current = read_lock(workspace, state_path)
    if current is None or current.id != dead.id:
        return None
    info = new_lock_info(user)
    claim = f"{state_path}/{_claim_name(dead, generation)}"
    if not workspace.create(claim, dump_lock(info)):
        content = workspace.read(claim)
        if content is None or parse_lock(content).id != info.id:
            return None
    try:
        workspace.write(f"{state_path}/{NAME}", dump_lock(info))
    except RemoteError as error:
        if not error.fault.is_transient:
            # If that is refused too, the claim runs out by itself.
            with suppress(RemoteError):
                workspace.delete(claim)
        raise
    current = read_lock(workspace, state_path)
    return Lock(workspace, state_path, info) if current is not None and current.id == info.id else None


def takeover_count(workspace: Workspace, state_path: str, dead: LockInfo) -> int:
    """Return how many runs have won the right to take over this lock; any at all means that they died at it."""
    names = {entry.path.rpartition("/")[2] for entry in workspace.entries(state_path) or ()}
    count = 0
    while _claim_name(dead, count + 1) in names:
        count += 1
    return count


def takeover_winner(workspace: Workspace, state_path: str, dead: LockInfo, generation: int) -> LockInfo | None:
    """Return who won the right to take over a lock in one generation, or None if nobody did."""
    content = workspace.read(f"{state_path}/{_claim_name(dead, generation)}")
    return None if content is None else parse_lock(content)


def _claim_name(dead: LockInfo, generation: int) -> str:
    try:
        name = str(uuid.UUID(dead.id))
    except ValueError:
        name = hashlib.sha256(dead.id.encode(errors="replace")).hexdigest()[:12]  # anybody's words are no file's name
    return f"takeover-{name}{'' if generation == 1 else f'-{generation}'}.json"
