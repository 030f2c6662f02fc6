"""What deploys need from the workspace and from the CLI, as `ports` has what a plan needs from git."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from scope.model import ResourceKey
from scope.workspace_model import BundlePlan, Grant, NamedResource, RemoteEntry, RemoteResource, StagedFile, User


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
