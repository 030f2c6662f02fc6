"""In-memory doubles of the ports, for checks that need no process and no server. tests/contract holds them to the ports."""

import hashlib
import itertools
import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from scope.errors import CliError, Fault, RemoteError
from scope.model import ResourceKey
from scope.workspace_model import (
    TAGGED_KINDS,
    ActionKind,
    BundlePlan,
    Grant,
    NamedResource,
    PlanAction,
    RemoteEntry,
    RemoteKind,
    RemoteResource,
    StagedFile,
    User,
)


@dataclass
class InMemoryWorkspace:
    """A workspace that is a few dictionaries.

    `failing` holds paths at which every call raises that fault, and `read_only` those that may not be written or deleted.
    """

    host: str = "https://workspace.example.com"
    name: str = "tester@databricks.com"
    held: dict[str, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=lambda: {"/Workspace"})
    granted: dict[str, set[Grant]] = field(default_factory=dict)
    owned: dict[RemoteResource, str] = field(default_factory=dict)
    running: set[RemoteResource] = field(default_factory=set)
    unowned: set[RemoteResource] = field(default_factory=set)
    origins: dict[str, NamedResource] = field(default_factory=dict)
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    failing: dict[str, Fault] = field(default_factory=dict)
    read_only: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        # When each file was written: a clock of its own, which ticks once for each.
        self._ticks = itertools.count(1)
        self._written: dict[str, int] = {}

    def user(self) -> User:
        return User(self.name, self.name.partition("@")[0])

    def read(self, path: str) -> bytes | None:
        self._check(path)
        return self.held.get(path)

    def read_files(self, folder: str, names: Collection[str]) -> dict[str, bytes]:
        self._check(folder)
        return {name: content for name in names if (content := self.held.get(f"{folder}/{name}")) is not None}

    def read_jupyter(self, path: str) -> bytes | None:
        return self.read(path)

    def write(self, path: str, content: bytes) -> None:
        self._check(path)
        self._check_writable(path)
        self._need_parent(path)
        self._put(path, content)

    def create(self, path: str, content: bytes) -> bool:
        self._check(path)
        self._check_writable(path)
        self._need_parent(path)
        with self._lock:
            if path in self.held:
                return False
            self._put(path, content)
            return True

    def _put(self, path: str, content: bytes) -> None:
        self.held[path] = content
        self._written[path] = next(self._ticks)

    def _entry(self, path: str) -> RemoteEntry:
        return RemoteEntry(path, RemoteKind.FILE, self._written.get(path), len(self.held[path]))

    def delete(self, path: str, *, recursive: bool = False) -> bool:
        self._check(path)
        self._check_writable(path)
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
        entries = [self._entry(path) for path in self.held if path.rpartition("/")[0] == folder]
        entries += [RemoteEntry(path, RemoteKind.FOLDER) for path in self.folders if path.rpartition("/")[0] == folder]
        return tuple(sorted(entries))

    def files(self, folder: str) -> tuple[RemoteEntry, ...]:
        self._check(folder)
        return tuple(sorted(self._entry(path) for path in self.held if path.startswith(f"{folder}/")))

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

    def add_named(self, kind: str, full_name: str) -> RemoteResource:
        """Put a resource into the workspace that says nothing of a deployment."""
        resource = RemoteResource(kind, f"{kind}:{full_name}:{next(self._ids)}", full_name)
        self.unowned.add(resource)
        return resource

    def resources_of(self, metadata_path: str, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        owned = (resource for resource, path in self.owned.items() if path == metadata_path)
        return tuple(sorted(resource for resource in owned if names is None or resource.name in names))

    def owned_below(self, folder: str, names: frozenset[str] | None = None) -> tuple[tuple[str, RemoteResource], ...]:
        owned = ((path, item) for item, path in self.owned.items() if names is None or item.name in names)
        return tuple(sorted((path, item) for path, item in owned if path.startswith(f"{folder}/")))

    def active(self, resources: Iterable[RemoteResource]) -> tuple[RemoteResource, ...]:
        return tuple(sorted(self.running & set(resources)))

    def delete_resource(self, resource: RemoteResource, *, force: bool = False) -> bool:
        held = next((item for item in self.unowned if (item.kind, item.id) == (resource.kind, resource.id)), None)
        if held is not None:
            within = {item for item in self.unowned if resource.kind == "schemas" and item.name.startswith(f"{held.name}.")}
            if within and not force:
                raise RemoteError(Fault.INVALID, f"{resource} isn't empty.")
            self.unowned -= {held, *within}
            return True
        if resource.kind not in TAGGED_KINDS:
            raise RemoteError(Fault.INVALID, f"{resource} is of no kind that is deleted.")
        return self.owned.pop(resource, None) is not None

    def named(self, kind: str, full_name: str) -> tuple[NamedResource, ...] | None:
        if kind in TAGGED_KINDS:
            return None
        ids = sorted(item.id for item in self.unowned if full_name in {item.name, item.id} and item.kind == kind)
        return tuple(self.origins.get(one, NamedResource(one)) for one in ids)

    def now(self) -> datetime:
        return self.time

    def _check(self, path: str) -> None:
        for place, fault in self.failing.items():
            if path == place or path.startswith(f"{place}/"):
                raise RemoteError(fault, f"{path}: {fault}.")

    def _check_writable(self, path: str) -> None:
        if any(path == place or path.startswith(f"{place}/") for place in self.read_only):
            raise RemoteError(Fault.PERMISSION, f"{path}: forbidden.")

    def _need_parent(self, path: str) -> None:
        if path.rpartition("/")[0] not in self.folders:
            raise RemoteError(Fault.MISSING, f"The folder of {path} isn't there.")


@dataclass
class InMemoryCli:
    """The CLI over an in-memory workspace: resources are what its stage defines, files what it uploads.

    `jobs` are names by key; `named` are full names by kind and key, such as `schemas.a`. `files` are empty where `stage`
    isn't the folder that holds them.
    `before_deploy` is called when a deploy has begun and done nothing, `before_state` when everything is made and no state
    says so; what they raise ends the deploy.
    """

    workspace: InMemoryWorkspace
    root: str
    jobs: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    named: dict[str, str] = field(default_factory=dict)
    before_deploy: Callable[[], None] = field(default=lambda: None)
    before_state: Callable[[], None] = field(default=lambda: None)
    calls: list[str] = field(default_factory=list)
    seed: bytes | None = None
    creator: str = "me"
    wheels: dict[str, bytes] = field(default_factory=dict)
    stage: Path | None = None
    kept: frozenset[str] = frozenset()

    def within(self, stage: Path) -> Self:
        """Return itself, in a new stage."""
        self.stage, self.kept = stage, frozenset()
        return self

    def staged_files(self, paths: Iterable[str]) -> Mapping[str, StagedFile]:
        held = {path: self._content(path) for path in paths if path in self.files}
        return {path: StagedFile(hashlib.sha256(content).hexdigest(), len(content), 1) for path, content in held.items()}

    def keep(self, files: Mapping[str, StagedFile]) -> frozenset[str]:
        listed = json.loads(self.workspace.read(f"{self.root}/state/deployment.json") or b"{}").get("files", ())
        self.kept = frozenset(files.keys() & {item["local_path"] for item in listed})
        return self.kept

    def forget_uploads(self) -> None:
        self.kept = frozenset()

    def _content(self, path: str) -> bytes:
        file = self.stage / path if self.stage is not None else None
        return file.read_bytes() if file is not None and file.exists() else b""

    def plan(self) -> BundlePlan:
        self.calls.append("plan")
        state, held = self._state(), self._held()
        actions = [
            PlanAction(
                _key(key),
                ActionKind.SKIP if state.get(key) in held else ActionKind.CREATE,
                name,
                None if key.partition(".")[0] in TAGGED_KINDS else name,
            )
            for key, name in self._defined.items()
        ]
        actions += [
            PlanAction(_key(key), ActionKind.DELETE, is_gone=state[key] not in held)
            for key in state.keys() - self._defined.keys()
        ]
        has_state = self.state_file() is not None
        return BundlePlan(
            tuple(sorted(actions)),
            "lineage" if has_state else None,
            self._number("resources.json", "serial") if has_state else None,
            wheels=tuple(f"{self.root}/artifacts/.internal/{name}" for name in self.wheels),
        )

    def state_file(self) -> bytes | None:
        return self.workspace.read(f"{self.root}/state/resources.json") or self.seed

    def seed_state(self, content: bytes) -> None:
        self.seed = content

    def deploy(self, plan: BundlePlan) -> None:
        self.calls.append("deploy")
        self.before_deploy()
        with _cli_failures():
            if plan.lineage is not None and plan.serial != self._number("resources.json", "serial"):
                raise CliError(Fault.STALE_PLAN, "plan serial doesn't match state serial")
            self._deploy({action.key.short: action.action for action in plan.actions})

    def _deploy(self, actions: dict[str, ActionKind]) -> None:
        state = self._state()
        self.workspace.make_folder(f"{self.root}/files/src")
        for path in self.files:
            if path not in self.kept:
                self.workspace.make_folder(f"{self.root}/files/{path}".rpartition("/")[0])
                self.workspace.write(f"{self.root}/files/{path}", self._content(path))
        listed = [{"local_path": path, "is_notebook": False} for path in self.files]
        self._write("deployment.json", {"version": 1, "seq": self._number("deployment.json", "seq") + 1, "files": listed})
        for key in [key for key, action in actions.items() if action is ActionKind.DELETE]:
            self._remove({state.pop(key)})
        for key in [key for key, action in actions.items() if action is ActionKind.CREATE]:
            state[key] = self._make(key.partition(".")[0], self._defined[key])
        self.before_state()
        self._write_state(state)

    def wheel(self, name: str) -> bytes | None:
        return self.wheels.get(name)

    def bind(self, key: ResourceKey, resource_id: str) -> None:
        self.calls.append(f"bind {key.name} {resource_id}")
        with _cli_failures():
            if key.short not in self._defined:
                raise CliError(Fault.INVALID, f"no such resource: {key.name}")
            if resource_id not in self._held():
                raise CliError(Fault.MISSING, f"failed to fetch the resource, err: {resource_id} does not exist.")
            if self._state().get(key.short, resource_id) != resource_id:
                raise CliError(Fault.ALREADY_EXISTS, "Resource already managed")
            self._write_state({**self._state(), key.short: resource_id})

    @property
    def _defined(self) -> dict[str, str]:
        return {f"jobs.{key}": name for key, name in self.jobs.items()} | self.named

    def _held(self) -> set[str]:
        return {resource.id for resource in (*self.workspace.owned, *self.workspace.unowned)}

    def _make(self, kind: str, name: str) -> str:
        if kind in TAGGED_KINDS:
            return self.workspace.add_resource(kind, name, f"{self.root}/state/metadata.json").id
        if self.workspace.named(kind, name):
            raise CliError(Fault.ALREADY_EXISTS, f"{name} already exists")
        made = self.workspace.add_named(kind, name)
        if kind != "secret_scopes":
            self.workspace.origins[made.id] = NamedResource(made.id, self.creator, self.workspace.time)
        return made.id

    def _remove(self, ids: set[str]) -> None:
        self.workspace.owned = {item: path for item, path in self.workspace.owned.items() if item.id not in ids}
        self.workspace.unowned = {item for item in self.workspace.unowned if item.id not in ids}

    def _state(self) -> dict[str, str]:
        tree = json.loads(self.state_file() or b"{}").get("state", {})
        return {key.removeprefix("resources."): value["__id__"] for key, value in tree.items()}

    def _write_state(self, ids: dict[str, str]) -> None:
        state = {f"resources.{key}": {"__id__": resource_id} for key, resource_id in ids.items()}
        serial = self._number("resources.json", "serial") + 1
        self._write("resources.json", {"state_version": 2, "lineage": "lineage", "serial": serial, "state": state})

    def _number(self, name: str, key: str) -> int:
        return int(json.loads(self.workspace.read(f"{self.root}/state/{name}") or b"{}").get(key, 0))

    def _write(self, name: str, tree: object) -> None:
        self.workspace.make_folder(f"{self.root}/state")
        self.workspace.write(f"{self.root}/state/{name}", json.dumps(tree).encode())


def _key(short: str) -> ResourceKey:
    return ResourceKey.parse(f"resources.{short}")


@contextmanager
def _cli_failures() -> Iterator[None]:
    """What the workspace refuses, the CLI prints, and ends with a failure of its own."""
    try:
        yield
    except RemoteError as error:
        raise CliError(error.fault, str(error)) from None


@dataclass
class KeptInMemory:
    """What earlier runs found out, without a disk. `hits` counts the answers that were kept."""

    values: dict[str, str] = field(default_factory=dict)
    hits: int = 0

    def get(self, name: str) -> str | None:
        value = self.values.get(name)
        self.hits += value is not None
        return value

    def put(self, name: str, value: str) -> None:
        self.values[name] = value
