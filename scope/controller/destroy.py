"""The end of a deployment: everything it owns and its whole folder, shown before, and looked for afterwards.

It works although the domain's folders are gone from the repository: the CLI needs the bundle's frame only.
"""

from collections.abc import Iterable

from scope.controller.deploy import approval_required, earlier_approval, held_lock, made_stage, with_retries
from scope.controller.owners import ResourceOwners
from scope.controller.session import OperationResult, Session, Stopped
from scope.deployment.approval import Approval, DestructivePlan, review_destroy
from scope.deployment.lock import Lock
from scope.deployment.observation import Observed, check_state, observe, pending_creates
from scope.deployment.orphans import find_unbound
from scope.deployment.record import Record, new_attempt, write_record
from scope.deployment.state import FileState
from scope.documents.results import Counts, Outcome
from scope.errors import Fault, RemoteError
from scope.model import RemoteResource
from scope.ports import BundleCli


def destroy_domain(session: Session, domain: str) -> OperationResult:
    """Remove a deployment with all its resources. Raises `ScopeError` for what fails or needs consent."""
    paths = session.paths(domain)
    before = observe(session.workspace, session.settings.name, domain, paths)
    if before.is_absent and before.holder is None and not session.workspace.resources_of(paths.metadata):
        return OperationResult(Outcome.NOTHING, message="there is no such deployment")
    with session.git_lock:
        own = (f"src/{domain}/", f"resources/{domain}/")
        staged = tuple(path for path in session.index.staged(session.settings.name, domain) if not path.startswith(own))
    with made_stage(session, domain, staged) as folder, held_lock(session, domain) as lock:
        before = observe(session.workspace, session.settings.name, domain, paths)
        if before.state.unusable:
            check_state(before)
        found, approval = _require_approval(session, domain, before)
        cli = session.make_cli(folder, domain)
        with_retries(session, domain, lambda: _destroy_once(session, domain, cli, lock, before, approval))
    return OperationResult(Outcome.DESTROYED, Counts(deleted=len(found.items)))


def _orphans(session: Session, before: Observed) -> tuple[RemoteResource, ...]:
    known = before.state.resources.known_ids
    owned = (item for item in session.workspace.resources_of(before.paths.metadata) if item.id not in known)
    return (
        *owned,
        *find_unbound(session.workspace, None, pending_creates(before), known, ResourceOwners(session, before.domain).owner),
    )


def _require_approval(session: Session, domain: str, before: Observed) -> tuple[DestructivePlan, Approval]:
    folder = before.paths.root if before.has_leftovers else None
    found = review_destroy(session.id(domain), before.state.resources, _orphans(session, before), folder)
    for item in found.items:
        session.event(domain, item)
    if session.options.assume_yes or not found.items:
        return found, Approval(found.digest, found.items)
    attempted = before.record.attempted if isinstance(before.record, Record) else None
    approval = found.approval(session.options.approvals, earlier_approval(attempted))
    if approval is None:
        raise approval_required(session.id(domain), found)
    return found, approval


def _destroy_once(session: Session, domain: str, cli: BundleCli, lock: Lock, before: Observed, approval: Approval) -> None:
    paths = before.paths
    if session.stop.is_set():
        raise Stopped("Stopped before anything was changed.")
    if session.workspace.entries(paths.root) is not None:
        _destroy_folder(session, domain, cli, lock, before, approval)
    _delete(session, domain, session.workspace.resources_of(paths.metadata))
    left = session.workspace.resources_of(paths.metadata)
    if left or session.workspace.entries(paths.root) is not None:
        words = ", ".join([*map(str, left), *([paths.root] if not left else [])])
        raise RemoteError(Fault.SERVER, f"{words} is still there after {session.id(domain)} was destroyed. Run it again.")


def _delete(session: Session, domain: str, orphans: Iterable[RemoteResource]) -> None:
    for orphan in orphans:
        session.event(domain, f"deleting the {orphan}")
        # As the CLI does: what is in a schema goes with it.
        session.workspace.delete_resource(orphan, force=True)


def _destroy_folder(session: Session, domain: str, cli: BundleCli, lock: Lock, before: Observed, approval: Approval) -> None:
    paths = before.paths
    lock.check()
    attempt = new_attempt(
        "destroy",
        commit=session.head.commit,
        fingerprint=None,
        dirty=session.head.is_dirty,
        actor=session.user.name,
        run_url=session.run_url,
        cli_version=session.cli_version,
        creates=tuple(sorted(pending_creates(before).items())),
        approved_digest=approval.digest,
        approved=approval.items,
    )
    applied = before.record.applied if isinstance(before.record, Record) else None
    inventory = before.record.inventory if isinstance(before.record, Record) else ()
    record = Record(session.head.repository, session.settings.name, domain, attempt, applied, inventory)
    write_record(session.workspace, paths.state, record)
    # While the record still names them.
    _delete(session, domain, _orphans(session, before))
    if before.state.resources.file_state is FileState.READABLE:
        session.progress(domain, "destroying")
        cli.destroy()
    # Where the CLI finds no state it leaves the folder: the lock and the record are in it.
    session.workspace.delete(paths.root, recursive=True)
