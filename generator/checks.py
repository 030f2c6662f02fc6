"""Checks specs against the repository around them. Functions yield problems and raise nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping

from generator.bundle_schema import PIPELINE_CLUSTER, PIPELINE_ENVIRONMENT, schema_faults
from generator.errors import Problem, listed, quoted, suggestion
from generator.inventory import Inventory
from generator.job_checks import job_problems
from generator.layout import CODE_ROOT, code_folder
from generator.libraries import library_faults
from generator.load import LoadedSpec
from generator.merges import merge_faults
from generator.names import key_fault
from generator.presets import body_problems, one_body_problems
from generator.resolve import INGESTION_SETTINGS, MAX_TAGS, OWNED_TAGS, loaded_layers, settings_of, tags_of
from generator.spec import PipelineSpec, owned_settings
from generator.texts import text_faults
from generator.yaml_tree import Document, Fault, TreePath

# Fields of a job as Databricks has them, and as a spec does.
_BESIDE = {"trigger": "schedule", "job_clusters": "clusters"}


def spec_problems(spec: LoadedSpec, inventory: Inventory) -> Iterator[Problem]:
    """Yield all problems of a spec, its own and those with the repository around it."""
    document, model = spec.document, spec.model
    yield from spec.problems
    for fault in text_faults(document.tree, spec.identity.domain, inventory, spec.targets):
        yield document.located(fault)
    for fault in merge_faults(spec, inventory):
        yield document.located(fault)
    yield from _tag_problems(spec, inventory)
    yield from _settings_problems(spec, inventory)
    yield from _imported_problems(spec)
    if spec.override is not None and spec.override.paused is not None and getattr(model, "schedule", None) is None:
        yield document.problem(("paused",), "is for jobs with a schedule, and this has none.", at_key=True)
    if isinstance(model, PipelineSpec):
        yield from _pipeline_problems(spec, model, inventory)
    else:
        yield from job_problems(spec, model, inventory)


def domain_problems(domain: str, inventory: Inventory) -> Iterator[Problem]:
    """Yield the problems of a domain's settings with the repository around them."""
    loaded = inventory.domains.get(domain)
    if loaded is None:
        return
    document = loaded.document
    if not inventory.checkout.is_folder(code_folder(domain)):
        near = suggestion(domain, inventory.checkout.folders(CODE_ROOT))
        yield document.problem((), f"is about a domain that doesn't exist: there is no folder {code_folder(domain)}.{near}")
    for fault in text_faults(document.tree, domain, inventory):
        yield document.located(fault)
    yield from _owned_tag_problems(document, loaded.model.tags)


def _tag_problems(spec: LoadedSpec, inventory: Inventory) -> Iterator[Problem]:
    if spec.model.imported is None:
        yield from _owned_tag_problems(spec.document, spec.model.tags)
    count = len(tags_of(spec.identity, spec.model, settings_of(spec, inventory)))
    if count > MAX_TAGS:
        yield spec.document.problem(("tags",), f"comes to {count} tags with the domain's; Databricks allows {MAX_TAGS}.")


def _owned_tag_problems(document: Document, tags: Mapping[str, str]) -> Iterator[Problem]:
    for name in OWNED_TAGS:
        if name in tags:
            yield document.problem(
                ("tags", name), "is set by the platform, so that costs can be allocated. Leave it out.", at_key=True
            )


def _settings_problems(spec: LoadedSpec, inventory: Inventory) -> Iterator[Problem]:
    kind = spec.identity.kind
    owned = owned_settings(kind, inventory.naming)
    for fault in schema_faults(f"settings.{kind}", spec.model.settings):
        name = str(fault.path[0]) if len(fault.path) == 1 else ""
        better = Fault(fault.path, f"can't be set here: {owned[name]}.", at_key=True) if name in owned else fault
        yield spec.document.located(better.below("settings"))


