"""The frozen values of the workspace and of the CLI's plans, which everything that deploys hands to each other.

Apart from `model`, since a plan from git needs none of them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from scope.model import ResourceKey


class RemoteKind(StrEnum):
    """The kind of an object in the workspace."""

    FILE = "file"
    NOTEBOOK = "notebook"
    FOLDER = "folder"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class RemoteEntry:
    """One entry of a workspace folder, by its absolute path. A notebook's name has no extension there.

    `modified_at` is in milliseconds since 1970 by the workspace's clock, `size` in bytes; None where it tells neither.
    """

    path: str
    kind: RemoteKind
    modified_at: int | None = field(default=None, compare=False)
    size: int | None = field(default=None, compare=False)


class StagedFile(NamedTuple):
    """A file as it lies in a stage: the SHA-256 of its content in hex, its size in bytes, and when it was written.

    The time is in nanoseconds since 1970.
    """

    digest: str
    size: int
    written_at: int


# Kinds that say themselves to which deployment they belong.
TAGGED_KINDS = frozenset({"jobs", "pipelines"})


class RemoteResource(NamedTuple):
    """A resource in the workspace; `kind` is the bundle's word for it, such as `jobs` or `schemas`."""

    kind: str
    id: str
    name: str

    def __str__(self) -> str:
        """Return the kind in the singular, the name and the id, as messages have it."""
        return f"{self.kind.removesuffix('s')} `{self.name}` ({self.id})"


class NamedResource(NamedTuple):
    """A resource that was looked up by its name, with what the workspace tells of its origin; None where it tells nothing.

    `folder` is the absolute path of the folder that it lies in, for the kinds that lie in one.
    """

    id: str
    creator: str | None = None
    created_at: datetime | None = None
    folder: str | None = None


class Grant(NamedTuple):
    """Who may do what with a folder, directly or by inheritance, such as `CAN_MANAGE`."""

    principal: str
    level: str
    is_group: bool

    def is_of(self, user: "User") -> bool:
        """Whether a user has it directly: a group may be called like one."""
        return self.principal == user.name and not self.is_group


class User(NamedTuple):
    """Who the credentials are."""

    name: str
    short_name: str


class ActionKind(StrEnum):
    """An action of a plan on a resource, in the CLI's words. Any other word is `unknown`, and counts as destructive."""

    SKIP = "skip"
    CREATE = "create"
    UPDATE = "update"
    UPDATE_ID = "update_id"
    RESIZE = "resize"
    RECREATE = "recreate"
    DELETE = "delete"
    UNKNOWN = "unknown"


class PlanAction(NamedTuple):
    """One line of a plan.

    `name` is the name that the resource will have, `full_name` the one that the workspace finds it by, for kinds that have
    one. `is_gone` marks the deletion of a resource that isn't in the workspace any more.
    """

    key: ResourceKey
    action: ActionKind
    name: str | None = None
    full_name: str | None = None
    is_gone: bool = False

    @property
    def kind(self) -> str:
        """Return the bundle's word for the kind of the resource; `permissions` and `grants` are kinds of their own."""
        return self.key.child or self.key.kind


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """The actions of a deploy, sorted by key. Without a state in the workspace, lineage and serial aren't known.

    `content` is the CLI's own JSON, by which exactly this plan is applied; `hides_values` says that it lacks some, and then
    it can't be. `wheels` are the absolute paths in the workspace of the built files that it refers to.
    """

    actions: tuple[PlanAction, ...]
    lineage: str | None
    serial: int | None
    content: bytes = field(default=b"", repr=False, compare=False)
    wheels: tuple[str, ...] = ()
    hides_values: bool = False
