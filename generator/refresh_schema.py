"""Writes `bundle_schema.json` again, after the CLI and databricks-bundles were upgraded.

    databricks bundle schema | uv run python -m generator.refresh_schema

It holds the definitions that jobs and pipelines refer to, under short names, with the fields that both know.
"""

import dataclasses
import json
import re
import sys
import typing
from typing import Any

from databricks.bundles.core import Variable
from databricks.bundles.jobs import Job
from databricks.bundles.pipelines import Pipeline

from generator.bundle_schema import FILE, RESOURCES, Schema
from generator.layout import Kind

# The published patterns, one per kind of reference, are written for another regex dialect.
_REFERENCE = {"type": "string", "pattern": r"\$\{(var|bundle|workspace|resources|artifacts)\.[^{}$]+\}"}


def cut(published: Schema) -> dict[str, Schema]:
    """Return the published definitions that jobs and pipelines refer to, under short names, references in one form."""
    roots = [f"#/$defs/github.com/databricks/cli/bundle/config/{name}" for name in RESOURCES.values()]
    definitions: dict[str, Schema] = {"reference": _REFERENCE}
    waiting = roots
    seen: set[str] = set()
    while waiting:
        reference = waiting.pop()
        if reference in seen:
            continue
        seen.add(reference)
        name = _short(reference)
        if name in definitions:
            raise ValueError(f"two definitions are called {name}")
        node: Any = published
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        definitions[name] = _plain(node, waiting)
    _leave_out_unknown(definitions)
    return dict(sorted(definitions.items()))


def _leave_out_unknown(definitions: dict[str, Schema]) -> None:
    """Remove the fields that databricks-bundles doesn't have: it would refuse them without saying where."""
    seen: set[type] = set()
    waiting: list[tuple[type, Schema]] = [
        (Job, definitions[RESOURCES[Kind.JOBS]]),
        (Pipeline, definitions[RESOURCES[Kind.PIPELINES]]),
    ]
    while waiting:
        known, node = waiting.pop()
        if known in seen:
            continue
        seen.add(known)
        properties = _object(definitions, node).get("properties", {})
        fields = typing.get_type_hints(known)
        for name in sorted(properties):
            if name not in fields:
                del properties[name]
            elif inner := _class_in(fields[name]):
                waiting.append((inner, properties[name]))


def _object(definitions: dict[str, Schema], node: Schema) -> Schema:
    """Return the object in a definition, or in a list or mapping of definitions."""
    while "properties" not in node:
        if "anyOf" in node:
            node = node["anyOf"][0]
        elif "$ref" in node:
            node = definitions[node["$ref"].removeprefix("#/$defs/")]
        elif "items" in node:
            node = node["items"]
        elif isinstance(node.get("additionalProperties"), dict):
            node = node["additionalProperties"]
        else:
            break
    return node


def _class_in(hint: Any) -> type | None:  # noqa: ANN401  a type, in any form
    """Return the class of databricks-bundles in a field's type, whatever stands around it."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return hint
    if typing.get_origin(hint) is Variable:
        return None
    return next((inner for argument in typing.get_args(hint) if (inner := _class_in(argument))), None)


def _short(reference: str) -> str:
    return re.sub(
        r"github\.com/databricks/(cli/bundle/config|cli/libs|databricks-sdk-go/service)/", "", reference[8:]
    ).replace("/", ".")


def _plain(node: Any, references: list[str]) -> Any:  # noqa: ANN401  any JSON
    if isinstance(node, list):
        return [_plain(item, references) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key == "markdownDescription":
            continue
        if key == "$ref" and isinstance(value, str):
            references.append(value)
            result[key] = f"#/$defs/{_short(value)}"
        elif key == "oneOf":
            meant = [_plain(choice, references) for choice in value if "\\$\\{" not in choice.get("pattern", "")]
            result["anyOf"] = [*meant, {"$ref": "#/$defs/reference"}]
        else:
            result[key] = _plain(value, references)
    return result


def text_of(published: Schema) -> str:
    """Return the file's text."""
    return json.dumps(cut(published), separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Read the published schema from stdin and replace the file beside this module."""
    FILE.write_bytes(text_of(json.load(sys.stdin)).encode())


if __name__ == "__main__":
    main()
