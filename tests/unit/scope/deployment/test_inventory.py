"""Resources by key: sorted, told apart, and as files have them."""

import pytest

from scope.deployment.inventory import Inventory
from scope.model import ResourceKey

JOB, RIGHTS, SCHEMA = ResourceKey("jobs", "a"), ResourceKey("jobs", "a", "permissions"), ResourceKey("schemas", "s")
INVENTORY = Inventory([(SCHEMA, "2"), (RIGHTS, "/jobs/1"), (JOB, "1")])


def test_entries_are_sorted_by_key_whatever_their_order() -> None:
    assert list(INVENTORY.items()) == [(JOB, "1"), (RIGHTS, "/jobs/1"), (SCHEMA, "2")]
    assert Inventory(reversed(list(INVENTORY.items()))) == INVENTORY


def test_resources_are_told_from_what_belongs_to_them_and_by_who_says_whose_they_are() -> None:
    assert set(INVENTORY.resources) == {JOB, SCHEMA}
    assert set(INVENTORY.tagged) == {JOB}
    assert set(INVENTORY.untagged) == {SCHEMA}


def test_an_inventory_comes_back_from_its_texts() -> None:
    assert Inventory.parse(INVENTORY.to_texts()) == INVENTORY
    with pytest.raises(ValueError, match="isn't the key of a resource"):
        Inventory.parse({"jobs.a": "1"})
