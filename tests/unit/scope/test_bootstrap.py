"""What a run takes from the environment."""

import pytest

from scope.adapters.github import run_url
from scope.bootstrap import rate_limit


@pytest.mark.parametrize(
    ("given", "at_once", "one"),
    [("1000", 4, 250), ("3", 8, 1), ("", 4, 25), ("0", 4, 25), ("-5", 1, 100), ("lots", 1, 100)],
)
def test_the_requests_a_second_are_shared_among_deploys_at_once(given: str, at_once: int, one: int) -> None:
    assert rate_limit({"DATABRICKS_RATE_LIMIT": given}, at_once).share() == one


def test_the_page_of_a_workflow_run_is_known_only_in_one() -> None:
    environment = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "42"}
    assert run_url(environment) == "https://github.com/a/b/actions/runs/42"
    assert run_url({}) is None
