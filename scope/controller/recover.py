"""What a dead run, or a lost state, left of one deployment: found, told, and put right.

Nothing here claims that anything is deployed: where the state is touched, the record forgets what was applied, and the next
deploy does the whole domain. It can be killed anywhere and run again.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from scope.controller.bindings import find_bindings
from scope.controller.deploy import held_lock, made_stage
from scope.controller.owners import ResourceOwners
from scope.controller.session import Session
from scope.deployment.lock import Lock, LockInfo, acquire, read_holder, take_over, takeover_count, takeover_winner
from scope.deployment.observation import Observed, check_state, observe, pending_creates
from scope.deployment.orphans import Binding, find_unbound
from scope.deployment.record import NAME as RECORD
from scope.deployment.record import InvalidRecord, Record, new_attempt, untrusted_reason, write_record
from scope.deployment.state import FileState
from scope.deployment.target import Paths
from scope.errors import CliError, Fault, Locked, Refused
from scope.model import TAGGED_KINDS, RemoteResource
from scope.ports import BundleCli

# A run that won the right to take over a lock writes it at once. After so long it must have died.
_TAKE_OVER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a deployment.

    `broken` names the files to set aside. `unknown` are resources that belong to the deployment without its state knowing
    them, where nobody can say yet under which keys; `left` are those that fit under none.
    """

    deployed: Observed
    broken: tuple[str, ...] = ()
    bindings: tuple[Binding, ...] = ()
    unknown: tuple[RemoteResource, ...] = ()
    unmatched: tuple[RemoteResource, ...] = ()
    strays: tuple[str, ...] = ()
    record: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """Return whether there is nothing to recover."""
        return self.deployed.holder is None and not any(
            (self.broken, self.bindings, self.unknown, self.unmatched, self.strays, self.record)
        )


def diagnose(session: Session, domain: str) -> Diagnosis:
    """Return what is wrong with a deployment; changes nothing. `Refused` where a newer CLI wrote its state."""
    deployed = observe(session.workspace, session.settings.name, domain, session.paths(domain))
    broken = _broken(deployed)
    strays = _strays(session, deployed)
    record = _record_problem(deployed, deployed.holder)
    found = session.workspace.resources_of(deployed.paths.metadata)
    if domain not in session.index.domains:
        unmatched = _of_gone(session, deployed, found)
        notes = (f"`{domain}` is gone from the repository. To remove what is left: scope destroy",) if found else ()
        return Diagnosis(deployed, broken, unmatched=unmatched, strays=strays, record=record, notes=notes)
    if broken:
        unknown = tuple(item for item in found if item.id not in deployed.state.resources.known_ids)
        return Diagnosis(deployed, broken, unknown=unknown, strays=strays, record=record)
    with _staged_cli(session, domain) as cli:
        bindings, unmatched, notes = find_bindings(session, deployed, cli.plan(), found, {})
    return Diagnosis(deployed, broken, bindings, (), unmatched, strays, record, notes)


def describe(found: Diagnosis) -> Iterator[str]:
    """Return what recovering does, a line for each step."""
    holder = found.deployed.holder
    if holder is not None:
        yield f"take over the lock of {holder} (make sure that run is dead)"
    for name in found.broken:
        yield f"set aside state/{name}, which can't be read"
    if found.record:
        yield f"write the record anew, with nothing applied: {found.record}"
    for binding in found.bindings:
        yield f"bind {binding.shown} to {binding.key}"
    for resource in found.unknown:
        yield f"bind {resource} to the key that the head defines it by, if there is one"
    for resource in found.unmatched:
        yield f"leave {resource} alone: no key is free for it. To have it gone, add {resolution_hint(resource)}"
    for path in found.strays:
        yield f"remove {path}, which no deploy lists"


def resolution_hint(leftover: RemoteResource) -> str:
    """Return the options by which a person says what shall become of a leftover."""
    keep = "" if leftover.kind in TAGGED_KINDS else f", or leave it to others: --forget-id {leftover.id}"
    return f"--delete-id {leftover.id}{keep}"


@dataclass(frozen=True, slots=True)
class RecoverOptions:
    """What only a person may say.

    `delete` and `forget` are ids of leftovers: to be deleted, or to be dropped from the record. `imports` are keys such as
    `schemas.finance_stripe` whose resource exists already and belongs here, with its id where its name isn't enough.
    """

    delete: frozenset[str] = frozenset()
    forget: frozenset[str] = frozenset()
    imports: Mapping[str, str | None] = field(default_factory=dict)


