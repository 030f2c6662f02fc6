"""What git prints about objects and differences, read into values: one reader process, two parsers."""

import os
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, NamedTuple

from scope.errors import ScopeError
from scope.model import Change, Entry, Kind, Status

if TYPE_CHECKING:
    import subprocess

# Requests written before answers are read: below a pipe's capacity (64 KiB), so that neither side can block the other.
_BATCH = 500
_KINDS = {b"40000": Kind.FOLDER, b"120000": Kind.SYMLINK, b"160000": Kind.SUBMODULE}


class GitObject(NamedTuple):
    """An object's id and its content."""

    oid: str
    content: bytes


class ObjectReader:
    """One `git cat-file --batch` process: a request is a line, an answer is a header and the object."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        """Take over a started process."""
        self._process = process
        if process.stdin is None or process.stdout is None:
            raise ScopeError("git was started without pipes.")
        self._requests: IO[bytes] = process.stdin
        self._answers: IO[bytes] = process.stdout

    def read(self, name: bytes) -> GitObject | None:
        """Return the object that a name stands for, or None if the clone has no such object."""
        self._requests.write(name + b"\n")
        self._requests.flush()
        return self._answer()

    def read_many(self, oids: list[str]) -> Iterator[GitObject]:
        """Return many objects in their order. Raises `ScopeError` if one is missing."""
        for start in range(0, len(oids), _BATCH):
            batch = oids[start : start + _BATCH]
            self._requests.write("".join(f"{oid}\n" for oid in batch).encode())
            self._requests.flush()
            for oid in batch:
                git_object = self._answer()
                if git_object is None:
                    raise ScopeError(f"The object {oid} isn't in this clone. Run `git fsck`, or clone again.")
                yield git_object

    def _answer(self) -> GitObject | None:
        header = self._answers.readline()
        if not header:
            raise ScopeError("git ended while it was reading objects. Run `git fsck` to see whether the clone is whole.")
        # A name may hold spaces; oid, type and size are the only form with a number at the end.
        parts = header.split()
        if header.endswith((b" missing\n", b" ambiguous\n")) or len(parts) != 3 or not parts[2].isdigit():
            return None
        content = self._answers.read(int(parts[2]))
        self._answers.read(1)
        return GitObject(parts[0].decode(), content)

    def close(self) -> None:
        """End the process."""
        self._requests.close()
        self._answers.close()
        self._process.wait()


def parse_tree(content: bytes, oid_length: int) -> Iterator[tuple[str, Entry]]:
    """Return the entries of a tree object, by name."""
    position = 0
    while position < len(content):
        space = content.index(b" ", position)
        end = content.index(b"\0", space)
        after = end + 1 + oid_length
        kind = _KINDS.get(content[position:space], Kind.FILE)
        yield os.fsdecode(content[space + 1 : end]), Entry(kind, content[end + 1 : after].hex())
        position = after


def parse_raw_diff(answer: bytes) -> Iterator[Change]:
    """Return the changes that `git diff-tree -z --raw` printed."""
    fields = answer.split(b"\0")
    for header, name in zip(fields[0::2], fields[1::2], strict=False):
        old_mode, new_mode, old_oid, new_oid, letter = header.removeprefix(b":").split(b" ")
        before, after = _entry(old_mode, old_oid), _entry(new_mode, new_oid)
        status = {b"A": Status.ADDED, b"D": Status.DELETED, b"T": Status.TYPE}.get(letter[:1], Status.MODIFIED)
        yield Change(os.fsdecode(name), status, before, after)


def _entry(mode: bytes, oid: bytes) -> Entry | None:
    return None if mode == b"000000" else Entry(_KINDS.get(mode, Kind.FILE), oid.decode())
