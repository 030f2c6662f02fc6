"""Writing a document: as JSON, with everything by the names of its fields."""

import json
from dataclasses import dataclass
from typing import NamedTuple

import pytest

from scope.documents.document import TOOL, dump, dump_answer


class _Named(NamedTuple):
    text: str
    inner: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Report:
    items: tuple[_Named, ...]
    schema_version: int = 1
    tool: str = TOOL


def test_version_and_tool_come_first_and_named_tuples_are_objects() -> None:
    report = _Report((_Named("a", (1, 2)), _Named("b")))
    items = [{"text": "a", "inner": [1, 2]}, {"text": "b", "inner": []}]
    expected = {"schema_version": 1, "tool": TOOL, "items": items}
    assert dump(report).decode() == json.dumps(expected, indent=2) + "\n"


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x"])
def test_what_has_no_form_is_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        dump_answer({"value": value})
