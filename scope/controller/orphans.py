"""Orphans that earlier attempts left in the workspace: bound before a deploy, or found as leftovers."""

from dataclasses import dataclass, replace

from scope.controller.deployment import Deployment
from scope.controller.owners import ResourceOwners
from scope.deployment.inventory import Inventory
from scope.deployment.observation import Observed
from scope.deployment.orphans import (
    Binding,
    Orphans,
    OwnerOf,
    find_conflicts,
    find_unbound,
    match_orphans,
    planned_create_names,
)
from scope.deployment.state import parse_resources, read_state
from scope.errors import Fault, Refused, RemoteError
from scope.model import BundlePlan, RemoteResource
from scope.ports import BundleCli


@dataclass(frozen=True, slots=True)
class History:
    """The earlier attempts: if there were any, and if one was unclean, after which there may be orphans.

    `creates` has the names of what they may have created.
    """

    is_first: bool
    is_unclean: bool
    creates: Inventory


def bind_orphans(deployment: Deployment, cli: BundleCli, plan: BundlePlan, history: History) -> BundlePlan:
    """Bind what an earlier attempt left behind, and return the plan as it is then.

    What is found by its name is bound only if an unclean attempt was the one to create it. Raises `Refused` for orphans that
    can't be bound, and `RemoteError` for what somebody else created.
    """
    owner_of = ResourceOwners(deployment).owner_of
    orphans = _find_orphans(deployment, plan, _known_ids(deployment, cli), history, owner_of)
    if orphans.unmatched:
        lines = "\n".join(f"  {orphan}" for orphan in orphans.unmatched)
        raise Refused(
            f"{deployment.id} has resources in the workspace that its state doesn't know, and that it doesn't define or has "
            f"already:\n{lines}\nRun: {deployment.id.recover_command}"
        )
    bindings = (*orphans.bindings, *_bind_by_name(deployment, plan, history.creates, owner_of))
    for binding in bindings:
        deployment.event(f"binding {binding.shown}, which an earlier attempt left behind")
        cli.bind(binding.key, binding.id)
    return cli.plan() if bindings else plan


def _known_ids(deployment: Deployment, cli: BundleCli) -> frozenset[str]:
    """Return the ids that the state knows: the stage's own copy, and the workspace's."""
    state = read_state(deployment.workspace, deployment.paths.state)
    return parse_resources(cli.state_file()).known_ids | state.resources.known_ids


def _find_orphans(
    deployment: Deployment, plan: BundlePlan, known_ids: frozenset[str], history: History, owner_of: OwnerOf
) -> Orphans:
    """Return the orphans. Before a first deploy they are looked for by the names to be created, which costs little."""
    if history.is_unclean:
        orphans = match_orphans(plan, deployment.find_tagged(), known_ids)
        unbound = find_unbound(deployment.workspace, plan, history.creates, known_ids, owner_of)
        return replace(orphans, unmatched=(*orphans.unmatched, *unbound))
    # One of these names tells of an earlier life of this deployment, and then there may be others.
    if history.is_first and deployment.find_tagged(planned_create_names(plan)):
        return match_orphans(plan, deployment.find_tagged(), known_ids)
    return Orphans()


def _bind_by_name(deployment: Deployment, plan: BundlePlan, creates: Inventory, owner_of: OwnerOf) -> tuple[Binding, ...]:
    """Return the bindings of what exists under a planned name, and that an unclean attempt was to create."""
    bindings: list[Binding] = []
    for conflict in find_conflicts(deployment.workspace, plan, creates.keys(), owner_of):
        key = conflict.action.key
        if conflict.owner is not None:
            raise RemoteError(
                Fault.ALREADY_EXISTS,
                f"The {conflict.shown} belongs to {conflict.owner}. Rename {key.short}; or, to move it here with all it "
                f"has, define it no more in {conflict.owner.domain}, and declare the move in moves.toml.",
            )
        if key not in creates:
            raise RemoteError(
                Fault.ALREADY_EXISTS,
                f"The {conflict.shown} exists already, and {deployment.id} didn't create it. "
                f"Rename {key.short}, or import what exists. Run: {deployment.id.recover_command}",
            )
        if len(conflict.ids) > 1:
            raise Refused(
                f"An attempt of {deployment.id} may have created the {conflict.shown}, and there are "
                f"{', '.join(conflict.ids)}. Say which one is its own: "
                f"{deployment.id.recover_command} --yes --import {key.short}=ID"
            )
        bindings.append(conflict.binding())
    return tuple(bindings)


def find_leftovers(deployment: Deployment, observed: Observed) -> tuple[RemoteResource, ...]:
    """Return the resources of a deployment that its state doesn't know, when nothing defines them any more."""
    known_ids = observed.state.resources.known_ids
    owner_of = ResourceOwners(deployment).owner_of
    return (
        *(resource for resource in deployment.find_tagged() if resource.id not in known_ids),
        *find_unbound(deployment.workspace, None, observed.pending_creates, known_ids, owner_of),
    )
