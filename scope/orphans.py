"""Orphans: what an unclean attempt made in the workspace without the state knowing it.

Run again over them, the CLI would make everything a second time. So they are looked for before any retry, by the
`metadata.json` that jobs and pipelines name, and bound to the keys that the stage defines them by.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from scope.errors import Fault, Refused, RemoteError
from scope.model import ActionKind, BundlePlan, PlanAction, RemoteResource
from scope.ports import BundleCli, Workspace


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
    left: tuple[RemoteResource, ...]


def created_names(plan: BundlePlan) -> frozenset[str]:
    """Return the names of the jobs and pipelines that a plan makes."""
    return frozenset(action.name for action in _created(plan) if action.kind in {"jobs", "pipelines"} and action.name)


def match(plan: BundlePlan, found: Iterable[RemoteResource], known_ids: Collection[str]) -> Orphans:
    """Return which keys of a plan the orphans among some resources belong under."""
    orphans = sorted(resource for resource in found if resource.id not in known_ids)
    bindings: list[Binding] = []
    left: list[RemoteResource] = []
    keys = {(action.kind, action.name): action.key for action in reversed(_created(plan))}
    for orphan in orphans:
        key = keys.pop((orphan.kind, orphan.name), None)
        if key is None:
            left.append(orphan)
        else:
            bindings.append(Binding(key.split(".")[2], orphan.id, str(orphan)))
    return Orphans(tuple(bindings), tuple(left))


def _created(plan: BundlePlan) -> list[PlanAction]:
    return [action for action in plan.actions if action.action is ActionKind.CREATE and len(action.key.split(".")) == 3]


def catalog_creations(plan: BundlePlan) -> tuple[PlanAction, ...]:
    """Return what a plan makes that the catalog knows by a name that can be told beforehand."""
    return tuple(action for action in _created(plan) if action.full_name is not None)


def existing(workspace: Workspace, plan: BundlePlan) -> tuple[PlanAction, ...]:
    """Return what a plan would make although the catalog has it already."""
    return tuple(
        action
        for action in catalog_creations(plan)
        if action.full_name and workspace.has_named(action.kind, action.full_name)
    )


def bind_all(
    deployment: str,
    cli: BundleCli,
    workspace: Workspace,
    plan: BundlePlan,
    orphans: Orphans,
    makes: Collection[str],
    tell: Callable[[str], None],
) -> BundlePlan:
    """Bind what an earlier attempt left behind, and return the plan as it is then.

    What the catalog has already is bound only if an unclean attempt was the one to make it (`makes`). Raises `Refused` for
    orphans that can't be bound, and `RemoteError` for what somebody else made.
    """
    target, _, domain = deployment.partition("/")
    recover = f"Run: scope recover --target {target} --domain {domain}"
    if orphans.left:
        listed = "\n".join(f"  {orphan}" for orphan in orphans.left)
        raise Refused(
            f"{deployment} has resources in the workspace that its state doesn't know, and that it doesn't define or has "
            f"already:\n{listed}\n{recover}"
        )
    bindings = list(orphans.bindings)
    for action in existing(workspace, plan):
        if action.key not in makes:
            raise RemoteError(
                Fault.ALREADY_EXISTS,
                f"The {action.kind.removesuffix('s')} {action.full_name} is there already, and {deployment} didn't make it. "
                f"Rename {action.short_key}, or take over what is there. {recover}",
            )
        bindings.append(Binding(action.key.split(".")[2], action.full_name or "", f"{action.short_key} {action.full_name}"))
    for binding in bindings:
        tell(f"binding {binding.shown}, which an earlier attempt left behind")
        cli.bind(binding.key, binding.id)
    return cli.plan() if bindings else plan
