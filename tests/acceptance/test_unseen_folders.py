"""A folder beside the deployments that may not be looked into: told, taken for nothing, and in nobody's way."""

from pathlib import Path

import pytest

from tests.support.builders import resource_yaml
from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace

HIDDEN = f"{BASE}/private"
JOB, PIPELINE = "ads_orders_refresh", "ads_orders_final_facts"


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    """Give two deployed domains beside a folder that answers 403 to everything."""
    platform = Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"], "ads": ["orders"]})
    assert platform.deploy().exit_code == 0
    fake_workspace.write(f"{HIDDEN}/state/scope.json", b"{}")
    fake_workspace.forbid(HIDDEN)
    return platform


def test_status_has_one_row_for_it_and_takes_it_for_no_domain_that_is_gone(platform: Platform) -> None:
    done = platform.scope("status", "--target", "prod")
    assert done.exit_code == 0, str(done)
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("private ")]
    assert rows == [["private", "unreadable"]], str(done)
    assert f"\n    {HIDDEN}" in done.stdout
    assert "2 of 3 domains in sync" in done.stdout


@pytest.mark.parametrize("arguments", [("reconcile",), ("reconcile", "--prune"), ("deploy",), ("reconcile", "--dry-run")])
def test_the_other_domains_go_on_and_one_line_warns_of_it(platform: Platform, arguments: tuple[str, ...]) -> None:
    platform.sandbox.write("src/ads/orders/base/facts.py", "ROWS = 2\n")
    schema = {"name": "orders", "catalog_name": "ads"}
    platform.sandbox.write("resources/ads/orders/schema.yml", resource_yaml("schemas", "ads_orders", schema))
    platform.push("Change ads")
    done = platform.scope(*arguments, "--target", "prod")
    assert done.exit_code == 0, str(done)
    warnings = [line for line in done.stderr.splitlines() if "private" in line]
    assert len(warnings) == 1, str(done)
    assert HIDDEN in warnings[0]
    if "--dry-run" not in arguments:
        assert set(platform.results()) == {"prod/ads"}
        platform.check("ads", [JOB], [PIPELINE])


def test_a_plan_against_the_records_warns_of_it_in_its_manifest_too(platform: Platform) -> None:
    done = platform.scope("plan", "--base", "deployed", "--target", "prod", "--output", "-")
    assert done.exit_code == 0, str(done)
    (warning,) = done.json["warnings"]
    assert (warning["code"], warning["path"]) == ("unseen", "targets/prod.yml")
    assert HIDDEN in warning["message"]


def test_a_destroy_of_another_domain_goes_on(platform: Platform) -> None:
    listed = platform.scope("destroy", "--target", "prod")
    assert listed.exit_code == 0, str(listed)
    assert [line.split("\t")[0] for line in listed.stdout.splitlines()] == ["ads", "sales"]
    assert HIDDEN in listed.stderr
    asked = platform.scope("destroy", "--target", "prod", "--domain", "ads")
    assert asked.exit_code == 3, str(asked)
    digest = platform.results()["prod/ads"]["digest"]
    done = platform.scope("destroy", "--target", "prod", "--domain", "ads", "--approve-destructive", digest)
    assert done.exit_code == 0, str(done)
    assert platform.owned("ads") == {"jobs": [], "pipelines": []}


def test_an_orphan_of_another_domain_is_recovered(platform: Platform) -> None:
    settings = next(iter(platform.workspace.snapshot().resources["jobs"].values()))["settings"]
    platform.workspace.call("POST", "/api/2.2/jobs/create", settings)
    name = settings["name"].partition("_")[0]
    done = platform.scope("recover", "--target", "prod", "--domain", name)
    assert done.exit_code == 0, str(done)
    assert "--delete-id" in done.stdout


def test_the_doctor_names_it_and_goes_on(platform: Platform) -> None:
    done = platform.scope("doctor", "--target", "prod")
    lines = [line for line in done.stdout.splitlines() if HIDDEN in line]
    assert len(lines) == 1, str(done)
    assert "2 deployed domains" in done.stdout
    assert "none" in next(line for line in done.stdout.splitlines() if "orphans" in line)


def test_a_base_that_may_not_be_listed_hides_no_domain_of_the_repository(platform: Platform) -> None:
    platform.workspace.clear_rules()
    platform.workspace.add_rule("GET", "/api/2.0/workspace/list", under=BASE, status=403, times=0)
    done = platform.scope("status", "--target", "prod")
    assert done.exit_code == 0, str(done)
    assert "2 of 2 domains in sync" in done.stdout
    assert f"{BASE} may not be listed" in done.stderr
