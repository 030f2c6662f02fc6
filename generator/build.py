"""Specs → the files that they make: loads, checks, resolves and emits. Reads the tree, writes nothing."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from generator.checkout import Checkout
from generator.checks import domain_problems, spec_problems
from generator.coverage import reached_files, shared_file_problems, unreached_file_problems
from generator.emit import Module, digest, format_texts, module_text, yaml_text
from generator.errors import Problem, SpecError
from generator.files import Expected
from generator.inventory import Inventory, take_inventory
from generator.layout import CONFIG, Kind, domain_yaml, is_resource_of, package_files
from generator.load import LoadedSpec, load_spec
from generator.names import Identity, identity_of
from generator.naming import load_naming
from generator.resolve import resolve, run_as_variable
from generator.texts import text_faults
from generator.variants import absent_targets, common_document, target_faults, variants_of
from scope.naming import DEFAULT, Naming, to_key


@dataclass(frozen=True, slots=True)
class Built:
    """The files that the specs make, and the source files that no spec reaches."""

    expected: dict[str, Expected]
    unreached: tuple[Problem, ...]


def build_all(checkout: Checkout) -> Built:
    """Build all specs. Raises SpecError with the problems of all of them."""
    paths, naming = checkout.spec_paths(), load_naming(checkout)
    specs, problems = load_specs(checkout, naming, paths)
    try:
        inventory = take_inventory(checkout, paths, naming, _keys(specs))
    except SpecError as error:
        # Without an inventory, only the problems that a document has by itself are known.
        raise SpecError(*error.problems, *problems, *(problem for spec in specs for problem in spec.problems)) from None
    variants = [variant for spec in specs for variant in variants_of(spec, inventory.targets)]
    inventory = replace(inventory, absences=_find_absences(specs))
    problems += problems_of(specs, variants, inventory)
    problems += [problem for domain in inventory.domains for problem in domain_problems(domain, inventory)]
    reached = reached_files([spec for spec in variants if not spec.broken], inventory)
    problems += shared_file_problems(reached)
    if problems:
        raise SpecError(*problems)
    expected = _render(checkout, _modules(specs, variants, inventory))
    return Built(expected | _domain_files(inventory), tuple(unreached_file_problems(variants, reached, inventory)))


def build_one(checkout: Checkout, path: str) -> Built:
    """Build one spec, checked against its neighbours. Raises SpecError with its problems."""
    naming = load_naming(checkout)
    spec = load_spec(path, checkout.read(path), naming)
    identities = {other: identity_of(other, naming) for other in checkout.spec_paths() if other != path}
    domain = spec.identity.domain
    neighbours = [path for path, one in identities.items() if isinstance(one, Identity) and one.domain == domain]
    others, _ = load_specs(checkout, naming, neighbours)
    inventory = take_inventory(checkout, checkout.spec_paths(), naming, _keys([spec, *others]))
    inventory = replace(inventory, absences=_find_absences([spec, *others]))
    variants = list(variants_of(spec, inventory.targets))
    problems = [*problems_of([spec], variants, inventory), *domain_problems(spec.identity.domain, inventory)]
    beside = [variant for other in others for variant in variants_of(other, inventory.targets)]
    shared = shared_file_problems(reached_files([one for one in (*variants, *beside) if not one.broken], inventory))
    problems += [problem for problem in shared if problem.file == path]
    if problems:
        raise SpecError(*problems)
    files = {path: file for path, file in _domain_files(inventory).items() if is_resource_of(path, domain)}
    return Built(_render(checkout, _modules([spec], variants, inventory)) | files, ())


def _keys(specs: Iterable[LoadedSpec]) -> dict[str, str]:
    """Return by path the keys of specs."""
    return {spec.identity.spec: spec.key for spec in specs}


def _find_absences(specs: Iterable[LoadedSpec]) -> dict[str, frozenset[str]]:
    """Return by key the targets that a resource is absent from."""
    return {spec.key: absences for spec in specs if (absences := frozenset(absent_targets(spec)))}


def problems_of(specs: Iterable[LoadedSpec], variants: Iterable[LoadedSpec], inventory: Inventory) -> list[Problem | str]:
    """Return the problems of specs and of their variants, by themselves and with the repository around them."""
    problems: list[Problem | str] = [problem for spec in variants for problem in spec_problems(spec, inventory)]
    for spec in specs:
        # Even if no target takes it as it is.
        problems += spec.problems
        common = text_faults(common_document(spec).tree, spec.identity.domain, inventory)
        problems += [spec.document.located(fault) for fault in (*common, *target_faults(spec, inventory.targets))]
    return problems


def _modules(specs: Iterable[LoadedSpec], variants: Iterable[LoadedSpec], inventory: Inventory) -> dict[str, Module]:
    """Return the modules of checked specs by path. Raises SpecError with the objections of databricks-bundles."""
    modules: dict[str, Module] = {}
    problems: list[Problem] = []
    for spec in variants:
        modules[spec.module] = module_of(spec, inventory)
        if problem := construction_problem(spec, modules[spec.module]):
            problems.append(problem)
    if problems:
        raise SpecError(*problems)
    for spec in specs:
        identity = spec.identity
        empty = {identity.module_in(target): target for target in absent_targets(spec)}
        if identity.module not in modules:
            empty[identity.module] = ""
        for path, target in empty.items():
            modules[path] = Module(identity.spec, identity.kind, "", {}, digest([identity.spec, target]))
    return modules


def load_specs(checkout: Checkout, naming: Naming, paths: Iterable[str]) -> tuple[list[LoadedSpec], list[Problem | str]]:
    """Return the specs at some paths, and the problems of those that can't be read."""
    specs: list[LoadedSpec] = []
    problems: list[Problem | str] = []
    for path in paths:
        try:
            specs.append(load_spec(path, checkout.read(path), naming))
        except SpecError as error:
            problems += error.problems
    return specs, problems


