"""A JSON Schema as Markdown: a table for the document, and one for each kind of object in it."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.docs.command_tables import table

Schema = Mapping[str, Any]


def describe_schema(schema: Schema) -> Iterator[str]:
    """Yield the sections of a document's schema: its own, then those of its objects by name."""
    objects: Mapping[str, Schema] = schema.get("$defs", {})
    yield from _describe("The document", schema)
    for name in sorted(objects):
        if "properties" in objects[name]:
            yield from _describe(name, objects[name])


def _describe(title: str, schema: Schema) -> Iterator[str]:
    yield from (f"## {title}", "")
    for paragraph in schema.get("description", "").split("\n\n"):
        yield from (" ".join(paragraph.split()), "")
    required = schema.get("required", ())
    rows = ((f"`{key}`", _value(field), "" if key in required else "may be missing") for key, field in _keys(schema))
    yield from table(("key", "value", ""), rows)


def _keys(schema: Schema) -> list[tuple[str, Schema]]:
    # What tells the version stands first in the files.
    return sorted(schema["properties"].items(), key=lambda item: not item[0].endswith("_version"))


def _value(field: Schema) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(_value(choice) for choice in field["anyOf"])
    if "enum" in field or "const" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    kind = field.get("type")
    if kind == "array":
        return f"list of {_value(field['items'])}"
    if kind == "object":
        inner = field.get("additionalProperties")
        return f"mapping to {_value(inner)}" if isinstance(inner, Mapping) else "mapping"
    names = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number", "null": "null"}
    return names.get(str(kind), "anything")
