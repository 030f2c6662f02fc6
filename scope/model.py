"""The frozen values that the stages of scope hand to each other.

Paths are relative to the repository's root with `/` between parts; bytes that aren't UTF-8 are kept as surrogate escapes
(`os.fsdecode`), so that every path can be given back to git and the file system unchanged.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple


class Kind(StrEnum):
    """The kind of a tree entry. The executable bit doesn't count: neither the workspace nor a stage keeps it."""

    FILE = "file"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"
    FOLDER = "folder"


class Status(StrEnum):
    """How a path differs between base and head. A move is a deletion and an addition."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    TYPE = "type"


class Effect(StrEnum):
    """Whether a change can alter what runs, or only how it reads."""

    CONTENT = "content"
    COSMETIC = "cosmetic"


class Entry(NamedTuple):
    """One entry of a git tree: its kind and the name of its object, in hex."""

    kind: Kind
    oid: str


class Change(NamedTuple):
    """One path of a git diff, with its entries before and after."""

    path: str
    status: Status
    before: Entry | None
    after: Entry | None


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


_RESOURCE_KEY = re.compile(r"resources\.([a-z][a-z0-9_]*)\.([^.]+)(?:\.(.+))?")


class ResourceKey(NamedTuple):
    """The key of a resource in a bundle. `child` names what belongs to one: its `permissions` or `grants`.

    >>> ResourceKey.parse("resources.jobs.refresh.permissions").resource.short
    'jobs.refresh'
    """

    kind: str
    name: str
    child: str = ""

    @classmethod
    def parse(cls, text: str) -> "ResourceKey":
        """Return the key that a plan or a state has in full; raise `ValueError` for any other text."""
        match = _RESOURCE_KEY.fullmatch(text)
        if match is None:
            raise ValueError(f"`{text}` isn't the key of a resource")
        return cls(match[1], match[2], match[3] or "")

    def __str__(self) -> str:
        """Return the key in full, as plans and states have it."""
        return f"resources.{self.short}"

    @property
    def short(self) -> str:
        """Return the key without the word that all keys begin with."""
        return ".".join(filter(None, (self.kind, self.name, self.child)))

    @property
    def is_child(self) -> bool:
        """Return whether this isn't a resource itself, but belongs to one."""
        return bool(self.child)

    @property
    def resource(self) -> "ResourceKey":
        """Return the key of the resource itself."""
        return ResourceKey(self.kind, self.name)


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


class Finding(NamedTuple):
    """Something to tell a person about a place in the repository.

    `line` and `column` count from 1; 0 if the finding is about the whole file.
    """

    path: str
    line: int
    code: str
    message: str
    column: int = 0

    def __str__(self) -> str:
        """Return `path:line:column: message`, without the parts that aren't known."""
        place = ":".join([self.path, *(str(number) for number in (self.line, self.column) if number)])
        return f"{place}: {self.message}"


Action = Literal["deploy", "destroy"]


Because = Literal[
    "changed", "rule", "first-deploy", "failed-attempt", "untrusted-record", "base-unreachable", "new-value", "removed"
]


@dataclass(frozen=True, slots=True)
class Step:
    """One node on the path from a change to a domain, and the kind of the edge that leads to it."""

    node: str
    edge: str


class CiKind(StrEnum):
    """Whose jobs a run of scope is part of."""

    GITHUB = "github"
    AZURE_DEVOPS = "azure"
    GITLAB = "gitlab"


def quote_path(path: str) -> str:
    """Return a path as the manifest writes it: as it is, or as git quotes it if it isn't UTF-8.

    A path that begins with a quotation mark is quoted too, so that nothing is ambiguous.
    """
    raw = path.encode("utf-8", "surrogateescape")
    if not path.startswith('"'):
        try:
            return raw.decode()
        except UnicodeDecodeError:
            pass
    plain = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03o}" for byte in raw)
    return f'"{plain}"'
