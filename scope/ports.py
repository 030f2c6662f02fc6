"""What scope needs from outside, each part behind a small protocol with one real implementation in `adapters`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from scope.model import Change, CiKind, Entry

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Kept(Protocol):
    """What earlier runs found out. A name says all that its value depends on; nothing need be kept."""

    def get(self, name: str) -> str | None:
        """Return what was kept under a name, or None."""
        ...

    def put(self, name: str, value: str) -> None:
        """Keep a value."""
        ...


class Workers(Protocol):
    """Somebody who does the same to many things, perhaps to several at once."""

    def map(self, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
        """Yield what `work` makes of each item, in their order. What else it does may be lost."""
        ...


class Found(NamedTuple):
    """The files that a search finds, and the folders that it has gone through to their ends."""

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()


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

    def object_kind(self, ref: str) -> str | None:
        """Return `commit`, `tree`, `blob` or `tag`: what `ref` names in this clone; None where it names nothing."""
        ...

    @property
    def branch(self) -> str | None:
        """Return the branch that HEAD is on, or None if HEAD is detached."""
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
        """Return the best common ancestor of two commits, or None if they have none."""
        ...

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """Return every best common ancestor of two commits, `merge_base` first: several after criss-cross merges."""
        ...

    def count_between(self, older: str, newer: str) -> int:
        """Return how many commits `newer` has that `older` hasn't, as far as this clone's history goes."""
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

    def grep(
        self,
        tree: str,
        patterns: Iterable[str],
        folders: Iterable[str],
        extended: Iterable[str] = (),
        most: int | None = None,
    ) -> Found:
        """Return the files below `folders` of a tree with a line that one of the regular expressions matches.

        They are Perl's; `extended` has them as POSIX's extended ones, where those differ, for a git that has no others.
        The search ends with more files than `most`, whichever they are.
        """
        ...


class Ci(Protocol):
    """The CI system that a command runs in, and the pull or merge request of the run.

    It carries texts and renders none: `kind` says to the renderers what it can show. Only `put_comment` sends anything.
    """

    @property
    def kind(self) -> CiKind:
        """Return whose it is."""
        ...

    @property
    def run_url(self) -> str | None:
        """Return the page of the run that this is part of, or None outside of one."""
        ...

    @property
    def artifacts_url(self) -> str | None:
        """Return the page of the run's artifacts, where there is one."""
        ...

    @property
    def repository(self) -> str | None:
        """Return the repository's name, as people call it there."""
        ...

    @property
    def may_print_logs(self) -> bool:
        """Return whether logs may be printed. They hold the configuration of resources, and a run's log many people read."""
        ...

    @property
    def has_summary(self) -> bool:
        """Return whether `write_summary` has a place to write to."""
        ...

    def write_outputs(self, outputs: Mapping[str, str]) -> None:
        """Hand values to the jobs that follow. Raises `UsageError` outside of a run."""
        ...

    def write_summary(self, markdown: str) -> None:
        """Add a page to what people see of the run. Raises `UsageError` outside of a run."""
        ...

    def put_comment(self, body: str, marker: str, number: int | None) -> str:
        """Update the comment of the run's own that begins with `marker`, or add it; return its URL.

        Without a number, it is on the request that the run is for. Raises `ScopeError`.
        """
        ...
