"""The record of a deployment, `<root>/state/scope.json`: what was last attempted there, and what was last applied.

*Attempted* is written before the CLI starts, *applied* after it succeeded and was verified. The CLI's own `metadata.json` is
no proof: a failed, refused or killed deploy has uploaded files while that file still names the old commit. The record is
believed only where it agrees with the state files beside it; anything odd about it makes the whole domain deploy.
"""

import dataclasses
import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlsplit

from scope import __version__
from scope.deployment.state import DeploymentState, FileState
from scope.ports import Workspace

if TYPE_CHECKING:
    from pydantic import TypeAdapter

NAME = "scope.json"
VERSION: Literal[1] = 1
# A record is a few hundred bytes; whatever is much longer isn't one.
_LONGEST = 1_000_000
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_KEY = re.compile(r"resources\.[a-z_]+\.[^.]+")
_STRICT: dict[str, object] = {"strict": True, "extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One deploy or destroy that was begun.

    `creates` are the keys and names of what the workspace didn't have before: after an unclean end, what is there is ours.
    `approved` is the list that was approved, by its digest, so that a repeated run may do the rest of it.
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
    creates: tuple[tuple[str, str], ...] = ()
    approved_digest: str | None = None
    approved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """The attempt that succeeded last, and the state files' own numbers after it; `upload_digest` is deployment.json's."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    attempt: Attempt
    lineage: str | None
    serial: int | None
    seq: int
    upload_digest: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The whole file.

    `inventory` are the keys and ids that the state had when something was last applied, without jobs and pipelines, which
    are tagged with their deployment: a lost state is rebuilt from it.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    repository: str
    target: str
    domain: str
    attempted: Attempt
    applied: Applied | None
    inventory: tuple[tuple[str, str], ...] = ()
    record_version: Literal[1] = VERSION

    @property
    def is_clean(self) -> bool:
        """Return whether the last attempt is the one that was applied."""
        return self.applied is not None and self.applied.attempt == self.attempted


@dataclass(frozen=True, slots=True)
class InvalidRecord:
    """A record that can't be believed, and why."""

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
    creates: tuple[tuple[str, str], ...] = (),
    approved_digest: str | None = None,
    approved: tuple[str, ...] = (),
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
        scope_version=f"scope {__version__}",
        cli_version=cli_version,
        creates=creates,
        approved_digest=approved_digest,
        approved=approved,
    )


def read_record(workspace: Workspace, state_path: str) -> Record | InvalidRecord | None:
    """Return a deployment's record; nothing where there is none."""
    content = workspace.read(f"{state_path}/{NAME}")
    return None if content is None else parse_record(content)


def write_record(workspace: Workspace, state_path: str, record: Record) -> None:
    """Write a deployment's record. Its folder is there: the lock lies in it."""
    workspace.write(f"{state_path}/{NAME}", dumps(record))


def dumps(record: Record) -> bytes:
    """Return the record as the file holds it."""
    return (json.dumps(dataclasses.asdict(record), indent=1, ensure_ascii=True) + "\n").encode()


def parse_record(content: bytes) -> Record | InvalidRecord:
    """Return what a record file says, or why it can't be believed."""
    from pydantic import ValidationError  # noqa: PLC0415  60 ms, and only what reads a target needs it

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
        found = _adapter().validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        return InvalidRecord(f"`{'.'.join(str(part) for part in first['loc'])}`: {first['msg']}")
    attempts = (found.attempted, *((found.applied.attempt,) if found.applied else ()))
    if any(attempt.commit is not None and not _COMMIT.fullmatch(attempt.commit) for attempt in attempts):
        # It goes to git, where a name that begins with a hyphen would be an option.
        return InvalidRecord("`commit` isn't a commit's name")
    if not all(_KEY.fullmatch(key) for key, _ in (*found.attempted.creates, *found.inventory)):
        return InvalidRecord("`creates` or `inventory` has a key that can't be a resource's")
    return found


@cache
def _adapter() -> "TypeAdapter[Record]":
    from pydantic import TypeAdapter  # noqa: PLC0415  as above

    return TypeAdapter(Record)


def untrusted_reason(
    record: Record | InvalidRecord | None, state: DeploymentState, *, repository: str, target: str, domain: str
) -> str | None:
    """Return why a record doesn't tell what runs in the workspace; nothing where it does.

    It doesn't say whether what runs there is what should: that is for the fingerprint.
    """
    if record is None:
        return "there is no record"
    if isinstance(record, InvalidRecord):
        return f"the record is odd: {record.why}"
    if (record.target, record.domain) != (target, domain):
        return f"the record is of {record.target}/{record.domain}"
    if record.repository != repository:
        return f"the record is of another repository, {record.repository or 'one without an origin'}"
    if record.applied is None or not record.is_clean:
        return f"an attempt of {record.attempted.started_at} by {record.attempted.actor} didn't end well"
    return _contradiction(record.applied, state)


def _contradiction(applied: Applied, state: DeploymentState) -> str | None:
    if state.unusable:
        return f"{' and '.join(state.unusable)} can't be read"
    if state.files.file_state is FileState.ABSENT:
        return "deployment.json is gone"
    if (state.files.seq, state.files.digest) != (applied.seq, applied.upload_digest):
        return f"something else deployed since (seq {state.files.seq}, recorded was {applied.seq})"
    if (state.resources.lineage, state.resources.serial) != (applied.lineage, applied.serial):
        return "the state isn't the one that was recorded"
    return None


def repository_name(origin: str | None) -> str:
    """Return one name for a repository, however its origin is written; nothing secret is in it.

    >>> repository_name("git@github.com:Acme/Data.git") == repository_name("https://x:y@github.com/acme/data")
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
    return f"{host}/{path.strip('/').removesuffix('.git')}".lower().removeprefix("/")


def to_json(record: Record) -> dict[str, Any]:
    """Return the record as plain values, for machine output."""
    return dataclasses.asdict(record)
