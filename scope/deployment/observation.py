"""The deployments of a target, as its workspace has them, and which of them are due.

The set is defined by fingerprints: a deployment is in it when what was last applied, as far as that can be believed, isn't
what the head has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from scope.deployment.evidence import PendingCreates
from scope.deployment.lock import NAME as LOCK
from scope.deployment.lock import LockInfo, parse_lock
from scope.deployment.metadata import read_cli_repository
from scope.deployment.presence import has_leftovers
from scope.deployment.record import NAME as RECORD
from scope.deployment.record import Applied, Attempt, InvalidRecord, Record, parse_record, untrusted_reason
from scope.deployment.state import FILES, DeploymentState, FileState, ResourceState, UploadState, parse_state
from scope.deployment.target import DeploymentId, Paths
from scope.errors import Fault, Refused, RemoteError
from scope.model import Because
from scope.stage.values import PREFIX, DeployValues
from scope.workspace_model import Grant, User
from scope.workspace_ports import Workspace

# The state of the engine that the CLI had before; where there is one, the CLI goes on with it.
TERRAFORM = "terraform.tfstate"
_OBSERVED = FILES | {RECORD, LOCK, TERRAFORM}
_ABSENT = DeploymentState(ResourceState(FileState.ABSENT), UploadState(FileState.ABSENT))


@dataclass(frozen=True, slots=True)
class Observed:
    """One deployment as it lies in the workspace; of one that isn't there, only the names of its folders."""

    id: DeploymentId
    paths: Paths
    record: Record | InvalidRecord | None
    state: DeploymentState
    lock_info: LockInfo | None
    has_leftovers: bool = False
    """Files of a deployment without anything that tells of it."""
    unseen: str | None = None
    """Why it couldn't be looked into, if that isn't permitted: then nothing else here says anything."""
    cli_repository: str | None = None
    """The repository that the CLI last deployed from, as records name it; only looked for if there is no valid record."""
    is_terraform: bool = False
    """Whether the CLI deployed it with Terraform, whose state scope doesn't read."""

    @property
    def valid_record(self) -> Record | None:
        """Return the record, if there is one that can be read."""
        return self.record if isinstance(self.record, Record) else None

    @property
    def repository(self) -> str | None:
        """Return the repository that it is a deployment of, as far as anything tells."""
        return self.valid_record.repository or None if self.valid_record is not None else self.cli_repository

    @property
    def last_attempt(self) -> Attempt | None:
        """Return the last attempt, as far as it was recorded."""
        return self.valid_record.attempted if self.valid_record is not None else None

    @property
    def unfinished_attempt(self) -> Attempt | None:
        """Return the last attempt if it did not complete."""
        return None if self.is_clean else self.last_attempt

    @property
    def applied(self) -> Applied | None:
        """Return the last applied attempt, whether or not it can be believed."""
        return self.valid_record.applied if self.valid_record is not None else None

    @property
    def is_absent(self) -> bool:
        """Return whether nothing was ever deployed or attempted here."""
        nothing = self.record is None and self.state.is_absent
        return nothing and not self.has_leftovers and self.unseen is None and not self.is_terraform

    @property
    def is_clean(self) -> bool:
        """Return whether the last attempt, as far as it was recorded, completed."""
        return self.valid_record is not None and self.valid_record.is_clean

    @property
    def applied_fingerprint(self) -> str | None:
        """Return the fingerprint of what was last applied, whether or not it can be believed."""
        return self.applied.attempt.fingerprint if self.applied is not None else None

    @property
    def applied_values(self) -> Mapping[str, str]:
        """Return the digests of the values that were given to what was last applied, by name."""
        return self.applied.attempt.values if self.applied is not None else {}

    @property
    def commits(self) -> tuple[str, ...]:
        """Return the commits on record, of the last attempt first: files of it may be there, even if it failed."""
        attempts = (self.last_attempt, self.applied.attempt if self.applied is not None else None)
        return tuple(attempt.commit for attempt in attempts if attempt is not None and attempt.commit is not None)

    @property
    def pending_creates(self) -> PendingCreates:
        """Return what an attempt that did not complete may have created."""
        return PendingCreates() if self.unfinished_attempt is None else self.unfinished_attempt.creates


@dataclass(frozen=True, slots=True)
class Observations:
    """The deployments of a target, by domain, as they were at one time by the workspace's clock, or after it.

    `unlisted` says why the folder that they lie in couldn't be listed, if that isn't permitted: then they are those of the
    head alone.
    """

    read_at: datetime
    by_domain: Mapping[str, Observed]
    unlisted: str | None = None


def observe(workspace: Workspace, deployment: DeploymentId, paths: Paths) -> Observed:
    """Read a deployment's record, state and lock from the workspace."""
    contents = workspace.read_files(paths.state, _OBSERVED)
    record = parse_record(contents[RECORD]) if RECORD in contents else None
    lock_info = parse_lock(contents[LOCK]) if LOCK in contents else None
    state = parse_state(contents)
    # Somebody may have deleted the state: then jobs may be left too, and this is no first deploy.
    is_lost = record is None and state.is_absent and has_leftovers(workspace, paths.root)
    # A lost record makes it nobody else's.
    is_told = isinstance(record, Record) or (record is None and state.is_absent and not is_lost)
    cli_repository = None if is_told else read_cli_repository(workspace, paths)
    is_terraform = TERRAFORM in contents and state.resources.file_state is FileState.ABSENT
    return Observed(
        deployment, paths, record, state, lock_info, is_lost, cli_repository=cli_repository, is_terraform=is_terraform
    )


