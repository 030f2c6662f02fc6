"""What lies in a deployment's folder, compared with what its last upload put there, as far as its record can tell."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from scope.controller.deletion_line import write_deletion_line
from scope.controller.deploy_set import Candidate
from scope.controller.deployment import Deployment
from scope.controller.drift import DRIFTED, undo_command
from scope.controller.plan_records import Bases, base_of
from scope.controller.session import Session
from scope.controller.status import Status, Sync
from scope.deployment.record import untrusted_reason
from scope.deployment.state import FileState
from scope.deployment.uploaded_files import compare_contents, compare_names, find_unexplained
from scope.errors import ScopeError
from scope.graph.index import DeploymentIndex
from scope.wording import write_command
from scope.workspace_model import RemoteEntry

_READS_AT_ONCE = 8


def with_verified_files(session: Session, candidates: Iterable[Candidate], statuses: Iterable[Status]) -> tuple[Status, ...]:
    """Return the statuses, in the order of their candidates, with the files that no upload explains.

    Contents are compared with the commit that the record names. Where it can't be believed, or no commit has what was
    uploaded, only the names are, with the CLI's own list, and the status says why.
    """
    bases = Bases(session)
    return tuple(
        _verified(session, candidate, bases, status) for candidate, status in zip(candidates, statuses, strict=True)
    )


def _verified(session: Session, candidate: Candidate, bases: Bases, status: Status) -> Status:
    if status.sync in {Sync.NEVER_DEPLOYED, Sync.UNREADABLE}:
        return status
    try:
        return _compare(Deployment(session, status.domain), candidate, bases, status)
    except ScopeError as error:
        status = replace(status, unverified=f"its files couldn't be compared: {error}")
        doctor = write_command("doctor", session.settings.name)
        return replace(status, sync=Sync.DRIFTED, next=doctor) if status.sync is Sync.IN_SYNC else status


def _compare(deployment: Deployment, candidate: Candidate, bases: Bases, status: Status) -> Status:
    remote = deployment.workspace.files(deployment.paths.root)
    index = _find_uploaded(deployment.session, candidate, bases)
    unverified: str | None = None
    if isinstance(index, str):
        listed = candidate.observed.state.files
        if listed.file_state is FileState.READABLE:
            unverified = f"only the names of its files were compared, with deployment.json: {index}"
            differences = compare_names(deployment.paths.files, listed.remote, remote)
        else:
            unverified = f"its files can't be verified: {index}, and deployment.json can't be read or is gone"
            differences = ()
    else:
        differences = _compare_contents(deployment, deployment.read_uploaded(index), remote)
    unexplained = find_unexplained(deployment.paths.root, remote)
    status = replace(
        status,
        differences=(*status.differences, *differences),
        unexplained=unexplained,
        unverified=unverified,
    )
    if status.sync is not Sync.IN_SYNC or not (differences or unexplained):
        return status
    if differences:
        way_on = undo_command(deployment.session, status.domain)
    else:
        # No deploy removes what it doesn't know.
        paths = [f"{deployment.paths.root}/{path}" for path in unexplained]
        way_on = write_deletion_line(deployment.workspace.host, paths)
    return replace(status, sync=Sync.DRIFTED, why=DRIFTED, next=way_on)


def _find_uploaded(session: Session, candidate: Candidate, bases: Bases) -> DeploymentIndex | str:
    """Return the tree whose files were uploaded last, or why there is none."""
    if candidate.due is None:
        return session.index
    observed = candidate.observed
    why = untrusted_reason(observed.record, observed.state, repository=session.head.repository, deployment=observed.id)
    if why is not None:
        return why
    info = base_of(candidate, session.head.repository)
    if info.commit is None:
        return "the record names no commit"
    if info.reason == "work-tree":
        return "it was deployed with uncommitted work, which no commit has"
    index = bases.index_at(info.commit)
    if index is None:
        return f"the commit {info.commit[:9]} isn't in this clone. Fetch it: git fetch origin {info.commit}"
    return index


def _compare_contents(
    deployment: Deployment, uploaded: Mapping[str, bytes], remote: Iterable[RemoteEntry]
) -> tuple[str, ...]:
    workspace = deployment.workspace

    def read(paths: Iterable[str], *, as_jupyter: bool) -> list[bytes | None]:
        with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
            return list(pool.map(workspace.read_jupyter if as_jupyter else workspace.read, paths))

    return compare_contents(deployment.paths.files, uploaded, remote, read)
