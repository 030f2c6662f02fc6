"""What scope needs from the world outside, each behind a small protocol with one real implementation in `adapters`."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from scope.model import Change, Entry


class Git(Protocol):
    """One repository. Objects are named in hex; paths are relative to the repository's root."""

    @property
    def is_shallow(self) -> bool:
        """Return whether history ends early, so that a missing merge base proves nothing."""
        ...

    @property
    def empty_tree(self) -> str:
        """Return the tree without entries, whether or not the repository holds it."""
        ...

    def fetch(self, commit: str) -> bool:
        """Try to fetch a commit from `origin`; return whether git could."""
        ...

    def commit(self, ref: str) -> str | None:
        """Return the commit that `ref` names and that is really in this clone."""
        ...

    @property
    def branch(self) -> str | None:
        """Return the branch that HEAD is on; nothing on a detached HEAD."""
        ...

    @property
    def origin(self) -> str | None:
        """Return the URL of the remote `origin`, as it is configured."""
        ...

    def root_tree(self, commit: str) -> str:
        """Return the tree of a commit."""
        ...

    def work_tree(self) -> str:
        """Return a tree of the work tree as `git add --all` would see it; leaves no trace in the repository."""
        ...

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor of two commits, or nothing."""
        ...

    def changes(self, base_tree: str, head_tree: str) -> tuple[Change, ...]:
        """Compare two trees directly, sorted by path. Renames are off, and paths come as they are, not quoted."""
        ...

    def tree(self, oid: str) -> Mapping[str, Entry]:
        """Return the entries directly in a tree."""
        ...

    def trees(self, oids: Iterable[str]) -> None:
        """Read many trees at once, so that `tree` answers each of them from memory."""
        ...

    def blob(self, oid: str) -> bytes:
        """Return a file's content."""
        ...

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """Return the contents of many files; one fetch for what a partial clone lacks."""
        ...

    def grep(self, tree: str, patterns: Iterable[str], folders: Iterable[str]) -> frozenset[str]:
        """Return the files below `folders` of a tree with a line that one of the extended regular expressions matches."""
        ...

    def search(self, tree: str, patterns: Iterable[str], folders: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return (path, text) for every whole word below `folders` of a tree that one of the patterns matches."""
        ...