NO_RECOVER_OPTIONS = RecoverOptions()


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was done, a line for each step, and what is left that only a person may delete."""

    done: tuple[str, ...]
    unmatched: tuple[RemoteResource, ...]


def recover(session: Session, domain: str, options: RecoverOptions = NO_RECOVER_OPTIONS) -> Recovered:
    """Put a deployment right under its lock. Raises `Locked` where another run takes the lock over."""
    if options.imports and domain not in session.index.domains:
        raise Refused(f"The head has no domain `{domain}` that could take anything over.")
    paths = session.paths(domain)
    done: list[str] = []
    dead = read_holder(session.workspace, paths.state)
    with _lock(session, domain, dead, done) as lock:
        deployed = observe(session.workspace, session.settings.name, domain, paths)
        broken = _broken(deployed)  # refused before anything is written, where a newer CLI wrote the state
        _forget_applied(session, deployed, _record_problem(deployed, dead), done)
        for name in broken:
            _set_aside(session, paths, name, done)
        now = observe(session.workspace, session.settings.name, domain, paths)
        if domain in session.index.domains:
            lock.check()
            unmatched = _bind(session, now, options.imports, done)
        else:
            unmatched = _of_gone(session, now, session.workspace.resources_of(paths.metadata))
        unmatched = _let_go(session, now, unmatched, options.forget, done)
        unmatched = _delete(session, unmatched, options.delete, done)
        now = observe(session.workspace, session.settings.name, domain, paths)
        for path in _strays(session, now):
            session.workspace.delete(f"{paths.files}/{path}")
            done.append(f"removed {path}")
    return Recovered(tuple(done), unmatched)


def forget(session: Session, domain: str, why: str) -> None:
    """Make a deployment due although its record holds: what was applied isn't what lies in the workspace any more."""
    with held_lock(session, domain):
        deployed = observe(session.workspace, session.settings.name, domain, session.paths(domain))
        if deployed.is_clean:
            _forget_applied(session, deployed, why, [])


@contextmanager
def _lock(session: Session, domain: str, dead: LockInfo | None, done: list[str]) -> Iterator[Lock]:
    """Hold the deployment's lock, taken over from a dead run where one left it."""
    state_path = session.paths(domain).state
    if dead is None:
        lock = acquire(session.workspace, state_path, session.lock_user(domain))
    else:
        count = takeover_count(session.workspace, state_path, dead)
        winner = takeover_winner(session.workspace, state_path, dead, count) if count else None
        if winner is not None and _is_recent(winner.since):
            raise Locked(f"Another recovery, {winner}, is taking the lock over. Wait for its end, then look again.")
        taken = take_over(session.workspace, state_path, dead, session.lock_user(domain), generation=count + 1)
        if taken is None:
            raise Locked(f"Another run was quicker to take over the lock {state_path}/deploy.lock. Look again.")
        lock = taken
        done.append(f"took over the lock of {dead}")
    try:
        yield lock
    finally:
        lock.release()


def _is_recent(since: str) -> bool:
    try:
        then = datetime.fromisoformat(since)
    except ValueError:
        return False
    return then.tzinfo is not None and abs(datetime.now(UTC) - then) < _TAKE_OVER


def _broken(deployed: Observed) -> tuple[str, ...]:
    """Return the files that can't be read; `Refused` for those that only a newer CLI can."""
    state = deployed.state
    if FileState.NEWER in {state.resources.file_state, state.files.file_state}:
        check_state(deployed)
    return (*state.unusable, *((RECORD,) if isinstance(deployed.record, InvalidRecord) else ()))


def _record_problem(deployed: Observed, dead: LockInfo | None) -> str | None:
    """Return why what the record says was applied can't stay; nothing where it is right, or honest about a failure."""
    record = deployed.record
    if isinstance(record, InvalidRecord):
        return record.why
    if record is None or record.applied is None:
        return None
    state = deployed.state.resources
    if record.applied.lineage is not None and state.file_state is not FileState.READABLE:
        return "resources.json is lost"
    if state.file_state is FileState.READABLE and state.lineage != record.applied.lineage:
        return "resources.json is of another lineage"
    if not record.is_clean:
        return None
    if dead is not None:
        return f"{dead} held the lock, and may have uploaded files"
    return untrusted_reason(
        record, deployed.state, repository=record.repository, target=deployed.target, domain=deployed.domain
    )


def _forget_applied(session: Session, deployed: Observed, why: str | None, done: list[str]) -> None:
    """Write a record that says that nothing is known to be applied. What was being made stays in it: it may be ours."""
    if why is None:
        return
    old = deployed.record if isinstance(deployed.record, Record) else None
    if old is None and deployed.record is not None:
        _set_aside(session, deployed.paths, RECORD, done)
    attempted = (
        old.attempted
        if old is not None
        else new_attempt(
            "deploy",
            commit=None,
            fingerprint=None,
            dirty=False,
            actor=session.user.name,
            run_url=session.run_url,
            cli_version=session.cli_version,
        )
    )
    repository = old.repository if old is not None else session.head.repository
    inventory = old.inventory if old is not None else ()
    record = Record(repository, deployed.target, deployed.domain, attempted, None, inventory)
    write_record(session.workspace, deployed.paths.state, record)
    done.append(f"wrote the record anew, with nothing applied: {why}")