def _imported_problems(spec: LoadedSpec) -> Iterator[Problem]:
    imported = spec.model.imported
    if imported is None:
        return
    for fault in schema_faults(f"imported.{spec.identity.kind}", imported):
        yield spec.document.located(fault.below("imported"))
    if isinstance(key := imported.get("key"), str) and (message := key_fault(key)):
        yield spec.document.problem(("imported", "key"), message)
    for name in imported:
        beside = _BESIDE.get(name, name)
        if beside in spec.model.model_fields_set:
            message = f"is `{beside}`, which stands beside `imported`, too. Keep one of them."
            yield spec.document.problem(("imported", name), message, at_key=True)


# Pipelines


def _pipeline_problems(spec: LoadedSpec, model: PipelineSpec, inventory: Inventory) -> Iterator[Problem]:
    document = spec.document
    for key in model.configuration:
        if key.startswith("platform.") and model.imported is None:
            yield document.problem(
                ("configuration", key), "begins with `platform.`, which is the platform's own.", at_key=True
            )
    is_said = model.imported is None or "serverless" in model.model_fields_set
    if model.clusters and model.serverless is True and is_said:
        yield document.problem(("clusters",), "is only for pipelines with `serverless: false`.")
    if not isinstance(model.clusters, str):
        yield from body_problems(spec, inventory, "clusters", model.clusters, PIPELINE_CLUSTER)
    if model.environment is not None:
        yield from one_body_problems(
            spec, inventory, ("environment",), model.environment, "environments", PIPELINE_ENVIRONMENT
        )
    if not spec.broken & {"layers", "files", "external_files", "settings"}:
        ingestion = next((name for name in INGESTION_SETTINGS if name in model.settings), None)
        reason = f"with `{ingestion}`, which loads no files" if ingestion else ""
        if model.imported is not None:
            reason = "in an imported pipeline, which loads its `libraries`"
        if not reason:
            yield from _source_problems(spec, model, inventory)
        for name in ("layers", "files", "external_files") if reason else ():
            if getattr(model, name):
                yield document.problem((name,), f"has no use {reason}.")
        for fault in library_faults(spec, model, inventory):
            yield document.located(fault)


def _source_problems(spec: LoadedSpec, model: PipelineSpec, inventory: Inventory) -> Iterator[Problem]:
    document, identity = spec.document, spec.identity
    for index, path in enumerate(model.external_files):
        if fault := _external_file_fault(path):
            yield document.problem(("external_files", index), fault)
    for layer, count in Counter(model.layers).items():
        if count > 1:
            yield document.problem(("layers",), f"names {layer} twice.")
    folder = code_folder(identity.domain, identity.source)
    loadable: set[str] = set()
    for layer in loaded_layers(identity, model):
        names = {
            path.removeprefix(f"{folder}/{layer}/") for path in inventory.sources(identity.domain, identity.source, layer)
        }
        at: TreePath = ("layers", model.layers.index(layer)) if layer in model.layers else ("layer",)
        if not names:
            yield document.problem(
                at, f"has no source files: there is no `.py`, `.sql` or `.ipynb` file in {folder}/{layer}."
            )
        elif model.files and not names & set(model.files):
            yield document.problem(
                at,
                f"is one of its layers, but {folder}/{layer} holds none of `files`; it has {listed(sorted(names), 'and')}.",
            )
        loadable |= names
    for index, name in enumerate(model.files):
        if name not in loadable and loadable:
            near = suggestion(name, sorted(loadable))
            yield document.problem(("files", index), f"{quoted(name)} is in none of its layers in {folder}.{near}")


def _external_file_fault(path: str) -> str:
    if path.startswith("${workspace.file_path}"):
        return f"{quoted(path)} is a file of this deployment. It belongs in a layer's folder."
    if not path.startswith(("/", "${")):
        return f"{quoted(path)} is not a path in the workspace. A file of this repository belongs in a layer's folder."
    return ""
