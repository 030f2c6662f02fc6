"""Orphans: what an unclean attempt made in the workspace without the state knowing it.

Run again over them, the CLI would make everything a second time. So they are looked for before any retry, by the
`metadata.json` that jobs and pipelines name, and other kinds by their own names, and bound to the keys that the stage
defines them by.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from scope.errors import Fault, Refused, RemoteError
from scope.model import TAGGED_KINDS, ActionKind, BundlePlan, PlanAction, RemoteResource
from scope.ports import BundleCli, Workspace

# Says which other deployment owns a resource, by kind and id.
Owner = Callable[[str, str], str | None]
# Anybody may make another one of the same name.
_SHARED_NAMES = frozenset({"clusters"})


@dataclass(frozen=True, slots=True)
class Binding:
    """An existing resource and the key that it belongs under."""

    key: str
    id: str
    shown: str


@dataclass(frozen=True, slots=True)
class Orphans:
    """What can be bound, and what can't: a second one of a name, or one that the stage doesn't define."""

    bindings: tuple[Binding, ...]
    unmatched: tuple[RemoteResource, ...]


def planned_create_names(plan: BundlePlan) -> frozenset[str]:
    """Return the names of the jobs and pipelines that a plan makes."""
    return frozenset(action.name for action in planned_creates(plan) if action.kind in TAGGED_KINDS and action.name)


def match_orphans(plan: BundlePlan, found: Iterable[RemoteResource], known_ids: Collection[str]) -> Orphans:
    """Return which keys of a plan the orphans among some resources belong under."""
    orphans = sorted(resource for resource in found if resource.id not in known_ids)
    bindings: list[Binding] = []
    unmatched: list[RemoteResource] = []
    keys = {(action.kind, action.name): action.key for action in reversed(planned_creates(plan))}
    for orphan in orphans:
        key = keys.pop((orphan.kind, orphan.name), None)
        if key is None:
            unmatched.append(orphan)
        else:
            bindings.append(Binding(key.split(".")[2], orphan.id, str(orphan)))
    return Orphans(tuple(bindings), tuple(unmatched))


def planned_creates(plan: BundlePlan) -> list[PlanAction]:
    """Return the resources that a plan makes; their permissions and grants aren't resources."""
    return [action for action in plan.actions if action.action is ActionKind.CREATE and len(action.key.split(".")) == 3]


def planned_creates_by_name(plan: BundlePlan) -> Mapping[str, str]:
    """Return the key and the name of what a plan makes, of the kinds that a workspace finds by their names."""
    return {action.key: action.full_name for action in planned_creates(plan) if action.full_name is not None}


@dataclass(frozen=True, slots=True)
class Existing:
    """What a plan would make although it is there already: free to be bound, or owned by another deployment."""

    action: PlanAction
    ids: tuple[str, ...]
    owner: str | None

    @property
    def shown(self) -> str:
        """Return its kind and name, as messages have it."""
        return f"{self.action.kind.removesuffix('s')} {self.action.full_name}"


def find_conflicts(workspace: Workspace, plan: BundlePlan, ours: Collection[str], owner: Owner) -> Iterator[Existing]:
    """Return what a plan would make although it is there already.

    What may share a name with somebody else's is looked for only where it can be this deployment's own, under one of the
    keys of `ours`.
    """
    for action in planned_creates(plan):
        if action.full_name is None or (action.kind in _SHARED_NAMES and action.key not in ours):
            continue
        ids = workspace.ids_named(action.kind, action.full_name)
        if ids:
            owners = {found: owner(action.kind, found) for found in ids}
            free = tuple(found for found in ids if owners[found] is None)
            yield Existing(action, free or ids, None if free else owners[ids[0]])


def find_unbound(
    workspace: Workspace, plan: BundlePlan | None, creates: Mapping[str, str], known_ids: Collection[str], owner: Owner
) -> tuple[RemoteResource, ...]:
    """Return what an unclean attempt may have made under keys that don't lead to it any more, or lead elsewhere.

    `creates` are keys and names, as a record has them. Without a plan nothing is defined any more. What another deployment
    owns by now is left out. Schemas come last: one with anything in it can't be deleted.
    """
    defined = planned_creates_by_name(plan) if plan is not None else {}
    found: set[RemoteResource] = set()
    for key, full_name in creates.items():
        kind = key.split(".")[1]
        if defined.get(key) != full_name and kind not in _SHARED_NAMES:
            ids = (one for one in workspace.ids_named(kind, full_name) or () if one not in known_ids)
            found |= {RemoteResource(kind, one, full_name) for one in ids if owner(kind, one) is None}
    return tuple(sorted(found, key=lambda item: (item.kind == "schemas", item)))


def bind_orphans(
    deployment: str,
    cli: BundleCli,
    workspace: Workspace,
    plan: BundlePlan,
    orphans: Orphans,
    creates: Mapping[str, str],
    owner: Owner,
    progress: Callable[[str], None],
) -> BundlePlan:
    """Bind what an earlier attempt left behind, and return the plan as it is then.

    What is found by its name is bound only if an unclean attempt was the one to make it (`creates`). Raises `Refused` for
    orphans that can't be bound, and `RemoteError` for what somebody else made.
    """
    target, _, domain = deployment.partition("/")
    recover = f"Run: scope recover --target {target} --domain {domain}"
    if orphans.unmatched:
        listed = "\n".join(f"  {orphan}" for orphan in orphans.unmatched)
        raise Refused(
            f"{deployment} has resources in the workspace that its state doesn't know, and that it doesn't define or has "
            f"already:\n{listed}\n{recover}"
        )
    bindings = list(orphans.bindings)
    for found in find_conflicts(workspace, plan, creates, owner):
        action = found.action
        if found.owner is not None:
            raise RemoteError(
                Fault.ALREADY_EXISTS,
                f"The {found.shown} belongs to {target}/{found.owner}. Rename {action.short_key}, or remove it there first.",
            )
        if action.key not in creates:
            raise RemoteError(
                Fault.ALREADY_EXISTS,
                f"The {found.shown} is there already, and {deployment} didn't make it. "
                f"Rename {action.short_key}, or take over what is there. {recover}",
            )
        if len(found.ids) > 1:
            raise Refused(
                f"An attempt of {deployment} may have made the {found.shown}, and there are {', '.join(found.ids)}. "
                f"Say which one is its own: {recover.removeprefix('Run: ')} --yes --import {action.short_key}=ID"
            )
        bindings.append(Binding(action.key.split(".")[2], found.ids[0], f"{action.short_key} {action.full_name}"))
    for binding in bindings:
        progress(f"binding {binding.shown}, which an earlier attempt left behind")
        cli.bind(binding.key, binding.id)
    return cli.plan() if bindings else plan
