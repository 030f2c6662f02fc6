"""The end of a deployment: everything it owns and its whole folder, shown before, and looked for afterwards.

It works although the domain's folders are gone from the repository: the CLI needs the bundle's frame only.
"""

from collections.abc import Iterable

from scope.controller.deploy import consent_needed, earlier_consent, held_lock, made_stage, retried
from scope.controller.owners import Claims
from scope.controller.session import Done, Run, Stopped
from scope.deployment.approval import Consent, Gate, destroy_gate
from scope.deployment.lock import Lock
from scope.deployment.observation import Deployed, check_state, look, made_by
from scope.deployment.orphans import lost
from scope.deployment.record import Record, new_attempt, write_record
from scope.deployment.state import Condition
from scope.documents.results import Counts, Outcome
from scope.errors import Fault, RemoteError
from scope.model import RemoteResource
from scope.ports import BundleCli


def destroy_domain(run: Run, domain: str) -> Done:
    """Remove a deployment with all its resources. Raises `ScopeError` for what fails or needs consent."""
    paths = run.paths(domain)
    before = look(run.workspace, run.settings.name, domain, paths)
    if before.is_absent and before.holder is None and not run.workspace.resources_of(paths.metadata):
        return Done(Outcome.NOTHING, message="there is no such deployment")
    with run.git_lock:
        own = (f"src/{domain}/", f"resources/{domain}/")
        staged = tuple(path for path in run.closures.staged(run.settings.name, domain) if not path.startswith(own))
    with made_stage(run, domain, staged) as folder, held_lock(run, domain) as lock:
        before = look(run.workspace, run.settings.name, domain, paths)
        if before.state.unusable:
            check_state(before)
        found, consent = _pass_gate(run, domain, before)
        cli = run.make_cli(folder, domain)
        retried(run, domain, lambda: _try(run, domain, cli, lock, before, consent))
    return Done(Outcome.DESTROYED, Counts(deleted=len(found.items)))


def _orphans(run: Run, before: Deployed) -> tuple[RemoteResource, ...]:
    known = before.state.resources.known_ids
    owned = (item for item in run.workspace.resources_of(before.paths.metadata) if item.id not in known)
    return (*owned, *lost(run.workspace, None, made_by(before), known, Claims(run, before.domain).owner))


def _pass_gate(run: Run, domain: str, before: Deployed) -> tuple[Gate, Consent]:
    folder = before.paths.root if before.has_leftovers else None
    found = destroy_gate(run.id(domain), before.state.resources, _orphans(run, before), folder)
    for item in found.items:
        run.note(domain, item)
    if run.options.destroys or not found.items:
        return found, Consent(found.digest, found.items)
    attempted = before.record.attempted if isinstance(before.record, Record) else None
    consent = found.consent(run.options.approvals, earlier_consent(attempted))
    if consent is None:
        raise consent_needed(run.id(domain), found)
    return found, consent


def _try(run: Run, domain: str, cli: BundleCli, lock: Lock, before: Deployed, consent: Consent) -> None:
    paths = before.paths
    if run.stop.is_set():
        raise Stopped("Stopped before anything was changed.")
    if run.workspace.entries(paths.root) is not None:
        _destroy_folder(run, domain, cli, lock, before, consent)
    _delete(run, domain, run.workspace.resources_of(paths.metadata))
    left = run.workspace.resources_of(paths.metadata)
    if left or run.workspace.entries(paths.root) is not None:
        words = ", ".join([*map(str, left), *([paths.root] if not left else [])])
        raise RemoteError(Fault.SERVER, f"{words} is still there after {run.id(domain)} was destroyed. Run it again.")


def _delete(run: Run, domain: str, orphans: Iterable[RemoteResource]) -> None:
    for orphan in orphans:
        run.note(domain, f"deleting the {orphan}")
        # As the CLI does: what is in a schema goes with it.
        run.workspace.delete_resource(orphan, force=True)


def _destroy_folder(run: Run, domain: str, cli: BundleCli, lock: Lock, before: Deployed, consent: Consent) -> None:
    paths = before.paths
    lock.check()
    attempt = new_attempt(
        "destroy",
        commit=run.head.commit,
        fingerprint=None,
        dirty=run.head.is_dirty,
        who=run.user.name,
        run_url=run.run_url,
        cli=run.cli_version,
        makes=tuple(sorted(made_by(before).items())),
        approved_digest=consent.digest,
        approved=consent.items,
    )
    applied = before.record.applied if isinstance(before.record, Record) else None
    owns = before.record.owns if isinstance(before.record, Record) else ()
    record = Record(run.head.repository, run.settings.name, domain, attempt, applied, owns)
    write_record(run.workspace, paths.state, record)
    # While the record still names them.
    _delete(run, domain, _orphans(run, before))
    if before.state.resources.condition is Condition.READABLE:
        run.tell(domain, "destroying")
        cli.destroy()
    # Where the CLI finds no state it leaves the folder: the lock and the record are in it.
    run.workspace.delete(paths.root, recursive=True)
