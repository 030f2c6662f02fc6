"""What looks like a move that nobody declared: refused before anything is deleted or made a second time.

To delete a resource and make another one is right too, if it is meant; then `moves.toml` says that it goes nowhere.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from scope.controller.deployment import Deployment
from scope.controller.observations import recall_others, state_path
from scope.controller.session import Session
from scope.deployment.inventory import Inventory
from scope.deployment.observation import is_foreign
from scope.deployment.orphans import planned_creates
from scope.deployment.state import FileState, parse_resources
from scope.errors import Fault, Refused, RemoteError
from scope.inference.full_names import join_name
from scope.model import ResourceKey
from scope.repository.layout import MOVES
from scope.repository.moves import Address, Move, rename_key
from scope.wording import abbreviate
from scope.workspace_model import ActionKind, BundlePlan, PlanAction

_SHOWN = 10
_REFERENCE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class _Holding:
    """The resources that a state has, with the names that they have there."""

    inventory: Inventory
    names: Mapping[ResourceKey, str | None]

    @classmethod
    def of(cls, content: bytes | None) -> "_Holding":
        state = parse_resources(content)
        if content is None or state.file_state is not FileState.READABLE:
            return cls(Inventory(), {})
        entries = json.loads(content)["state"] or {}
        fields = {key: entries[str(key)].get("state") for key in state.inventory.resources}
        names = {key: join_name(key.kind, one) if isinstance(one, dict) else None for key, one in fields.items()}
        return cls(state.inventory.resources, names)


def refuse_undeclared_moves(deployment: Deployment, plan: BundlePlan, state: bytes | None) -> None:
    """Raise `Refused` if a plan deletes what seems to have moved away, or creates what seems to have moved here."""
    deleted = {action.key for action in plan.actions if action.action is ActionKind.DELETE and not action.is_gone}
    created = planned_creates(plan)
    moves = [*_within(deployment, deleted, created, _Holding.of(state)), *find_moved_away(deployment, deleted, state)]
    if created:
        moves += _find_moved_here(deployment, created)
    _refuse(deployment, moves)


def refuse_undeclared_destroy(deployment: Deployment, state: bytes | None) -> None:
    """Raise `Refused` if a domain that is gone has what seems to have moved to another one."""
    if deployment.domain in deployment.session.domains:
        return
    held = _Holding.of(state).inventory
    _refuse(deployment, [*find_moved_away(deployment, held, state)])


def _refuse(deployment: Deployment, moves: Iterable[Move]) -> None:
    with deployment.session.git_lock:
        declared = deployment.session.index.moves
    domains = deployment.session.domains
    lines: set[str] = set()
    for move in moves:
        key, goal = move.source.key, move.destination
        known = declared.move_of(move.source.domain, key) if key is not None else None
        if known is not None and known.destination is None:
            continue
        if key is not None and goal is not None and move.source.domain not in domains:
            whole = {key, rename_key(key, move.source.domain, goal.domain)}
            lines.add(f"{move.source.domain} -> {goal.domain}" if goal.key in whole else str(move))
        else:
            lines.add(str(move))
    if not lines:
        return
    listed = sorted(lines)
    text = "\n".join(f'  "{line}",' for line in listed)
    other = listed[0].partition(" -> ")[0]
    raise Refused(
        f"{deployment.id}: {abbreviate(listed, _SHOWN)} looks like a move. Without a word on it, the old would be deleted, "
        f"with its runs or data, and a new one made. Nothing was changed. If it is the same, add to `moves` in {MOVES}, or "
        f"write that file with `moves = [...]` around it:\n{text}\n"
        f'If it isn\'t, write "{other} -> nowhere" instead.'
    )


def _within(
    deployment: Deployment, deleted: Collection[ResourceKey], created: Iterable[PlanAction], held: _Holding
) -> Iterator[Move]:
    """Yield the resources whose key alone is another: deleted under one, created under another by the same name.

    Or kept under another, with the same id: deleted under either, it is gone.
    """
    by_name = {(one.key.kind, one.full_name or one.name): one.key for one in created}
    kept = {(key.kind, one): key for key, one in held.inventory.items() if key not in deleted}
    for key in sorted(deleted):
        name = held.names.get(key)
        new = kept.get((key.kind, held.inventory.get(key, "")))
        if new is None and name is not None:
            new = None if key.is_child else by_name.get((key.kind, name))
        if new is not None:
            yield Move(Address(deployment.domain, key), Address(deployment.domain, new))


def find_moved_away(deployment: Deployment, leaving: Iterable[ResourceKey], state: bytes | None) -> Iterator[Move]:
    """Yield the resources that leave a state and that another domain of the head defines without having one yet."""
    session, domain = deployment.session, deployment.domain
    resources = sorted(key for key in leaving if not key.is_child)
    if not resources:
        return
    held = _Holding.of(state)
    for other in session.domains:
        if other == domain:
            continue
        with session.git_lock:
            defined = session.index.defined_resources(other)
        present: Inventory | None = None
        for key in resources:
            for one in defined:
                if one.key.kind != key.kind or not _is_alike(key, held.names.get(key), one.key, one.name, (domain, other)):
                    continue
                if present is None:
                    present = _read_present(session, other)
                if one.key not in present:
                    yield Move(Address(domain, key), Address(other, one.key))
                    break


def _read_present(session: Session, domain: str) -> Inventory:
    """Return the resources that a domain has now; none if that can't be seen, so that nothing is deleted on a guess."""
    try:
        return parse_resources(session.workspace.read(state_path(session, domain))).inventory
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        return Inventory()


def _is_alike(old: ResourceKey, name: str | None, new: ResourceKey, template: str | None, domains: tuple[str, str]) -> bool:
    """Return whether a resource has the same key as one of another domain, but for the domain's name, or the same name."""
    if new in {old, rename_key(old, *domains)}:
        return True
    if name is None or template is None or not _REFERENCE.sub("", template).strip("._"):
        return False
    pattern = ".*".join(re.escape(part) for part in _REFERENCE.split(template))
    return re.fullmatch(pattern, name) is not None


def _find_moved_here(deployment: Deployment, created: Iterable[PlanAction]) -> Iterator[Move]:
    """Yield what a plan creates although another deployment has it, and its domain doesn't define it any more."""
    session, domain = deployment.session, deployment.domain
    listed = list(created)
    for observed in recall_others(session, domain):
        # What a deploy compares with must not cost it a read of each.
        other, held = observed.id.domain, _Holding.of(observed.state.resources.content)
        for action in listed:
            for key in held.inventory:
                is_alike = key.kind == action.key.kind and (
                    action.key in {key, rename_key(key, other, domain)}
                    or (held.names[key] is not None and held.names[key] == (action.full_name or action.name))
                )
                if is_alike and _has_lost(session, other, key):
                    yield Move(Address(other, key), Address(domain, action.key))


def _has_lost(session: Session, domain: str, key: ResourceKey) -> bool:
    """Return whether a deployment still has a resource that the head doesn't define in its domain any more."""
    if key not in parse_resources(session.workspace.read(state_path(session, domain))).inventory:
        return False  # it was there when this run began, and is gone by now
    with session.git_lock:
        is_gone = domain not in session.domains
        if not is_gone and any(one.key == key for one in session.index.defined_resources(domain)):
            return False
    if is_gone:
        # What another repository has beside ours isn't gone from this one.
        return not is_foreign(Deployment(session, domain).observe(), session.head.repository)
    # The text doesn't tell all: only the CLI knows.
    with Deployment(session, domain).stage() as cli:
        return any(action.key == key and action.action is ActionKind.DELETE for action in cli.plan().actions)
