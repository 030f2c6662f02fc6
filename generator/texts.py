"""Checks every text in a spec for tokens, and for references that lead nowhere."""

import re
from collections.abc import Iterable, Iterator

from generator.errors import listed, quoted, suggestion
from generator.inventory import Inventory
from generator.layout import RESOURCE_ROOT, SPEC_ROOT, Kind
from generator.yaml_tree import Fault, Json, TreePath

# Shapes that issuers document; a made-up password can't be told from other text.
_TOKENS = re.compile(
    r"\b(dapi|dose|dkea|dsapi)[0-9a-f]{32}"
    r"|\b(AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{22,}|\bglpat-[A-Za-z0-9_-]{20}"
    r"|\bxox[abposr]-[A-Za-z0-9-]{10,}|\b[sr]k_(live|test)_[A-Za-z0-9]{16,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\."
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAccountKey=[A-Za-z0-9+/]{40,}|\bAIza[0-9A-Za-z_-]{35}"
    r"|\b[a-z][a-z0-9+.-]*://[^\s/:@${}]+:[^\s/@${}]+@"
)
_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
# The form of a reference in the CLI, which leaves any other `${…}` as it is.
_STEP = r"[^\W\d_](?:[\w-]*[^\W_])?(?:\[[0-9]+\])*"
_PATH = re.compile(rf"{_STEP}(?:\.{_STEP})*")
_ROOTS = ("var", "resources", "bundle", "workspace", "artifacts")
# Most likely meant as a reference.
_NEARLY = re.compile(rf"\s*(?:{'|'.join(_ROOTS)})\b\s*(?:[.\[]|$)")


def text_faults(tree: Json, domain: str, inventory: Inventory, targets: Iterable[str] = ()) -> Iterator[Fault]:
    """Yield the faults of every text in a tree that holds in some targets, names of fields included."""
    there = frozenset(targets)
    for path, text in _texts(tree, ()):
        if _TOKENS.search(text):
            yield Fault(
                path, "looks like a token or a key. Keep it in a secret scope: `{{secrets/<scope>/<key>}}` refers to it."
            )
        for match in _REFERENCE.finditer(text):
            if message := _reference_fault(match[1], domain, inventory, there):
                yield Fault(path, f"`${{{match[1][:80]}}}` {message}")


def has_reference(text: str) -> bool:
    """Return whether the CLI replaces a part of a text, so that its form is known only when it is deployed."""
    return any(_PATH.fullmatch(match[1]) for match in _REFERENCE.finditer(text))


def _texts(tree: Json, path: TreePath) -> Iterator[tuple[TreePath, str]]:
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield (*path, key), key
            yield from _texts(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _texts(value, (*path, index))


def _reference_fault(reference: str, domain: str, inventory: Inventory, targets: frozenset[str]) -> str:
    if not _PATH.fullmatch(reference):
        example = "names in a reference are letters, digits, `-` and `_` without blanks, as in `${var.catalog_prefix}`"
        return f"would be deployed as it is: {example}." if _NEARLY.match(reference) else ""
    first, *rest = reference.split(".")
    if first == "var":
        name = re.sub(r"\[.*", "", rest[0]) if rest else ""
        known = inventory.variables_of(domain)
        if name in known:
            return ""
        known = sorted(known)
        return (
            f"names no variable of the bundle.{suggestion(name, known)} They are {listed(known, 'and')}. "
            f"A domain's own stand under `variables` in a YAML file in {RESOURCE_ROOT}/{domain}/<source>."
        )
    if first == "resources":
        return _resource_fault(rest, domain, inventory, targets)
    if first in _ROOTS:
        return "" if rest else f"names no field of the {first}."
    shell = "" if rest or not reference.isidentifier() else f"`${reference}` for a shell, or "
    return (
        f"is not a reference that a bundle knows: they begin with {listed(_ROOTS)}. The CLI takes it for one all the same, "
        f"so write {shell}another text."
    )


def _resource_fault(rest: list[str], domain: str, inventory: Inventory, targets: frozenset[str]) -> str:
    if len(rest) < 3:
        return "names no field of a resource, as `resources.<kind>.<key>.id` does."
    kind, key = rest[0], rest[1]
    owners = set(inventory.yaml_resources.get((kind, key), ()))
    if (identity := inventory.identities.get(key)) and identity.kind == kind:
        owners.add(identity.domain)
    if owners:
        return absence(key, inventory, targets) if domain in owners else other_domain(min(owners))
    known = [name for name, one in inventory.identities.items() if one.kind == kind and one.domain == domain]
    by = f"{SPEC_ROOT}/{kind}" if kind in tuple(Kind) else f"the YAML in {RESOURCE_ROOT}/"
    return f"refers to a resource that nothing in {by} defines.{suggestion(key, known)}"


def absence(key: str, inventory: Inventory, targets: Iterable[str]) -> str:
    """Return the message for a reference to a resource that is absent from one of some targets, or an empty text."""
    missing = sorted(inventory.absences.get(key, frozenset()).intersection(targets))
    if not missing:
        return ""
    return f"is absent in {listed(missing, 'and')}, where this holds, too. Say under `targets` what holds there instead."


def other_domain(domain: str) -> str:
    """Return the message for a reference that leaves its domain."""
    return (
        f"belongs to the domain {quoted(domain)}, which is deployed on its own. To follow it, use a schedule with "
        "`table_update` and name its table."
    )
