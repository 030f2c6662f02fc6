"""The CLI's own state files of a deployment, read strictly: that a file can't be read is an answer too, never a guess.

Only what the controller relies on is read. Keys that a newer CLI adds are ignored; versions that aren't known here aren't.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scope.deployment.inventory import Inventory
from scope.inference.notebook_files import remote_name
from scope.workspace_ports import Workspace

# The highest version of `resources.json` that the tested CLI reads.
STATE_VERSION = 3
FILES = frozenset({"resources.json", "deployment.json"})


class FileState(StrEnum):
    """Whether there is a state file, and whether it can be read."""

    ABSENT = "absent"
    READABLE = "readable"
    BROKEN = "broken"
    NEWER = "newer"


@dataclass(frozen=True, slots=True)
class ResourceState:
    """`resources.json`: which resources the deployment owns, with their ids; and the file itself, if it can be read."""

    file_state: FileState
    lineage: str | None = None
    serial: int | None = None
    inventory: Inventory = field(default_factory=Inventory)
    content: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def known_ids(self) -> frozenset[str]:
        """Return the ids of all resources."""
        return frozenset(self.inventory.values())


@dataclass(frozen=True, slots=True)
class UploadState:
    """`deployment.json`: the files of the last upload, relative to the deployment's `files`, notebooks as they were named.

    `names` has what each is called in the workspace, where notebooks have no extension. `digest` is that of the
    file: the time of the upload is in it, so no two share it, while `seq` starts again if somebody deletes the file.
    """

    file_state: FileState
    seq: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    digest: str | None = None

    @property
    def local(self) -> frozenset[str]:
        """Return the files as they are called in the stage."""
        return frozenset(self.names)

    @property
    def remote(self) -> frozenset[str]:
        """Return the files as they are called in the workspace."""
        return frozenset(self.names.values())


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """Both files of one deployment, as they lie in the workspace."""

    resources: ResourceState
    files: UploadState

    @property
    def is_absent(self) -> bool:
        """Return whether the CLI has never left anything here."""
        return self.resources.file_state is FileState.ABSENT and self.files.file_state is FileState.ABSENT

    @property
    def unusable(self) -> tuple[str, ...]:
        """Return the names of the files that the CLI couldn't read either, or shouldn't."""
        named = (("resources.json", self.resources.file_state), ("deployment.json", self.files.file_state))
        return tuple(name for name, file_state in named if file_state in {FileState.BROKEN, FileState.NEWER})


def read_state(workspace: Workspace, state_path: str) -> DeploymentState:
    """Return the CLI's state of a deployment, from its `state` folder."""
    return parse_state(workspace.read_files(state_path, FILES))


def parse_state(contents: Mapping[str, bytes]) -> DeploymentState:
    """Return the CLI's state of a deployment, from the contents of the files in its `state` folder, by name."""
    return DeploymentState(parse_resources(contents.get("resources.json")), parse_files(contents.get("deployment.json")))


def parse_resources(content: bytes | None) -> ResourceState:
    """Return the content of `resources.json`."""
    if content is None:
        return ResourceState(FileState.ABSENT)
    tree = _mapping(content)
    if tree is None:
        return ResourceState(FileState.BROKEN)
    version, lineage, serial, state = (tree.get(key) for key in ("state_version", "lineage", "serial", "state"))
    if isinstance(version, int) and version > STATE_VERSION:
        return ResourceState(FileState.NEWER)
    if not isinstance(version, int) or not isinstance(lineage, str) or not lineage or type(serial) is not int:
        return ResourceState(FileState.BROKEN)
    if not (state is None or isinstance(state, dict)):
        return ResourceState(FileState.BROKEN)
    try:
        inventory = Inventory.parse({key: _resource_id(value) for key, value in (state or {}).items()})
    except ValueError:
        return ResourceState(FileState.BROKEN)
    return ResourceState(FileState.READABLE, lineage, serial, inventory, content)


def _resource_id(value: object) -> str:
    resource_id = value.get("__id__") if isinstance(value, dict) else None
    if not isinstance(resource_id, str):
        raise ValueError("The entry has no id")  # noqa: TRY004  its caller asks whether the file can be used
    return resource_id


def parse_files(content: bytes | None) -> UploadState:
    """Return the content of `deployment.json`."""
    if content is None:
        return UploadState(FileState.ABSENT)
    tree = _mapping(content)
    if tree is None:
        return UploadState(FileState.BROKEN)
    version, seq, files = (tree.get(key) for key in ("version", "seq", "files"))
    if isinstance(version, int) and version > 1:
        return UploadState(FileState.NEWER)
    if version != 1 or type(seq) is not int or not (files is None or isinstance(files, list)):
        return UploadState(FileState.BROKEN)
    names: dict[str, str] = {}
    for item in files or ():
        path = item.get("local_path") if isinstance(item, dict) else None
        if not isinstance(path, str) or not path or path.startswith("/") or ".." in path.split("/"):
            return UploadState(FileState.BROKEN)
        names[path] = remote_name(path) if item.get("is_notebook") is True else path
    return UploadState(FileState.READABLE, seq, names, hashlib.sha256(content).hexdigest())


def _mapping(content: bytes) -> Mapping[str, object] | None:
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict) else None