def observe_if_permitted(workspace: Workspace, deployment: DeploymentId, paths: Paths) -> Observed:
    """Read the same; of a deployment that may not be read, only that and why."""
    try:
        return observe(workspace, deployment, paths)
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        why = f"{paths.root} may not be looked into, so nobody knows what it holds: {error}"
        return Observed(deployment, paths, None, _ABSENT, None, unseen=why)


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
        if grant.level in {"CAN_EDIT", "CAN_MANAGE"}
        and not grant.is_of(user)
        and (grant.principal, grant.is_group) != ("admins", True)
    )


@dataclass(frozen=True, slots=True)
class Due:
    """Why a deployment is due, and in words what keeps its record from being believed."""

    because: Because
    why: str | None = None


def find_due(observed: Observed, fingerprint: str | None, repository: str, values: DeployValues | None = None) -> Due | None:
    """Return why a deployment should be deployed or destroyed, or None if the workspace has what the head has.

    `fingerprint` is the head's, or None if the domain is gone there; `values` are those that the environment gives.
    """
    if observed.unseen is not None:
        # Its own deploy fails, and says so. One that the head doesn't have isn't known to be gone, or to be one at all.
        return None if fingerprint is None else Due("untrusted-record", observed.unseen)
    if observed.is_absent and fingerprint is not None:
        return Due("first-deploy")
    if observed.is_absent and observed.lock_info is None:
        return None
    if fingerprint is None:
        return Due("removed")
    why = untrusted_reason(observed.record, observed.state, repository=repository, deployment=observed.id)
    if why is None and observed.lock_info is not None:
        # A deploy by hand that was killed at its upload leaves new files, and nothing but its lock to tell of them.
        why = f"its lock is held by {observed.lock_info}: a run is going on, or died"
    if why is None and observed.applied_fingerprint != fingerprint:
        return Due("changed")
    if why is None:
        new = values.find_changed(observed.applied_values) if values is not None else ()
        return Due("new-value", f"the environment gives a new value to {' and '.join(new)}") if new else None
    is_failed = observed.valid_record is not None and not observed.is_clean
    return Due("failed-attempt" if is_failed else "untrusted-record", why)


def is_foreign(observed: Observed, repository: str) -> bool:
    """Return whether a deployment is certainly another repository's. A clone without an origin can't tell."""
    return bool(observed.repository and repository) and observed.repository != repository


def check_repository(observed: Observed, repository: str, root_place: str) -> None:
    """Raise `Refused` if a deployment is another repository's: both would overwrite each other at every deploy."""
    if not is_foreign(observed, repository):
        return
    raise Refused(
        f"{observed.paths.root} has a deployment of another repository than {repository}, and two can't share a root. "
        f"Change `root_path` ({root_place}) or the bundle's name in one of them. If it is the same, at a new address: "
        f"{observed.id.recover_command} --yes --new-repository"
    )


def check_values(observed: Observed, values: DeployValues) -> None:
    """Raise `Refused` if a value that the last deploy was given isn't given now: the bundle's default would replace it."""
    missing = values.find_missing(observed.applied_values)
    if missing:
        raise Refused(
            f"{observed.id} was last deployed with a value for {' and '.join(missing)}, and now there is none. "
            f"Set {' and '.join(PREFIX + name for name in missing)}, or take the name out of `variables` in [tool.scope]."
        )


def check_state(observed: Observed) -> None:
    """Raise `Refused` if the state is lost or can't be read: the CLI would create everything a second time, or stop."""
    check_readable(observed)
    recover = f"Run: {observed.id.recover_command}"
    path, resources = f"{observed.paths.state}/resources.json", observed.state.resources
    if observed.applied is None or observed.applied.lineage is None:
        return
    if resources.file_state is FileState.ABSENT:
        raise Refused(
            f"{path} is gone, although {observed.id} was deployed: everything would be created a second time. {recover}"
        )
    if resources.lineage != observed.applied.lineage:
        raise Refused(f"{path} is of another lineage than the one that was recorded. {recover}")


def check_readable(observed: Observed) -> None:
    """Raise `Refused` if a state file can't be read, or the deployment's is Terraform's."""
    if observed.is_terraform:
        raise Refused(
            f"{observed.id} was deployed with Terraform, whose state scope can't read: {observed.paths.state}/{TERRAFORM}. "
            f"Run `databricks bundle deployment migrate --target {observed.id.target}` in the bundle's folder, then retry."
        )
    state = observed.state
    for name in state.unusable:
        is_newer = FileState.NEWER in {state.resources.file_state, state.files.file_state}
        problem = (
            "was written by a newer CLI. Install that version, then run this again."
            if is_newer
            else f"is broken. Run: {observed.id.recover_command}"
        )
        raise Refused(f"{observed.paths.state}/{name} {problem}")
