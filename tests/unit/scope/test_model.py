"""Values that everything speaks in."""

import pytest

from scope.model import ResourceKey


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("resources.jobs.refresh", ResourceKey("jobs", "refresh")),
        ("resources.jobs.refresh.permissions", ResourceKey("jobs", "refresh", "permissions")),
        ("resources.a_kind_of_2030.x-1", ResourceKey("a_kind_of_2030", "x-1")),
    ],
)
def test_a_key_comes_back_as_it_was_written(text: str, key: ResourceKey) -> None:
    assert ResourceKey.parse(text) == key
    assert str(key) == text
    assert key.short == text.removeprefix("resources.")
    assert key.is_child is ("permissions" in text)


@pytest.mark.parametrize(
    "text", ["", "x", "jobs.a", "resources.jobs", "resources.Jobs.a", "resources.jobs.", "variables.a.b"]
)
def test_any_other_text_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match="isn't the key of a resource"):
        ResourceKey.parse(text)
