"""The results of a run as `results.json`: the facts that the summary shows, for programs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from scope.documents.document import TOOL
from scope.model import Action

OutcomeName = Literal["deployed", "destroyed", "nothing", "superseded", "refused", "locked", "stopped", "failed"]


class Outcome(StrEnum):
    """The outcome of one deployment."""

    DEPLOYED = "deployed"
    DESTROYED = "destroyed"
    NOTHING = "nothing"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    LOCKED = "locked"
    STOPPED = "stopped"
    FAILED = "failed"


# Nothing is left to do after these.
DONE = frozenset({Outcome.DEPLOYED, Outcome.DESTROYED, Outcome.NOTHING, Outcome.SUPERSEDED})


def exit_code(outcomes: Iterable[str]) -> int:
    """Return the exit code for some outcomes: a failure beats a refusal, a refusal beats a lock."""
    unfinished = set(outcomes) - DONE
    if unfinished - {Outcome.REFUSED, Outcome.LOCKED}:
        return 1
    return 3 if Outcome.REFUSED in unfinished else 4 if Outcome.LOCKED in unfinished else 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many resources were created, changed and deleted, and files uploaded.

    A resource that was recreated counts as deleted and created. Files that lie in the workspace already aren't uploaded.
    """

    created: int = 0
    changed: int = 0
    deleted: int = 0
    uploaded: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """The address of a resource, by its key, or of the deployment's folder."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one deployment, as the summary and results.json have it.

    `destructive` is the list that needed approval, and `digest` the one that approves it. `links` lead to what was deployed.
    """

    id: str
    target: str
    domain: str
    action: Action
    because: str | None
    outcome: OutcomeName
    fault: str | None
    message: str | None
    created: int
    changed: int
    deleted: int
    uploaded: int
    destructive: tuple[str, ...]
    digest: str | None
    seconds: float
    log: str | None
    links: tuple[Link, ...] = ()


SCHEMA_VERSION: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class Results:
    """Version 1 of the file. Keys may be added, never renamed. `exit_code` is the command's."""

    target: str
    commit: str | None
    dirty: bool
    run_url: str | None
    exit_code: int
    in_sync: int
    results: tuple[Result, ...]
    schema_version: Literal[1] = SCHEMA_VERSION
    tool: str = TOOL


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, as docs/results.schema.json publishes it."""
    from pydantic import TypeAdapter  # only the check of the published schema needs it

    schema = TypeAdapter(Results).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