def _set_aside(session: Session, paths: Paths, name: str, done: list[str]) -> None:
    """Keep a copy of a file that can't be read under a name that says what it holds, and delete it."""
    content = session.workspace.read(f"{paths.state}/{name}")
    if content is None:
        return
    stem, _, extension = name.rpartition(".")
    aside = f"{stem}.unreadable-{hashlib.sha256(content).hexdigest()[:12]}.{extension}"
    session.workspace.write(f"{paths.state}/{aside}", content)
    if name != RECORD:  # the record is written over
        session.workspace.delete(f"{paths.state}/{name}")
    done.append(f"set {name} aside as state/{aside}")


def _strays(session: Session, deployed: Observed) -> tuple[str, ...]:
    """Return the files that no deploy lists. Without a list nothing is known: the next deploy makes one and cleans up."""
    listed = deployed.state.files
    if listed.file_state is not FileState.READABLE:
        return ()
    prefix = f"{deployed.paths.files}/"
    return tuple(
        path
        for entry in session.workspace.files(deployed.paths.files)
        if (path := entry.path.removeprefix(prefix)) not in listed.remote
    )


def _of_gone(session: Session, deployed: Observed, found: Iterable[RemoteResource]) -> tuple[RemoteResource, ...]:
    """Return what is left of a domain that the repository doesn't have any more, without its state knowing it."""
    known = deployed.state.resources.known_ids
    owner = ResourceOwners(session, deployed.domain).owner
    return (
        *(item for item in found if item.id not in known),
        *find_unbound(session.workspace, None, pending_creates(deployed), known, owner),
    )


@contextmanager
def _staged_cli(session: Session, domain: str) -> Iterator[BundleCli]:
    with session.git_lock:
        staged = tuple(session.index.staged(session.settings.name, domain))
    with made_stage(session, domain, staged) as folder:
        yield session.make_cli(folder, domain)


def _bind(session: Session, now: Observed, imports: Mapping[str, str | None], done: list[str]) -> tuple[RemoteResource, ...]:
    """Bind what can be bound; return the resources that fit under no key."""
    found = session.workspace.resources_of(now.paths.metadata)
    said = {key.partition(".")[2] for key in imports}
    with _staged_cli(session, now.domain) as cli:
        bindings, unmatched, notes = find_bindings(session, now, cli.plan(), found, imports)
        for event in notes:
            session.progress(now.domain, event)
        for binding in bindings:
            try:
                cli.bind(binding.key, binding.id)
            except CliError as error:
                if error.fault is not Fault.MISSING or binding.key in said:
                    raise
                done.append(f"{binding.shown} is gone; the next deploy makes it")
                continue
            done.append(f"bound {binding.shown} to {binding.key}")
    return unmatched


def _let_go(
    session: Session, now: Observed, unmatched: tuple[RemoteResource, ...], keep: frozenset[str], done: list[str]
) -> tuple[RemoteResource, ...]:
    """Take leftovers that shall stay out of the record, which alone ties them to this deployment; return the others."""
    kept = [item for item in unmatched if item.id in keep and item.kind not in TAGGED_KINDS]
    unknown = sorted(keep - {item.id for item in kept})
    if unknown:
        raise Refused(
            f"{unknown[0]} isn't the id of a leftover that can be forgotten about. (Jobs and pipelines can't: they say "
            "themselves that they belong here.) Look again without --yes."
        )
    if kept and isinstance(now.record, Record):
        attempted = now.record.attempted
        names = {(item.kind, item.name) for item in kept}
        creates = tuple((key, name) for key, name in attempted.creates if (key.split(".")[1], name) not in names)
        write_record(session.workspace, now.paths.state, replace(now.record, attempted=replace(attempted, creates=creates)))
        done += [f"forgot about the {item}" for item in kept]
    return tuple(item for item in unmatched if item not in kept)


def _delete(
    session: Session, unmatched: tuple[RemoteResource, ...], delete_ids: Collection[str], done: list[str]
) -> tuple[RemoteResource, ...]:
    """Delete those that were asked for by their ids; return the others."""
    unknown = sorted(set(delete_ids) - {item.id for item in unmatched})
    if unknown:
        raise Refused(
            f"{unknown[0]} isn't the id of a leftover of this deployment, so it isn't deleted. Look again without --yes."
        )
    for item in unmatched:
        if item.id in delete_ids:
            session.workspace.delete_resource(item)
            done.append(f"deleted the {item}")
    return tuple(item for item in unmatched if item.id not in delete_ids)
