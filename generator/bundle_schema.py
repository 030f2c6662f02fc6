"""Checks Databricks' own fields in specs against the bundle's published JSON schema, cut down to jobs and pipelines.

`refresh_schema` writes `bundle_schema.json` from the output of the tested CLI's `databricks bundle schema`.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from generator.errors import listed, quoted, quotes_hint, suggestion, value_name
from generator.layout import Kind
from generator.spec import OWNED_SETTINGS
from generator.yaml_tree import Fault, Json, TreePath

FILE = Path(__file__).with_name("bundle_schema.json")

# Any JSON schema; its shape is the standard's.
Schema = dict[str, Any]

RESOURCES = {Kind.JOBS: "resources.Job", Kind.PIPELINES: "resources.Pipeline"}
TASK = "jobs.Task"
CLUSTER = "compute.ClusterSpec"
ENVIRONMENT = "compute.Environment"
PIPELINE_CLUSTER = "pipelines.PipelineCluster"
INGESTED_TABLE = "pipelines.TableSpec"
PIPELINE_ENVIRONMENT = "pipelines.PipelinesEnvironment"

REFRESH_PIPELINE = {
    "type": "string",
    "description": "The name of a pipeline of this domain that the task refreshes: `<domain>_<source>_<layer>_<asset>`.",
}
# Of the fields that the platform sets, those that stand beside `imported` whatever they hold, and one that nobody sets.
_NEVER_IMPORTED = frozenset({"id", "description", "tasks"})
IMPORTED_KEY = {
    "type": "string",
    "description": "Its key in the bundle, a Python identifier. By default the one that its names make.",
}


def imported_fields(kind: Kind) -> frozenset[str]:
    """Return the fields that the platform sets, and that an imported resource keeps as it has them."""
    return frozenset(OWNED_SETTINGS[kind]) - _NEVER_IMPORTED


@cache
def definitions() -> dict[str, Schema]:
    """Return the published definitions, with `refresh_pipeline` in tasks, and without the platform's own settings."""
    published: dict[str, Schema] = json.loads(FILE.read_text(encoding="utf-8"))
    published[TASK]["anyOf"][0]["properties"]["refresh_pipeline"] = REFRESH_PIPELINE
    # Connectors without tables, such as those for files, are given options instead.
    table = published[INGESTED_TABLE]["anyOf"][0]
    table["required"].remove("source_table")
    source_table = {"required": ["source_table"], "properties": {"source_table": table["properties"]["source_table"]}}
    table["anyOf"] = [source_table, {"required": ["connector_options"]}]
    for kind, name in RESOURCES.items():
        resource = published[name]["anyOf"][0]
        allowed = {key: value for key, value in resource["properties"].items() if key not in OWNED_SETTINGS[kind]}
        published[f"settings.{kind}"] = {"type": "object", "properties": allowed, "additionalProperties": False}
        owned = {key: value for key, value in resource["properties"].items() if key in imported_fields(kind)}
        published[f"imported.{kind}"] = {
            "type": "object",
            "properties": {"key": IMPORTED_KEY, **owned},
            "additionalProperties": False,
        }
    return published


def schema_faults(definition: str, value: Json) -> Iterator[Fault]:
    """Yield the faults that the bundle's schema finds in a value."""
    for error in _validator(definition).iter_errors(value):
        for leaf in _leaves(error):
            yield from _faults_of(leaf)


@cache
def _validator(definition: str) -> Any:  # noqa: ANN401  jsonschema's validators share no public class
    # Imported here: specs without Databricks' own fields need no schema.
    from jsonschema import Draft202012Validator

    return Draft202012Validator({"$defs": definitions(), "$ref": f"#/$defs/{definition}"})


def _leaves(error: Any) -> Iterator[Any]:  # noqa: ANN401  jsonschema's errors are untyped
    """Yield the errors of the object that was meant, without the one that it isn't a reference either."""
    if error.validator != "anyOf":
        yield error
        return
    for inner in error.context:
        if inner.schema_path[0] == 0:
            yield from _leaves(inner)


def _faults_of(error: Any) -> Iterator[Fault]:  # noqa: ANN401
    path: TreePath = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        allowed = sorted(name for name, field in error.schema["properties"].items() if not field.get("doNotSuggest"))
        for key in sorted(set(error.instance) - set(error.schema["properties"])):
            message = f"is not a field here.{suggestion(key, allowed)} Allowed: {', '.join(allowed)}."
            yield Fault((*path, key), message, at_key=True)
    elif error.validator == "required":
        for key in sorted(set(error.validator_value) - set(error.instance)):
            yield Fault((*path, key), f"is missing.{_described(error.schema, key)}")
    elif error.validator == "enum":
        allowed = [str(value) for value in error.validator_value]
        near = suggestion(str(error.instance), allowed)
        yield Fault(path, f"is {listed(allowed)}, not {quoted(error.instance)}.{near}")
    elif error.validator == "type":
        hint = quotes_hint(error.instance) if error.validator_value == "string" else ""
        yield Fault(path, f"must be {type_name(error.validator_value)}, not {value_name(error.instance)}.{hint}")
    else:
        yield Fault(path, f"{quoted(error.instance)} is refused by the bundle's schema ({error.validator}).")


def _described(schema: Schema, key: str) -> str:
    description = schema.get("properties", {}).get(key, {}).get("description", "")
    first = description.split("\n")[0]
    return f" {first}" if first else ""


def type_name(name: str) -> str:
    """Return the everyday name of a JSON type."""
    names = {"string": "text", "object": "a mapping", "array": "a list", "integer": "a whole number", "number": "a number"}
    return names.get(name, "true or false")
