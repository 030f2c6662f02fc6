"""The frozen values that the stages of scope hand to each other.

Paths are relative to the repository's root with `/` between parts; bytes that aren't UTF-8 are kept as surrogate escapes
(`os.fsdecode`), so that every path can be given back to git and the file system unchanged.
"""

import re
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


_RESOURCE_KEY = r"resources\.([a-z][a-z0-9_]*)\.([^.]+)(?:\.(.+))?"


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
        match = re.fullmatch(_RESOURCE_KEY, text)
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


class Step(NamedTuple):
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
