"""The status of each domain of a target: its record and state compared with the head. Reads only; decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from scope.controller.deploy_set import Candidate
from scope.controller.plan_records import Bases, base_of
from scope.controller.session import Session
from scope.deployment.observation import Observed, check_state
from scope.documents.document import TOOL
from scope.errors import Refused
from scope.model import quote_path
from scope.wording import write_command

SCHEMA_VERSION: Literal[1] = 1


class Sync(StrEnum):
    """How the workspace and the head differ in one domain."""

    IN_SYNC = "in-sync"
    BEHIND = "behind"
    AHEAD = "ahead"
    DIRTY = "dirty"
    DRIFTED = "drifted"
    FOREIGN = "foreign"
    NEVER_DEPLOYED = "never-deployed"
    GONE = "gone"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Status:
    """One domain of a target.

    `commits` says how far it is behind, or ahead, if history tells. `changes` are the paths that make the difference, as the
    manifest writes them. `differences` are those that a plan or the uploaded files showed, `unexplained` other files in the
    deployment's folder, which no deploy removes. `unverified` says why the files weren't compared, or by their names only.
    `next` is the line to paste that leads on to being in sync; None for what is.
    """

    domain: str
    sync: Sync
    why: str | None
    commit: str | None
    dirty: bool
    started_at: str | None
    actor: str | None
    run_url: str | None
    commits: int | None = None
    changes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    unverified: str | None = None
    locked_by: str | None = None
    next: str | None = None


def assess_all(session: Session, candidates: Iterable[Candidate]) -> tuple[Status, ...]:
    """Return the status of each domain, in their order."""
    bases = Bases(session)
    return tuple(_assess(session, candidate, bases) for candidate in candidates)


def _assess(session: Session, candidate: Candidate, bases: Bases) -> Status:
    observed = candidate.observed
    attempt = observed.applied.attempt if observed.applied is not None else observed.last_attempt
    status = Status(
        domain=candidate.domain,
        sync=Sync.IN_SYNC,
        why=None,
        commit=attempt.commit if attempt else None,
        dirty=attempt.dirty if attempt else False,
        started_at=attempt.started_at if attempt else None,
        actor=attempt.actor if attempt else None,
        run_url=attempt.run_url if attempt else None,
        locked_by=str(observed.lock_info) if observed.lock_info is not None else None,
    )
    if observed.unseen is not None:
        return replace(status, sync=Sync.UNREADABLE, why=observed.unseen, next=write_command("doctor", observed.id.target))
    if candidate.due is None:
        return status
    status = replace(status, next=_next_command(observed, *(["--prune"] if candidate.action == "destroy" else [])))
    match candidate.due.because:
        case "first-deploy":
            return replace(status, sync=Sync.NEVER_DEPLOYED)
        case "removed":
            return replace(status, sync=Sync.GONE, why="gone from the repository, still deployed")
        case "failed-attempt" | "untrusted-record" as because:
            sync = Sync.DIRTY if because == "failed-attempt" else Sync.FOREIGN
            return replace(status, sync=sync, why=_why_untrusted(candidate))
        case "new-value":
            return replace(status, sync=Sync.BEHIND, why=candidate.due.why)
        case _:
            return _compare(session, candidate, bases, status)


def _next_command(observed: Observed, *options: str) -> str:
    """Return what deploys it, or what recovers it where a deploy would be refused."""
    try:
        check_state(observed)
    except Refused:
        return observed.id.recover_command
    return observed.id.recover_command if observed.lock_info is not None else observed.id.command("deploy", *options)


def _why_untrusted(candidate: Candidate) -> str | None:
    """Return why the record isn't believed, and the way out if a deploy would be refused."""
    try:
        check_state(candidate.observed)
    except Refused as error:
        return str(error)
    return candidate.due.why if candidate.due is not None else None


def _compare(session: Session, candidate: Candidate, bases: Bases, status: Status) -> Status:
    """Return the status of a domain that runs another commit than the head."""
    info = base_of(candidate, session.head.repository)
    compared = bases.compare(info, [candidate.domain])
    head = session.head.commit
    if compared is None or info.commit is None or head is None:
        gone = "an unknown commit" if info.commit is None else f"the commit {info.commit[:9]}, which isn't in this clone"
        fetch = status.next if info.commit is None else f"git fetch origin {info.commit}"
        return replace(status, sync=Sync.BEHIND, why=f"it runs {gone}", next=fetch)
    causes = [change for one in compared.impact.impacted for change, _ in one.causes]
    changes = tuple(quote_path(change.path) for change in causes)
    if info.commit == head:
        why = "it was deployed with uncommitted work" if status.dirty else "uncommitted work"
        return replace(status, sync=Sync.BEHIND, why=why, commits=0, changes=changes)
    base = session.git.merge_base(info.commit, head)
    if base == head:
        count = session.git.count_between(head, info.commit)
        merge = f"git merge --ff-only {info.commit}"
        return replace(status, sync=Sync.AHEAD, commits=count, changes=changes, next=merge)
    count = session.git.count_between(info.commit, head)
    status = replace(status, sync=Sync.BEHIND, commits=count, changes=changes)
    if base == info.commit:
        return status
    why = "its commit and the head have diverged: a deploy takes back what only its commit has"
    return replace(status, why=why, next=candidate.observed.id.command("deploy", "--allow-rollback"))


@dataclass(frozen=True, slots=True)
class Report:
    """Version 1 of the output of `scope status --format json`. Keys may be added, never renamed."""

    target: str
    host: str
    commit: str | None
    dirty: bool
    domains: tuple[Status, ...]
    schema_version: Literal[1] = SCHEMA_VERSION
    tool: str = TOOL

    @property
    def is_in_sync(self) -> bool:
        """Return whether every domain is."""
        return all(item.sync is Sync.IN_SYNC for item in self.domains)
