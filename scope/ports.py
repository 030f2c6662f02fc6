"""What scope needs from the world outside, each behind a small protocol with one real implementation in `adapters`."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from scope.model import BundlePlan, Change, Entry, Grant, RemoteEntry, RemoteResource, User


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

    def grep(self, tree: str, patterns: Iterable[str], folders: Iterable[str]) -> frozenset[str]:
        """Return the files below `folders` of a tree with a line that one of the extended regular expressions matches."""
        ...


class Workspace(Protocol):
    """One Databricks workspace. Paths are absolute, with the `/Workspace` in front.

    What goes wrong raises `RemoteError` with its class; each call is tried again for a few seconds where that may help.
    """

    @property
    def host(self) -> str:
        """Return the URL that the credentials are for, without a slash at the end."""
        ...

    def user(self) -> User:
        """Return who the credentials are. The first call notices in seconds that nobody answers."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or nothing where there is none."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write a file over what was there. Its folder must be there."""
        ...

    def create(self, path: str, content: bytes) -> bool:
        """Write a file only where there is none; return whether there was none. Its folder must be there.

        Of many callers at once, exactly one is told so. The one whose answer got lost may be told that it wasn't: read back.
        """
        ...

    def delete(self, path: str, *, recursive: bool = False) -> bool:
        """Delete a file, or a folder with what is in it; return whether it was there."""
        ...

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it, where they aren't there."""
        ...

    def entries(self, folder: str) -> tuple[RemoteEntry, ...] | None:
        """Return what lies directly in a folder, sorted; nothing where there is no such folder."""
        ...

    def files(self, folder: str) -> tuple[RemoteEntry, ...]:
        """Return every file and notebook below a folder, sorted; none where there is no such folder."""
        ...

    def grants(self, folder: str) -> tuple[Grant, ...]:
        """Return who may do what with a folder, sorted."""
        ...

    def resources_of(self, metadata_path: str, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        """Return the jobs and pipelines that say they belong to the deployment with this `metadata.json`, sorted.

        With `names`, only those that are called so are looked at: much cheaper, and blind for all others.
        """
        ...

    def owned_below(self, folder: str) -> tuple[tuple[str, RemoteResource], ...]:
        """Return the jobs and pipelines of all deployments below a folder, sorted, each behind its `metadata.json`.

        Everything in the workspace is looked at for that.
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

    def ids_named(self, kind: str, full_name: str) -> tuple[str, ...] | None:
        """Return the ids of what is of this kind and has this name, sorted; nothing for kinds that aren't found by one."""
        ...


class BundleCli(Protocol):
    """The Databricks CLI in one stage. A failure raises `CliError` with its class; what it printed is in the log file."""

    def plan(self) -> BundlePlan:
        """Return what a deploy would do. Writes nothing to the workspace."""
        ...

    def state_file(self) -> bytes | None:
        """Return the stage's own `resources.json`: after an attempt that didn't end, and a `plan`, it knows the most."""
        ...

    def deploy(self) -> None:
        """Upload the files and bring the resources to what the stage says, deletions included."""
        ...

    def destroy(self) -> None:
        """Delete every resource in the state and the deployment's whole folder."""
        ...

    def bind(self, key: str, resource_id: str) -> None:
        """Put an existing resource into the state, under the key (without its kind) that the stage defines it by."""
        ...

    def unbind(self, key: str) -> None:
        """Take a resource out of the state and leave it as it is."""
        ...
