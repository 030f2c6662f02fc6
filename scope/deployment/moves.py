"""From two states and the declared moves to two new states: entries move as they are, with all that belongs to them.

Only keys and references between entries are rewritten, as the CLI would write them after a deploy. Nothing is read or
written here, and nothing is decided by likeness: what isn't declared, or isn't clear, stays where it is.
"""

import copy
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scope.deployment.inventory import Inventory
from scope.deployment.state import FileState, parse_resources
from scope.errors import Refused
from scope.model import ResourceKey
from scope.repository.moves import Moves

# The form of `resources.json` that entries can be moved in: the tested CLI's.
_VERSIONS = frozenset({2, 3})
_TO_MOVE = "in which resources can be moved"
_MOVE_ADVICE = "Deploy both domains once with the tested CLI, as they were before the move; then this can move them."


class StateDocument:
    """A `resources.json`, as the CLI wrote it."""

    def __init__(self, content: bytes, path: str, *, purpose: str = _TO_MOVE, advice: str = _MOVE_ADVICE) -> None:
        """Take the content of a file; `Refused`, with the purpose and the advice, if entries of it can't be moved."""
        state = parse_resources(content)
        self._tree: dict[str, Any] = json.loads(content) if state.file_state is FileState.READABLE else {}
        self.version = self._tree.get("state_version")
        if self.version not in _VERSIONS:
            raise Refused(f"{path} isn't a state {purpose}: it is {state.file_state}, version {self.version}. {advice}")
        self.inventory: Inventory = state.inventory

    @property
    def entries(self) -> Mapping[str, Any]:
        """Return the entries by keys in full."""
        return self._tree["state"] or {}

    def lying_in(self, folder: str) -> tuple[ResourceKey, ...]:
        """Return the resources that are files of a workspace folder, such as dashboards, sorted."""
        parents = (
            (key, self.entries[str(key)].get("state")) for key in self.inventory.resources if str(key) in self.entries
        )
        return tuple(
            key
            for key, fields in parents
            if isinstance(fields, dict) and f"{fields.get('parent_path', '')}/".startswith(f"{folder}/")
        )

    def with_entries(self, entries: Mapping[str, Any]) -> bytes:
        """Return this state with other entries, as its next version."""
        return self._dump(entries, serial=self._tree["serial"] + 1)

    def begin(self, entries: Mapping[str, Any], lineage: str) -> bytes:
        """Return the first version of another state, in this one's form."""
        return self._dump(entries, serial=1, lineage=lineage)

    def _dump(self, entries: Mapping[str, Any], **numbers: object) -> bytes:
        return json.dumps({**self._tree, **numbers, "state": dict(sorted(entries.items()))}, indent=1).encode()


