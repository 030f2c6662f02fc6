"""What a recovery binds: what is certainly the deployment's own, and what a person says is.

Jobs and pipelines name their deployment. Of the others the record tells, as long as no other deployment has them by now.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from scope.controller.owners import ResourceOwners
from scope.controller.session import Session
from scope.deployment.observation import Observed, pending_creates
from scope.deployment.orphans import Binding, Owner, find_conflicts, find_unbound, match_orphans, planned_creates
from scope.deployment.record import Record
from scope.errors import Refused
from scope.model import BundlePlan, RemoteResource


def find_bindings(
    session: Session,
    deployed: Observed,
    plan: BundlePlan,
    found: Iterable[RemoteResource],
    imports: Mapping[str, str | None],
) -> tuple[tuple[Binding, ...], tuple[RemoteResource, ...], tuple[str, ...]]:
    """Return what can be bound, what fits under no key, and what is there already although nobody knows whose it is.

    What a person has said comes first: neither its keys nor its ids are guessed about any more.
    """
    owner = ResourceOwners(session, deployed.domain).owner
    bindings = list(_taken(session, deployed, plan, imports, owner))
    record, creates = deployed.record, pending_creates(deployed)
    inventory = dict(record.inventory) if isinstance(record, Record) else {}
    said = {binding.key for binding in bindings}
    known = deployed.state.resources.known_ids | {binding.id for binding in bindings}
    plan = replace(plan, actions=tuple(action for action in plan.actions if action.key.split(".")[2] not in said))
    orphans = match_orphans(plan, found, known)
    bindings += orphans.bindings
    notes: list[str] = []
    for action in planned_creates(plan):
        own = inventory.get(action.key)
        if own is not None and owner(action.kind, own) is None:
            bindings.append(Binding(action.key.split(".")[2], own, f"{action.short_key} ({own})"))
    for one in find_conflicts(session.workspace, plan, {action.key for action in plan.actions}, owner):
        key = one.action.short_key
        if one.owner is not None:
            notes.append(
                f"{key} {one.action.full_name} belongs to {session.id(one.owner)}. Rename it, or remove it there first."
            )
        elif one.action.key in inventory:
            continue  # bound above
        elif one.action.key in creates and len(one.ids) == 1:
            bindings.append(Binding(key.partition(".")[2], one.ids[0], f"{key} {one.action.full_name}"))
        else:
            several = f" {len(one.ids)} times ({', '.join(one.ids)})" if len(one.ids) > 1 else ""
            notes.append(
                f"{key} {one.action.full_name} is there already{several}, and this deployment isn't known to have made it. "
                f"If it belongs here, take it over with: --yes --import {key}{'=ID' if several else ''}"
            )
    return tuple(bindings), (*orphans.unmatched, *find_unbound(session.workspace, plan, creates, known, owner)), tuple(notes)


def _taken(
    session: Session, deployed: Observed, plan: BundlePlan, imports: Mapping[str, str | None], owner: Owner
) -> Iterator[Binding]:
    """Return what a person has named. `Refused` where the key isn't free, or nothing can be found for it."""
    free = {action.short_key: action for action in planned_creates(plan)}
    for key, wanted in imports.items():
        held = deployed.state.resources.id_of(f"resources.{key}")
        if held is not None and wanted in {None, held}:
            continue  # an earlier recovery, which was ended, has done it
        if key not in free:
            shown = ", ".join(sorted(free)) or "none"
            raise Refused(f"`{key}` isn't a key under which a deploy would make something. Those are: {shown}.")
        action = free[key]
        ids = (wanted,) if wanted is not None else session.workspace.ids_named(action.kind, action.full_name or "")
        if not ids or len(ids) > 1:
            what = f"there are {', '.join(ids)}" if ids else "there is nothing of its name"
            raise Refused(f"Nobody can tell what `{key}` should take over: {what}. Say its id: --import {key}=ID")
        elsewhere = owner(action.kind, ids[0])
        if elsewhere is not None:
            raise Refused(
                f"{ids[0]} belongs to {session.id(elsewhere)}, so `{key}` can't take it over. Remove it there first."
            )
        yield Binding(key.partition(".")[2], ids[0], f"{key} ({ids[0]})")
