"""Writes what is kept of the bundle's published schema again, after the CLI and databricks-bundles were upgraded.

    databricks bundle schema | uv run python -m generator.refresh_schema

`bundle_schema.json` holds the definitions that jobs and pipelines refer to, under short names, with the fields that both
know. `scope/stage/resource_fields.json` holds the fields of all resources, for `scope check`.
"""

import dataclasses
import json
import re
import sys
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from databricks.bundles.catalogs import Catalog
from databricks.bundles.core import Variable
from databricks.bundles.jobs import Job
from databricks.bundles.pipelines import Pipeline
from databricks.bundles.schemas import Schema as BundleSchema
from databricks.bundles.volumes import Volume

from generator.bundle_schema import FILE, RESOURCES, Schema
from generator.layout import Kind

FIELDS = Path(__file__).parent.with_name("scope") / "stage" / "resource_fields.json"
_BUNDLE = "#/$defs/github.com/databricks/cli/bundle/"
_GENERATED: Mapping[str, type] = {RESOURCES[Kind.JOBS]: Job, RESOURCES[Kind.PIPELINES]: Pipeline}
# What databricks-bundles loads, also from YAML.
_LOADED = {**_GENERATED, "resources.Schema": BundleSchema, "resources.Volume": Volume, "resources.Catalog": Catalog}
# The published patterns, one per kind of reference, are written for another regex dialect.
_REFERENCE = {"type": "string", "pattern": r"\$\{(var|bundle|workspace|resources|artifacts)\.[^{}$]+\}"}


def cut(published: Schema, classes: Mapping[str, type], roots: Iterable[str]) -> dict[str, Schema]:
    """Return the published definitions that some refer to, under short names, references in one form.

    `classes` are those of databricks-bundles for some of the definitions.
    """
    definitions: dict[str, Schema] = {"reference": _REFERENCE}
    waiting = [*roots]
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
    _leave_out_unknown(definitions, classes)
    return dict(sorted(definitions.items()))


def _leave_out_unknown(definitions: dict[str, Schema], classes: Mapping[str, type]) -> None:
    """Remove the fields that databricks-bundles doesn't have: it would refuse them without saying where."""
    for known, node in _pairs(definitions, classes):
        for name in [name for name in node["properties"] if name not in typing.get_type_hints(known)]:
            del node["properties"][name]


def _require_what_the_package_does(definitions: dict[str, Schema], classes: Mapping[str, type]) -> None:
    """Let the fields be required whose lack databricks-bundles stops at, not all that the service asks for."""
    for known, node in _pairs(definitions, classes):
        no_value = {
            one.name
            for one in dataclasses.fields(known)
            if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        }
        node["required"] = sorted(no_value & node["properties"].keys())


def _pairs(definitions: dict[str, Schema], classes: Mapping[str, type]) -> Iterator[tuple[Any, Schema]]:
    """Yield each class of databricks-bundles with its published object, those inside it afterwards."""
    seen: set[type] = set()
    waiting = [(known, definitions[name]) for name, known in classes.items()]
    while waiting:
        known, node = waiting.pop()
        published = _object(definitions, node)
        if known in seen or "properties" not in published:
            continue
        seen.add(known)
        yield known, published
        fields = typing.get_type_hints(known)
        waiting += [
            (inner, published["properties"][name])
            for name in sorted(published["properties"])
            if name in fields and (inner := _class_in(fields[name]))
        ]


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
        r"github\.com/databricks/(cli/bundle/(config/)?|cli/libs/|databricks-sdk-go/service/)", "", reference[8:]
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
    """Return the text of the definitions of jobs and pipelines."""
    return _json(cut(published, _GENERATED, [f"{_BUNDLE}config/{name}" for name in _GENERATED]))


def fields_text_of(published: Schema) -> str:
    """Return the text of the fields of all resources."""
    definitions = cut(published, _LOADED, [f"{_BUNDLE}config.Resources"])
    _require_what_the_package_does(definitions, _LOADED)
    return _json({name: _fields(node) for name, node in definitions.items()})


def _fields(node: Schema) -> object:
    """Return what a definition has: `fields` and those `required`, a `list` or a `map` of another, an `enum`; or nothing."""
    if "anyOf" in node:
        return _fields(node["anyOf"][0])
    if "$ref" in node:
        return node["$ref"].removeprefix("#/$defs/")
    if "properties" in node:
        fields = {name: _fields(field) for name, field in node["properties"].items()}
        return {"fields": fields, "required": sorted(node.get("required", ()))}
    if "items" in node:
        return {"list": _fields(node["items"])}
    if isinstance(node.get("additionalProperties"), dict):
        return {"map": _fields(node["additionalProperties"])}
    return {"enum": node["enum"]} if "enum" in node else None


def _json(tree: object) -> str:
    return json.dumps(tree, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Read the published schema from stdin and replace both files."""
    published = json.load(sys.stdin)
    FILE.write_bytes(text_of(published).encode())
    FIELDS.write_bytes(fields_text_of(published).encode())


if __name__ == "__main__":
    main()
