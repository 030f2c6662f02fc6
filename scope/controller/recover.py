"""Recovering a deployment that a dead run, or a lost state, left behind: step by step, under its lock.

Nothing here claims that anything is deployed: where the state is touched, the record forgets what was applied, and the next
deploy does the whole domain. It can be killed anywhere and run again.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from scope.controller.bindings import Imports, find_bindings
from scope.controller.deletion_line import write_deletion_line
from scope.controller.deployment import Deployment
from scope.controller.diagnosis import find_record_problem, find_strays, find_unreadable
from scope.controller.orphans import find_leftovers
from scope.deployment.inventory import Inventory
from scope.deployment.lock import NAME as LOCK
from scope.deployment.lock import Lock, LockInfo, acquire, read_lock
from scope.deployment.metadata import read_cli_commit
from scope.deployment.observation import Observed, is_foreign
from scope.deployment.record import NAME as RECORD
from scope.deployment.takeover import take_over, takeover_count, takeover_winner
from scope.errors import CliError, Fault, Locked, Refused, RemoteError
from scope.times import parse_time
from scope.workspace_model import TAGGED_KINDS, RemoteResource

# A run that won the right to take over a lock writes it at once. After so long it must have died.
_TAKEOVER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class RecoverOptions:
    """What only a person may say.

    `delete` and `forget` are ids of leftovers: to be deleted, or to be dropped from the record. `imports` are keys whose
    resource exists already and belongs here, with its id if its name isn't enough. `is_new_repository` says that the other
    repository of the record is this one, under an older address.
    """

    delete: frozenset[str] = frozenset()
    forget: frozenset[str] = frozenset()
    imports: Imports = field(default_factory=dict)
    is_new_repository: bool = False


NO_RECOVER_OPTIONS = RecoverOptions()


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was done, a line for each step, and what is left that only a person may delete."""

    done: tuple[str, ...]
    unmatched: tuple[RemoteResource, ...]


def recover(deployment: Deployment, options: RecoverOptions = NO_RECOVER_OPTIONS) -> Recovered:
    """Recover a deployment under its lock. Raises `Locked` if another run takes the lock over."""
    is_defined = deployment.domain in deployment.session.domains
    if options.imports and not is_defined:
        raise Refused(f"The head has no domain `{deployment.domain}` that could import anything.")
    recovery = _Recovery(deployment)
    dead = read_lock(deployment.workspace, deployment.paths.state)
    with recovery.lock(dead) as lock:
        observed = deployment.observe()
        if not options.is_new_repository:
            deployment.check_repository(observed)
        unreadable = find_unreadable(observed)  # refused before anything is written, if a newer CLI wrote the state
        problem = find_record_problem(observed, dead)
        if is_foreign(observed, deployment.session.head.repository):
            problem = "the repository has a new address"
        recovery.forget_applied(observed, problem)
        for name in unreadable:
            recovery.set_aside(name)
        observed = deployment.observe()
        if is_defined:
            lock.check()
            unmatched = recovery.bind(observed, options.imports)
        else:
            unmatched = find_leftovers(deployment, observed).all
        unmatched = recovery.forget(observed, unmatched, options.forget)
        unmatched = recovery.delete(unmatched, options.delete)
        recovery.delete_strays()
    return Recovered(tuple(recovery.done), unmatched)


def invalidate(deployment: Deployment, why: str) -> None:
    """Make a deployment due although its record holds: what was applied isn't what lies in the workspace any more."""
    with deployment.lock():
        observed = deployment.observe()
        if observed.is_clean:
            _Recovery(deployment).forget_applied(observed, why)


