"""What is deployed in a target, as its workspace tells it, and what of it should be deployed anew.

The set is defined by fingerprints: a deployment is in it when what was last applied, as far as that can be believed, isn't
what the head has.
"""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scope.deployment.lock import NAME as LOCK
from scope.deployment.lock import LockInfo, read_holder
from scope.deployment.record import NAME as RECORD
from scope.deployment.record import InvalidRecord, Record, read_record, untrusted_reason
from scope.deployment.state import DeploymentState, FileState, read_state
from scope.deployment.target import Paths
from scope.errors import Fault, Refused, RemoteError
from scope.model import Because, Grant, RemoteKind, User
from scope.names import is_domain_name
from scope.ports import Workspace

# What a deployment's root holds.
_PARTS = frozenset({"artifacts", "files", "resources", "state"})
# So many deployments are looked at at once; each takes a few requests.
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Observed:
    """One deployment as it lies in the workspace; for one that isn't there, nothing but its folders' names."""

    target: str
    domain: str
    paths: Paths
    record: Record | InvalidRecord | None
    state: DeploymentState
    holder: LockInfo | None
    has_leftovers: bool = False
    """Files of a deployment without anything that tells of it."""

    @property
    def is_absent(self) -> bool:
        """Return whether nothing was ever deployed or attempted here."""
        return self.record is None and self.state.is_absent and not self.has_leftovers

    @property
    def is_clean(self) -> bool:
        """Return whether the last attempt, as far as it was recorded, ended well."""
        return isinstance(self.record, Record) and self.record.is_clean

    @property
    def applied_fingerprint(self) -> str | None:
        """Return the fingerprint of what was last applied, whether or not it can be believed."""
        return self.record.applied.attempt.fingerprint if isinstance(self.record, Record) and self.record.applied else None

    @property
    def newest_commit(self) -> str | None:
        """Return the commit of the last attempt: files of it may be there, even where it failed."""
        return self.record.attempted.commit if isinstance(self.record, Record) else None


def observe(workspace: Workspace, target: str, domain: str, paths: Paths) -> Observed:
    """Return what lies in the workspace of a deployment."""
    record, state = read_record(workspace, paths.state), read_state(workspace, paths.state)
    # Somebody may have deleted the state: then jobs may be left too, and this is no first deploy.
    has_leftovers = record is None and state.is_absent and _has_files(workspace, paths.root)
    return Observed(target, domain, paths, record, state, read_holder(workspace, paths.state), has_leftovers)


def pending_creates(deployed: Observed) -> dict[str, str]:
    """Return the keys and names of what an attempt that didn't end well may have made."""
    record = deployed.record
    return {} if deployed.is_clean or not isinstance(record, Record) else dict(record.attempted.creates)


def deployed_domains(workspace: Workspace, base: str, skip: Collection[str] = ()) -> tuple[str, ...]:
    """Return the domains with a deployment below a target's folder, sorted. A folder alone is none: `validate` makes one.

    Those in `skip` are left out, and not looked at.
    """
    folders = [
        entry.path
        for entry in workspace.entries(base) or ()
        if entry.kind is RemoteKind.FOLDER and is_domain_name(name := entry.path.rpartition("/")[2]) and name not in skip
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = zip(folders, pool.map(lambda folder: _is_deployed(workspace, folder), folders), strict=True)
        return tuple(sorted(folder.rpartition("/")[2] for folder, is_deployed in found if is_deployed))


def _is_deployed(workspace: Workspace, root: str) -> bool:
    try:
        names = {entry.path.rpartition("/")[2] for entry in workspace.entries(f"{root}/state") or ()}
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        return True  # as below
    if names & {RECORD, "resources.json", "deployment.json", "metadata.json", LOCK}:
        return True
    # A plain bundle in the folder above has such folders of its own.
    return root.rpartition("/")[2] not in _PARTS and _has_files(workspace, root)


def _has_files(workspace: Workspace, root: str) -> bool:
    try:
        # `validate` makes the folder, and leaves it empty.
        return bool(workspace.entries(f"{root}/files"))
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        # Its own deploy will say so; the others go on.
        return True


def writers(workspace: Workspace, folder: str, user: User) -> tuple[Grant, ...]:
    """Return who else may write a folder, and so the deployments and the records in it. Admins always may."""
    try:
        grants = workspace.grants(folder)
    except RemoteError as error:
        if error.fault in {Fault.MISSING, Fault.PERMISSION}:
            return ()
        raise
    return tuple(
        grant
        for grant in grants
        if grant.level in {"CAN_EDIT", "CAN_MANAGE"} and grant.principal not in {user.name, "admins"}
    )


@dataclass(frozen=True, slots=True)
class Due:
    """Why a deployment is due, and in words what keeps its record from being believed."""

    because: Because
    why: str | None = None


def find_due(deployed: Observed, fingerprint: str | None, repository: str) -> Due | None:
    """Return why a deployment should be made anew, or gone; nothing where the workspace has what the head has.

    `fingerprint` is the head's; nothing where the domain is gone there.
    """
    if deployed.is_absent and fingerprint is not None:
        return Due("first-deploy")
    if deployed.is_absent and deployed.holder is None:
        return None
    if fingerprint is None:
        return Due("removed")
    why = untrusted_reason(
        deployed.record, deployed.state, repository=repository, target=deployed.target, domain=deployed.domain
    )
    if why is None and deployed.holder is not None:
        # A deploy by hand that was killed at its upload leaves new files, and nothing but its lock to tell of them.
        why = f"its lock is held by {deployed.holder}: a run is going on, or died"
    if why is None:
        return None if deployed.applied_fingerprint == fingerprint else Due("changed")
    is_failed = isinstance(deployed.record, Record) and not deployed.record.is_clean
    return Due("failed-attempt" if is_failed else "untrusted-record", why)


def check_state(deployed: Observed) -> None:
    """Raise `Refused` where the state is lost or can't be read: the CLI would make everything a second time, or stop."""
    recover = f"Run: scope recover --target {deployed.target} --domain {deployed.domain}"
    resources = deployed.state.resources
    for name in deployed.state.unusable:
        is_newer = FileState.NEWER in {resources.file_state, deployed.state.files.file_state}
        what = (
            "was written by a newer CLI. Install that version, then run this again." if is_newer else f"is broken. {recover}"
        )
        raise Refused(f"{deployed.paths.state}/{name} {what}")
    applied = deployed.record.applied if isinstance(deployed.record, Record) else None
    if applied is None or applied.lineage is None:
        return
    if resources.file_state is FileState.ABSENT:
        raise Refused(
            f"{deployed.paths.state}/resources.json is gone, although {deployed.target}/{deployed.domain} was deployed: "
            f"everything would be made a second time. {recover}"
        )
    if resources.lineage != applied.lineage:
        raise Refused(
            f"{deployed.paths.state}/resources.json is of another lineage than the one that was recorded. {recover}"
        )
