"""The variables that a bundle declares and its resources use → a file that declares them for a domain here."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from generator.checkout import Checkout
from generator.importing.definitions import BundleResources
from generator.importing.draft import Draft
from generator.importing.text import plain_yaml
from generator.inventory import take_inventory
from generator.layout import RESOURCE_ROOT
from generator.yaml_tree import Json

_NAME = re.compile(r"\$\{var\.([A-Za-z][\w-]*)")


def variables_path(domain: str, source: str) -> str:
    """Return the path of the file that declares what a source's resources brought along."""
    return f"{RESOURCE_ROOT}/{domain}/{source}/imported_variables.yml"


def missing_variables(
    found: BundleResources, drafts: Iterable[Draft], checkout: Checkout
) -> dict[tuple[str, str], list[str]]:
    """Return by domain and source the variables that drafts use, which files declare and nothing here does."""
    declared = _declared(found)
    inventory = take_inventory(checkout, ())
    missing: dict[tuple[str, str], list[str]] = defaultdict(list)
    settled: dict[str, set[str]] = {}
    for draft in drafts:
        domain, source = draft.identity.domain, draft.identity.source
        known = settled.setdefault(domain, set(inventory.variables_of(domain)))
        waiting = [name for body in draft.bodies().values() for name in _names(body)]
        while waiting:
            name = waiting.pop()
            if name in declared and name not in known:
                known.add(name)
                missing[domain, source].append(name)
                waiting += _names([declared[name], list(_by_target(found, name).values())])
    return {place: sorted(names) for place, names in sorted(missing.items())}


def variable_files(found: BundleResources, drafts: Iterable[Draft], checkout: Checkout) -> dict[str, str]:
    """Return the files that declare those variables, each as it was, with the values in targets that are here, too."""
    declared = _declared(found)
    targets = take_inventory(checkout, ()).targets
    texts: dict[str, str] = {}
    for (domain, source), names in missing_variables(found, drafts, checkout).items():
        tree: dict[str, Any] = {"variables": {name: declared[name] for name in names}}
        values = {name: _by_target(found, name) for name in names}
        own: dict[str, Any] = {
            target: {"variables": {name: values[name][target] for name in names if target in values[name]}}
            for target in targets
            if any(target in values[name] for name in names)
        }
        texts[variables_path(domain, source)] = plain_yaml(tree if not own else tree | {"targets": own})
    return texts


def _declared(found: BundleResources) -> dict[str, Json]:
    return {name: value for file in found.files for name, value in _mapping(file.document.tree.get("variables")).items()}


def _by_target(found: BundleResources, variable: str) -> dict[str, Json]:
    """Return what a variable is in single targets."""
    values: dict[str, Json] = {}
    for file in found.files:
        for section in ("targets", "environments"):
            for target, settings in _mapping(file.document.tree.get(section)).items():
                own = _mapping(_mapping(settings).get("variables"))
                if variable in own:
                    values[target] = own[variable]
    return values


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(value: object) -> list[str]:
    return _NAME.findall(json.dumps(value))