@dataclass(frozen=True, slots=True, order=True)
class MovedResource:
    """A resource that goes to another key, of the same deployment or of another."""

    source: ResourceKey
    destination: ResourceKey
    id: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What goes from one deployment to another.

    `released` is what the other one has already, under the same id: an earlier run was ended between the two states.
    `problems` are what keeps declared moves from being carried out, as whole sentences.
    """

    moved: tuple[MovedResource, ...] = ()
    released: tuple[ResourceKey, ...] = ()
    problems: tuple[str, ...] = ()


def find_pending(held: Collection[ResourceKey], pair: tuple[str, str], moves: Moves) -> tuple[ResourceKey, ...]:
    """Return the resources of a state that a declared move may concern, from one domain to another, sorted."""
    source, destination = pair
    return tuple(
        key
        for key in sorted(held)
        if not key.is_child and any(end.domain == destination for end in moves.destinations(source, key))
    )


def select_moves(
    held: Inventory,
    there: Inventory,
    pair: tuple[str, str],
    moves: Moves,
    defined: tuple[Collection[ResourceKey], Collection[ResourceKey]],
) -> Selection:
    """Return which resources of one state move to another.

    `held` and `there` are the resources of both states, `defined` the keys that the head defines in both domains.
    """
    source, destination = pair
    moved: list[MovedResource] = []
    released: list[ResourceKey] = []
    problems: list[str] = []
    for key in find_pending(held, pair, moves):
        goals = (end.key for end in moves.destinations(source, key) if end.domain == destination and end.key is not None)
        goal = next((one for one in goals if one in defined[1]), None)
        if goal is None:
            continue  # nobody defines it any more: to be deleted, with approval, like all that is removed
        move, resource_id, present = moves.move_of(source, key), held[key], there.get(goal)
        shown = f"{move.place if move else source}: `{source}.{key.short} -> {destination}.{goal.short}`"
        if key in defined[0]:
            # With a resource of its own there, the move was done before, and this is another one of that old key.
            if present is None or present == resource_id:
                problems.append(
                    f"{shown} can't be done: `{source}` defines {key.short} still, or again. Remove it there, or remove the "
                    "line if the new one shall be another resource."
                )
        elif present is None and goal not in {one.destination for one in moved}:
            moved.append(MovedResource(key, goal, resource_id))
        elif present == resource_id:
            released.append(key)
        else:
            other = present or next(one.source.short for one in moved if one.destination == goal)
            problems.append(
                f"{shown} can't be done: `{destination}` has another {goal.short} already ({other}). Rename the key of one; "
                f"or, if {resource_id} shall be deleted, write `{source}.{key.short} -> nowhere` instead."
            )
    return Selection(tuple(moved), tuple(released), tuple(problems))


def move_entries(
    source: StateDocument, destination: StateDocument | None, selection: Selection, lineage: str
) -> tuple[bytes, bytes]:
    """Return the states of two deployments after a move; `lineage` is for a destination that has none yet."""
    if destination is not None and destination.version != source.version:
        raise Refused(
            f"The states of both deployments are of different versions, {source.version} and {destination.version}. "
            f"{_MOVE_ADVICE}"
        )
    keys = {one.source: one.destination for one in selection.moved}
    leaving = {*keys, *selection.released}
    new = {_renamed(name, keys): _with_references(entry, keys, keys) for name, entry in _of(source, keys.keys())}
    left = {
        name: _with_references(entry, {}, leaving) for name, entry in source.entries.items() if _parse(name) not in leaving
    }
    arrived = {**(destination.entries if destination is not None else {}), **new}
    written = source.begin(arrived, lineage) if destination is None else destination.with_entries(arrived)
    return source.with_entries(left), written


def rename_entries(state: StateDocument, selection: Selection) -> bytes:
    """Return the state of a deployment after resources have got other keys in it."""
    keys = {one.source: one.destination for one in selection.moved}
    kept = {
        _renamed(name, keys): _with_references(entry, keys, keys, keeps_others=True)
        for name, entry in _without(state, selection.released).items()
    }
    return state.with_entries(kept)


def drop_entries(state: StateDocument, keys: Collection[ResourceKey]) -> bytes:
    """Return a state without some resources, and without what belongs to them."""
    return state.with_entries(_without(state, keys))


def _without(state: StateDocument, keys: Collection[ResourceKey]) -> dict[str, Any]:
    """Return the entries of a state but for some resources, what belongs to them, and the references to them."""
    kept = {name: entry for name, entry in state.entries.items() if _parse(name) not in keys}
    return {name: _with_references(entry, {}, keys) for name, entry in kept.items()}


def _of(state: StateDocument, resources: Collection[ResourceKey]) -> Iterator[tuple[str, Any]]:
    return ((name, entry) for name, entry in state.entries.items() if _parse(name) in resources)


def _parse(name: str) -> ResourceKey:
    """Return the resource that an entry is of, or belongs to."""
    return ResourceKey.parse(name).resource


def _renamed(name: str, keys: Mapping[ResourceKey, ResourceKey]) -> str:
    key = ResourceKey.parse(name)
    goal = keys.get(key.resource)
    return name if goal is None else str(ResourceKey(goal.kind, goal.name, key.child))


def _with_references(
    entry: Any,  # noqa: ANN401  whatever the CLI wrote
    keys: Mapping[ResourceKey, ResourceKey],
    touched: Collection[ResourceKey],
    *,
    keeps_others: bool = False,
) -> Any:  # noqa: ANN401  as above
    """Return an entry whose references lead to the new keys.

    Of an entry that moves (`keys` isn't empty) those that lead to what doesn't move along are dropped, unless it stays in
    its deployment; of one that stays, those to what has left.
    """
    references = entry.get("depends_on") if isinstance(entry, dict) else None
    if not isinstance(references, list):
        return entry
    kept = [
        _redirected(one, keys)
        for one in references
        if (node := _node(one)) is None or keeps_others or (node in keys if keys else node not in touched)
    ]
    changed = copy.copy(entry)
    changed["depends_on"] = kept
    if references and not kept:
        del changed["depends_on"]
    return changed


def _node(reference: object) -> ResourceKey | None:
    node = reference.get("node") if isinstance(reference, dict) else None
    try:
        return _parse(node) if isinstance(node, str) else None
    except ValueError:
        return None


def _redirected(reference: Any, keys: Mapping[ResourceKey, ResourceKey]) -> Any:  # noqa: ANN401  as above
    node = _node(reference)
    goal = None if node is None else keys.get(node)
    if goal is None:
        return reference
    label = reference.get("label")
    changed = {**reference, "node": _renamed(reference["node"], keys)}
    if isinstance(label, str):
        changed["label"] = label.replace(f"${{{node}.", f"${{{goal}.")
    return changed
