"""What a run takes from the environment."""

import pytest

from scope.bootstrap import rate_limit


@pytest.mark.parametrize(
    ("given", "at_once", "one"),
    [("1000", 4, 250), ("3", 8, 1), ("", 4, 25), ("0", 4, 25), ("-5", 1, 100), ("lots", 1, 100)],
)
def test_the_requests_a_second_are_shared_among_deploys_at_once(given: str, at_once: int, one: int) -> None:
    assert rate_limit({"DATABRICKS_RATE_LIMIT": given}, at_once).share() == one
