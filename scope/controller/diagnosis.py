"""Diagnosing a deployment after a dead run or a lost state, and describing its recovery. Changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from scope.controller.bindings import find_bindings
from scope.controller.deployment import Deployment
from scope.controller.orphans import find_leftovers
from scope.deployment.lock import LockInfo
from scope.deployment.observation import Observed, check_readable
from scope.deployment.orphans import Binding
from scope.deployment.record import NAME as RECORD
from scope.deployment.record import InvalidRecord, untrusted_reason
from scope.deployment.state import FileState
from scope.workspace_model import TAGGED_KINDS, RemoteResource


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The problems of a deployment.

    `unreadable` names the files to set aside. `unknown` are resources that belong to the deployment without its state
    knowing them, where nobody can say yet under which keys; `unmatched` are those that fit under none. `record_problem` is
    why nothing can stay recorded as applied.
    """

    observed: Observed
    unreadable: tuple[str, ...] = ()
    bindings: tuple[Binding, ...] = ()
    unknown: tuple[RemoteResource, ...] = ()
    unmatched: tuple[RemoteResource, ...] = ()
    strays: tuple[str, ...] = ()
    record_problem: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """Return whether there is nothing to recover."""
        return self.observed.lock_info is None and not any(
            (self.unreadable, self.bindings, self.unknown, self.unmatched, self.strays, self.record_problem)
        )


def diagnose(deployment: Deployment) -> Diagnosis:
    """Find the problems of a deployment. `Refused` if a newer CLI wrote its state."""
    observed = deployment.observe()
    unreadable = find_unreadable(observed)
    strays = find_strays(deployment, observed)
    problem = find_record_problem(observed, observed.lock_info)
    if deployment.domain not in deployment.session.domains:
        unmatched = find_leftovers(deployment, observed).all
        hint = f"`{deployment.domain}` is gone from the repository. To remove what is left: scope destroy"
        notes = (hint,) if deployment.find_tagged() else ()
        return Diagnosis(observed, unreadable, unmatched=unmatched, strays=strays, record_problem=problem, notes=notes)
    if unreadable:
        known_ids = observed.state.resources.known_ids
        unknown = tuple(resource for resource in deployment.find_tagged() if resource.id not in known_ids)
        return Diagnosis(observed, unreadable, unknown=unknown, strays=strays, record_problem=problem)
    with deployment.stage() as cli:
        findings = find_bindings(deployment, observed, cli.plan(), {})
    return Diagnosis(
        observed,
        bindings=findings.bindings,
        unmatched=findings.unmatched,
        strays=strays,
        record_problem=problem,
        notes=findings.notes,
    )


def describe(diagnosis: Diagnosis) -> Iterator[str]:
    """Return the steps of the recovery, a line for each."""
    if diagnosis.observed.lock_info is not None:
        yield f"take over the lock of {diagnosis.observed.lock_info} (make sure that run is dead)"
    for name in diagnosis.unreadable:
        yield f"set aside state/{name}, which can't be read"
    if diagnosis.record_problem:
        yield f"rewrite the record, with nothing applied: {diagnosis.record_problem}"
    for binding in diagnosis.bindings:
        yield f"bind {binding.shown} to {binding.key.short}"
    for resource in diagnosis.unknown:
        yield f"bind {resource} to the key that the head defines it by, if there is one"
    for resource in diagnosis.unmatched:
        yield f"leave {resource} alone: no key is free for it. To delete it, add {resolution_hint(resource)}"
    for path in diagnosis.strays:
        yield f"delete stray file {path} (not in any upload)"


def resolution_hint(leftover: RemoteResource) -> str:
    """Return the options by which a person says what shall become of a leftover."""
    forget = "" if leftover.kind in TAGGED_KINDS else f", or leave it to others: --forget-id {leftover.id}"
    return f"--delete-id {leftover.id}{forget}"


def find_unreadable(observed: Observed) -> tuple[str, ...]:
    """Return the names of the files that can't be read; `Refused` for those that only a newer CLI can."""
    state = observed.state
    if FileState.NEWER in {state.resources.file_state, state.files.file_state}:
        check_readable(observed)
    return (*state.unusable, *((RECORD,) if isinstance(observed.record, InvalidRecord) else ()))


def find_record_problem(observed: Observed, dead: LockInfo | None) -> str | None:
    """Return why the record can't keep what it says was applied, or None if it is right, or honest about a failure."""
    record = observed.record
    if isinstance(record, InvalidRecord):
        return record.why
    if record is None or record.applied is None:
        return None
    state = observed.state.resources
    if record.applied.lineage is not None and state.file_state is not FileState.READABLE:
        return "resources.json is lost"
    if state.file_state is FileState.READABLE and state.lineage != record.applied.lineage:
        return "resources.json is of another lineage"
    if not record.is_clean:
        return None
    if dead is not None:
        return f"{dead} held the lock, and may have uploaded files"
    return untrusted_reason(record, observed.state, repository=record.repository, deployment=observed.id)


def find_strays(deployment: Deployment, observed: Observed) -> tuple[str, ...]:
    """Return the files that no deploy lists. Without a list nothing is known: the next deploy writes one and cleans up."""
    listed = observed.state.files
    if listed.file_state is not FileState.READABLE:
        return ()
    prefix, known = f"{observed.paths.files}/", listed.remote
    return tuple(
        path
        for entry in deployment.workspace.files(observed.paths.files)
        if (path := entry.path.removeprefix(prefix)) not in known
    )
