"""The YAML of any bundle → specs that say the same, all of them or none. Reads; the command line writes.

Each job and pipeline becomes a spec, which is built and compared with what it was made from. What a spec can't say is told
at its place in the YAML; what has no spec at all is told with the place where it goes.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generator.build import load_specs
from generator.bundle_schema import RESOURCES, schema_faults
from generator.checkout import Checkout, read_plain_file
from generator.coverage import reached_files, shared_file_problems
from generator.errors import Problem, RefusedError, SpecError, listed, quoted, suggestion
from generator.files import create_files
from generator.importing.definitions import (
    BundleResources,
    Definition,
    merge_bodies,
    read_bundle_resources,
)
from generator.importing.draft import Body, Draft, Form
from generator.importing.equality import find_form
from generator.importing.names import Names, doubled, identify, kept_key, place_in_repository
from generator.importing.notes import Notes, home_of, kept_comments
from generator.importing.overlay import Overlay
from generator.importing.paths import Move, Translation, translate_paths
from generator.importing.text import spec_text
from generator.importing.variables import missing_variables, variable_files
from generator.inventory import Inventory, take_inventory
from generator.layout import RESOURCE_ROOT, Kind
from generator.load import LoadedSpec
from generator.names import Identity
from generator.naming import load_naming
from generator.variants import absent_targets, variants_of
from generator.yaml_tree import Json
from scope.naming import Naming


@dataclass(frozen=True, slots=True)
class Request:
    """What to import: files, the names that they get, and which of their resources."""

    files: Sequence[Path]
    names: Names
    only: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    with_variables: bool = False
    with_files: bool = False


@dataclass(slots=True)
class Import:
    """The files that an import writes, those that it can copy, and what to know and to do about it."""

    texts: dict[str, str]
    copies: dict[str, Path]
    notes: Notes


def import_resources(checkout: Checkout, request: Request) -> Import:
    """Return the specs of what files define. Raises SpecError with everything that no spec can say."""
    naming = load_naming(checkout)
    if request.names.layer not in (None, *naming.layers):
        near = suggestion(str(request.names.layer), naming.layers)
        raise SpecError(f"`--layer` is {listed(naming.layers)}, not {quoted(request.names.layer)}.{near}")
    found = read_bundle_resources(request.files, lambda place: _shown(place, checkout))
    wanted = _wanted(found, request)
    identities, problems = _identify(wanted, request, checkout, naming)
    problems += found.problems
    drafts, moves = _draft_all(wanted, identities, found.run_as(), checkout, problems)
    copies = {path: place for move in moves for path, place in move.files().items()}
    variables = variable_files(found, drafts, checkout) if request.with_variables else {}
    overlay = _overlay(checkout, drafts, copies, variables)
    inventory = _take_inventory(overlay, drafts, naming)
    forms: list[tuple[Draft, Form, LoadedSpec]] = []
    for draft in drafts:
        if draft.is_broken:
            continue
        try:
            forms.append((draft, *find_form(draft, inventory)))
        except SpecError as error:
            problems += error.problems
    problems += _shared_files(overlay, [spec for _, _, spec in forms], inventory)
    if problems:
        raise SpecError(*problems, *_hints(found, drafts, checkout, request))
    notes = Notes()
    notes.add_all(found, drafts, copies, checkout, copied=request.with_files)
    texts = variables | {draft.identity.spec: _text(draft, form) for draft, form, _ in forms}
    return Import(texts, copies if request.with_files else {}, notes)


def _hints(found: BundleResources, drafts: Sequence[Draft], checkout: Checkout, request: Request) -> Iterator[Problem | str]:
    """Yield what helps with problems, beside their own sentences."""
    missing = sorted({name for names in missing_variables(found, drafts, checkout).values() for name in names})
    if missing and not request.with_variables:
        yield f"The files declare the variables {listed(missing, 'and')}: with `--variables`, they are declared here, too."
    bodies = json.dumps([body for draft in drafts for body in draft.bodies().values()])
    for file, path in found.others:
        if f"${{resources.{path[-2]}.{path[-1]}." in bodies and not file.document.file.startswith(f"{RESOURCE_ROOT}/"):
            message = f"{path[-2]} have no specs, and this one is referred to. First move it, as YAML, to a file in "
            yield file.document.problem(path, f"{message}{home_of(drafts)}/.", at_key=True)


def _shown(place: Path, checkout: Checkout) -> str:
    if place.is_relative_to(checkout.root):
        return place.relative_to(checkout.root).as_posix()
    return os.path.relpath(place)


def _wanted(found: BundleResources, request: Request) -> list[Definition]:
    keys = {key for _, key in found.definitions}
    problems: list[str] = [
        f"There is no job or pipeline {key} in these files.{suggestion(key, keys)} They have {listed(sorted(keys), 'and')}."
        for key in sorted((request.only | request.skipped) - keys)
    ]
    wanted = [
        definition
        for (_, key), definition in found.definitions.items()
        if (not request.only or key in request.only) and key not in request.skipped
    ]
    if not wanted and not problems and not found.problems:
        names = listed([file.document.file for file in found.files], "and")
        problems.append(f"There are no jobs and pipelines to import in {names}.")
    if request.names.asset is not None and len(wanted) > 1:
        problems.append(f"`--asset` names one resource, and there are {len(wanted)}. Choose one with --only KEY.")
    if problems:
        raise SpecError(*problems)
    return wanted


def _identify(
    wanted: Iterable[Definition], request: Request, checkout: Checkout, naming: Naming
) -> tuple[dict[tuple[Kind, str], Identity], list[Problem | str]]:
    identities: dict[tuple[Kind, str], Identity] = {}
    problems: list[Problem | str] = []
    unplaced: set[str] = set()
    for definition in wanted:
        place = _source_of(definition, request.names, checkout)
        if place is None:
            unplaced.add(definition.first.file.document.file)
            continue
        identity = identify(definition, request.names, *place, naming)
        if isinstance(identity, Problem):
            problems.append(identity)
        else:
            identities[definition.kind, definition.key] = identity
    if unplaced:
        message = "whose resources are they? Name the domain and the source: --domain DOMAIN --source SOURCE."
        problems += [Problem(file, 0, 0, "", message) for file in sorted(unplaced)]
    by_key = {(one.kind, one.key): one for one in wanted}
    for resource, other in doubled(identities).items():
        message = (
            f"would be the spec {identities[resource].spec}, and so would {other}. Import one with --only KEY --asset NAME."
        )
        problems.append(by_key[resource].first.problem((), message, at_key=True))
    return identities, problems


def _source_of(definition: Definition, names: Names, checkout: Checkout) -> tuple[str, str] | None:
    place = definition.first.file.place
    inside = place.relative_to(checkout.root).as_posix() if place.is_relative_to(checkout.root) else ""
    domain, source = place_in_repository(inside) or (None, None)
    domain, source = names.domain or domain, names.source or source
    return (domain, source) if domain and source else None


# Drafts


def _draft_all(
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
            move.problem(f"leads to {_shown(move.source, checkout)}, which doesn't exist.")
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
                f"is about {target}, which is no target here.{suggestion(target, targets)} They are {listed(targets)}: "
                "rename it in the file to the one that it stands for, or remove it."
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


# Specs


def _overlay(checkout: Checkout, drafts: Iterable[Draft], copies: dict[str, Path], variables: dict[str, str]) -> Overlay:
    added: dict[str, bytes | Path] = {path: place for path, place in copies.items() if not checkout.is_file(path)}
    added |= {path: text.encode() for path, text in variables.items()}
    added |= {draft.identity.spec: b"" for draft in drafts}
    return Overlay(checkout.root, added)


def _take_inventory(overlay: Overlay, drafts: Sequence[Draft], naming: Naming) -> Inventory:
    new = {draft.identity.spec: draft.key for draft in drafts}
    others, _ = load_specs(overlay, naming, [path for path in overlay.spec_paths() if path not in new])
    keys = {spec.identity.spec: spec.key for spec in others} | new
    inventory = take_inventory(overlay, overlay.spec_paths(), naming, keys)
    absences = {spec.key: frozenset(absent_targets(spec)) for spec in others}
    absences |= {draft.key: frozenset(target for target, body in draft.own.items() if body is None) for draft in drafts}
    return replace(inventory, absences=absences)


def _shared_files(overlay: Overlay, specs: Sequence[LoadedSpec], inventory: Inventory) -> Iterator[Problem]:
    domains = {spec.identity.domain for spec in specs}
    others, _ = load_specs(
        overlay,
        inventory.naming,
        [
            identity.spec
            for identity in inventory.identities.values()
            if identity.domain in domains and identity.spec not in overlay.added
        ],
    )
    variants = [variant for spec in (*specs, *others) for variant in variants_of(spec, inventory.targets)]
    files = {spec.identity.spec: spec.document.file for spec in specs}
    for problem in shared_file_problems(reached_files([one for one in variants if not one.broken], inventory)):
        if problem.file in files.values():
            yield problem


def _text(draft: Draft, form: Form) -> str:
    comments = [one.text for one in kept_comments(draft.definition.first)]
    return spec_text(draft.identity.spec, draft.identity.kind, form.tree, comments)


def write_import(checkout: Checkout, result: Import) -> list[str]:
    """Write all files of an import or none, and return those that were missing. Raises RefusedError, SpecError."""
    wanted = {path: text.encode() for path, text in result.texts.items()}
    wanted |= {path: read_plain_file(place, _shown(place, checkout)) for path, place in result.copies.items()}
    missing = {path: content for path, content in wanted.items() if not os.path.lexists(checkout.root / path)}
    others = [path for path, content in wanted.items() if path not in missing and checkout.read(path) != content]
    if others:
        hint = "Remove it, or import under another name: --only KEY --asset NAME. Nothing was written."
        raise RefusedError(*(f"{path} exists already, with other content." for path in others), hint)
    create_files(checkout, missing)
    return sorted(missing)
