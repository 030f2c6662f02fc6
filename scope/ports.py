"""What scope needs from outside, each part behind a small protocol with one real implementation in `adapters`."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from scope.model import (
    BundlePlan,
    Change,
    CiKind,
    Entry,
    Grant,
    NamedResource,
    RemoteEntry,
    RemoteResource,
    ResourceKey,
    StagedFile,
    User,
)

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
    ) -> frozenset[str]:
        """Return the files below `folders` of a tree with a line that one of the regular expressions matches.

        They are Perl's; `extended` has them as POSIX's extended ones, where those differ, for a git that has no others.
        The search ends with more files than `most`, the first in the order
        of git's trees.
        """
        ...


class Workspace(Protocol):
    """One Databricks workspace. Paths are absolute, with the `/Workspace` in front.

    A failure raises `RemoteError` with its class; each call is tried again for a few seconds if that may help.
    """

    @property
    def host(self) -> str:
        """Return the URL that the credentials are for, without a slash at the end."""
        ...

    def user(self) -> User:
        """Return who the credentials are. The first call notices in seconds that nobody answers."""
        ...

    def now(self) -> datetime:
        """Return the time by the workspace's clock, in whole seconds: no later than what is created from now on."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None if there is no file."""
        ...

    def read_files(self, folder: str, names: Collection[str]) -> Mapping[str, bytes]:
        """Return the contents of those of some files directly in a folder that there are, by name.

        Cheaper than to read each, and no less certain.
        """
        ...

    def read_jupyter(self, path: str) -> bytes | None:
        """Return a notebook in Jupyter's format, or None if there is none."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write a file, over one that exists. Its folder must exist."""
        ...

    def create(self, path: str, content: bytes) -> bool:
        """Write a file only if there is none; return whether there was none. Its folder must exist.

        Of many callers at once, exactly one gets True. If its response got lost, it may get False after all: read back.
        """
        ...

    def delete(self, path: str, *, recursive: bool = False) -> bool:
        """Delete a file, or a folder with what is in it; return whether it was there."""
        ...

    def make_folder(self, path: str) -> None:
        """Create a folder and those above it, unless they exist."""
        ...

    def entries(self, folder: str) -> tuple[RemoteEntry, ...] | None:
        """Return the entries directly in a folder, sorted, or None if there is no such folder."""
        ...

    def files(self, folder: str) -> tuple[RemoteEntry, ...]:
        """Return every file and notebook below a folder, sorted; none if there is no such folder."""
        ...

    def grants(self, folder: str) -> tuple[Grant, ...]:
        """Return who may do what with a folder, sorted."""
        ...

    def resources_of(self, metadata_path: str, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        """Return the jobs and pipelines that say they belong to the deployment with this `metadata.json`, sorted.

        With `names`, only resources of these names are read: much cheaper, and blind to all others.
        """
        ...

    def owned_below(self, folder: str, names: frozenset[str] | None = None) -> tuple[tuple[str, RemoteResource], ...]:
        """Return the jobs and pipelines of all deployments below a folder, sorted, each after its `metadata.json`.

        That reads every job and pipeline of the workspace; with `names`, only those of these names.
        """
        ...

    def active(self, resources: Iterable[RemoteResource]) -> tuple[RemoteResource, ...]:
        """Return those of some jobs and pipelines that are running now, sorted."""
        ...

    def delete_resource(self, resource: RemoteResource, *, force: bool = False) -> bool:
        """Delete a resource; return whether it was there.

        A schema with anything in it stays, and that is an error, unless `force` is set.
        """
        ...

    def named(self, kind: str, full_name: str) -> tuple[NamedResource, ...] | None:
        """Return the resources of this kind and name, sorted by id, or None for kinds that have no such names."""
        ...


class BundleCli(Protocol):
    """The Databricks CLI in one stage. A failure raises `CliError` with its class; what it printed is in the log file."""

    def plan(self) -> BundlePlan:
        """Return the plan of a deploy. Writes nothing to the workspace."""
        ...

    def state_file(self) -> bytes | None:
        """Return the stage's own `resources.json`: it knows the most after a failed attempt, and a `plan`."""
        ...

    def seed_state(self, content: bytes) -> None:
        """Put a `resources.json` into the stage: where the workspace has none, the CLI goes by it."""
        ...

    def deploy(self, plan: BundlePlan) -> None:
        """Upload the files and apply exactly a plan that this stage has made, deletions included.

        A plan of another state than the workspace's is `Fault.STALE_PLAN`, and nothing is applied. A plan without a state
        is applied whatever is there; one that hides values is made anew by the CLI. Wheels must have been uploaded.
        """
        ...

    def staged_files(self, paths: Iterable[str]) -> Mapping[str, StagedFile]:
        """Return those of some paths that are plain files of the stage, as they lie there now."""
        ...

    def keep(self, files: Mapping[str, StagedFile]) -> frozenset[str]:
        """Have the next deploy leave these files as an earlier one uploaded them, while the stage holds them so.

        Call it after `plan`. Returns the paths that it will leave: none if the CLI keeps its books otherwise than expected.
        """
        ...

    def forget_uploads(self) -> None:
        """Have the next deploy upload every file, whatever this stage has uploaded. Call it before `plan`."""
        ...

    def wheel(self, name: str) -> bytes | None:
        """Return a file that the last plan has built or names, or None if the stage has none of this name."""
        ...

    def bind(self, key: ResourceKey, resource_id: str) -> None:
        """Put an existing resource into the state, under the key that the stage defines it by."""
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
