"""The form that scope's JSON documents share: version and tool first, and the same bytes for the same values."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from scope import __version__
from scope.escaping import escape_json

TOOL = f"scope {__version__}"


class Document(Protocol):
    """A named tuple or a dataclass that is written as a file or on stdout. Keys may be added to a version, never renamed."""

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
    return (escape_json(json.dumps(_plain(content), indent=2, ensure_ascii=False)) + "\n").encode()


def _plain(value: Any) -> Any:  # noqa: ANN401  a document, or what is in one
    """Return a value with mappings for its named tuples and dataclasses. Raises `TypeError` for what has no form."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, list) or (isinstance(value, tuple) and not hasattr(value, "_asdict")):
        return [_plain(item) for item in value]
    fields = value if isinstance(value, dict) else _list_fields(value)
    return {name: _plain(item) for name, item in fields.items()}


def _list_fields(value: Any) -> dict[str, Any]:  # noqa: ANN401  a document, or what is in one
    """Return the values of a named tuple or a dataclass by the names of its fields. Raises `TypeError` for anything else."""
    if hasattr(value, "_asdict"):
        return value._asdict()
    import dataclasses  # with `inspect`, 7 ms, and a plan has none

    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
