"""A domain and a source → the first files of a new source. Texts only; the command line writes the missing ones."""

import json
import posixpath
from textwrap import dedent

from generator.checkout import Checkout
from generator.errors import SpecError, suggestion
from generator.layout import CODE_ROOT, SCHEMAS, Kind, code_folder
from generator.names import Identity, Layer, identity_of, part_fault

_LAYERS = tuple(Layer)


def scaffold_texts(checkout: Checkout, domain: str, source: str, asset: str) -> dict[str, str]:
    """Return path → text of all files of a new source. Raises SpecError for names that are invalid or collide."""
    _refuse_bad_names(checkout, domain, source, asset)
    home = code_folder(domain, source)
    # The specs come first: they mark a scaffold that was interrupted, which can then be finished.
    texts = {identity.spec: _spec(identity) for identity in _identities(domain, source, asset)}
    texts |= {f"{code_folder(domain)}/__init__.py": "", f"{home}/__init__.py": "", f"{home}/transforms/__init__.py": ""}
    for layer in _LAYERS:
        texts[f"{home}/{layer}/__init__.py"] = ""
        texts[f"{home}/{layer}/{asset}.py"] = _layer_code(layer, domain, source, asset)
    texts[f"{home}/transforms/{asset}.py"] = _transforms(source, asset)
    texts[f"tests/unit/{domain}/test_{source}_{asset}.py"] = _test(domain, source, asset)
    rows = [{"id": "1", "updated_at": "2026-01-01T00:00:00Z"}, {"id": "1", "updated_at": "2026-01-02T00:00:00Z"}]
    texts[f"tests/fixtures/{domain}/{source}/{asset}.json"] = json.dumps(rows, indent=2) + "\n"
    texts[f"tests/fixtures/{domain}/{source}/{Layer.FINAL}_{asset}.json"] = json.dumps(rows[1:], indent=2) + "\n"
    return texts


def _identities(domain: str, source: str, asset: str) -> list[Identity]:
    return [Identity(kind, domain, source, Layer.FINAL, asset) for kind in Kind]


def _refuse_bad_names(checkout: Checkout, domain: str, source: str, asset: str) -> None:
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
    wanted = {identity.key: identity for identity in _identities(domain, source, asset)}
    for path in checkout.spec_paths():
        identity = identity_of(path)
        if isinstance(identity, Identity) and identity.key in wanted and identity != wanted[identity.key]:
            raise SpecError(
                f"{domain}/{source} would make the resource {identity.key}, and so does {path}. Choose another name."
            )
    first = Identity(Kind.PIPELINES, domain, source, Layer.FINAL, asset).spec
    pipelines = f"{posixpath.dirname(first)}/"
    others = [path for path in checkout.spec_paths() if path.startswith(pipelines)]
    if others and not checkout.is_file(first):
        raise SpecError(
            f"{domain}/{source} already exists, with {others[0]}. Add specs to it, see docs/resource-generation.md."
        )
    domains = checkout.folders(CODE_ROOT)
    if domain not in domains:
        near = suggestion(domain, [name for name in domains if name.replace("_", "") == domain.replace("_", "")])
        if near:
            raise SpecError(f"There is a domain that differs from {domain} in underscores only.{near}")


def _spec(identity: Identity) -> str:
    lines = [
        schema_line(identity.spec, identity.kind),
        f"domain: {identity.domain}",
        f"source: {identity.source}",
        f"layer: {identity.layer}",
        f"asset: {identity.asset}",
    ]
    if identity.kind is Kind.PIPELINES:
        lines += ["layers: [raw, base, staging, final]", f"files: [{identity.asset}.py]"]
    else:
        lines += [
            f"description: Refreshes the pipeline {identity.name}.",
            "# What starts it, see docs/resource-generation.md:",
            "# schedule: schedules.nightly",
        ]
    return "\n".join(lines) + "\n"


def schema_line(spec: str, kind: Kind) -> str:
    """Return the line by which editors with YAML's language server check a spec, whatever their settings."""
    schema = f"{SCHEMAS}/{kind.removesuffix('s')}.schema.json"
    return f"# yaml-language-server: $schema={posixpath.relpath(schema, posixpath.dirname(spec))}"


def _layer_code(layer: Layer, domain: str, source: str, asset: str) -> str:
    """Return the code of a layer's dataset; column logic goes to the transforms, where tests can call it."""
    transforms = f"{domain}.{source}.transforms.{asset}"
    before = _LAYERS[_LAYERS.index(layer) - 1] if layer is not Layer.RAW else None
    does = {
        Layer.RAW: f"{_title(asset)} as they land.",
        Layer.BASE: f"{_title(asset)} with types, each one once.",
        Layer.STAGING: f"{_title(asset)} with the business's rules applied.",
        Layer.FINAL: f"What reports and other domains read of {asset}.",
    }[layer]
    function = {Layer.BASE: "deduplicated", Layer.STAGING: "with_rules", Layer.FINAL: "reported"}.get(layer)
    decorator = "table" if layer is Layer.RAW else "materialized_view"
    if layer is Layer.RAW:
        imports = (
            "from pyspark import pipelines as dp\nfrom pyspark.sql import DataFrame, SparkSession\n\n"
            "from common.tables import external_table\n"
        )
        body = (
            '    """Read what the ingestion added since the last update."""\n'
            f'    return SparkSession.active().readStream.table(external_table("ingest.{source}.{asset}"))\n'
        )
    else:
        imports = (
            "from pyspark import pipelines as dp\nfrom pyspark.sql import DataFrame, SparkSession\n\n"
            f"from {transforms} import {function}\n"
        )
        body = (
            f'    """Read the layer {before} and shape it."""\n'
            f'    return {function}(SparkSession.active().read.table("{before}_{asset}"))\n'
        )
    return (
        f'"""{does}"""\n\n{imports}\n\n@dp.{decorator}(name="{layer}_{asset}", comment="{does}")\n'
        f"def {layer}_{asset}() -> DataFrame:\n{body}"
    )


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
