"""Models → JSON Schemas with Databricks' own definitions in them: editors complete and check a spec while it is typed."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from generator.bundle_schema import (
    CLUSTER,
    ENVIRONMENT,
    PIPELINE_CLUSTER,
    PIPELINE_ENVIRONMENT,
    TASK,
    Schema,
    definitions,
)
from generator.layout import SCHEMAS, Kind
from generator.load import IDENTITY_FIELDS
from generator.spec import (
    PRESET_DESCRIPTION,
    REFERENCE,
    DomainSettings,
    Schedule,
    TargetSettings,
    spec_models,
)
from scope.naming import DEFAULT_LAYERS

# Field with a plain mapping in the model → Databricks' definition of it. `*` stands for a mapping's values.
_PIPELINE_BODIES = {
    "settings": "settings.pipelines",
    "imported": "imported.pipelines",
    "environment": PIPELINE_ENVIRONMENT,
    "clusters.*": PIPELINE_CLUSTER,
}
_JOB_BODIES = {
    "settings": "settings.jobs",
    "imported": "imported.jobs",
    "environments.*": ENVIRONMENT,
    "clusters.*": CLUSTER,
    "tasks.*": TASK,
}
# Field → the file of the presets that it takes.
_PIPELINE_PRESETS = {"environment": "environments", "clusters": "clusters"}
_JOB_PRESETS = {"schedule": "schedules", "environments": "environments", "clusters": "clusters"}


def schema_texts(presets: Collection[str], layers: tuple[str, ...] = DEFAULT_LAYERS) -> dict[str, str]:
    """Return the schemas' texts by path. Specs take the given layers, and the given presets, as `<file>.<name>`."""
    models = spec_models(layers)
    pipeline = _with_bodies(models[Kind.PIPELINES].model_json_schema(), _PIPELINE_BODIES, "A pipeline's spec")
    job = _with_bodies(models[Kind.JOBS].model_json_schema(), _JOB_BODIES, "A job's spec")
    schemas = {
        "pipeline": _with_targets(_with_presets(pipeline, _PIPELINE_PRESETS, presets)),
        "job": _with_targets(_with_presets(job, _JOB_PRESETS, presets)),
        "domain": _with_bodies(DomainSettings.model_json_schema(), {}, "A domain's settings"),
        "clusters": _presets({"$ref": f"#/$defs/{CLUSTER}"}, "Presets of clusters"),
        "environments": _presets({"$ref": f"#/$defs/{ENVIRONMENT}"}, "Presets of environments"),
        "schedules": _schedule_presets(),
    }
    return {f"{SCHEMAS}/{name}.schema.json": _text(schema) for name, schema in schemas.items()}


def _text(schema: Schema) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(head | _closed(schema), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _presets(value: Schema, title: str) -> Schema:
    return {"title": title, "type": "object", "additionalProperties": value}


def _schedule_presets() -> Schema:
    schema = Schedule.model_json_schema()
    inner = schema.pop("$defs")
    return _presets({"$ref": "#/$defs/Schedule"}, "Presets of schedules") | {"$defs": inner | {"Schedule": schema}}


def _with_bodies(schema: Schema, bodies: dict[str, str], title: str) -> Schema:
    schema["title"] = title
    for place, definition in bodies.items():
        name, _, values = place.partition(".")
        field = schema["properties"][name]
        reference = {"$ref": f"#/$defs/{definition}"}
        if not values:
            schema["properties"][name] = _replaced(field, reference)
        else:
            holder, key = next(
                (choice, key)
                for choice in (field, *field.get("oneOf", ()))
                for key in ("items", "additionalProperties")
                if key in choice
            )
            holder[key] = _replaced(holder[key], reference)
    return schema


def _with_presets(schema: Schema, files: dict[str, str], presets: Collection[str]) -> Schema:
    """Return a spec's schema in which a preset's name is one that exists, or a reference to a variable."""
    for name, file in files.items():
        known = sorted(preset for preset in presets if preset.startswith(f"{file}."))
        for choice in _preset_choices(schema["properties"][name]):
            choice["anyOf"] = [{"enum": known}, {"pattern": REFERENCE.pattern}]
    return schema


def _preset_choices(node: Any) -> Iterator[Schema]:  # noqa: ANN401  any JSON
    if isinstance(node, dict):
        if node.get("description") == PRESET_DESCRIPTION:
            yield node
        node = [*node.values()]
    if isinstance(node, list):
        for value in node:
            yield from _preset_choices(value)


def _with_targets(schema: Schema) -> Schema:
    """Return a spec's schema in which the settings of a target have the spec's fields, too."""
    fields = {name: field for name, field in schema["properties"].items() if name not in (*IDENTITY_FIELDS, "targets")}
    settings = schema["$defs"][TargetSettings.__name__]
    settings["properties"] |= fields
    settings["additionalProperties"] = False
    return schema


def _replaced(node: Schema, reference: Schema) -> Schema:
    """Return a field's schema with its plain mapping replaced, and its other choices kept."""
    kept = {key: node[key] for key in ("description", "default", "title") if key in node}
    choices = [choice for key in ("anyOf", "oneOf") for choice in node.get(key, ())]
    if not choices:
        return kept | reference
    others = [choice for choice in choices if not _is_mapping(choice)]
    nested = [_replaced(choice, reference) if "oneOf" in choice else choice for choice in others]
    return kept | {"anyOf": [*nested, *([reference] if len(others) < len(choices) else [])]}


def _is_mapping(choice: Schema) -> bool:
    return choice.get("type") == "object"


def _closed(schema: Schema) -> Schema:
    """Return the schema with all of Databricks' definitions that it refers to."""
    included: dict[str, Any] = dict(schema.get("$defs", {}))
    available = definitions()
    waiting = [schema]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in included:
                included[name] = available[name]
                waiting.append(available[name])
    return schema | ({"$defs": included} if included else {})


def _references(node: Any) -> Iterator[str]:  # noqa: ANN401  any JSON
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield re.sub(r"^#/\$defs/", "", reference)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
