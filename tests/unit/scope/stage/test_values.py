"""Values that a deploy takes from its environment."""

import pytest

from scope.graph.closure import DomainIndex
from scope.stage.values import DeployValues, find_values
from tests.support.fake_git import FakeGit, Files

RULES = '[tool.scope]\nvariables = ["region", "finance.api_key"]\n'
FILES: Files = {
    "pyproject.toml": RULES,
    "databricks.yml": "variables: {region: {}, api_key: {}, other: {}}\n",
    "targets/prod.yml": "",
    "resources/finance/stripe/a.yml": "resources: {jobs: {a: {name: '${var.api_key} ${var.region}'}}}\n",
    "resources/marketing/hubspot/a.yml": "resources: {jobs: {b: {name: '${var.api_key} ${var.other}'}}}\n",
    "src/marketing/hubspot/a.py": "# var.region\n",
}
ENVIRONMENT = {"BUNDLE_VAR_region": "eu", "BUNDLE_VAR_api_key": "secret", "BUNDLE_VAR_other": "x"}


def values(domain: str, environment: dict[str, str]) -> DeployValues:
    return find_values(DomainIndex(FakeGit().snapshot(FILES)), "prod", domain, environment)


def test_a_domain_gets_the_listed_values_that_its_bundle_refers_to() -> None:
    assert values("finance", ENVIRONMENT).environment == {"BUNDLE_VAR_region": "eu", "BUNDLE_VAR_api_key": "secret"}


def test_a_value_that_is_listed_for_another_domain_or_not_at_all_is_not_given() -> None:
    assert values("marketing", ENVIRONMENT) == DeployValues()


def test_a_name_that_is_part_of_another_is_not_that_variable() -> None:
    index = DomainIndex(FakeGit().snapshot({**FILES, "targets/prod.yml": "a: ${var.region-2} ${xvar.region}\n"}))
    assert index.used_variables("prod", "marketing", ["region"]) == frozenset()


def test_only_a_new_value_is_new() -> None:
    recorded = values("finance", ENVIRONMENT).digests()
    assert values("finance", ENVIRONMENT).find_changed(recorded) == ()
    assert values("finance", {**ENVIRONMENT, "BUNDLE_VAR_region": "us"}).find_changed(recorded) == ("region",)
    assert values("finance", ENVIRONMENT).find_changed({}) == ("api_key", "region")
    # Whoever hasn't got the values can't tell, and nothing is due for that.
    assert values("finance", {}).find_changed(recorded) == ()
    assert values("finance", {}).find_missing(recorded) == ("api_key", "region")


@pytest.mark.parametrize("digest", ["", "scrypt:00:00", "sha256:abc", "secret"])
def test_a_digest_that_nobody_can_read_is_of_another_value(digest: str) -> None:
    assert values("finance", ENVIRONMENT).find_changed({"api_key": digest, "region": digest}) == ("api_key", "region")


def test_a_digest_tells_neither_the_value_nor_that_two_are_the_same() -> None:
    one, other = values("finance", ENVIRONMENT).digests(), values("finance", ENVIRONMENT).digests()
    assert one != other
    assert "secret" not in str(one)
    assert "secret" not in repr(values("finance", ENVIRONMENT))
