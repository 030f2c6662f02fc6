"""Orphans: resources that an unclean attempt created in the workspace, and that the state doesn't know.

Run again over them, the CLI would create everything a second time. So they are looked for before any retry, by the
`metadata.json` that jobs and pipelines name, and other kinds by their own names, and bound to the keys that the stage
defines them by.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from scope.deployment.claims import Claims
from scope.deployment.evidence import Origin, PendingCreates, find_origin, lies_in
from scope.deployment.inventory import Inventory
from scope.deployment.record import Applied, Record
from scope.deployment.target import DeploymentId, Paths
from scope.model import ResourceKey
from scope.times import parse_time
from scope.workspace_model import TAGGED_KINDS, ActionKind, BundlePlan, NamedResource, PlanAction, RemoteResource
from scope.workspace_ports import Workspace

# Anybody may create another one of the same name.
_SHARED_NAMES = frozenset({"clusters"})
# Their ids are their names, so that a second one of an id may have been created after the first was gone.
_NAMED_BY_ID = frozenset(
    {"catalogs", "schemas", "volumes", "registered_models", "secret_scopes", "model_serving_endpoints", "apps"}
)


@dataclass(frozen=True, slots=True)
class Binding:
    """An existing resource and the key that it belongs under."""

    key: ResourceKey
    id: str
    shown: str


@dataclass(frozen=True, slots=True)
class Orphans:
    """Orphans that can be bound, and those that can't: a second one of a name, or one that the stage doesn't define."""

    bindings: tuple[Binding, ...] = ()
    unmatched: tuple[RemoteResource, ...] = ()


def planned_creates(plan: BundlePlan) -> list[PlanAction]:
    """Return the resources that a plan creates; their permissions and grants aren't resources."""
    return [action for action in plan.actions if action.action is ActionKind.CREATE and not action.key.is_child]


def planned_create_names(plan: BundlePlan) -> frozenset[str]:
    """Return the names of the jobs and pipelines that a plan creates."""
    return frozenset(action.name for action in planned_creates(plan) if action.kind in TAGGED_KINDS and action.name)


def planned_creates_by_name(plan: BundlePlan) -> Inventory:
    """Return the names of what a plan creates, by which a workspace finds it."""
    names = (
        (action.key, action.name if action.kind in TAGGED_KINDS else action.full_name) for action in planned_creates(plan)
    )
    return Inventory((key, name) for key, name in names if name is not None)


def match_orphans(plan: BundlePlan, resources: Iterable[RemoteResource], known_ids: Collection[str]) -> Orphans:
    """Return which keys of a plan the orphans among some resources belong under."""
    orphans = sorted(resource for resource in resources if resource.id not in known_ids)
    bindings: list[Binding] = []
    unmatched: list[RemoteResource] = []
    keys = {(action.kind, action.name): action.key for action in reversed(planned_creates(plan))}
    for orphan in orphans:
        key = keys.pop((orphan.kind, orphan.name), None)
        if key is None:
            unmatched.append(orphan)
        else:
            bindings.append(Binding(key, orphan.id, str(orphan)))
    return Orphans(tuple(bindings), tuple(unmatched))


@dataclass(frozen=True, slots=True)
class Conflict:
    """Existing resources of a name that a plan would create, all of one origin; `owner` is the deployment that has them."""

    action: PlanAction
    resources: tuple[NamedResource, ...]
    origin: Origin
    owner: DeploymentId | None = None

    @property
    def shown(self) -> str:
        """Return its kind and name, as messages have it."""
        return f"{self.action.kind.removesuffix('s')} {self.action.full_name}"

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids."""
        return tuple(resource.id for resource in self.resources)

    @property
    def is_certain(self) -> bool:
        """Return whether exactly one resource is certainly this deployment's own."""
        return self.origin is Origin.OURS and len(self.resources) == 1

    def binding(self) -> Binding:
        """Return the binding of the first of them."""
        key = self.action.key
        return Binding(key, self.ids[0], f"{key.short} {self.action.full_name}")


@dataclass(frozen=True, slots=True)
class Search:
    """Where a deployment looks for what is its own: the workspace, its folders, and what others claim.

    `claims_on` returns claims that are no older than a resource.
    """

    workspace: Workspace
    deployment: DeploymentId
    paths: Paths
    claims_on: Callable[[NamedResource], Claims]

    def owner_of(self, key: ResourceKey, resource: NamedResource) -> DeploymentId | None:
        """Return the other deployment that has a resource, if one has."""
        return self.claims_on(resource).find_owner(self.deployment, key, resource.id)

    def find_origin(self, key: ResourceKey, resource: NamedResource, name: str, pending: PendingCreates) -> Origin:
        """Return whose a resource is that no other deployment has."""
        origin = find_origin(resource, key, pending, self.paths)
        is_contested = origin is Origin.OURS and not lies_in(resource, self.paths)
        if is_contested and self.claims_on(resource).is_contested(self.deployment, key, name):
            return Origin.UNKNOWN
        return origin


