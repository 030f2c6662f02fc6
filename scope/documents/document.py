"""The form that scope's JSON documents share: version and tool first, and the same bytes for the same values."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from scope import __version__
from scope.escaping import escape_json

TOOL = f"scope {__version__}"


class Document(Protocol):
    """A dataclass that is written as a file or on stdout. Keys may be added to a version, never renamed."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

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
    content = dataclasses.asdict(document)
    return _encode({key: content.pop(key) for key in ("schema_version", "tool")} | content)


def dump_answer(content: Mapping[str, Any], schema_version: int = 1) -> bytes:
    """Return a command's answer that no other command reads, in the same form as a document."""
    return _encode({"schema_version": schema_version, "tool": TOOL, **content})


def _encode(content: Mapping[str, Any]) -> bytes:
    return (escape_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n").encode()
