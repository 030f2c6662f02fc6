"""The lock of a deployment: the CLI's own file, in the CLI's format, made and kept by the controller.

The CLI reads the state before it takes its lock, so its lock alone can't keep two runs apart. With ours in place, a plain
`bundle deploy` by hand is refused and told by whom. A lock never runs out; only `scope recover` takes over a dead one.
"""

import json
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from scope.errors import Fault, Locked, RemoteError
from scope.ports import Workspace

NAME = "deploy.lock"
# Between two looks at a lock that another run holds, in seconds; some chance keeps waiting runs apart.
_POLL = (2.0, 5.0)


@dataclass(frozen=True, slots=True)
class LockInfo:
    """What a lock file says. What can't be read is kept as `user`, with no id."""

    id: str
    user: str
    since: str

    def __str__(self) -> str:
        """Return who holds it and since when, as messages have it."""
        return f"{self.user or 'somebody'} since {self.since or 'an unknown time'}"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that this run holds."""

    workspace: Workspace
    state_path: str
    holder: LockInfo

    @property
    def path(self) -> str:
        """Return the lock file's path."""
        return f"{self.state_path}/{NAME}"

    def check(self) -> None:
        """Raise `RemoteError` where the lock file isn't this run's any more: then nothing may be written."""
        found = read_holder(self.workspace, self.state_path)
        if found is None or found.id != self.holder.id:
            now = f"it is held by {found}" if found is not None else "it is gone"
            raise RemoteError(
                Fault.LOCKED,
                f"The lock {self.path} was taken away from this run: {now}. Nothing more is written. Run it again.",
            )

    def release(self) -> None:
        """Delete the lock file, if it is still this run's. A deployment that is gone has none."""
        found = read_holder(self.workspace, self.state_path)
        if found is not None and found.id == self.holder.id:
            self.workspace.delete(self.path)


def new_holder(user: str) -> LockInfo:
    """Return a holder with an id of its own, from now on."""
    return LockInfo(str(uuid.uuid4()), user, datetime.now(UTC).isoformat().replace("+00:00", "Z"))


def read_holder(workspace: Workspace, state_path: str) -> LockInfo | None:
    """Return who holds a deployment's lock; nothing where nobody does."""
    content = workspace.read(f"{state_path}/{NAME}")
    return None if content is None else parse_holder(content)


def parse_holder(content: bytes) -> LockInfo:
    """Return what a lock file says, the CLI's or ours."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, Mapping):
        return LockInfo("", "an unreadable lock file", "")
    found = [value if isinstance(value := tree.get(key), str) else "" for key in ("ID", "User", "AcquisitionTime")]
    return LockInfo(*found)


def lock_content(holder: LockInfo) -> bytes:
    """Return the lock file in the CLI's format."""
    tree = {"ID": holder.id, "AcquisitionTime": holder.since, "IsForced": False, "User": holder.user}
    return json.dumps(tree).encode()


def acquire(
    workspace: Workspace,
    state_path: str,
    user: str,
    *,
    timeout: float = 0,
    on_wait: Callable[[LockInfo], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> Lock:
    """Take a deployment's lock, waiting up to `timeout` seconds for another run; raise `Locked` after that.

    `waiting` is told once by whom it is held; `is_stopped` ends the waiting early.
    """
    holder = new_holder(user)
    workspace.make_folder(state_path)
    deadline = time.monotonic() + timeout
    is_announced = False
    while True:
        if _create(workspace, state_path, holder):
            return Lock(workspace, state_path, holder)
        found = read_holder(workspace, state_path)
        if found is not None and found.id == holder.id:
            return Lock(workspace, state_path, holder)
        if found is not None and (time.monotonic() >= deadline or should_stop()):
            raise Locked(_locked(found, state_path))
        if found is not None and not is_announced:
            on_wait(found)
            is_announced = True
        pause = random.uniform(*_POLL)  # noqa: S311  no secret, only apart from others
        # One that went away between the two requests is free now, or somebody else's at the next look.
        sleep(0.1 if found is None else max(0.0, min(pause, deadline - time.monotonic())))


def _create(workspace: Workspace, state_path: str, holder: LockInfo) -> bool:
    """Try to make the lock file. A lost answer looks like a refusal or a failure: only reading back says whose it is."""
    try:
        return workspace.create(f"{state_path}/{NAME}", lock_content(holder))
    except RemoteError as error:
        if not error.fault.is_transient:
            raise
        found = read_holder(workspace, state_path)
        if found is None:
            raise
        return found.id == holder.id


def _locked(holder: LockInfo, state_path: str) -> str:
    return (
        f"The deployment's lock {state_path}/{NAME} is held by {holder}. Wait for that run, or, if it is dead, "
        "take the lock over: `scope recover`."
    )


def take_over(workspace: Workspace, state_path: str, dead: LockInfo, user: str, *, generation: int = 1) -> Lock | None:
    """Take over a dead lock; of many that try at once, one gets it and the others nothing.

    Who wins is settled by a file that only one can make, and that stays for ever: a slow reader of the old lock can't win
    again. A winner that died before it wrote the lock needs another `generation`; `generations` counts those there are.
    """
    held = read_holder(workspace, state_path)
    if held is None or held.id != dead.id:
        return None
    holder = new_holder(user)
    claim = f"{state_path}/{_claim(dead, generation)}"
    if not workspace.create(claim, lock_content(holder)):
        content = workspace.read(claim)
        if content is None or parse_holder(content).id != holder.id:
            return None
    workspace.write(f"{state_path}/{NAME}", lock_content(holder))
    now = read_holder(workspace, state_path)
    return Lock(workspace, state_path, holder) if now is not None and now.id == holder.id else None


def takeover_count(workspace: Workspace, state_path: str, dead: LockInfo) -> int:
    """Return how many runs have won the right to take over this lock; more than none means that they died at it."""
    names = {entry.path.rpartition("/")[2] for entry in workspace.entries(state_path) or ()}
    count = 0
    while _claim(dead, count + 1) in names:
        count += 1
    return count


def takeover_winner(workspace: Workspace, state_path: str, dead: LockInfo, generation: int) -> LockInfo | None:
    """Return who won the right to take over a lock in one generation; nothing where nobody did."""
    content = workspace.read(f"{state_path}/{_claim(dead, generation)}")
    return None if content is None else parse_holder(content)


def _claim(dead: LockInfo, generation: int) -> str:
    try:
        name = str(uuid.UUID(dead.id))
    except ValueError:
        name = "unreadable"
    return f"takeover-{name}{'' if generation == 1 else f'-{generation}'}.json"
