"""One deployment, step by step: stage, lock, re-check, plan, gate, attempted, deploy, verify, applied, unlock.

It can be killed anywhere and run again: what was attempted is recorded before the CLI starts, what was applied after its
work was looked at, and what an unclean attempt left behind is found and bound before anything is made a second time.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from scope.controller.owners import Claims
from scope.controller.session import ConsentNeeded, Done, Run, Stopped
from scope.deployment.ancestry import check_order
from scope.deployment.approval import Consent, Gate, gate
from scope.deployment.lock import Lock, acquire
from scope.deployment.observation import Deployed, check_state, due, look, made_by
from scope.deployment.orphans import Orphans, Owner, bind_all, created_names, lost, match, named_creations
from scope.deployment.record import Applied, Attempt, Record, new_attempt, write_record
from scope.deployment.state import DeploymentState, ResourceState, parse_resources, read_state
from scope.deployment.target import Paths
from scope.deployment.verification import check_upload, remove_strays
from scope.documents.results import Counts, Outcome
from scope.errors import Fault, Refused, RemoteError, ScopeError
from scope.model import OWNED_KINDS, ActionKind, BundlePlan, RemoteResource
from scope.ports import BundleCli
from scope.stage.checks import check_stage
from scope.stage.folder import StageFacts, stage

_CREATED = frozenset({ActionKind.CREATE, ActionKind.RECREATE})
_CHANGED = frozenset({ActionKind.UPDATE, ActionKind.UPDATE_ID, ActionKind.RESIZE})
_DELETED = frozenset({ActionKind.DELETE, ActionKind.RECREATE})


@dataclass
class _Progress:
    """What one deployment has come to know while it is tried, once or several times."""

    before: Deployed
    is_unclean: bool
    makes: Mapping[str, str]
    attempted: Attempt | None
    counts: Counts | None = None


def deploy_domain(run: Run, domain: str) -> Done:
    """Deploy one domain of the head. Raises `ScopeError` for what fails or is refused."""
    paths = run.paths(domain)
    with run.git_lock:
        findings = check_stage(run.closures, run.settings.name, domain)
        fingerprint = run.closures.fingerprint(run.settings.name, domain)
        staged = tuple(run.closures.staged(run.settings.name, domain))
    if findings:
        lines = "\n".join(f"  {finding}" for finding in findings)
        raise ScopeError(f"The stage of {run.id(domain)} doesn't stand on its own:\n{lines}")
    with made_stage(run, domain, staged) as folder, held_lock(run, domain) as lock:
        # The lock is this run's by now.
        before = replace(look(run.workspace, run.settings.name, domain, paths), holder=None)
        found = due(before, fingerprint, run.head.repository)
        if found is None:
            return Done(Outcome.NOTHING, message="another run deployed it meanwhile")
        superseded = _superseded(run, before)
        if superseded is not None:
            return Done(Outcome.SUPERSEDED, message=superseded)
        check_state(before)
        attempted = before.record.attempted if isinstance(before.record, Record) else None
        # Whoever it was that the record doesn't know of may have left orphans too.
        progress = _Progress(before, found.because in {"failed-attempt", "untrusted-record"}, made_by(before), attempted)
        cli = run.make_cli(folder, domain)
        retried(run, domain, lambda: _try(run, domain, cli, lock, progress, staged, fingerprint))
    return Done(Outcome.DEPLOYED, progress.counts or Counts())


def _superseded(run: Run, before: Deployed) -> str | None:
    if run.head.commit is None or run.options.allow_rollback or not run.settings.is_production:
        return None
    if isinstance(before.record, Record) and before.record.repository != run.head.repository:
        return None
    with run.git_lock:
        found = check_order(run.git, run.settings, run.head.commit, before.newest_commit)
    return None if found is None else f"{found.by[:9]} is newer, and was deployed or tried already"


def _try(
    run: Run, domain: str, cli: BundleCli, lock: Lock, progress: _Progress, staged: tuple[str, ...], fingerprint: str | None
) -> None:
    """Go from plan to *applied* once."""
    before, paths = progress.before, progress.before.paths
    run.tell(domain, "planning")
    plan = cli.plan()
    # A second try finds some of the work done.
    progress.counts = progress.counts or _counts(plan)
    owner = Claims(run, domain).owner
    orphans = _orphans(run, paths, plan, _known_ids(cli, run, paths), progress, owner)
    plan = bind_all(
        run.id(domain), cli, run.workspace, plan, orphans, progress.makes, owner, lambda message: run.note(domain, message)
    )
    state = parse_resources(cli.state_file())
    consent = _pass_gate(run, domain, plan, state, progress.attempted)
    _mind_active_runs(run, domain, state)
    if run.stop.is_set():
        raise Stopped("Stopped before anything was changed.")
    lock.check()
    # What an earlier try may have made stays ours; a try is unclean from here until it is verified.
    progress.makes = {**progress.makes, **named_creations(plan)}
    attempt = new_attempt(
        "deploy",
        commit=run.head.commit,
        fingerprint=fingerprint,
        dirty=run.head.is_dirty,
        who=run.user.name,
        run_url=run.run_url,
        cli=run.cli_version,
        makes=tuple(sorted(progress.makes.items())),
        approved_digest=consent.digest,
        approved=consent.items,
    )
    progress.attempted = attempt
    record = _recorded(run, domain, before, attempt)
    write_record(run.workspace, paths.state, record)
    was_unclean, progress.is_unclean = progress.is_unclean, True
    earlier_state = read_state(run.workspace, paths.state)
    run.tell(domain, _words(plan))
    cli.deploy()
    run.tell(domain, "verifying")
    after = _verify(run, domain, paths, staged, earlier_state, was_unclean=was_unclean)
    lock.check()
    numbers = after.resources.lineage, after.resources.serial, after.files.seq or 0, after.files.digest or ""
    applied = Applied(attempt, *numbers)
    write_record(run.workspace, paths.state, replace(record, applied=applied, owns=after.resources.nameless))


def _known_ids(cli: BundleCli, run: Run, paths: Paths) -> frozenset[str]:
    """Return the ids that the state knows: the stage's own copy, and the workspace's."""
    states = (parse_resources(cli.state_file()), read_state(run.workspace, paths.state).resources)
    return frozenset[str]().union(*(state.known_ids for state in states))


def _orphans(run: Run, paths: Paths, plan: BundlePlan, known: frozenset[str], progress: _Progress, owner: Owner) -> Orphans:
    """Return the orphans. Before a first deploy they are looked for by the names to be made, which costs little."""
    if progress.is_unclean:
        found = match(plan, run.workspace.resources_of(paths.metadata), known)
        return replace(found, left=(*found.left, *lost(run.workspace, plan, progress.makes, known, owner)))
    if progress.before.is_absent:
        names = created_names(plan)
        # One of them tells of an earlier life of this deployment, and then there may be others.
        if run.workspace.resources_of(paths.metadata, names):
            return match(plan, run.workspace.resources_of(paths.metadata), known)
    return Orphans((), ())


def _pass_gate(run: Run, domain: str, plan: BundlePlan, state: ResourceState, attempted: Attempt | None) -> Consent:
    found = gate(run.id(domain), plan, state, run.closures.rules.max_deletions)
    for item in found.items:
        run.note(domain, item)
    consent = found.consent(run.options.approvals, earlier_consent(attempted))
    if consent is None:
        raise consent_needed(run.id(domain), found)
    return consent


def earlier_consent(attempted: Attempt | None) -> Consent | None:
    """Return what an earlier attempt had consent to."""
    return Consent(attempted.approved_digest, attempted.approved) if attempted and attempted.approved_digest else None


def consent_needed(deployment: str, found: Gate) -> ConsentNeeded:
    """Return the refusal that shows a list and says how to approve exactly it."""
    listed = "\n".join(f"  {item}" for item in found.items)
    message = (
        f"{deployment} needs consent: {'; '.join(found.reasons)}. Nothing was changed.\n{listed}\n"
        f"To approve exactly this list, or what is left of it later, add: --approve-destructive {found.digest}"
    )
    return ConsentNeeded(message, found.items, found.digest)


def _mind_active_runs(run: Run, domain: str, state: ResourceState) -> None:
    """Warn of, wait for or refuse because of runs that are going on, as `[tool.scope] active-runs` has it."""
    answer = run.closures.rules.active_runs_in(run.settings.name)
    owned = [
        RemoteResource(parts[1], found, parts[2])
        for key, found in state.ids
        if len(parts := key.split(".")) == 3 and parts[1] in OWNED_KINDS
    ]
    deadline = time.monotonic() + run.options.active_wait
    while active := run.workspace.active(owned):
        words = ", ".join(str(resource) for resource in active)
        if answer == "warn":
            run.note(domain, f"running now, and will go on with new files: {words}")
            return
        if answer == "refuse" or time.monotonic() >= deadline or run.stop.is_set():
            raise Refused(
                f"{run.id(domain)} has active runs: {words}. Nothing was uploaded. Wait for their end, then run this again; "
                "`[tool.scope] active-runs` says what happens then."
            )
        run.note(domain, f"waiting for the end of {words}")
        run.stop.wait(run.options.active_poll)


def _recorded(run: Run, domain: str, before: Deployed, attempt: Attempt) -> Record:
    """Return the record of an attempt that begins: what was applied before stays in it, if it was this deployment's."""
    old = before.record
    is_own = isinstance(old, Record) and (old.repository, old.target, old.domain) == (
        run.head.repository,
        run.settings.name,
        domain,
    )
    if isinstance(old, Record) and is_own:
        return replace(old, attempted=attempt)
    return Record(run.head.repository, run.settings.name, domain, attempt, None)


