"""In-memory doubles of the ports, for checks that need no process and no server. tests/contract holds them to the ports."""

import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from scope.errors import Fault, RemoteError
from scope.model import Grant, RemoteEntry, RemoteKind, RemoteResource, User


@dataclass
class InMemoryWorkspace:
    """A workspace that is a few dictionaries. `failing` holds paths at which every call raises that fault."""

    host: str = "https://workspace.example.com"
    name: str = "tester@databricks.com"
    held: dict[str, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=lambda: {"/Workspace"})
    granted: dict[str, set[Grant]] = field(default_factory=dict)
    owned: dict[RemoteResource, str] = field(default_factory=dict)
    running: set[RemoteResource] = field(default_factory=set)
    named: set[tuple[str, str]] = field(default_factory=set)
    failing: dict[str, Fault] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)

    def user(self) -> User:
        return User(self.name, self.name.partition("@")[0])

    def read(self, path: str) -> bytes | None:
        self._check(path)
        return self.held.get(path)

    def write(self, path: str, content: bytes) -> None:
        self._check(path)
        self._need_parent(path)
        self.held[path] = content

    def create(self, path: str, content: bytes) -> bool:
        self._check(path)
        self._need_parent(path)
        with self._lock:
            if path in self.held:
                return False
            self.held[path] = content
            return True

    def delete(self, path: str, *, recursive: bool = False) -> bool:
        self._check(path)
        if path in self.held:
            del self.held[path]
            return True
        if path not in self.folders:
            return False
        below = [name for name in (*self.held, *self.folders) if name.startswith(f"{path}/")]
        if below and not recursive:
            raise RemoteError(Fault.INVALID, f"{path} isn't empty.")
        self.folders -= {path, *below}
        self.held = {name: content for name, content in self.held.items() if name not in below}
        return True

    def make_folder(self, path: str) -> None:
        self._check(path)
        parts = path.split("/")
        self.folders |= {"/".join(parts[:depth]) for depth in range(2, len(parts) + 1)}

    def entries(self, folder: str) -> tuple[RemoteEntry, ...] | None:
        self._check(folder)
        if folder not in self.folders:
            return None
        found = [RemoteEntry(path, RemoteKind.FILE) for path in self.held if path.rpartition("/")[0] == folder]
        found += [RemoteEntry(path, RemoteKind.FOLDER) for path in self.folders if path.rpartition("/")[0] == folder]
        return tuple(sorted(found))

    def files(self, folder: str) -> tuple[RemoteEntry, ...]:
        self._check(folder)
        return tuple(sorted(RemoteEntry(path, RemoteKind.FILE) for path in self.held if path.startswith(f"{folder}/")))

    def grants(self, folder: str) -> tuple[Grant, ...]:
        self._check(folder)
        if folder not in self.folders:
            raise RemoteError(Fault.MISSING, f"{folder} isn't there.")
        return tuple(sorted(self.granted.get(folder, set())))

    def add_resource(self, kind: str, name: str, metadata_path: str) -> RemoteResource:
        """Put a job or pipeline into the workspace, as a bundle's deploy would."""
        resource = RemoteResource(kind, str(next(self._ids)), name)
        self.owned[resource] = metadata_path
        return resource

    def resources_of(self, metadata_path: str, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        found = (resource for resource, path in self.owned.items() if path == metadata_path)
        return tuple(sorted(resource for resource in found if names is None or resource.name in names))

    def active(self, resources: Iterable[RemoteResource]) -> tuple[RemoteResource, ...]:
        return tuple(sorted(self.running & set(resources)))

    def delete_resource(self, resource: RemoteResource) -> bool:
        return self.owned.pop(resource, None) is not None

    def has_named(self, kind: str, full_name: str) -> bool | None:
        if kind not in {"catalogs", "schemas", "volumes", "registered_models"}:
            return None
        return (kind, full_name) in self.named

    def _check(self, path: str) -> None:
        for place, fault in self.failing.items():
            if path == place or path.startswith(f"{place}/"):
                raise RemoteError(fault, f"{path}: {fault}.")

    def _need_parent(self, path: str) -> None:
        if path.rpartition("/")[0] not in self.folders:
            raise RemoteError(Fault.MISSING, f"The folder of {path} isn't there.")
