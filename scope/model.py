"""The frozen values that the stages of scope hand to each other.

Paths are relative to the repository's root with `/` between parts; bytes that aren't UTF-8 are kept as surrogate escapes
(`os.fsdecode`), so that every path can be given back to git and the file system unchanged.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """What a tree entry is. The executable bit is no difference: neither the workspace nor a stage keeps it."""

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


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a git tree: its kind and the name of its object, in hex."""

    kind: Kind
    oid: str


@dataclass(frozen=True, slots=True)
class Change:
    """One path of a git diff, with what was there and what is there now."""

    path: str
    status: Status
    before: Entry | None
    after: Entry | None


class RemoteKind(StrEnum):
    """What lies at a path of the workspace."""

    FILE = "file"
    NOTEBOOK = "notebook"
    FOLDER = "folder"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class RemoteEntry:
    """One entry of a workspace folder, by its absolute path. A notebook's name has no extension there."""

    path: str
    kind: RemoteKind


# Kinds that say themselves to which deployment they belong.
TAGGED_KINDS = frozenset({"jobs", "pipelines"})


@dataclass(frozen=True, slots=True, order=True)
class RemoteResource:
    """A resource in the workspace; `kind` is the bundle's word for it, such as `jobs` or `schemas`."""

    kind: str
    id: str
    name: str

    def __str__(self) -> str:
        """Return the kind in the singular, the name and the id, as messages have it."""
        return f"{self.kind.removesuffix('s')} `{self.name}` ({self.id})"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """Who may do what with a folder, directly or by inheritance, such as `CAN_MANAGE`."""

    principal: str
    level: str
    is_group: bool


@dataclass(frozen=True, slots=True)
class User:
    """Who the credentials are."""

    name: str
    short_name: str


class ActionKind(StrEnum):
    """What a plan does with a resource, in the CLI's words. What it doesn't know is `unknown`, and counts as destructive."""

    SKIP = "skip"
    CREATE = "create"
    UPDATE = "update"
    UPDATE_ID = "update_id"
    RESIZE = "resize"
    RECREATE = "recreate"
    DELETE = "delete"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class PlanAction:
    """One line of a plan. `key` is `resources.<kind>.<key>`, with `.permissions` or `.grants` behind it for those.

    `name` is what the resource will be called, `full_name` what the workspace finds it by, for kinds that have such a name.
    `is_gone` marks a deletion of what isn't in the workspace any more.
    """

    key: str
    action: ActionKind
    name: str | None = None
    full_name: str | None = None
    is_gone: bool = False

    @property
    def kind(self) -> str:
        """Return the bundle's word for the kind of the resource; `permissions` and `grants` are kinds of their own."""
        parts = self.key.split(".")
        return parts[3] if len(parts) > 3 else parts[1]

    @property
    def short_key(self) -> str:
        """Return the key without the word that all keys begin with."""
        return self.key.removeprefix("resources.")


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """What a deploy would do, sorted by key. Without a state in the workspace, lineage and serial aren't known."""

    actions: tuple[PlanAction, ...]
    lineage: str | None
    serial: int | None


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something to tell a person about a place in the repository.

    `line` and `column` count from 1; 0 where the finding is about the whole file.
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


Because = Literal["changed", "rule", "first-deploy", "failed-attempt", "untrusted-record", "base-unreachable", "removed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One node on the way from a change to a domain, and the kind of the edge that leads to it."""

    node: str
    edge: str


def quote_path(path: str) -> str:
    """Return a path as the manifest writes it: as it is, or as git quotes it where it isn't UTF-8.

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