@dataclass(frozen=True, slots=True)
class _Recovery:
    """The steps of one recovery, and a line for each that was done."""

    deployment: Deployment
    done: list[str] = field(default_factory=list)

    @contextmanager
    def lock(self, dead: LockInfo | None) -> Iterator[Lock]:
        """Hold the deployment's lock, taken over from a dead run if one left it."""
        deployment = self.deployment
        if dead is None:
            user = deployment.session.lock_user(deployment.domain)
            lock = acquire(deployment.workspace, deployment.paths.state, user, if_dead=deployment.take_over_hint)
        else:
            lock = self._take_over(dead)
            self.done.append(f"took over the lock of {dead}")
        with deployment.session.holding(lock.path, deployment.take_over_hint):
            try:
                yield lock
            finally:
                lock.release()

    def _take_over(self, dead: LockInfo) -> Lock:
        workspace, state_path = self.deployment.workspace, self.deployment.paths.state
        count = takeover_count(workspace, state_path, dead)
        winner = takeover_winner(workspace, state_path, dead, count) if count else None
        if winner is not None and _is_recent(winner.since):
            raise Locked(
                f"Another recovery, {winner}, is taking the lock over. Wait for its end, or for a minute if it died. Run: "
                f"{self.deployment.id.recover_command} --yes"
            )
        user = self.deployment.session.lock_user(self.deployment.domain)
        try:
            lock = take_over(workspace, state_path, dead, user, generation=count + 1)
        except RemoteError as error:
            if error.fault.is_transient:
                raise
            path = f"{state_path}/{LOCK}"
            line = write_deletion_line(workspace.host, [path])
            raise RemoteError(
                error.fault,
                f"The lock {path}, of {dead}, can't be taken over: {error}\nIf that run is dead, somebody who may write "
                f"{state_path} has to delete it. Run as them:\n  {line}\nThen run:\n"
                f"  {self.deployment.id.recover_command} --yes",
            ) from None
        if lock is None:
            raise Locked(f"Another run was quicker to take over the lock {state_path}/{LOCK}. Look again.")
        return lock

    def forget_applied(self, observed: Observed, why: str | None) -> None:
        """Write a record that says that nothing is applied. What was being created stays in it: it may be ours."""
        if why is None:
            return
        record = observed.valid_record
        if record is None and observed.record is not None:
            self.set_aside(RECORD)
        if record is not None:
            identity = self.deployment.new_record(record.attempted)
            record = replace(identity, inventory=record.inventory)
        else:
            # Not of this head: whatever was attempted, that wasn't it. What the CLI knows keeps the order of commits.
            commit = read_cli_commit(self.deployment.workspace, observed.paths)
            record = self.deployment.new_record(replace(self.deployment.new_attempt("deploy"), commit=commit, dirty=False))
        self.deployment.write_record(record)
        self.done.append(f"rewrote the record, with nothing applied: {why}")

    def set_aside(self, name: str) -> None:
        """Keep a copy of a file that can't be read under a name that says what it holds, and delete it."""
        workspace, state_path = self.deployment.workspace, self.deployment.paths.state
        content = workspace.read(f"{state_path}/{name}")
        if content is None:
            return
        stem, _, extension = name.rpartition(".")
        aside = f"{stem}.unreadable-{hashlib.sha256(content).hexdigest()[:12]}.{extension}"
        workspace.write(f"{state_path}/{aside}", content)
        if name != RECORD:  # the record is written over
            workspace.delete(f"{state_path}/{name}")
        self.done.append(f"set {name} aside as state/{aside}")

    def bind(self, observed: Observed, imports: Imports) -> tuple[RemoteResource, ...]:
        """Bind what can be bound; return the resources that fit under no key."""
        with self.deployment.stage() as cli:
            findings = find_bindings(self.deployment, observed, cli.plan(), imports)
            for note in findings.notes:
                self.deployment.progress(note)
            for binding in findings.bindings:
                try:
                    cli.bind(binding.key, binding.id)
                except CliError as error:
                    if error.fault is not Fault.MISSING or binding.key in imports:
                        raise
                    self.done.append(f"{binding.shown} is gone; the next deploy creates it")
                else:
                    self.done.append(f"bound {binding.shown} to {binding.key.short}")
        return findings.unmatched

    def forget(
        self, observed: Observed, unmatched: tuple[RemoteResource, ...], ids: frozenset[str]
    ) -> tuple[RemoteResource, ...]:
        """Drop leftovers from the record, which alone ties them to this deployment; return the others."""
        forgotten = [resource for resource in unmatched if resource.id in ids and resource.kind not in TAGGED_KINDS]
        unknown = sorted(ids - {resource.id for resource in forgotten})
        if unknown:
            raise Refused(
                f"{unknown[0]} isn't the id of a leftover that can be forgotten. (Jobs and pipelines can't: they say "
                "themselves that they belong here.) Look again without --yes."
            )
        record = observed.valid_record
        if forgotten and record is not None:
            names = {(resource.kind, resource.name) for resource in forgotten}
            ids = frozenset(resource.id for resource in forgotten)
            creates = record.attempted.creates
            kept = creates.without([key for key, name in creates.names.items() if (key.kind, name) in names])
            inventory = Inventory((key, one) for key, one in record.inventory.items() if one not in ids)
            self.deployment.write_record(
                replace(record, attempted=replace(record.attempted, creates=kept), inventory=inventory)
            )
            self.done.extend(f"forgot the {resource}" for resource in forgotten)
        return tuple(resource for resource in unmatched if resource not in forgotten)

    def delete(self, unmatched: tuple[RemoteResource, ...], ids: frozenset[str]) -> tuple[RemoteResource, ...]:
        """Delete those that were asked for by their ids; return the others."""
        unknown = sorted(ids - {resource.id for resource in unmatched})
        if unknown:
            raise Refused(
                f"{unknown[0]} isn't the id of a leftover of this deployment, so it isn't deleted. Look again without --yes."
            )
        for resource in unmatched:
            if resource.id in ids:
                self.deployment.workspace.delete_resource(resource)
                self.done.append(f"deleted the {resource}")
        return tuple(resource for resource in unmatched if resource.id not in ids)

    def delete_strays(self) -> None:
        """Delete the files that no deploy lists: a pipeline's glob would run them."""
        for path in find_strays(self.deployment, self.deployment.observe()):
            self.deployment.workspace.delete(f"{self.deployment.paths.files}/{path}")
            self.done.append(f"deleted stray file {path} (not in any upload)")


def _is_recent(since: str) -> bool:
    then = parse_time(since)
    return then is not None and abs(datetime.now(UTC) - then) < _TAKEOVER
