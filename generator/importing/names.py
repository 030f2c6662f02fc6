"""A resource of any bundle → the names that its spec gets, and the key that it keeps."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator.checkout import Checkout
from generator.errors import Problem, visible
from generator.importing.definitions import Definition
from generator.layout import Kind, yaml_domain
from generator.names import Identity, key_fault, part_fault
from scope.naming import Naming, fill

_OTHER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Names:
    """What a person says about the names of what is imported; None where the files say it."""

    domain: str | None = None
    source: str | None = None
    # By default the last one.
    layer: str | None = None
    asset: str | None = None


def place_in_repository(path: str) -> tuple[str, str] | None:
    """Return the domain and the source of a YAML file of this repository, or None if it is none of its resources.

    >>> place_in_repository("resources/finance/stripe/jobs.yml")
    ('finance', 'stripe')
    """
    domain = yaml_domain(path)
    return (domain, path.split("/")[2]) if domain else None


def identify(definition: Definition, names: Names, domain: str, source: str, naming: Naming) -> Identity | Problem:
    """Return the identity that a resource's spec gets, or why it can't have one."""
    kind, part = definition.kind, definition.first
    layer, asset = _split(definition.key, kind, domain, source, names.layer or naming.layers[-1], naming)
    asset = names.asset or asset
    if part_fault(asset) and not part_fault(f"{asset}{kind.suffix}"):
        # `test` alone would hide a package.
        asset += kind.suffix
    for role, name in (("domain", domain), ("source", source), ("asset", asset)):
        if fault := part_fault(name):
            hint = " Name the asset: --only KEY --asset NAME." if role == "asset" else ""
            return part.problem((), f"gives a spec whose {role} can't have its name: {fault}{hint}", at_key=True)
    return Identity(kind, domain, source, layer, asset, naming)


def _split(key: str, kind: Kind, domain: str, source: str, layer: str, naming: Naming) -> tuple[str, str]:
    """Return the layer and the asset that a key names, in the form of this repository's keys or less of it."""
    slug = _OTHER.sub("_", key.lower()).strip("_").removesuffix(kind.suffix)
    layers = "|".join(naming.layers)
    form = fill(
        naming.resource, {"domain": domain, "source": source, "layer": f"(?P<layer>{layers})", "asset": "(?P<asset>.+)"}
    )
    for pattern in (form, f"(?:{domain}_)?(?:{source}_)?(?P<layer>{layers})_(?P<asset>.+)"):
        if match := re.fullmatch(pattern, slug):
            found = match.groupdict()
            return found.get("layer") or layer, found.get("asset") or slug
    return layer, slug.removeprefix(f"{domain}_").removeprefix(f"{source}_")


def kept_key(definition: Definition, identity: Identity) -> str:
    """Return the key that a resource has here: its own, if a module's variable can be called that."""
    if not key_fault(definition.key):
        return definition.key
    slug = definition.key.replace("-", "_")
    return identity.key if key_fault(slug) else slug


def doubled(identities: Mapping[tuple[Kind, str], Identity]) -> dict[tuple[Kind, str], str]:
    """Return the resources whose spec would be that of another, with the key of that."""
    first: dict[Identity, str] = {}
    return {
        (kind, key): first[identity]
        for (kind, key), identity in identities.items()
        if first.setdefault(identity, key) != key
    }


def identify_all(
    wanted: Iterable[Definition], names: Names, checkout: Checkout, naming: Naming
) -> tuple[dict[tuple[Kind, str], Identity], list[Problem | str]]:
    """Return the identities of resources by kind and key, and why others can't have one."""
    identities: dict[tuple[Kind, str], Identity] = {}
    problems: list[Problem | str] = []
    unplaced: set[str] = set()
    for definition in wanted:
        place = _source_of(definition, names, checkout)
        if place is None:
            unplaced.add(definition.first.file.document.file)
            continue
        identity = identify(definition, names, *place, naming)
        if isinstance(identity, Problem):
            problems.append(identity)
        else:
            identities[definition.kind, definition.key] = identity
    if unplaced:
        message = "whose resources are they? Name the domain and the source: --domain DOMAIN --source SOURCE."
        problems += [Problem(file, 0, 0, "", message) for file in sorted(unplaced)]
    by_key = {(one.kind, one.key): one for one in wanted}
    for resource, other in doubled(identities).items():
        rival = f"would be the spec {identities[resource].spec}, and so would {visible(other)}."
        message = f"{rival} Import one with --only KEY --asset NAME."
        problems.append(by_key[resource].first.problem((), message, at_key=True))
    return identities, problems


def _source_of(definition: Definition, names: Names, checkout: Checkout) -> tuple[str, str] | None:
    place = definition.first.file.place
    inside = place.relative_to(checkout.root).as_posix() if place.is_relative_to(checkout.root) else ""
    domain, source = place_in_repository(inside) or (None, None)
    domain, source = names.domain or domain, names.source or source
    return (domain, source) if domain and source else None
