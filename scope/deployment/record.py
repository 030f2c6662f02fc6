"""The record of a deployment, `<root>/state/scope.json`: the last attempt there, and the last one that was applied.

*Attempted* is written before the CLI starts, *applied* after it succeeded and was verified. The CLI's own `metadata.json` is
no proof: a failed, refused or killed deploy has uploaded files while that file still names the old commit. The record is
believed only if it agrees with the state files beside it; an invalid one makes the whole domain deploy.
"""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote, unquote, urlsplit

from scope import __version__
from scope.deployment.approval import Approval
from scope.deployment.evidence import PendingCreates
from scope.deployment.inventory import Inventory
from scope.deployment.state import DeploymentState, FileState
from scope.deployment.target import DeploymentId
from scope.names import is_commit_name
from scope.workspace_ports import Workspace

if TYPE_CHECKING:
    from pydantic import TypeAdapter

NAME = "scope.json"
VERSION: Literal[1] = 1
# A record is a few kilobytes; a much longer file isn't one.
_LONGEST = 1_000_000
_STRICT: dict[str, object] = {"strict": True, "extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One deploy or destroy that began.

    `creates` tells which resources that the workspace didn't have before may exist after an unclean end, and be ours.
    `approval` covers the list that was approved, so that a repeated run may do the rest of it. `values` has a digest of
    each value that the environment gave, by the variable's name.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    id: str
    action: Literal["deploy", "destroy"]
    commit: str | None
    fingerprint: str | None
    dirty: bool
    actor: str
    started_at: str
    run_url: str | None
    scope_version: str
    cli_version: str
    creates: PendingCreates = field(default_factory=PendingCreates)
    approval: Approval | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """The attempt that succeeded last, when that was by the workspace's clock, and the state files' own numbers after it.

    `lineage` and `serial` are those of `resources.json`, `upload_seq` and `upload_digest` those of `deployment.json`.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    attempt: Attempt
    finished_at: str
    lineage: str | None
    serial: int | None
    upload_seq: int
    upload_digest: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A resource that was moved, by its id, from one domain and key to another, such as `sales.jobs.refresh`."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    id: str
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class Record:
    """The whole file.

    `inventory` has the ids that the state had when something was last applied, without jobs and pipelines, which are
    tagged with their deployment: a lost state is rebuilt from it. `moved` has what came here, or left, by declared moves;
    it is written before the states are.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    repository: str
    target: str
    domain: str
    attempted: Attempt
    applied: Applied | None
    inventory: Inventory = field(default_factory=Inventory)
    moved: tuple[Moved, ...] = ()
    record_version: Literal[1] = VERSION

    @property
    def deployment(self) -> DeploymentId:
        """Return the deployment that the record is of."""
        return DeploymentId(self.target, self.domain)

    @property
    def partners(self) -> tuple[str, ...]:
        """Return the other domains that resources came from or went to, sorted."""
        addresses = (address for moved in self.moved for address in (moved.source, moved.destination))
        return tuple(sorted({address.partition(".")[0] for address in addresses} - {self.domain}))

    @property
    def is_clean(self) -> bool:
        """Return whether the last attempt is the one that was applied."""
        return self.applied is not None and self.applied.attempt == self.attempted


@dataclass(frozen=True, slots=True)
class InvalidRecord:
    """A record that can't be read, and why."""

    why: str


def new_attempt(
    action: Literal["deploy", "destroy"],
    *,
    commit: str | None,
    fingerprint: str | None,
    dirty: bool,
    actor: str,
    run_url: str | None,
    cli_version: str,
    creates: PendingCreates | None = None,
    approval: Approval | None = None,
    values: Mapping[str, str] | None = None,
) -> Attempt:
    """Return an attempt that begins now, unlike any other."""
    return Attempt(
        id=str(uuid.uuid4()),
        action=action,
        commit=commit,
        fingerprint=fingerprint,
        dirty=dirty,
        actor=actor,
        started_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        run_url=run_url,
        scope_version=__version__,
        cli_version=cli_version,
        creates=creates or PendingCreates(),
        approval=approval,
        values=values or {},
    )


def read_record(workspace: Workspace, state_path: str) -> Record | InvalidRecord | None:
    """Return a deployment's record, or None if there is none."""
    content = workspace.read(f"{state_path}/{NAME}")
    return None if content is None else parse_record(content)


def write_record(workspace: Workspace, state_path: str, record: Record) -> None:
    """Write a deployment's record. Its folder is there: the lock lies in it."""
    workspace.write(f"{state_path}/{NAME}", dumps(record))


def dumps(record: Record) -> bytes:
    """Return the record as the file holds it: its version first."""
    tree = _adapter().dump_python(record, mode="json")
    return (json.dumps({"record_version": tree.pop("record_version"), **tree}, indent=1, ensure_ascii=True) + "\n").encode()


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, as docs/record.schema.json publishes it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_adapter().json_schema()}


