"""Definitions → drafts: paths translated, targets merged, references to each other kept; and the faults of the YAML."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from generator.bundle_schema import RESOURCES, schema_faults
from generator.checkout import Checkout, shown_path
from generator.errors import Problem, listed, suggestion, visible
from generator.importing.definitions import Definition, merge_bodies
from generator.importing.draft import Body, Draft
from generator.importing.names import kept_key
from generator.importing.paths import Move, Translation, translate_paths
from generator.inventory import take_inventory
from generator.layout import Kind
from generator.names import Identity
from generator.yaml_tree import Json


def draft_all(
    wanted: Iterable[Definition],
    identities: dict[tuple[Kind, str], Identity],
    run_as: Mapping[str | None, Json],
    checkout: Checkout,
    problems: list[Problem | str],
) -> tuple[list[Draft], list[Move]]:
    """Return a draft of each resource that has no fault by itself, and the files that lie elsewhere."""
    targets = take_inventory(checkout, ()).targets
    drafts: list[Draft] = []
    moves: list[Move] = []
    for definition in wanted:
        identity = identities.get((definition.kind, definition.key))
        faults = list(_faults(definition, targets))
        problems += faults
        if identity is None or faults:
            continue
        parts: dict[str | None, Translation] = {}
        for target, part in ((None, definition.common), *definition.targets.items()):
            if part is not None:
                parts[target] = translate_paths(definition, part, identity.domain, identity.source, checkout)
        bodies = {name: one.body for name, one in parts.items()}
        draft = _draft(definition, identity, bodies, run_as, list(targets))
        drafts.append(draft)
        own = [move for one in parts.values() for move in one.moves]
        told = [problem for one in parts.values() for problem in one.problems]
        told += [
            move.problem(f"leads to {shown_path(move.source, checkout)}, which doesn't exist.")
            for move in own
            if not move.files()
        ]
        draft.is_broken = bool(told)
        moves += own
        problems += told
    _refer_anew(drafts)
    return drafts, moves


def _faults(definition: Definition, targets: Iterable[str]) -> Iterator[Problem]:
    for target, part in ((None, definition.common), *definition.targets.items()):
        if part is None:
            continue
        if target is not None and target not in targets:
            message = (
                f"is about {visible(target)}, which is no target here.{suggestion(target, targets)} They are "
                f"{listed(targets)}: rename it in the file to the one that it stands for, or remove it."
            )
            yield part.problem((), message, at_key=True)
        for fault in schema_faults(RESOURCES[definition.kind], part.body):
            # A target's part need not be complete.
            if target is None or not fault.message.startswith("is missing."):
                yield part.problem(fault.path, fault.message, at_key=fault.at_key)
    if not any(part.body.get("name") for part in definition.parts):
        yield definition.first.problem(("name",), "is missing; without a name, nobody knows what it is called. Add one.")


def _draft(
    definition: Definition,
    identity: Identity,
    bodies: Mapping[str | None, Body],
    run_as: Mapping[str | None, Json],
    targets: Iterable[str],
) -> Draft:
    def merged(target: str | None) -> Body | None:
        common = bodies.get(None)
        body = merge_bodies(common or {}, bodies[target]) if target is not None and target in bodies else common
        runner = run_as.get(target) or run_as.get(None)
        return body if body is None or runner is None else {**body, "run_as": body.get("run_as") or runner}

    by_target = {target: merged(target) for target in targets}
    common = merged(None)
    first = common if common is not None else next(body for body in by_target.values() if body is not None)
    own = {target: body for target, body in by_target.items() if body is None or body != first}
    return Draft(definition, identity, kept_key(definition, identity), first, own)


def _refer_anew(drafts: Sequence[Draft]) -> None:
    """Let drafts refer to each other by the keys that they have from now on."""
    renamed = {
        f"${{resources.{draft.identity.kind}.{draft.definition.key}.": f"${{resources.{draft.identity.kind}.{draft.key}."
        for draft in drafts
        if draft.key != draft.definition.key
    }
    for draft in drafts if renamed else ():
        draft.common = _replaced(draft.common, renamed)
        draft.own = {target: _replaced(body, renamed) for target, body in draft.own.items()}


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, str):
        for old, new in texts.items():
            value = value.replace(old, new)
    elif isinstance(value, dict):
        return {name: _replaced(inner, texts) for name, inner in value.items()}
    elif isinstance(value, list):
        return [_replaced(inner, texts) for inner in value]
    return value
