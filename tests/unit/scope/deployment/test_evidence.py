"""Whose a resource is: told by its folder, or by its creator and time, and by nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from scope.deployment.claims import Claims
from scope.deployment.evidence import Origin, PendingCreates, describe_origin, find_origin
from scope.deployment.target import DeploymentId, Paths
from scope.model import ResourceKey
from scope.workspace_model import NamedResource

KEY, PATHS = ResourceKey("schemas", "s"), Paths("/Workspace/deploy/sales")
BEGUN = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER, EARLIER = BEGUN + timedelta(seconds=1), BEGUN - timedelta(seconds=1)
PENDING = PendingCreates().with_planned({KEY: "sales.orders"}, "me", BEGUN)


@pytest.mark.parametrize(
    ("resource", "origin"),
    [
        (NamedResource("1", "me", BEGUN), Origin.OURS),
        (NamedResource("1", "me", LATER), Origin.OURS),
        (NamedResource("1", "me", EARLIER), Origin.FOREIGN),
        (NamedResource("1", "another", LATER), Origin.FOREIGN),
        (NamedResource("1", None, EARLIER), Origin.FOREIGN),
        (NamedResource("1", None, LATER), Origin.UNKNOWN),
        (NamedResource("1", "me"), Origin.UNKNOWN),
        (NamedResource("1"), Origin.UNKNOWN),
        (NamedResource("1", folder="/Workspace/deploy/sales/resources"), Origin.OURS),
        (NamedResource("1", folder="/Workspace/deploy/sales_eu/resources"), Origin.UNKNOWN),
        (NamedResource("1", folder="/Workspace/Shared"), Origin.UNKNOWN),
    ],
)
def test_the_origin_is_what_the_workspace_tells(resource: NamedResource, origin: Origin) -> None:
    assert find_origin(resource, KEY, PENDING, PATHS) is origin


def test_a_key_that_nobody_tried_to_create_proves_nothing() -> None:
    assert find_origin(NamedResource("1", "me", LATER), ResourceKey("schemas", "t"), PENDING, PATHS) is Origin.UNKNOWN


def test_the_first_attempt_counts_as_long_as_the_name_stays() -> None:
    again = PENDING.with_planned({KEY: "sales.orders"}, "successor", LATER)
    assert again.since[KEY] == BEGUN.isoformat()
    assert again.creators == ("me", "successor")
    renamed = again.with_planned({KEY: "sales.others"}, "me", LATER)
    assert renamed.since[KEY] == LATER.isoformat()


def test_a_resource_tells_of_its_origin_what_there_is() -> None:
    assert describe_origin(NamedResource("1", "me", BEGUN)) == "created by me at 2026-01-01 12:00:00 UTC"
    assert describe_origin(NamedResource("1")) == "whose creator the workspace doesn't tell"


def test_claims_are_those_of_others() -> None:
    one, other = DeploymentId("prod", "sales"), DeploymentId("staging", "sales")
    claims = Claims(BEGUN, {("schemas", "1"): frozenset({one})}, {("schemas", "sales.orders"): frozenset({one})})
    assert claims.find_owner(other, KEY, "1") == one
    assert claims.find_owner(one, KEY, "1") is None
    assert claims.is_contested(other, KEY, "sales.orders")
    assert not claims.is_contested(one, KEY, "sales.orders")
    assert not claims.is_contested(other, ResourceKey("volumes", "s"), "sales.orders")