def _verify(
    run: Run, domain: str, paths: Paths, staged: tuple[str, ...], before: DeploymentState, *, was_unclean: bool
) -> DeploymentState:
    after = read_state(run.workspace, paths.state)
    check_upload(staged, before, after)
    for stray in remove_strays(run.workspace, paths, after.files):
        run.note(domain, f"removed {stray}, which no deploy has uploaded")
    if was_unclean:
        known = after.resources.known_ids
        left = [resource for resource in run.workspace.resources_of(paths.metadata) if resource.id not in known]
        if left:
            words = ", ".join(str(resource) for resource in left)
            raise RemoteError(
                Fault.STATE,
                f"{words} belong to {run.id(domain)} without its state knowing them. "
                f"Run: scope recover --target {run.settings.name} --domain {domain}",
            )
    return after


def _words(plan: BundlePlan) -> str:
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
def made_stage(run: Run, domain: str, paths: tuple[str, ...]) -> Iterator[Path]:
    """Make the stage of a deployment, with the pass, and everything pinned that could lead the CLI elsewhere."""
    head = run.head
    facts = StageFacts(
        run.settings.name,
        domain,
        head.commit,
        head.branch,
        head.origin,
        host=run.workspace.host,
        root=run.paths(domain).root,
        has_pass=True,
        has_own_lock=True,
    )
    run.tell(domain, f"staging {len(paths)} files")
    run.git_lock.acquire()
    is_locked = True
    try:
        entries = {path: entry for path in paths if (entry := run.closures.snapshot.entry(path)) is not None}
        with stage(run.closures.snapshot, entries, facts) as folder:
            run.git_lock.release()
            is_locked = False
            yield folder
    finally:
        if is_locked:
            run.git_lock.release()


