"""The bindings of a recovery: resources that are certainly the deployment's own, and those that a person says are.

Jobs and pipelines name their deployment. Of the others the record tells, as long as no other deployment has them by now.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scope.controller.deployment import Deployment
from scope.controller.owners import search_for
from scope.deployment.evidence import describe_origin
from scope.deployment.observation import Observed
from scope.deployment.orphans import (
    Binding,
    Conflict,
    Search,
    find_conflicts,
    find_lost,
    find_unbound,
    is_recorded,
    match_orphans,
    planned_creates,
    sort_for_deletion,
)
from scope.deployment.record import Record
from scope.errors import Refused
from scope.model import ResourceKey
from scope.workspace_model import BundlePlan, NamedResource, RemoteResource

# Keys that a person says, with an id if the name isn't enough.
Imports = Mapping[ResourceKey, str | None]


@dataclass(frozen=True, slots=True)
class Findings:
    """Resources that can be bound, those that fit under no key, and notes on those that may be somebody else's."""

    bindings: tuple[Binding, ...] = ()
    unmatched: tuple[RemoteResource, ...] = ()
    notes: tuple[str, ...] = ()


def find_bindings(deployment: Deployment, observed: Observed, plan: BundlePlan, imports: Imports) -> Findings:
    """Match resources that the state doesn't know with the keys of a plan.

    What a person has said comes first: neither its keys nor its ids are guessed about any more.
    """
    search, record = search_for(deployment), observed.valid_record
    bindings = list(_import(search, observed, plan, imports))
    imported = {binding.key for binding in bindings}
    state = observed.state.resources
    known_ids = state.known_ids | {binding.id for binding in bindings}
    # A declared move that was ended has a key for it in the record already: a second one in the state would delete it.
    held = {(key.kind, resource_id) for key, resource_id in state.inventory.resources.items()}
    plan = replace(plan, actions=tuple(action for action in plan.actions if action.key.resource not in imported))
    orphans = match_orphans(plan, deployment.find_tagged(), known_ids)
    bindings += orphans.bindings
    recorded = tuple(_bind_recorded(search, plan, record)) if record is not None else ()
    bindings += (binding for binding in recorded if (binding.key.kind, binding.id) not in held)
    notes: list[str] = []
    for conflict in find_conflicts(search, plan, observed.pending_creates):
        is_held = all((conflict.action.kind, one) in held for one in conflict.ids)
        if is_held or conflict.action.key in {binding.key for binding in recorded}:
            continue
        if conflict.is_certain:
            bindings.append(conflict.binding())
        else:
            notes.append(_note(conflict))
    unbound = find_unbound(search, plan, observed.pending_creates, known_ids)
    lost = find_lost(search, plan, record, known_ids)
    return Findings(tuple(bindings), sort_for_deletion((*orphans.unmatched, *unbound.all, *lost)), tuple(notes))


def _bind_recorded(search: Search, plan: BundlePlan, record: Record) -> Iterator[Binding]:
    """Return the bindings of resources that a lost state had."""
    for action in planned_creates(plan):
        resource_id = record.inventory.get(action.key)
        if resource_id is not None and is_recorded(search, action.key, record):
            yield Binding(action.key, resource_id, f"{action.key.short} ({resource_id})")


def _note(conflict: Conflict) -> str:
    """Tell a person the way out for a resource that isn't known to be this deployment's."""
    key, full_name = conflict.action.key.short, conflict.action.full_name
    if conflict.owner is not None:
        return (
            f"{key} {full_name} belongs to {conflict.owner}. Rename it; or, to move it here with all it has, define it no "
            f"more in {conflict.owner.domain}, and declare the move in moves.toml."
        )
    is_one = len(conflict.ids) == 1
    count = "" if is_one else f" {len(conflict.ids)} times ({', '.join(conflict.ids)})"
    return (
        f"{key} {full_name} exists already{count}, {describe_origin(conflict.resources[0])}, and this deployment isn't "
        "known to have created it. "
        f"If it belongs here, import it: --yes --import {key}{'' if is_one else '=ID'}"
    )


def _import(search: Search, observed: Observed, plan: BundlePlan, imports: Imports) -> Iterator[Binding]:
    """Return the bindings that a person has named. `Refused` if the key isn't free, or nothing exists for it."""
    free = {action.key: action for action in planned_creates(plan)}
    for key, wanted_id in imports.items():
        current_id = observed.state.resources.inventory.get(key)
        if current_id is not None and wanted_id in {None, current_id}:
            continue  # an earlier recovery, which was ended, has done it
        if key not in free:
            shown = ", ".join(sorted(one.short for one in free)) or "none"
            raise Refused(f"`{key.short}` isn't a key under which a deploy would create something. Those are: {shown}.")
        full_name = free[key].full_name or ""
        named = () if wanted_id is not None else search.workspace.named(key.kind, full_name) or ()
        ids = (wanted_id,) if wanted_id is not None else tuple(resource.id for resource in named)
        if not ids or len(ids) > 1:
            candidates = f"there are {', '.join(ids)}" if ids else "nothing has its name"
            raise Refused(
                f"It isn't clear what `{key.short}` should import: {candidates}. Say its id: --import {key.short}=ID"
            )
        owner = search.owner_of(key, NamedResource(ids[0]))
        if owner is not None:
            raise Refused(
                f"{ids[0]} belongs to {owner}, so `{key.short}` can't import it. To move it here with all it has, define it "
                f"no more in {owner.domain}, and declare the move in moves.toml."
            )
        own = next((one for one, held in observed.state.resources.inventory.resources.items() if held == ids[0]), None)
        if own is not None and own.kind == key.kind:
            domain = search.deployment.domain
            raise Refused(
                f"{ids[0]} is {own.short} of {search.deployment} already. Two keys of one resource would delete it with "
                f"either. Declare in moves.toml that its key has changed: `{domain}.{own.short} -> {domain}.{key.short}`."
            )
        yield Binding(key, ids[0], f"{key.short} ({ids[0]})")
