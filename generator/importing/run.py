"""The YAML of any bundle → specs that say the same, all of them or none. Reads; the command line writes.

Each job and pipeline becomes a spec, which is built and compared with what it was made from. What a spec can't say is told
at its place in the YAML; what has no spec at all is told with the place where it goes.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator.build import load_specs
from generator.checkout import Checkout, shown_path
from generator.coverage import reached_files, shared_file_problems
from generator.errors import Problem, SpecError, listed, quoted, suggestion, visible
from generator.importing.definitions import BundleResources, Definition, read_bundle_resources
from generator.importing.draft import Draft, Form
from generator.importing.drafting import draft_all
from generator.importing.equality import find_form
from generator.importing.names import Names, identify_all
from generator.importing.notes import Notes, home_of, kept_comments
from generator.importing.overlay import Overlay
from generator.importing.text import spec_text
from generator.importing.variables import missing_variables, variable_files
from generator.inventory import Inventory, take_inventory
from generator.layout import RESOURCE_ROOT
from generator.load import LoadedSpec
from generator.naming import load_naming
from generator.variants import absent_targets, variants_of
from scope.naming import Naming

# The number of keys that an error lists.
_MAX_KEYS = 10


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
    found = read_bundle_resources(request.files, lambda place: shown_path(place, checkout))
    wanted = _wanted(found, request)
    identities, problems = identify_all(wanted, request.names, checkout, naming)
    problems += found.problems
    drafts, moves = draft_all(wanted, identities, found.run_as(), checkout, problems)
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
            message = (
                f"{visible(path[-2])} have no specs, and this one is referred to. First move it, as YAML, to a file in "
            )
            yield file.document.problem(path, f"{message}{home_of(drafts)}/.", at_key=True)


def _wanted(found: BundleResources, request: Request) -> list[Definition]:
    keys = sorted(visible(key) for _, key in found.definitions)
    shown = listed(keys if len(keys) <= _MAX_KEYS else [*keys[:_MAX_KEYS], f"{len(keys) - _MAX_KEYS} more"], "and")
    problems: list[str] = [
        f"There is no job or pipeline {key} in these files.{suggestion(key, keys)} They have {shown}."
        for key in sorted(request.only | request.skipped)
        if key not in {name for _, name in found.definitions}
    ]
    wanted = [
        definition
        for (_, key), definition in found.definitions.items()
        if (not request.only or key in request.only) and key not in request.skipped
    ]
    if not wanted and not problems and not found.problems:
        names = listed([file.document.file for file in found.files], "and")
        problems.append(f"There are no jobs or pipelines to import in {names}.")
    if request.names.asset is not None and len(wanted) > 1:
        problems.append(f"`--asset` names one resource, and there are {len(wanted)}. Choose one with --only KEY.")
    if problems:
        raise SpecError(*problems)
    return wanted


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