def _render(checkout: Checkout, modules: Mapping[str, Module]) -> dict[str, Expected]:
    texts = format_texts({path: module_text(module) for path, module in modules.items()}, checkout.root / CONFIG)
    files = {path: Expected(path, text, modules[path].input_digest) for path, text in texts.items()}
    packages = {package: Expected(package, "", "") for path in texts for package in package_files(path)}
    return dict(sorted((packages | files).items()))


def module_of(spec: LoadedSpec, inventory: Inventory) -> Module:
    """Return the module of a checked spec."""
    domain = inventory.domains.get(spec.identity.domain)
    presets = {
        name: preset.document.tree[preset.name]
        for name, preset in inventory.presets.items()
        if _mentions(spec.document.tree, name)
    }
    override = [spec.override.model_dump(mode="json")] if spec.override else []
    naming = [] if inventory.naming == DEFAULT else [to_key(inventory.naming)]
    inputs = digest([spec.document.tree, domain.document.tree if domain else None, presets, *override, *naming])
    return Module(spec.identity.spec, spec.identity.kind, spec.key, resolve(spec, inventory), inputs)


def _mentions(tree: object, preset: str) -> bool:
    if isinstance(tree, dict):
        return any(_mentions(value, preset) for value in tree.values())
    if isinstance(tree, list):
        return any(_mentions(value, preset) for value in tree)
    return tree == preset


def construction_problem(spec: LoadedSpec, module: Module) -> Problem | None:
    """Return the objection of databricks-bundles, which loads the module and also checks types and enumerations."""
    # Imported here: `generator schema` and a spec's own problems need no Databricks package.
    if module.kind is Kind.PIPELINES:
        from databricks.bundles.pipelines import Pipeline as Class
    else:
        from databricks.bundles.jobs import Job as Class
    value: Any = copy.deepcopy(dict(module.value))
    try:
        Class.from_dict(value)
    except (ValueError, TypeError, AttributeError) as error:
        return spec.document.problem(
            (), f"databricks-bundles rejects the generated resource: {' '.join(str(error).split())}."
        )
    return None


def _domain_files(inventory: Inventory) -> dict[str, Expected]:
    """Return the YAML that sets `run_as` by target, which a module can't because it knows no target."""
    files: dict[str, Expected] = {}
    for domain, loaded in sorted(inventory.domains.items()):
        if not loaded.model.run_as:
            continue
        variable = run_as_variable(domain)
        runners = {name: run_as.model_dump(exclude_none=True) for name, run_as in sorted(loaded.model.run_as.items())}
        value = {
            "variables": {
                variable: {
                    "description": f"Who runs the jobs and pipelines of {domain}.",
                    "type": "complex",
                    "default": {"user_name": "${workspace.current_user.userName}"},
                }
            },
            "targets": {target: {"variables": {variable: runner}} for target, runner in runners.items()},
        }
        path = domain_yaml(domain, "run_as")
        inputs = digest(loaded.document.tree)
        files[path] = Expected(path, yaml_text(loaded.document.file, value, inputs), inputs)
    return files
