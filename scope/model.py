"""The frozen values that the stages of scope hand to each other.

Paths are relative to the repository's root with `/` between parts; bytes that aren't UTF-8 are kept as surrogate escapes
(`os.fsdecode`), so that every path can be given back to git and the file system unchanged.
"""

from dataclasses import dataclass
from enum import StrEnum


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
