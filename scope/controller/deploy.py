"""One deployment, step by step: stage, lock, re-check, plan, gate, attempted, deploy, verify, applied, unlock.

It can be killed anywhere and run again: what was attempted is recorded before the CLI starts, what was applied after its
work was looked at, and what an unclean attempt left behind is found and bound before anything is made a second time.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from scope.controller.owners import ResourceOwners
from scope.controller.session import ApprovalRequired, OperationResult, Session, Stopped
from scope.deployment.ancestry import check_order
from scope.deployment.approval import Approval, DestructivePlan, review_plan
from scope.deployment.lock import Lock, acquire
from scope.deployment.observation import Observed, check_state, find_due, observe, pending_creates
from scope.deployment.orphans import (
    Orphans,
    Owner,
    bind_orphans,
    find_unbound,
    match_orphans,
    planned_create_names,
    planned_creates_by_name,
)
from scope.deployment.record import Applied, Attempt, Record, new_attempt, write_record
from scope.deployment.state import DeploymentState, ResourceState, parse_resources, read_state
from scope.deployment.target import Paths
from scope.deployment.verification import check_upload, remove_strays
from scope.documents.results import Counts, Outcome
from scope.errors import Fault, Refused, RemoteError, ScopeError
from scope.model import TAGGED_KINDS, ActionKind, BundlePlan, RemoteResource
from scope.ports import BundleCli
from scope.stage.checks import check_stage
from scope.stage.folder import StageFacts, stage

_CREATED = frozenset({ActionKind.CREATE, ActionKind.RECREATE})
_CHANGED = frozenset({ActionKind.UPDATE, ActionKind.UPDATE_ID, ActionKind.RESIZE})
_DELETED = frozenset({ActionKind.DELETE, ActionKind.RECREATE})


@dataclass
class _AttemptState:
    """What one deployment has come to know while it is tried, once or several times."""

    before: Observed
    is_unclean: bool
    creates: Mapping[str, str]
    attempted: Attempt | None
    counts: Counts | None = None


def deploy_domain(session: Session, domain: str) -> OperationResult:
    """Deploy one domain of the head. Raises `ScopeError` for what fails or is refused."""
    paths = session.paths(domain)
    with session.git_lock:
        findings = check_stage(session.index, session.settings.name, domain)
        fingerprint = session.index.fingerprint(session.settings.name, domain)
        staged = tuple(session.index.staged(session.settings.name, domain))
    if findings:
        lines = "\n".join(f"  {finding}" for finding in findings)
        raise ScopeError(f"The stage of {session.id(domain)} doesn't stand on its own:\n{lines}")
    with made_stage(session, domain, staged) as folder, held_lock(session, domain) as lock:
        # The lock is this run's by now.
        before = replace(observe(session.workspace, session.settings.name, domain, paths), holder=None)
        found = find_due(before, fingerprint, session.head.repository)
        if found is None:
            return OperationResult(Outcome.NOTHING, message="another run deployed it meanwhile")
        superseded = _superseded(session, before)
        if superseded is not None:
            return OperationResult(Outcome.SUPERSEDED, message=superseded)
        check_state(before)
        attempted = before.record.attempted if isinstance(before.record, Record) else None
        # Whoever it was that the record doesn't know of may have left orphans too.
        progress = _AttemptState(
            before, found.because in {"failed-attempt", "untrusted-record"}, pending_creates(before), attempted
        )
        cli = session.make_cli(folder, domain)
        with_retries(session, domain, lambda: _deploy_once(session, domain, cli, lock, progress, staged, fingerprint))
    return OperationResult(Outcome.DEPLOYED, progress.counts or Counts())


def _superseded(session: Session, before: Observed) -> str | None:
    if session.head.commit is None or session.options.allow_rollback or not session.settings.is_production:
        return None
    if isinstance(before.record, Record) and before.record.repository != session.head.repository:
        return None
    with session.git_lock:
        found = check_order(session.git, session.settings, session.head.commit, before.newest_commit)
    return None if found is None else f"{found.by[:9]} is newer, and was deployed or tried already"


def _deploy_once(
    session: Session,
    domain: str,
    cli: BundleCli,
    lock: Lock,
    progress: _AttemptState,
    staged: tuple[str, ...],
    fingerprint: str | None,
) -> None:
    """Go from plan to *applied* once."""
    before, paths = progress.before, progress.before.paths
    session.progress(domain, "planning")
    plan = cli.plan()
    # A second try finds some of the work done.
    progress.counts = progress.counts or _counts(plan)
    owner = ResourceOwners(session, domain).owner
    orphans = _orphans(session, paths, plan, _known_ids(cli, session, paths), progress, owner)
    plan = bind_orphans(
        session.id(domain),
        cli,
        session.workspace,
        plan,
        orphans,
        progress.creates,
        owner,
        lambda message: session.event(domain, message),
    )
    state = parse_resources(cli.state_file())
    approval = _require_approval(session, domain, plan, state, progress.attempted)
    _await_active_runs(session, domain, state)
    if session.stop.is_set():
        raise Stopped("Stopped before anything was changed.")
    lock.check()
    # What an earlier try may have made stays ours; a try is unclean from here until it is verified.
    progress.creates = {**progress.creates, **planned_creates_by_name(plan)}
    attempt = new_attempt(
        "deploy",
        commit=session.head.commit,
        fingerprint=fingerprint,
        dirty=session.head.is_dirty,
        actor=session.user.name,
        run_url=session.run_url,
        cli_version=session.cli_version,
        creates=tuple(sorted(progress.creates.items())),
        approved_digest=approval.digest,
        approved=approval.items,
    )
    progress.attempted = attempt
    record = _record_of(session, domain, before, attempt)
    write_record(session.workspace, paths.state, record)
    was_unclean, progress.is_unclean = progress.is_unclean, True
    earlier_state = read_state(session.workspace, paths.state)
    session.progress(domain, _summary(plan))
    cli.deploy()
    session.progress(domain, "verifying")
    after = _verify(session, domain, paths, staged, earlier_state, was_unclean=was_unclean)
    lock.check()
    numbers = after.resources.lineage, after.resources.serial, after.files.seq or 0, after.files.digest or ""
    applied = Applied(attempt, *numbers)
    write_record(session.workspace, paths.state, replace(record, applied=applied, inventory=after.resources.untagged))


def _known_ids(cli: BundleCli, session: Session, paths: Paths) -> frozenset[str]:
    """Return the ids that the state knows: the stage's own copy, and the workspace's."""
    states = (parse_resources(cli.state_file()), read_state(session.workspace, paths.state).resources)
    return frozenset[str]().union(*(state.known_ids for state in states))


def _orphans(
    session: Session, paths: Paths, plan: BundlePlan, known: frozenset[str], progress: _AttemptState, owner: Owner
) -> Orphans:
    """Return the orphans. Before a first deploy they are looked for by the names to be made, which costs little."""
    if progress.is_unclean:
        found = match_orphans(plan, session.workspace.resources_of(paths.metadata), known)
        return replace(
            found, unmatched=(*found.unmatched, *find_unbound(session.workspace, plan, progress.creates, known, owner))
        )
    if progress.before.is_absent:
        names = planned_create_names(plan)
        # One of them tells of an earlier life of this deployment, and then there may be others.
        if session.workspace.resources_of(paths.metadata, names):
            return match_orphans(plan, session.workspace.resources_of(paths.metadata), known)
    return Orphans((), ())


def _require_approval(
    session: Session, domain: str, plan: BundlePlan, state: ResourceState, attempted: Attempt | None
) -> Approval:
    found = review_plan(session.id(domain), plan, state, session.index.rules.max_deletions)
    for item in found.items:
        session.event(domain, item)
    approval = found.approval(session.options.approvals, earlier_approval(attempted))
    if approval is None:
        raise approval_required(session.id(domain), found)
    return approval


def earlier_approval(attempted: Attempt | None) -> Approval | None:
    """Return what an earlier attempt had consent to."""
    return Approval(attempted.approved_digest, attempted.approved) if attempted and attempted.approved_digest else None


def approval_required(deployment: str, found: DestructivePlan) -> ApprovalRequired:
    """Return the refusal that shows a list and says how to approve exactly it."""
    listed = "\n".join(f"  {item}" for item in found.items)
    message = (
        f"{deployment} needs consent: {'; '.join(found.reasons)}. Nothing was changed.\n{listed}\n"
        f"To approve exactly this list, or what is left of it later, add: --approve-destructive {found.digest}"
    )
    return ApprovalRequired(message, found.items, found.digest)


def _await_active_runs(session: Session, domain: str, state: ResourceState) -> None:
    """Warn of, wait for or refuse because of runs that are going on, as `[tool.scope] active-runs` has it."""
    answer = session.index.rules.active_runs_in(session.settings.name)
    owned = [
        RemoteResource(parts[1], found, parts[2])
        for key, found in state.ids
        if len(parts := key.split(".")) == 3 and parts[1] in TAGGED_KINDS
    ]
    deadline = time.monotonic() + session.options.active_wait
    while active := session.workspace.active(owned):
        words = ", ".join(str(resource) for resource in active)
        if answer == "warn":
            session.event(domain, f"running now, and will go on with new files: {words}")
            return
        if answer == "refuse" or time.monotonic() >= deadline or session.stop.is_set():
            raise Refused(
                f"{session.id(domain)} has active runs: {words}. Nothing was uploaded. Wait for their end, then run this "
                "again; `[tool.scope] active-runs` says what happens then."
            )
        session.event(domain, f"waiting for the end of {words}")
        session.stop.wait(session.options.active_poll)


def _record_of(session: Session, domain: str, before: Observed, attempt: Attempt) -> Record:
    """Return the record of an attempt that begins: what was applied before stays in it, if it was this deployment's."""
    old = before.record
    is_own = isinstance(old, Record) and (old.repository, old.target, old.domain) == (
        session.head.repository,
        session.settings.name,
        domain,
    )
    if isinstance(old, Record) and is_own:
        return replace(old, attempted=attempt)
    return Record(session.head.repository, session.settings.name, domain, attempt, None)


