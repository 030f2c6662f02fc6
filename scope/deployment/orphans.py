"""Orphans: resources that an unclean attempt created in the workspace, and that the state doesn't know.

Run again over them, the CLI would create everything a second time. So they are looked for before any retry, by the
`metadata.json` that jobs and pipelines name, and other kinds by their own names, and bound to the keys that the stage
defines them by.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from scope.deployment.inventory import Inventory
from scope.deployment.target import DeploymentId
from scope.model import TAGGED_KINDS, ActionKind, BundlePlan, PlanAction, RemoteResource, ResourceKey
from scope.ports import Workspace

# Says which other deployment owns a resource, by kind and id.
OwnerOf = Callable[[str, str], DeploymentId | None]
# Anybody may create another one of the same name.
_SHARED_NAMES = frozenset({"clusters"})


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
    """Return the names of what a plan creates, of the kinds that a workspace finds by their names."""
    return Inventory((action.key, action.full_name) for action in planned_creates(plan) if action.full_name is not None)


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
    """Existing resources of a name that a plan would create: free to be bound, or owned by another deployment."""

    action: PlanAction
    ids: tuple[str, ...]
    owner: DeploymentId | None

    @property
    def shown(self) -> str:
        """Return its kind and name, as messages have it."""
        return f"{self.action.kind.removesuffix('s')} {self.action.full_name}"

    def binding(self) -> Binding:
        """Return the binding of the first of them."""
        key = self.action.key
        return Binding(key, self.ids[0], f"{key.short} {self.action.full_name}")


def find_conflicts(
    workspace: Workspace, plan: BundlePlan, ours: Collection[ResourceKey], owner_of: OwnerOf
) -> Iterator[Conflict]:
    """Return the resources that a plan would create although they exist already.

    Kinds whose names aren't unique are looked up only for keys of `ours`, where the resource can be this deployment's own.
    """
    for action in planned_creates(plan):
        if action.full_name is None or (action.kind in _SHARED_NAMES and action.key not in ours):
            continue
        ids = workspace.ids_named(action.kind, action.full_name)
        if ids:
            owners = {resource_id: owner_of(action.kind, resource_id) for resource_id in ids}
            free = tuple(resource_id for resource_id in ids if owners[resource_id] is None)
            yield Conflict(action, free or ids, None if free else owners[ids[0]])


def find_unbound(
    workspace: Workspace, plan: BundlePlan | None, creates: Inventory, known_ids: Collection[str], owner_of: OwnerOf
) -> tuple[RemoteResource, ...]:
    """Return the resources that an unclean attempt may have created under keys that are gone, or lead elsewhere.

    `creates` has the names, as a record has them. Without a plan nothing is defined any more. What another deployment
    owns by now is left out. Schemas come last: one with anything in it can't be deleted.
    """
    defined = planned_creates_by_name(plan) if plan is not None else {}
    unbound: set[RemoteResource] = set()
    for key, full_name in creates.items():
        if defined.get(key) != full_name and key.kind not in _SHARED_NAMES:
            ids = (one for one in workspace.ids_named(key.kind, full_name) or () if one not in known_ids)
            unbound |= {RemoteResource(key.kind, one, full_name) for one in ids if owner_of(key.kind, one) is None}
    return tuple(sorted(unbound, key=lambda resource: (resource.kind == "schemas", resource)))
