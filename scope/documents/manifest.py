"""The manifest: what to deploy and why, as a JSON file. Everything is sorted, free of times and absolute paths.

The values are named tuples: as dataclasses, their thirteen classes would take longer to make than git needs to compare two
trees. Reading one is strict, in `manifest_reader`.
"""

from typing import Literal, NamedTuple

from scope.documents.document import TOOL
from scope.model import Action, Because, Step

SCHEMA_VERSION: Literal[1] = 1
# GitHub and Azure Pipelines end a matrix at 256 jobs.
MAX_MATRIX_JOBS = 256

Mode = Literal["none", "scoped", "full"]


class Head(NamedTuple):
    """What is looked at: a commit, or the work tree on top of one."""

    ref: str
    commit: str | None
    dirty: bool


class Base(NamedTuple):
    """What it is compared with."""

    kind: Literal["merge-base", "record", "none"]
    ref: str | None
    commit: str | None
    reason: str | None = None


class ManifestChange(NamedTuple):
    """One path that differs, and how many deployments it reaches; why, where it reaches none or everything."""

    id: str
    base: str
    path: str
    status: Literal["added", "modified", "deleted", "type"]
    moved_to: str | None
    effect: Literal["content", "cosmetic"]
    reaches: int
    reason: str | None


class Cause(NamedTuple):
    """Why a deployment is in the set: a change, and the shortest way from it."""

    change: str
    path: tuple[Step, ...]


class Fingerprints(NamedTuple):
    """The closure's digest on both sides; None if the deployment doesn't exist there, or if nobody asked for it."""

    base: str | None
    head: str | None


class Deploy(NamedTuple):
    """One deployment of the set. `folder` is that of its bundle, `.` for the repository's root."""

    id: str
    target: str
    domain: str
    action: Action
    because: Because
    base: str
    fingerprint: Fingerprints
    sources: tuple[str, ...]
    resources: tuple[str, ...]
    causes: tuple[Cause, ...]
    folder: str = "."


class Reader(NamedTuple):
    """A domain that reads a table of one that deploys: to review, not to deploy."""

    id: str
    of: str
    table: str
    path: str
    line: int


class MatrixEntry(NamedTuple):
    """One job of a workflow's matrix: a target, domains with spaces between them, the environment with its identity.

    `folder` is that of the domain's bundle, `.` for the repository's root. Empty for domains of several folders, and for one
    whose name has more than letters, digits and `._/-`.
    """

    id: str
    target: str
    domains: str
    environment: str
    folder: str = "."


class Matrix(NamedTuple):
    """What a workflow gives to `strategy.matrix`."""

    include: tuple[MatrixEntry, ...] = ()


class Warn(NamedTuple):
    """Something that a person should know about the numbers."""

    code: str
    path: str
    line: int
    message: str


class ManifestMove(NamedTuple):
    """A resource that goes to another domain or key, such as `sales.jobs.refresh`.

    `line` is what declares it in `moves.toml`, or would: without it a deploy refuses.
    """

    source: str
    destination: str
    declared: bool
    line: str


class LivePlan(NamedTuple):
    """What the CLI's own plan of one deployment would do to resources; `problem` says why there is none.

    `digest` approves exactly the `destructive` list, where a deploy would ask for that.

    One of a deployment that isn't in `deploy` is here because it changes something that scope can't explain.
    """

    id: str
    create: int
    update: int
    delete: int
    recreate: int
    destructive: tuple[str, ...]
    digest: str | None
    problem: str | None


class Manifest(NamedTuple):
    """Version 1 of the file. Keys may be added, never renamed."""

    mode: Mode
    against: Literal["main", "deployed"]
    targets: tuple[str, ...]
    head: Head
    bases: dict[str, Base]
    changes: tuple[ManifestChange, ...]
    deploy: tuple[Deploy, ...]
    readers: tuple[Reader, ...]
    matrix: Matrix
    warnings: tuple[Warn, ...]
    live: tuple[LivePlan, ...] = ()
    moves: tuple[ManifestMove, ...] = ()
    schema_version: Literal[1] = SCHEMA_VERSION
    tool: str = TOOL
