"""A domain, a source and an asset → the first files of it. Texts only; the command line writes the missing ones."""

import json
import posixpath
from collections.abc import Iterator
from dataclasses import replace
from textwrap import dedent

from generator.checkout import Checkout
from generator.errors import SpecError, listed, suggestion
from generator.layout import CODE_ROOT, SCHEMAS, Kind, code_folder
from generator.load import load_spec
from generator.names import Identity, identity_of, part_fault
from generator.naming import load_naming
from generator.spec import PipelineSpec
from scope.naming import Naming

# What the layers after the first do: the function of the transforms, and the dataset's description of some asset. One layer
# more does the third again, one less leaves it out.
_STEPS = (
    ("deduplicated", "{} with types, each one once."),
    ("with_rules", "{} with the business's rules applied."),
    ("reported", "What reports and other domains read of {}."),
)


def scaffold_texts(checkout: Checkout, domain: str, source: str, asset: str) -> dict[str, str]:
    """Return path → text of all files of a new source, or of a new asset of one.

    Raises SpecError for names that are invalid or collide.
    """
    naming = load_naming(checkout)
    identities = _identities(naming, domain, source, asset)
    _refuse_bad_names(checkout, identities)
    _refuse_shared_files(checkout, naming, identities)
    home = code_folder(domain, source)
    # The specs come first: they mark a scaffold that was interrupted, which can then be finished.
    texts = {identity.spec: _spec(identity) for identity in identities}
    texts |= {f"{code_folder(domain)}/__init__.py": "", f"{home}/__init__.py": "", f"{home}/transforms/__init__.py": ""}
    for layer in naming.layers:
        texts[f"{home}/{layer}/__init__.py"] = ""
        texts[f"{home}/{layer}/{asset}.py"] = _layer_code(naming, layer, domain, source, asset)
    texts[f"{home}/transforms/{asset}.py"] = _transforms(source, asset)
    texts[f"tests/unit/{domain}/test_{source}_{asset}.py"] = _test(domain, source, asset)
    rows = [{"id": "1", "updated_at": "2026-01-01T00:00:00Z"}, {"id": "1", "updated_at": "2026-01-02T00:00:00Z"}]
    texts[f"tests/fixtures/{domain}/{source}/{asset}.json"] = json.dumps(rows, indent=2) + "\n"
    texts[f"tests/fixtures/{domain}/{source}/{naming.layers[-1]}_{asset}.json"] = json.dumps(rows[1:], indent=2) + "\n"
    return texts


def _identities(naming: Naming, domain: str, source: str, asset: str) -> list[Identity]:
    """Return a pipeline for the chain of layers, or one for each if each has a schema of its own, and the job for all."""
    layers = naming.layers if naming.has_layer else naming.layers[-1:]
    pipelines = [Identity(Kind.PIPELINES, domain, source, layer, asset, naming) for layer in layers]
    return [*pipelines, Identity(Kind.JOBS, domain, source, naming.layers[-1], asset, naming)]


def _refuse_bad_names(checkout: Checkout, identities: list[Identity]) -> None:
    domain, source, asset, naming = identities[-1].domain, identities[-1].source, identities[-1].asset, identities[-1].naming
    problems = [
        f"The {role} can't have this name: {fault}"
        for role, name in (("domain", domain), ("source", source), ("asset", asset))
        if (fault := part_fault(name))
    ]
    if problems:
        raise SpecError(*problems)
    if checkout.is_file(f"{code_folder(domain)}.py") or checkout.is_file(code_folder(domain)):
        raise SpecError(
            f"There is a file {code_folder(domain)}: a domain of that name can't have a folder there. Rename one of them."
        )
    wanted = {identity.key: identity for identity in identities}
    if len(wanted) < len(identities):
        keys = listed(sorted({identity.key for identity in identities}), "and")
        raise SpecError(
            f"{domain}/{source} would make several resources of the name {keys}: put {{layer}} into `resource` of "
            "[tool.scope.naming]."
        )
    for path in checkout.spec_paths():
        identity = identity_of(path, naming)
        if isinstance(identity, Identity) and identity.key in wanted and identity != wanted[identity.key]:
            raise SpecError(
                f"{domain}/{source} would make the resource {identity.key}, and so does {path}. Choose another name."
            )
    domains = checkout.folders(CODE_ROOT)
    if domain not in domains:
        near = suggestion(domain, [name for name in domains if name.replace("_", "") == domain.replace("_", "")])
        if near:
            raise SpecError(f"There is a domain that differs from {domain} in underscores only.{near}")


def _refuse_shared_files(checkout: Checkout, naming: Naming, identities: list[Identity]) -> None:
    """Refuse an asset whose files another pipeline of the source would load, because it loads whatever its layers hold."""
    first = identities[0]
    own = {identity.spec for identity in identities}
    for path in checkout.spec_paths():
        if path in own or posixpath.dirname(path) != posixpath.dirname(first.spec):
            continue
        model = load_spec(path, checkout.read(path), naming).model
        if isinstance(model, PipelineSpec) and model.imported is None and not model.files and not model.external_files:
            raise SpecError(
                f"{first.domain}/{first.source} already exists, and {path} loads whatever lies in its layers' folders. "
                "Say there which files are its own, with `files`, and run this again for a pipeline beside it."
            )


