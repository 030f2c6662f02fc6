"""Whether a spec says what a resource says: it is built, and every field compared, in every target."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from generator.build import construction_problem, module_of, problems_of
from generator.errors import Problem, SpecError
from generator.importing.draft import Draft, Form, imported_form, platform_form
from generator.importing.platform import without_platform
from generator.inventory import Inventory
from generator.load import LoadedSpec, load_tree
from generator.variants import variants_of

# Lists whose order says nothing, by what their entries are called.
_NAMED = {"parameters": "name", "environments": "environment_key", "job_clusters": "job_cluster_key"}


def find_form(draft: Draft, inventory: Inventory) -> tuple[Form, LoadedSpec]:
    """Return the spec that says the same as a resource. Raises SpecError with the reasons why none does."""
    if draft.key == draft.identity.key:
        kind, identity = draft.identity.kind, draft.identity
        bodies = {target: without_platform(kind, body, identity, inventory) for target, body in draft.bodies().items()}
        form = platform_form(draft, bodies)
        if form is not None and not form.problems:
            spec = load_tree(draft.identity, form.document)
            if not _problems(spec, inventory) and not _differences(draft, spec, inventory):
                return form, spec
    raw: frozenset[str] = frozenset()
    while True:
        form = imported_form(draft, raw)
        spec = load_tree(draft.identity, form.document)
        if problems := form.problems + _problems(spec, inventory):
            raise SpecError(*problems)
        different = _differences(draft, spec, inventory)
        if not different:
            return form, spec
        if different <= raw:
            raise SpecError(*_unsaid(draft, different))
        raw |= different


def _problems(spec: LoadedSpec, inventory: Inventory) -> list[Problem]:
    variants = list(variants_of(spec, inventory.targets))
    problems = [one for one in problems_of([spec], variants, inventory) if isinstance(one, Problem)]
    return problems or [
        problem for variant in variants if (problem := construction_problem(variant, module_of(variant, inventory)))
    ]


def _differences(draft: Draft, spec: LoadedSpec, inventory: Inventory) -> frozenset[str]:
    """Return the fields in which what a spec becomes isn't the resource, in any target."""
    different: set[str] = set()
    for variant in variants_of(spec, inventory.targets):
        wanted = draft.own.get(variant.targets[0]) if variant.override is not None else draft.common
        expected = normalize(wanted or {})
        built = normalize(module_of(variant, inventory).value)
        different |= {name for name in {*expected, *built} if expected.get(name) != built.get(name)}
    return frozenset(different)


def _unsaid(draft: Draft, fields: frozenset[str]) -> Iterator[Problem]:
    for name in sorted(fields):
        message = f"can't be said by a spec as it is: {name} would be another. Leave the resource as the bundle's YAML."
        yield draft.part_of(None, name).problem((name,), message, at_key=True)


def normalize(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource without what makes no difference: empty fields, and the order of a job's named entries."""
    value = {name: item for name, item in resource.items() if item not in (None, [], {}, ())}
    for name, key in _NAMED.items():
        if isinstance(entries := value.get(name), list) and all(isinstance(one, dict) and key in one for one in entries):
            value[name] = sorted(entries, key=lambda one, key=key: json.dumps(one[key]))
    if isinstance(permissions := value.get("permissions"), list):
        value["permissions"] = sorted(permissions, key=lambda one: json.dumps(one, sort_keys=True))
    return value
