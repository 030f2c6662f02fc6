"""Whether a resource module is one that the generator wrote, or runs anything else when it is imported.

What makes a generated module harmless is its shape, which is read here strictly: one import and one call with a literal, so
that importing it makes one resource and does nothing else, whoever wrote it. The digest in its first line tells whether
somebody changed it since. `generator` writes both and shares no code with scope; a test holds the two together.
"""

import ast
import hashlib
import json
import re
from enum import StrEnum

from scope.inference.parsing import NOT_PARSED, parse

_CLASSES = {"jobs": "Job", "pipelines": "Pipeline"}
# What the first line of a generated module begins with.
GENERATED = b"# Generated from "
# No sign that could name an encoding: Python would read the rest of the file in it.
_HEADER = rb"# Generated from (?P<spec>specs/[\w/-]+\.yml) \([0-9a-f]{12} (?P<digest>[0-9a-f]{12})\): edit that instead\."


class Origin(StrEnum):
    """Where the content of a resource module comes from."""

    GENERATED = "generated"
    EDITED = "edited"
    HAND_WRITTEN = "hand-written"


def module_origin(content: bytes) -> Origin:
    """Return whether a module is the generator's, was the generator's before somebody changed it, or never was."""
    header = re.fullmatch(_HEADER, content.partition(b"\n")[0])
    if header is None:
        return Origin.HAND_WRITTEN
    resource = _read_resource(content)
    if resource is None or _digest([header["spec"].decode(), *resource]) != header["digest"].decode():
        return Origin.EDITED
    return Origin.GENERATED


def runs_nothing(content: bytes) -> bool:
    """Return whether a module holds no statement but a docstring."""
    try:
        body = parse(content).body
    except NOT_PARSED:
        return False
    match body:
        case [] | [ast.Expr(value=ast.Constant(value=str()))]:
            return True
        case _:
            return False


def _read_resource(content: bytes) -> tuple[object, ...] | None:
    """Return the kind, the key and the value of the one resource that a module defines by a literal.

    One that says that a target has no such resource holds nothing, and gives nothing; any other module gives None.
    """
    try:
        # As bytes: what is parsed must be what Python imports, in the encoding that the file itself may name.
        body = parse(content).body
    except NOT_PARSED:
        return None
    match body:
        case []:
            return ()
        case [
            ast.ImportFrom(module=str(package), names=[ast.alias(name=imported, asname=None)], level=0),
            ast.Assign(
                targets=[ast.Name(id=key)],
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=called), attr="from_dict"),
                    args=[ast.Dict() as literal],
                    keywords=[],
                ),
            ),
        ] if imported == called:
            kind = package.removeprefix("databricks.bundles.")
        case _:
            return None
    if package != f"databricks.bundles.{kind}" or _CLASSES.get(kind) != imported:
        return None
    try:
        return kind, key, ast.literal_eval(literal)
    except (*NOT_PARSED, TypeError):
        return None


def _digest(value: object) -> str | None:
    """Return the digest of a JSON value, or None if it is none."""
    try:
        text = json.dumps(value, sort_keys=True)
    except (ValueError, TypeError, RecursionError):
        return None
    return hashlib.sha256(text.encode()).hexdigest()[:12]
