"""The lock of a deployment: the CLI's own file, in the CLI's format, created and kept by the controller.

The CLI reads the state before it takes its lock, so its lock alone can't keep two runs apart. With ours in place, a plain
`bundle deploy` by hand is refused and told by whom. A lock never expires; only `scope recover` takes over a dead one.
"""

import hashlib
import json
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from scope.errors import Fault, Locked, RemoteError
from scope.workspace_ports import Workspace

NAME = "deploy.lock"
_UNKNOWN = "an unknown holder (the file isn't JSON)"
# Between two looks at a lock that another run holds, in seconds; some chance keeps waiting runs apart.
_POLL = (2.0, 5.0)


@dataclass(frozen=True, slots=True)
class LockInfo:
    """The holder of a lock, as its file names it. If it can't be read, `user` says so, and `id` is by its content."""

    id: str
    user: str
    since: str

    def __str__(self) -> str:
        """Return who holds it and since when, as messages have it."""
        return self.user if self.user == _UNKNOWN else f"{self.user or 'somebody'} since {self.since or 'an unknown time'}"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that this run holds."""

    workspace: Workspace
    state_path: str
    info: LockInfo

    @property
    def path(self) -> str:
        """Return the lock file's path."""
        return f"{self.state_path}/{NAME}"

    def check(self) -> None:
        """Raise `RemoteError` if the lock file isn't this run's any more: then nothing may be written."""
        current = read_lock(self.workspace, self.state_path)
        if current is None or current.id != self.info.id:
            now = f"it is held by {current}" if current is not None else "it is gone"
            raise RemoteError(
                Fault.LOCKED,
                f"The lock {self.path} was taken away from this run: {now}. Nothing more is written. Run it again.",
            )

    def release(self) -> None:
        """Delete the lock file, if it is still this run's. A deployment that is gone has none."""
        current = read_lock(self.workspace, self.state_path)
        if current is not None and current.id == self.info.id:
            self.workspace.delete(self.path)


def new_lock_info(user: str) -> LockInfo:
    """Return a new holder, with an id of its own, from now on."""
    return LockInfo(str(uuid.uuid4()), user, datetime.now(UTC).isoformat().replace("+00:00", "Z"))


def read_lock(workspace: Workspace, state_path: str) -> LockInfo | None:
    """Return who holds a deployment's lock, or None if nobody does."""
    content = workspace.read(f"{state_path}/{NAME}")
    return None if content is None else parse_lock(content)


def parse_lock(content: bytes) -> LockInfo:
    """Return the holder that a lock file names, the CLI's or ours."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, Mapping):
        return LockInfo(f"unreadable-{hashlib.sha256(content).hexdigest()[:12]}", _UNKNOWN, "")
    texts = [value if isinstance(value := tree.get(key), str) else "" for key in ("ID", "User", "AcquisitionTime")]
    return LockInfo(*texts)


def dump_lock(info: LockInfo) -> bytes:
    """Return the lock file in the CLI's format."""
    tree = {"ID": info.id, "AcquisitionTime": info.since, "IsForced": False, "User": info.user}
    return json.dumps(tree).encode()


def acquire(
    workspace: Workspace,
    state_path: str,
    user: str,
    *,
    if_dead: str,
    timeout: float = 0,
    on_wait: Callable[[LockInfo], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> Lock:
    """Take a deployment's lock, waiting up to `timeout` seconds for another run; raise `Locked` after that.

    `if_dead` ends the sentence on what to do if that run is dead; `on_wait` is called once with the current holder;
    `should_stop` ends the waiting early.
    """
    info = new_lock_info(user)
    workspace.make_folder(state_path)
    deadline = time.monotonic() + timeout
    is_announced = False
    while True:
        if _create(workspace, state_path, info):
            return Lock(workspace, state_path, info)
        current = read_lock(workspace, state_path)
        if current is not None and current.id == info.id:
            return Lock(workspace, state_path, info)
        if current is not None and (time.monotonic() >= deadline or should_stop()):
            raise Locked(
                f"The lock {state_path}/{NAME} is held by {current}. Wait for that run, or, if it is dead, {if_dead}"
            )
        if current is not None and not is_announced:
            on_wait(current)
            is_announced = True
        pause = random.uniform(*_POLL)  # noqa: S311  no secret, only apart from others
        # One that went away between the two requests is free now, or somebody else's at the next look.
        sleep(0.1 if current is None else max(0.0, min(pause, deadline - time.monotonic())))


def _create(workspace: Workspace, state_path: str, info: LockInfo) -> bool:
    """Try to create the lock file. A lost answer looks like a refusal or a failure: only reading back says whose it is."""
    try:
        return workspace.create(f"{state_path}/{NAME}", dump_lock(info))
    except RemoteError as error:
        if not error.fault.is_transient:
            raise
        current = read_lock(workspace, state_path)
        if current is None:
            raise
        return current.id == info.id