@contextmanager
def held_lock(run: Run, domain: str) -> Iterator[Lock]:
    """Hold a deployment's lock; it is released however things end, unless this process is killed."""
    state_path = run.paths(domain).state
    run.tell(domain, "taking the lock")
    lock = acquire(
        run.workspace,
        state_path,
        run.lock_user(domain),
        timeout=run.options.lock_timeout,
        waiting=lambda holder: run.note(domain, f"waiting for the lock, held by {holder}"),
        is_stopped=run.stop.is_set,
    )
    try:
        yield lock
    finally:
        _release(run, domain, lock)


def _release(run: Run, domain: str, lock: Lock) -> None:
    try:
        lock.release()
    except RemoteError as error:
        run.note(
            domain,
            f"the lock {lock.path} couldn't be released ({error}). "
            f"Run: scope recover --target {run.settings.name} --domain {domain}",
        )


def retried(run: Run, domain: str, step: Callable[[], None]) -> None:
    """Do a step, and again while it fails in a way that may pass, until the time for it is over."""
    import tenacity  # noqa: PLC0415  only what deploys needs it

    def told(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0
        run.note(domain, f"trying again in {pause:.0f} s: {error}")

    tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, RemoteError) and error.fault.may_pass),
        stop=tenacity.stop_after_delay(run.options.retry_seconds) | tenacity.stop_when_event_set(run.stop),
        wait=tenacity.wait_random_exponential(multiplier=1, max=60),
        sleep=tenacity.sleep_using_event(run.stop),
        before_sleep=told,
        reraise=True,
    )(step)