def parse_record(content: bytes) -> Record | InvalidRecord:
    """Return the record that a file holds, or why it is invalid."""
    from pydantic import ValidationError  # 60 ms, and only what reads a target needs it

    if len(content) > _LONGEST:
        return InvalidRecord("it is too long to be a record")
    try:
        version = json.loads(content).get("record_version")
    except (ValueError, AttributeError, RecursionError):
        return InvalidRecord("it isn't JSON")
    if type(version) is not int:
        return InvalidRecord("it doesn't say its version")
    if version > VERSION:
        return InvalidRecord(f"a newer scope wrote it (version {version})")
    try:
        record = _adapter().validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        return InvalidRecord(f"`{'.'.join(str(part) for part in first['loc'])}`: {first['msg']}")
    attempts = (record.attempted, *((record.applied.attempt,) if record.applied else ()))
    if any(attempt.commit is not None and not is_commit_name(attempt.commit) for attempt in attempts):
        # It goes to git, where a name that begins with a hyphen would be an option.
        return InvalidRecord("`commit` isn't a commit's name")
    if any(key.is_child for key in (*record.attempted.creates.names, *record.inventory)):
        return InvalidRecord("`creates` or `inventory` has a key that isn't a resource's own")
    return record


@cache
def _adapter() -> "TypeAdapter[Record]":
    from pydantic import TypeAdapter

    return TypeAdapter(Record)


def untrusted_reason(
    record: Record | InvalidRecord | None, state: DeploymentState, *, repository: str, deployment: DeploymentId
) -> str | None:
    """Return why a record doesn't tell what runs in the workspace, or None if it does.

    Whether that is what should run there is for the fingerprint to say.
    """
    if record is None:
        return "there is no record"
    if isinstance(record, InvalidRecord):
        return f"the record is invalid: {record.why}"
    if record.deployment != deployment:
        return f"the record is of {record.deployment}"
    if record.repository != repository:
        return f"the record is of another repository, {record.repository or 'one without an origin'}"
    if record.applied is None or not record.is_clean:
        return f"an attempt of {record.attempted.started_at} by {record.attempted.actor} did not complete"
    return _contradiction(record.applied, state)


def _contradiction(applied: Applied, state: DeploymentState) -> str | None:
    if state.unusable:
        return f"{' and '.join(state.unusable)} can't be read"
    if state.files.file_state is FileState.ABSENT:
        return "deployment.json is gone"
    if (state.files.seq, state.files.digest) != (applied.upload_seq, applied.upload_digest):
        return f"something else deployed since (seq {state.files.seq}, recorded was {applied.upload_seq})"
    if (state.resources.lineage, state.resources.serial) != (applied.lineage, applied.serial):
        return "the state isn't the one that was recorded"
    return None


def repository_name(origin: str | None) -> str:
    """Return one name for a repository, however its origin is written; nothing secret is in it.

    >>> repository_name("git@github.com:Acme/Data.git") == repository_name("https://x:y@github.com/acme/data")
    True
    >>> ssh, https = "git@ssh.dev.azure.com:v3/acme/data platform/etl", "https://me@dev.azure.com/acme/data%20platform/_git/etl"
    >>> repository_name(ssh) == repository_name(https)
    True
    """
    if not origin:
        return ""
    scp = re.fullmatch(r"(?:[^@/:]+@)?([^/:]+):(?!//)(.+)", origin)
    if scp:
        host, path = scp[1], scp[2]
    else:
        parts = urlsplit(origin)
        host, path = parts.netloc.rpartition("@")[2], parts.path
    name = f"{host}/{path.strip('/').removesuffix('.git')}".lower().removeprefix("/")
    # Azure Repos calls one repository by different paths over ssh and https.
    ssh = re.fullmatch(r"ssh\.(dev\.azure\.com)(?::22)?/v3/([^/]+)/([^/]+)/([^/]+)", name)
    return "/".join([ssh[1], ssh[2], quote(unquote(ssh[3])), "_git", quote(unquote(ssh[4]))]) if ssh else name
