"""Collects everything that a spec may refer to: other specs, presets, the bundle's variables and targets, domains."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from generator.bundle_file import read_bundle_file
from generator.bundle_schema import CLUSTER, ENVIRONMENT, schema_faults
from generator.checkout import Checkout
from generator.errors import Problem, SpecError, listed, suggestion
from generator.layout import BUNDLE, PRESETS, RESOURCE_ROOT, TARGET_ROOT, yaml_domain
from generator.load import Loaded, load_domain, validate
from generator.names import Identity, identity_of
from generator.naming import naming_problems
from generator.spec import Body, DomainSettings, Schedule
from generator.yaml_tree import Document, parse_document
from scope.naming import DEFAULT, Naming

# Preset file → the definition of its values; schedules have a model of their own.
PRESET_DEFINITIONS = {"clusters": CLUSTER, "environments": ENVIRONMENT, "schedules": ""}


@dataclass(frozen=True, slots=True)
class Preset:
    """A named value of `resources/_models`, and the document that holds it."""

    document: Document
    name: str
    value: Body | Schedule


@dataclass(frozen=True)
class Inventory:
    """Everything that a spec may name."""

    checkout: Checkout
    naming: Naming
    # By the resource's key.
    identities: Mapping[str, Identity]
    presets: Mapping[str, Preset]
    variables: frozenset[str]
    # Target → whether it is in development mode.
    targets: Mapping[str, bool]
    domains: Mapping[str, Loaded[DomainSettings]]
    # Key → the targets that the resource is absent from.
    absences: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def sources(self) -> Callable[[str, str, str], list[str]]:
        """Return the checkout's function that lists a layer's source files, each of which is listed once."""
        return cache(self.checkout.sources)

    @cached_property
    def yaml_resources(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """Return (kind, key) → the domains that write such a resource as YAML. Each has its own: it is deployed alone."""
        owners: dict[tuple[str, str], set[str]] = defaultdict(set)
        for domain, tree in self._domain_trees:
            for part in (tree, *_mapping(tree.get("targets")).values()):
                for kind, entries in _mapping(_mapping(part).get("resources")).items():
                    for key in _mapping(entries):
                        owners[str(kind), str(key)].add(domain)
        return {resource: frozenset(domains) for resource, domains in owners.items()}

    @cached_property
    def variables_of(self) -> Callable[[str], frozenset[str]]:
        """Return a function: domain → what its resources may refer to, the bundle's variables and those of its own YAML."""

        def collect(domain: str) -> frozenset[str]:
            own = (tree.get("variables") for name, tree in self._domain_trees if name == domain)
            return self.variables.union(*(map(str, _mapping(declared)) for declared in own))

        return cache(collect)

    @cached_property
    def _domain_trees(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """Return the YAML files that the bundle includes from the domains, each with its domain."""
        paths = ((yaml_domain(path), path) for path in self.checkout.files(RESOURCE_ROOT))
        return tuple((domain, read_bundle_file(path, self.checkout.read(path))) for domain, path in paths if domain)

    def settings_of(self, domain: str) -> DomainSettings:
        """Return a domain's settings; the empty ones if it has no file."""
        loaded = self.domains.get(domain)
        return loaded.model if loaded else DomainSettings()


def take_inventory(
    checkout: Checkout, specs: Iterable[str], naming: Naming = DEFAULT, keys: Mapping[str, str] | None = None
) -> Inventory:
    """Read the repository; `keys` are those of specs, by path, that need not be the ones of their names.

    Raises SpecError with all problems of names, presets and domains.
    """
    problems: list[Problem | str] = []
    presets: dict[str, Preset] = {}
    domains: dict[str, Loaded[DomainSettings]] = {}
    identities: dict[str, Identity] = {}
    for path in specs:
        identity = identity_of(path, naming)
        if isinstance(identity, Identity):
            key = (keys or {}).get(path, identity.key)
            first = identities.setdefault(key, identity)
            if first is not identity:
                message = f"makes the resource {key}, and so does {first.spec}. Rename a part of one of them."
                problems.append(Problem(path, 0, 0, "", message))
    bundle = _read_bundle(checkout)
    sources = {(one.domain, one.source) for one in identities.values()}
    problems += naming_problems(checkout, naming, sources, bundle.variables)
    for path in checkout.files(PRESETS):
        if not path.endswith((".yml", ".yaml")):
            continue
        try:
            presets |= _read_presets(path, checkout.read(path))
        except SpecError as error:
            problems += error.problems
    for path in checkout.domain_paths():
        try:
            loaded = load_domain(path, checkout.read(path))
            _check_run_as(loaded, bundle.targets)
        except SpecError as error:
            problems += error.problems
        else:
            domains[path.rpartition("/")[2].removesuffix(".yml")] = loaded
    if problems:
        raise SpecError(*problems)
    return Inventory(checkout, naming, identities, presets, bundle.variables, bundle.targets, domains)


def _read_presets(path: str, content: bytes) -> dict[str, Preset]:
    stem = path.removeprefix(f"{PRESETS}/").removesuffix(".yml")
    if stem not in PRESET_DEFINITIONS:
        allowed = listed([f"{name}.yml" for name in PRESET_DEFINITIONS])
        raise SpecError(Problem(path, 0, 0, "", f"is not a file of presets; those are {allowed}."))
    document = parse_document(path, content)
    presets: dict[str, Preset] = {}
    problems: list[Problem | str] = []
    for name, value in document.tree.items():
        if not name.isidentifier() or not name.islower():
            problems.append(
                document.problem((name,), "is not a preset's name: lower-case letters, digits, `_`.", at_key=True)
            )
        elif not isinstance(value, dict):
            problems.append(document.problem((name,), "must be a mapping: what stands for the preset's name."))
        elif definition := PRESET_DEFINITIONS[stem]:
            problems += [document.located(fault.below(name)) for fault in schema_faults(definition, value)]
            presets[f"{stem}.{name}"] = Preset(document, name, value)
        else:
            try:
                presets[f"{stem}.{name}"] = Preset(document, name, validate(document, Schedule, (name,)))
            except SpecError as error:
                problems += error.problems
    if problems:
        raise SpecError(*problems)
    return presets


def _check_run_as(loaded: Loaded[DomainSettings], targets: Mapping[str, bool]) -> None:
    run_as = loaded.model.run_as
    problems = [
        loaded.document.problem(
            ("run_as", name), f"is not a target.{suggestion(name, targets)} They are {listed(targets)}.", at_key=True
        )
        for name in run_as
        if name not in targets
    ]
    missing = [name for name, is_development in targets.items() if not is_development and name not in run_as]
    if run_as and missing:
        problems.append(loaded.document.problem(("run_as",), f"must also say who runs in {listed(missing, 'and')}."))
    if problems:
        raise SpecError(*problems)


@dataclass(frozen=True, slots=True)
class _Bundle:
    variables: frozenset[str]
    targets: Mapping[str, bool]


def _read_bundle(checkout: Checkout) -> _Bundle:
    variables: set[str] = set()
    targets: dict[str, bool] = {}
    for path in (BUNDLE, *checkout.files(TARGET_ROOT)):
        if not path.endswith(".yml"):
            continue
        tree = read_bundle_file(path, checkout.read(path))
        variables.update(map(str, _mapping(tree.get("variables"))))
        for name, target in _mapping(tree.get("targets")).items():
            targets[str(name)] = _mapping(target).get("mode") == "development"
    return _Bundle(frozenset(variables), dict(sorted(targets.items())))


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, dict) else {}
