"""Git without a process: trees and blobs in memory, made from path → content. The double of the port `Git`.

It answers as git does where scope depends on it: objects are named by content, regular expressions see one line at a time,
and a pattern that git would take for several is refused.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from scope.errors import ScopeError
from scope.model import Change, Entry, Kind, Status
from scope.ports import Found
from scope.repository.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Node:
    """One file of a tree: a regular one, a symlink (its content is where it leads), a submodule (the commit)."""

    content: bytes
    kind: Kind = Kind.FILE


Files = Mapping[str, "str | bytes | Node"]


class FakeGit:
    """A repository that holds whatever trees a test makes. It has no commits but those that a test names."""

    def __init__(self) -> None:
        self.searched: list[tuple[str, ...]] = []
        """The folders of each search."""
        self.files_read = 0
        self._blobs: dict[str, bytes] = {}
        self._trees: dict[str, dict[str, Entry]] = {}
        self.is_shallow = False
        self.branch: str | None = "main"
        self.origin: str | None = None
        self.commits: dict[str, str] = {}
        """Name of a ref → commit; a commit here is named like its tree."""
        self.ancestors: dict[frozenset[str], str] = {}
        """Two commits → their merge base, or several with spaces between them."""
        self.counts: dict[tuple[str, str], int] = {}
        """Older and newer commit → how many the newer has more."""
        self.fetchable: set[str] = set()

    def make(self, files: Files) -> str:
        """Return the tree that holds these files."""
        folders: dict[str, dict[str, Entry]] = {}
        below: dict[str, dict[str, str | bytes | Node]] = {}
        for path, content in files.items():
            first, slash, rest = path.partition("/")
            if slash:
                below.setdefault(first, {})[rest] = content
            else:
                folders.setdefault("", {})[first] = self._add(content)
        entries = folders.get("", {})
        if entries.keys() & below.keys():
            raise ValueError(f"Both a file and a folder: {sorted(entries.keys() & below.keys())}")
        entries |= {name: Entry(Kind.FOLDER, self.make(inside)) for name, inside in below.items()}
        lines = "\n".join(f"{entry.kind} {entry.oid} {name!r}" for name, entry in sorted(entries.items()))
        oid = _oid(b"tree", lines.encode())
        self._trees[oid] = entries
        return oid

    def snapshot(self, files: Files) -> Snapshot:
        """Return a look at a tree of these files."""
        return Snapshot(self, self.make(files))

    def _add(self, content: str | bytes | Node) -> Entry:
        node = content if isinstance(content, Node) else Node(content.encode() if isinstance(content, str) else content)
        oid = _oid(b"blob", node.content)
        self._blobs[oid] = node.content
        return Entry(node.kind, oid)

    # The port

    @property
    def empty_tree(self) -> str:
        return self.make({})

    def fetch(self, commit: str) -> bool:
        if commit in self.fetchable:
            self.commits[commit] = commit
        return commit in self.fetchable

    def commit(self, ref: str) -> str | None:
        return self.commits.get(ref)

    def object_kind(self, ref: str) -> str | None:
        return "commit" if ref in self.commits else None

    def root_tree(self, commit: str) -> str:
        return commit

    def work_tree(self) -> str:
        return self.commits["HEAD"]

    def merge_base(self, one: str, other: str) -> str | None:
        return next(iter(self.merge_bases(one, other)), None)

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        ancestors = one if one == other else self.ancestors.get(frozenset({one, other}), "")
        return tuple(ancestors.split())

    def count_between(self, older: str, newer: str) -> int:
        return 0 if older == newer else self.counts[older, newer]

    def changes(self, base_tree: str, head_tree: str) -> tuple[Change, ...]:
        base, head = self._listed(base_tree, ""), self._listed(head_tree, "")
        changes = [
            Change(path, _status(base.get(path), head.get(path)), base.get(path), head.get(path))
            for path in base.keys() | head.keys()
            if base.get(path) != head.get(path)
        ]
        return tuple(sorted(changes, key=lambda change: change.path))

    def _listed(self, tree: str, prefix: str) -> dict[str, Entry]:
        listed: dict[str, Entry] = {}
        for name, entry in self._trees[tree].items():
            if entry.kind is Kind.FOLDER:
                listed |= self._listed(entry.oid, f"{prefix}{name}/")
            else:
                listed[prefix + name] = entry
        return listed

    def tree(self, oid: str) -> Mapping[str, Entry]:
        return self._trees[oid]

    def trees(self, oids: Iterable[str]) -> None:
        """Everything is in memory already."""

    def blob(self, oid: str) -> bytes:
        return self.blobs([oid])[oid]

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        contents = {oid: self._blobs[oid] for oid in oids}
        self.files_read += len(contents)
        return contents

    def grep(
        self,
        tree: str,
        patterns: Iterable[str],
        folders: Iterable[str],
        extended: Iterable[str] = (),
        most: int | None = None,
    ) -> Found:
        del extended
        wanted, listed = tuple(patterns), tuple(folders)
        self.searched.append(listed)
        if not wanted:
            return Found()
        expression = _compiled(wanted)
        prefixes = tuple(f"{folder}/" for folder in listed)
        found = (
            path
            for path, entry in self._listed(tree, "").items()
            if entry.kind is Kind.FILE and path.startswith(prefixes) and expression.search(self._blobs[entry.oid])
        )
        first = sorted(found, key=os.fsencode)[: None if most is None else most + 1]
        is_whole = most is None or len(first) <= most
        last = os.fsencode(first[-1]) if first else b""
        begins = {folder: os.fsencode(folder) + b"/" for folder in listed}
        searched = (one for one, begin in begins.items() if is_whole or (begin < last and not last.startswith(begin)))
        return Found(frozenset(first), frozenset(searched))


@lru_cache(maxsize=10_000)
def _oid(kind: bytes, content: bytes) -> str:
    return hashlib.sha1(kind + b"\0" + content, usedforsecurity=False).hexdigest()


@lru_cache(maxsize=1000)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[bytes]:
    """Compile POSIX extended regular expressions, as far as scope writes them."""
    if any("\n" in pattern for pattern in patterns):
        raise ScopeError("`git grep` can't look for a text with a line end in it.")
    expression = "|".join(f"(?:{pattern})" for pattern in patterns)
    # Of a line only: `\s` would go on to the next one.
    expression = expression.replace("[:space:]", r" \t\r\f\v").replace("[:alnum:]", "A-Za-z0-9").replace("[^", r"[^\n")
    return re.compile(expression.encode("utf-8", "surrogateescape"), re.MULTILINE)


def _status(before: Entry | None, after: Entry | None) -> Status:
    if before is None or after is None:
        return Status.ADDED if before is None else Status.DELETED
    return Status.MODIFIED if before.kind is after.kind else Status.TYPE
