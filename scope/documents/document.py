"""The form that scope's JSON documents share: version and tool first, and the same bytes for the same values."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from scope import __version__
from scope.escaping import escape_json

TOOL = f"scope {__version__}"


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


class Document(_Dataclass, Protocol):
    """A dataclass that is written as a file or on stdout. Keys may be added to a version, never renamed."""

    @property
    def schema_version(self) -> int:
        """Return the version of the document's form."""
        ...

    @property
    def tool(self) -> str:
        """Return what wrote the document."""
        ...


def dump(document: Document) -> bytes:
    """Return a document as JSON: version and tool first, UTF-8, two spaces, a newline at the end."""
    content = _list_fields(document)
    return _encode({key: content.pop(key) for key in ("schema_version", "tool")} | content)


def dump_answer(content: Mapping[str, Any], schema_version: int = 1) -> bytes:
    """Return a command's answer that no other command reads, in the same form as a document."""
    return _encode({"schema_version": schema_version, "tool": TOOL, **content})


def _encode(content: Mapping[str, Any]) -> bytes:
    # Not by `dataclasses.asdict`, which copies every text.
    return (escape_json(json.dumps(content, default=_list_fields, indent=2, ensure_ascii=False)) + "\n").encode()


def _list_fields(value: _Dataclass) -> dict[str, Any]:
    """Return the values of a dataclass by the names of its fields. Raises `TypeError` for anything else."""
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