def _spec(identity: Identity) -> str:
    naming = identity.naming
    lines = [
        schema_line(identity.spec, identity.kind),
        f"domain: {identity.domain}",
        f"source: {identity.source}",
        f"layer: {identity.layer}",
        f"asset: {identity.asset}",
    ]
    if identity.kind is Kind.PIPELINES:
        layers = [] if naming.has_layer else [f"layers: [{', '.join(naming.layers)}]"]
        lines += [*layers, f"files: [{identity.asset}.py]"]
    else:
        lines += [
            f"description: Refreshes the pipeline {identity.name}.",
            "# What starts it, see docs/resource-generation.md:",
            "# schedule: schedules.nightly",
            *(_chain(identity) if naming.has_layer else ()),
        ]
    return "\n".join(lines) + "\n"


def _chain(job: Identity) -> Iterator[str]:
    """Yield the tasks of a job that refreshes the pipelines of all layers, one after the other."""
    yield "tasks:"
    layers = job.naming.layers
    for before, layer in zip((None, *layers), layers, strict=False):
        yield f"  - task_key: {layer}"
        if before is not None:
            yield from ("    depends_on:", f"      - task_key: {before}")
        yield f"    refresh_pipeline: {replace(job, kind=Kind.PIPELINES, layer=layer).name}"


def schema_line(spec: str, kind: Kind) -> str:
    """Return the line by which editors with YAML's language server check a spec, whatever their settings."""
    schema = f"{SCHEMAS}/{kind.removesuffix('s')}.schema.json"
    return f"# yaml-language-server: $schema={posixpath.relpath(schema, posixpath.dirname(spec))}"


def _layer_code(naming: Naming, layer: str, domain: str, source: str, asset: str) -> str:
    """Return the code of a layer's dataset; column logic goes to the transforms, where tests can call it."""
    transforms = f"{domain}.{source}.transforms.{asset}"
    at, name = naming.layers.index(layer), asset if naming.has_layer else f"{layer}_{asset}"
    if at == 0:
        does, decorator = f"{_title(asset)} as they land.", "table"
        imports = (
            "from pyspark import pipelines as dp\nfrom pyspark.sql import DataFrame, SparkSession\n\n"
            "from common.tables import external_table\n"
        )
        body = (
            '    """Read what the ingestion added since the last update."""\n'
            f'    return SparkSession.active().readStream.table(external_table("ingest.{source}.{asset}"))\n'
        )
    else:
        function, does, decorator = *_step(len(naming.layers), at, asset), "materialized_view"
        before, modules = f'"{naming.layers[at - 1]}_{asset}"', [f"from {transforms} import {function}\n"]
        if naming.has_layer:
            # In another schema, so not by its name alone.
            before = f'table("{domain}.{source}.{naming.layers[at - 1]}_{asset}")'
            modules.append("from common.tables import table\n")
        imports = (
            "from pyspark import pipelines as dp\nfrom pyspark.sql import DataFrame, SparkSession\n\n"
            f"{''.join(sorted(modules))}"
        )
        body = (
            f'    """Read the layer {naming.layers[at - 1]} and shape it."""\n'
            f"    return {function}(SparkSession.active().read.table({before}))\n"
        )
    return (
        f'"""{does}"""\n\n{imports}\n\n@dp.{decorator}(name="{name}", comment="{does}")\n'
        f"def {layer}_{asset}() -> DataFrame:\n{body}"
    )


def _step(layers: int, at: int, asset: str) -> tuple[str, str]:
    """Return the function of the transforms that the layer at a place, from 1, calls, and what the layer does."""
    middle = (_STEPS[1],) * max(layers - 3, 0)
    function, does = (_STEPS[0], *middle, *_STEPS[2:])[at - 1]
    return function, does.format(asset if function == "reported" else _title(asset))


def _title(asset: str) -> str:
    return asset.replace("_", " ").capitalize()


def _transforms(source: str, asset: str) -> str:
    return dedent(
        f'''\
        """{_title(asset)} of {source}, column by column: what each layer does to them, as functions of DataFrames."""

        from pyspark.sql import DataFrame
        from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F

        from common.duplicates import latest_by_key


        def deduplicated(raw: DataFrame) -> DataFrame:
            """Return the newest state of each record."""
            return latest_by_key(raw, "id", F.col("updated_at"))


        def with_rules(base: DataFrame) -> DataFrame:
            """Return the records that count."""
            return base.where("id IS NOT NULL")


        def reported(staging: DataFrame) -> DataFrame:
            """Return what readers get."""
            return staging
        '''
    )


def _test(domain: str, source: str, asset: str) -> str:
    return dedent(
        f'''\
        """What each layer does to {asset} of {source}."""

        from tests.support.engines import Engine


        def test_base_has_each_record_once(engine: Engine) -> None:
            transforms = engine.module("{domain}.{source}.transforms.{asset}")
            base = transforms.deduplicated(engine.landed("{domain}/{source}/{asset}.json"))
            assert engine.rows(base, "id", "updated_at") == [("1", "2026-01-02T00:00:00Z")]
        '''
    )
