"""One session of the controller on a target: what all of its deployments share."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scope.controller.shared_read import SharedRead
from scope.deployment.claims import Claims
from scope.deployment.observation import Observations, Observed
from scope.deployment.target import DeploymentId, TargetSettings
from scope.errors import ScopeError
from scope.graph.index import DeploymentIndex
from scope.ports import Git
from scope.workspace_model import RemoteResource, User
from scope.workspace_ports import BundleCli, Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller allows, and how long things may take, in seconds."""

    lock_timeout: float = 300
    retry_seconds: float = 300
    active_wait: float = 1800
    active_poll: float = 10
    approvals: frozenset[str] = frozenset()
    prune: bool = False
    allow_rollback: bool = False
    assume_yes: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """What is deployed: a commit, or the work tree on top of one."""

    commit: str | None
    is_dirty: bool
    branch: str | None
    origin: str | None
    repository: str


@dataclass(slots=True)
class RateLimit:
    """Requests a second to the workspace, shared among the deploys that run at once.

    The CLI's own limit, 15 for each, makes an upload of 2,000 files take minutes.
    """

    total: int = 100
    sharers: int = 1

    def share(self) -> int:
        """Return the limit for each of them."""
        return max(1, self.total // max(1, self.sharers))


class Stopped(ScopeError):  # noqa: N818  an answer, not an error of the program
    """Somebody asked to stop before anything was begun."""


@dataclass(frozen=True, slots=True)
class Session:
    """What all deployments of one session share. `root` is the repository's folder."""

    root: Path
    git: Git
    index: DeploymentIndex
    head: Revision
    settings: TargetSettings
    workspace: Workspace
    user: User
    options: Options
    cli_version: str
    make_cli: Callable[[Path, str], BundleCli]
    run_url: str | None = None
    # Where the values of the bundle's listed variables come from.
    environment: Mapping[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    # What is being done now, and what should stay to be read; by domain, or about the whole session without one.
    progress: Callable[[str, str], None] = field(default=lambda _domain, _message: None)
    event: Callable[[str, str], None] = field(default=lambda _domain, _message: None)
    rate: RateLimit = field(default_factory=RateLimit)
    # What is read once for all deployments, and the first observation of each.
    target: SharedRead[Observations] = field(default_factory=SharedRead)
    claims: SharedRead[Claims] = field(default_factory=SharedRead)
    tagged: SharedRead[Mapping[str, tuple[RemoteResource, ...]]] = field(default_factory=SharedRead)
    observations: dict[str, Observed] = field(default_factory=dict)
    # Ends what this process has started, since it ends itself at once.
    abort: Callable[[], None] = field(default=lambda: None)
    # What to do about each lock that is held now, if its holder dies; by the lock's path.
    held: dict[str, str] = field(default_factory=dict)
    # Two parts of this run that need one lock wait for each other, however long it is to wait for other runs; by the
    # folder of the state.
    turns: dict[str, threading.Lock] = field(default_factory=dict)
    # Git answers one question at a time.
    git_lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def domains(self) -> tuple[str, ...]:
        """Return the domains that the head deploys to the target, sorted."""
        return self.settings.choose(self.index.domains_in(self.settings.name))

    @property
    def base(self) -> str:
        """Return the folder that holds the target's deployments."""
        return self.settings.base(self.user)

    def id(self, domain: str) -> DeploymentId:
        """Return the name of a domain's deployment in the target."""
        return DeploymentId(self.settings.name, domain)

    def lock_user(self, subject: str) -> str:
        """Return the `user` of a lock file, which tells others who holds the lock, and for what."""
        return f"scope run {self.run_url} ({subject})" if self.run_url else f"{self.user.name}, by scope ({subject})"

    def check_stop(self, message: str) -> None:
        """Raise `Stopped` if somebody asked to stop."""
        if self.stop.is_set():
            raise Stopped(message)

    def turn(self, state_path: str) -> threading.Lock:
        """Return what lets one part of this run after another have a deployment's lock."""
        return self.turns.setdefault(state_path, threading.Lock())

    @contextmanager
    def holding(self, lock_path: str, hint: str) -> Iterator[None]:
        """Remember a lock while it is held, and what to do about it if this process dies."""
        self.held[lock_path] = hint
        try:
            yield
        finally:
            del self.held[lock_path]
