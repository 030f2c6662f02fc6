"""Checks which pipeline loads which source file: each file exactly one, unless a job runs it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from generator.checkout import Checkout
from generator.errors import Problem, listed, suggestion
from generator.inventory import Inventory
from generator.layout import Kind, code_folder, spec_path
from generator.libraries import library_files, library_paths
from generator.load import LoadedSpec
from generator.resolve import INGESTION_SETTINGS, TASK_PATHS, loaded_paths
from generator.spec import JobSpec, PipelineSpec
from scope.naming import DEFAULT_LAYERS

# The files that specs reach, each with those specs.
Reached = Mapping[str, Sequence[LoadedSpec]]


def shared_file_problems(reached: Reached) -> Iterator[Problem]:
    """Yield a problem for each file that several specs reach, at each of the specs."""
    for path, reaching in sorted(reached.items()):
        for spec in reaching:
            others = [other.identity for other in reaching if _meet(spec, other)]
            if not others or (isinstance(spec.model, JobSpec) and all(other.kind is Kind.JOBS for other in others)):
                continue
            if isinstance(spec.model, PipelineSpec) and spec.model.imported is not None:
                verb, at = "loads", "imported"
            elif isinstance(spec.model, PipelineSpec):
                verb, at = "loads", "files" if spec.model.files else "layers" if spec.model.layers else "layer"
            else:
                verb, at = "runs", "tasks"
            rivals = listed([other.spec for other in others], "and")
            message = f"{verb} {path}, and so does {rivals}. One file belongs to one of them: narrow by `files`."
            yield spec.document.problem((at,), message)


def _meet(one: LoadedSpec, other: LoadedSpec) -> bool:
    """Return whether there is a target that has the resources of both."""
    return one.identity != other.identity and not set(one.targets).isdisjoint(other.targets)


def unreached_file_problems(specs: Iterable[LoadedSpec], reached: Reached, inventory: Inventory) -> Iterator[Problem]:
    """Yield a problem for each source file in a layer's folder that none of these specs reaches."""
    pipelines: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in specs:
        if isinstance(one.model, PipelineSpec):
            pipelines[one.identity.domain, one.identity.source].append(one.identity.spec)
    for domain, source in _sources(inventory.checkout):
        near = pipelines.get((domain, source))
        yield from _stray_file_problems(domain, source, reached, inventory)
        for layer in inventory.naming.layers:
            new_spec = spec_path(Kind.PIPELINES, domain, source, f"{layer}_<asset>")
            for path in inventory.sources(domain, source, layer):
                if path not in reached:
                    fix = f"add it to {listed(dict.fromkeys(near))}" if near else f"write {new_spec}"
                    message = f"is in the layer {layer}, but no pipeline loads it and no job runs it; {fix}."
                    yield Problem(path, 0, 0, "", message)


def _stray_file_problems(domain: str, source: str, reached: Reached, inventory: Inventory) -> Iterator[Problem]:
    """Yield a problem for each source file in a folder that is named like a layer, and is none."""
    layers = inventory.naming.layers
    for folder in inventory.checkout.folders(code_folder(domain, source)):
        near = suggestion(folder, get_close_matches(folder, layers, n=1, cutoff=0.8))
        if folder in layers or not (near or folder in DEFAULT_LAYERS):
            continue
        for path in inventory.sources(domain, source, folder):
            if path not in reached:
                message = f"is in the folder {folder}, which is no layer; the layers are {listed(layers, 'and')}.{near}"
                yield Problem(path, 0, 0, "", message)


def reached_files(specs: Iterable[LoadedSpec], inventory: Inventory) -> Reached:
    """Return the files that specs load or run."""
    reached: dict[str, list[LoadedSpec]] = defaultdict(list)
    for spec in specs:
        for path in sorted(set(_paths(spec, inventory))):
            reached[path].append(spec)
    return reached


def _paths(spec: LoadedSpec, inventory: Inventory) -> Iterator[str]:
    model, identity = spec.model, spec.identity
    if isinstance(model, PipelineSpec) and model.imported is not None:
        for _, path in library_paths(model):
            yield from library_files(path, inventory.checkout)
    elif isinstance(model, PipelineSpec):
        if any(name in model.settings for name in INGESTION_SETTINGS):
            return
        for path in loaded_paths(identity, model, inventory):
            if path.endswith("/**"):
                layer = path.removesuffix("/**").rpartition("/")[2]
                yield from inventory.sources(identity.domain, identity.source, layer)
            else:
                yield path
    else:
        for task in model.tasks:
            yield from _task_paths(task)


def _task_paths(task: Mapping[str, Any]) -> Iterator[str]:
    for names in TASK_PATHS:
        value: Any = task
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str) and names[0] != "dbt_task":
            yield value.removeprefix("./")
    inner = task.get("for_each_task")
    if isinstance(inner, dict) and isinstance(inner.get("task"), dict):
        yield from _task_paths(inner["task"])


def _sources(checkout: Checkout) -> Iterator[tuple[str, str]]:
    for domain in checkout.domains():
        for source in checkout.folders(code_folder(domain)):
            yield domain, source