def _verify(
    session: Session, domain: str, paths: Paths, staged: tuple[str, ...], before: DeploymentState, *, was_unclean: bool
) -> DeploymentState:
    after = read_state(session.workspace, paths.state)
    check_upload(staged, before, after)
    for stray in remove_strays(session.workspace, paths, after.files):
        session.event(domain, f"removed {stray}, which no deploy has uploaded")
    if was_unclean:
        known = after.resources.known_ids
        left = [resource for resource in session.workspace.resources_of(paths.metadata) if resource.id not in known]
        if left:
            words = ", ".join(str(resource) for resource in left)
            raise RemoteError(
                Fault.STATE,
                f"{words} belong to {session.id(domain)} without its state knowing them. "
                f"Run: scope recover --target {session.settings.name} --domain {domain}",
            )
    return after


def _summary(plan: BundlePlan) -> str:
    counts = _counts(plan)
    return f"deploying: {counts.created} to create, {counts.changed} to change, {counts.deleted} to delete"


def _counts(plan: BundlePlan) -> Counts:
    """Count the resources that a plan changes; their permissions and grants are part of them."""
    kinds = [action.action for action in plan.actions if len(action.key.split(".")) == 3]
    return Counts(
        *(sum(kind in some for kind in kinds) for some in (_CREATED, _CHANGED, _DELETED)),
    )


