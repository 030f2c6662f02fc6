"""The form that scope's JSON documents share: version and tool first, and the same bytes for the same values."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from scope import __version__
from scope.escaping import escape_json

TOOL = f"scope {__version__}"
_encode_scalar = json.JSONEncoder(ensure_ascii=False).encode


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
    return (escape_json(_render(content, "\n")) + "\n").encode()


def _render(value: object, margin: str) -> str:
    """Return a value as `json.dumps` writes it with `indent=2`, for which that takes three times as long.

    `margin` begins the lines that the value ends. Raises `TypeError` for what has no form.
    """
    if value is None or isinstance(value, (str, int, float)):
        return _encode_scalar(value)
    inner = f"{margin}  "
    if isinstance(value, list) or (isinstance(value, tuple) and not hasattr(value, "_asdict")):
        return _enclose("[]", (_render(item, inner) for item in value), margin)
    fields = value if isinstance(value, dict) else _list_fields(value)
    return _enclose("{}", (f"{_encode_scalar(key)}: {_render(item, inner)}" for key, item in fields.items()), margin)


def _enclose(brackets: str, parts: Iterable[str], margin: str) -> str:
    body = f",{margin}  ".join(parts)
    return f"{brackets[0]}{margin}  {body}{margin}{brackets[1]}" if body else brackets


def _list_fields(value: Any) -> dict[str, Any]:  # noqa: ANN401  a document, or what is in one
    """Return the values of a named tuple or a dataclass by the names of its fields. Raises `TypeError` for anything else."""
    if hasattr(value, "_asdict"):
        return value._asdict()
    import dataclasses  # with `inspect`, 7 ms, and a plan has none

    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
