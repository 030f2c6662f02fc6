"""Models → the tables of docs/reference/specs.md, so that the reference can't differ from the models."""

import re
from collections.abc import Iterator
from typing import Any

from generator.errors import SpecError
from generator.layout import Kind
from generator.spec import REFERENCE, DomainSettings, Schedule, spec_models
from scope.naming import DEFAULT_LAYERS

PATH = "docs/reference/specs.md"
BEGIN = "<!-- The reference begins: written by `generator schema` -->"
END = "<!-- The reference ends -->"

_SPECS = (
    ("Pipelines: `specs/pipelines/<domain>/<source>/<layer>_<asset>.yml`", Kind.PIPELINES),
    ("Jobs: `specs/jobs/<domain>/<source>/<layer>_<asset>.yml`", Kind.JOBS),
)
_OTHERS = (
    ("Schedules: a job's `schedule`, and the presets of `resources/_models/schedules.yml`", Schedule),
    ("Domains: `specs/domains/<domain>.yml`", DomainSettings),
)


def with_reference(text: str, layers: tuple[str, ...] = DEFAULT_LAYERS) -> str:
    """Return the document with its reference updated from the models. Raises SpecError if it has no place for one."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SpecError(f"{PATH} has no place for the reference; it needs the lines `{BEGIN}` and `{END}`.")
    return f"{before}{BEGIN}\n\n{reference(layers)}\n{END}{after}"


def reference(layers: tuple[str, ...] = DEFAULT_LAYERS) -> str:
    """Return the reference: a table for each kind of document."""
    specs = ((title, spec_models(layers)[kind]) for title, kind in _SPECS)
    return "\n".join(_table(title, model.model_json_schema()) for title, model in (*specs, *_OTHERS))


def _table(title: str, schema: dict[str, Any]) -> str:
    lines = [f"## {title}", "", "| field | value | default | description |", "|---|---|---|---|"]
    lines += [_row(path, field, schema, is_required=is_required) for path, field, is_required in _fields(schema, schema, "")]
    return "\n".join(lines) + "\n"


def _fields(root: dict[str, Any], schema: dict[str, Any], above: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield each field with its path; those of a schedule below a job stand in the schedule's own table."""
    for name, field in schema.get("properties", {}).items():
        yield above + name, field, name in schema.get("required", ())
        is_list, inner = _model(root, field)
        if inner is not None and inner.get("title") != "Schedule":
            yield from _fields(root, inner, f"{above}{name}{is_list}.")


def _model(root: dict[str, Any], field: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """Return the model that a field holds, if any, and its path below the field: `[]` for lists, `.<name>` for mappings."""
    for choice in (field, *field.get("anyOf", ()), *field.get("oneOf", ())):
        for below, node in (("", choice), ("[]", choice.get("items")), (".<name>", choice.get("additionalProperties"))):
            if isinstance(node, dict) and "$ref" in node:
                model = root["$defs"][node["$ref"].rpartition("/")[2]]
                return (below, model) if "properties" in model else ("", None)
    return "", None


def _row(path: str, field: dict[str, Any], root: dict[str, Any], *, is_required: bool) -> str:
    default = field.get("default")
    shown = (
        "required"
        if is_required
        else ""
        if default in (None, [], {}) or isinstance(default, dict)
        else f"`{_literal(default)}`"
    )
    described = re.sub(r"\s+", " ", field.get("description", "")).replace("|", "\\|")
    return f"| `{path}` | {_value(root, field)} | {shown} | {described} |"


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(root: dict[str, Any], field: dict[str, Any]) -> str:
    if "$ref" in field:
        return _value(root, root["$defs"][field["$ref"].rpartition("/")[2]])
    if choices := [choice for key in ("anyOf", "oneOf") for choice in field.get(key, ()) if choice.get("type") != "null"]:
        return " or ".join(dict.fromkeys(_value(root, choice) for choice in choices))
    if "enum" in field or "const" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if field.get("pattern") == REFERENCE.pattern:
        return "a reference"
    kind = field.get("type")
    if kind == "array":
        return f"list of {_value(root, field['items'])}"
    if kind == "object":
        inner = field.get("additionalProperties")
        values = _value(root, inner) if isinstance(inner, dict) else "anything"
        return "mapping" if values == "anything" else f"mapping to {values}"
    return {"string": "text", "boolean": "true or false", "integer": "whole number"}.get(str(kind), "anything")