def find_conflicts(search: Search, plan: BundlePlan, pending: PendingCreates) -> Iterator[Conflict]:
    """Return the resources that a plan would create although they exist already.

    Of a kind whose names aren't unique, only those count that may be this deployment's own.
    """
    for action in planned_creates(plan):
        key, name = action.key, action.full_name
        if name is None or (action.kind in _SHARED_NAMES and key not in pending.names):
            continue
        resources = search.workspace.named(action.kind, name) or ()
        if resources:
            conflict = _classify(search, action, resources, pending if pending.names.get(key) == name else PendingCreates())
            if conflict.origin is not Origin.FOREIGN or action.kind not in _SHARED_NAMES:
                yield conflict


def _classify(search: Search, action: PlanAction, resources: tuple[NamedResource, ...], pending: PendingCreates) -> Conflict:
    owners = {resource.id: search.owner_of(action.key, resource) for resource in resources}
    free = tuple(resource for resource in resources if owners[resource.id] is None)
    if not free:
        return Conflict(action, resources, Origin.FOREIGN, owners[resources[0].id])
    if action.key in pending.names:
        name = action.full_name or ""
        origins = {one.id: search.find_origin(action.key, one, name, pending) for one in free}
        for wanted in (Origin.OURS, Origin.UNKNOWN):
            candidates = tuple(one for one in free if origins[one.id] is wanted)
            if candidates:
                return Conflict(action, candidates, wanted)
    return Conflict(action, free, Origin.FOREIGN)


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Resources of earlier attempts that nothing defines now: certainly the deployment's, or of unknown origin."""

    ours: tuple[RemoteResource, ...] = ()
    unknown: tuple[RemoteResource, ...] = ()

    @property
    def all(self) -> tuple[RemoteResource, ...]:
        """Return both."""
        return sort_for_deletion((*self.ours, *self.unknown))


def find_unbound(search: Search, plan: BundlePlan | None, pending: PendingCreates, known_ids: Collection[str]) -> Leftovers:
    """Return the resources that an unclean attempt may have created under keys that are gone, or lead elsewhere.

    Without a plan nothing is defined any more. What somebody else certainly has is left out.
    """
    defined = planned_creates_by_name(plan) if plan is not None else {}
    by_origin: dict[Origin, set[RemoteResource]] = {origin: set() for origin in Origin}
    for key, name in pending.names.items():
        if defined.get(key) == name or key.kind in _SHARED_NAMES:
            continue
        for resource in search.workspace.named(key.kind, name) or ():
            if resource.id not in known_ids and search.owner_of(key, resource) is None:
                origin = search.find_origin(key, resource, name, pending)
                by_origin[origin].add(RemoteResource(key.kind, resource.id, name))
    return Leftovers(sort_for_deletion(by_origin[Origin.OURS]), sort_for_deletion(by_origin[Origin.UNKNOWN]))


def find_lost(
    search: Search, plan: BundlePlan | None, record: Record | None, known_ids: Collection[str]
) -> tuple[RemoteResource, ...]:
    """Return the resources that the record lists, and that neither the state nor the plan knows any more.

    With a plan, only those that can be seen to exist: the CLI drops what it wasn't permitted to delete from its state.
    """
    if record is None:
        return ()
    planned = {action.key for action in plan.actions} if plan is not None else set()
    lost: set[RemoteResource] = set()
    for key, resource_id in record.inventory.items():
        if resource_id in known_ids or key in planned:
            continue
        if (plan is None or key.kind in _NAMED_BY_ID) and is_recorded(search, key, record):
            lost.add(RemoteResource(key.kind, resource_id, resource_id if key.kind in _NAMED_BY_ID else key.name))
    return sort_for_deletion(lost)


def is_recorded(search: Search, key: ResourceKey, record: Record) -> bool:
    """Return whether what a record lists under a key is still that, as far as can be seen, and nobody else's by now."""
    resource_id = record.inventory[key]
    existing: tuple[NamedResource, ...] = (NamedResource(resource_id),)
    if key.kind in _NAMED_BY_ID:
        named = search.workspace.named(key.kind, resource_id) or ()
        existing = tuple(resource for resource in named if _was_there(resource, record.applied))
    return bool(existing) and all(search.owner_of(key, resource) is None for resource in existing)


def _was_there(resource: NamedResource, applied: Applied | None) -> bool:
    """Return whether a resource can be the one of this name that was applied, and not one that was created since."""
    if resource.created_at is None or applied is None:
        return True
    finished_at = parse_time(applied.finished_at)
    return finished_at is not None and resource.created_at <= finished_at


def sort_for_deletion(resources: Iterable[RemoteResource]) -> tuple[RemoteResource, ...]:
    """Return resources, each once, with schemas last: one with anything in it can't be deleted."""
    return tuple(sorted(set(resources), key=lambda resource: (resource.kind == "schemas", resource)))