# What a deploy and a destroy have in common


@contextmanager
def made_stage(session: Session, domain: str, paths: tuple[str, ...]) -> Iterator[Path]:
    """Make the stage of a deployment, with the pass, and everything pinned that could lead the CLI elsewhere."""
    head = session.head
    facts = StageFacts(
        session.settings.name,
        domain,
        head.commit,
        head.branch,
        head.origin,
        host=session.workspace.host,
        root=session.paths(domain).root,
        has_permit=True,
        holds_lock=True,
    )
    session.progress(domain, f"staging {len(paths)} files")
    session.git_lock.acquire()
    is_locked = True
    try:
        entries = {path: entry for path in paths if (entry := session.index.snapshot.entry(path)) is not None}
        with stage(session.index.snapshot, entries, facts) as folder:
            session.git_lock.release()
            is_locked = False
            yield folder
    finally:
        if is_locked:
            session.git_lock.release()


@contextmanager
def held_lock(session: Session, domain: str) -> Iterator[Lock]:
    """Hold a deployment's lock; it is released however things end, unless this process is killed."""
    state_path = session.paths(domain).state
    session.progress(domain, "taking the lock")
    lock = acquire(
        session.workspace,
        state_path,
        session.lock_user(domain),
        timeout=session.options.lock_timeout,
        on_wait=lambda holder: session.event(domain, f"waiting for the lock, held by {holder}"),
        should_stop=session.stop.is_set,
    )
    try:
        yield lock
    finally:
        _release(session, domain, lock)


def _release(session: Session, domain: str, lock: Lock) -> None:
    try:
        lock.release()
    except RemoteError as error:
        session.event(
            domain,
            f"the lock {lock.path} couldn't be released ({error}). "
            f"Run: scope recover --target {session.settings.name} --domain {domain}",
        )


def with_retries(session: Session, domain: str, step: Callable[[], None]) -> None:
    """Do a step, and again while it fails in a way that may pass, until the time for it is over."""
    import tenacity  # noqa: PLC0415  only what deploys needs it

    def told(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0
        session.event(domain, f"trying again in {pause:.0f} s: {error}")

    tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, RemoteError) and error.fault.is_transient),
        stop=tenacity.stop_after_delay(session.options.retry_seconds) | tenacity.stop_when_event_set(session.stop),
        wait=tenacity.wait_random_exponential(multiplier=1, max=60),
        sleep=tenacity.sleep_using_event(session.stop),
        before_sleep=told,
        reraise=True,
    )(step)
