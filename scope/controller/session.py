"""One run of the controller over a target: what all of its deployments share, and what became of each."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scope.deployment.target import Paths, TargetSettings
from scope.documents.results import Counts, Outcome, Result
from scope.errors import ScopeError
from scope.graph.closure import DeploymentIndex
from scope.model import User
from scope.ports import BundleCli, Git, Workspace


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
    """Requests a second to the workspace, shared among the deploys that go on at once.

    The CLI's own limit, 15 for each, makes an upload of 2,000 files take minutes.
    """

    total: int = 100
    sharers: int = 1

    def share(self) -> int:
        """Return what one of them may send a second."""
        return max(1, self.total // max(1, self.sharers))


@dataclass(frozen=True, slots=True)
class Session:
    """What all deployments of one run share. `root` is the repository's folder."""

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
    stop: threading.Event = field(default_factory=threading.Event)
    # What is being done now, and what should stay to be read; by domain, or about the whole run without one.
    progress: Callable[[str, str], None] = field(default=lambda _domain, _message: None)
    event: Callable[[str, str], None] = field(default=lambda _domain, _message: None)
    rate: RateLimit = field(default_factory=RateLimit)
    # Git answers one question at a time.
    git_lock: threading.Lock = field(default_factory=threading.Lock)

    def paths(self, domain: str) -> Paths:
        """Return the folders of a deployment."""
        return Paths(self.settings.resolve(self.user, domain))

    def id(self, domain: str) -> str:
        """Return a deployment's name."""
        return f"{self.settings.name}/{domain}"

    def lock_user(self, domain: str) -> str:
        """Return what the lock file says to those who meet it."""
        return f"scope run {self.run_url} ({domain})" if self.run_url else f"{self.user.name}, by scope ({domain})"


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What one deployment came to: with a message where there is something to tell."""

    outcome: Outcome
    counts: Counts = field(default_factory=Counts)
    message: str | None = None


class ApprovalRequired(ScopeError):  # noqa: N818  an answer, not an error of the program
    """A list of deletions needs consent first."""

    exit_code = 3

    def __init__(self, message: str, items: tuple[str, ...], digest: str) -> None:
        """Keep the list and its digest beside the message."""
        super().__init__(message)
        self.items = items
        self.digest = digest


class Stopped(ScopeError):  # noqa: N818  as above
    """Somebody asked to stop before anything was begun."""


def exit_code(results: Mapping[str, Result] | tuple[Result, ...]) -> int:
    """Return the exit code of a run: a failure beats a refusal, a refusal beats a lock."""
    found = {result.outcome for result in (results.values() if isinstance(results, Mapping) else results)}
    if found & {"failed", "stopped"}:
        return 1
    return 3 if "refused" in found else 4 if "locked" in found else 0
