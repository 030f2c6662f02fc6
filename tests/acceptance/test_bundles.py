"""Bundles that are left as they are, deployed with the real CLI: scoped, recorded beside their state, recovered, pruned."""

from pathlib import Path

import pytest

from tests.support.cli import DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.five_bundles import DOMAINS, ORDERS, SALES, five_bundles
from tests.support.sandbox import Sandbox

ROOT = "/Workspace/deploy/.bundle"
JOBS = ["orders load prod", "payroll prod", "sales report prod", "vacuum prod"]


@pytest.fixture
def team(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    sandbox = Sandbox.create(tmp_path / "team", five_bundles(fake_workspace.url, ROOT))
    sandbox.git("init", "--quiet", "--bare", str(tmp_path / "origin.git"))
    sandbox.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    platform = Platform(sandbox, fake_workspace, databricks_cli)
    platform.push("Begin")
    return platform


def _outcomes(team: Platform) -> dict[str, str]:
    return {key: item["outcome"] for key, item in team.results().items()}


def _files(team: Platform, bundle: str) -> dict[str, bytes]:
    return team.workspace.snapshot().below(f"{ROOT}/{bundle}/prod/files")


def test_every_bundle_is_deployed_where_the_cli_would_put_it_and_then_only_what_changes(team: Platform) -> None:
    first = team.deploy()
    assert first.exit_code == 0, first
    assert _outcomes(team) == {f"prod/{name}": "deployed" for name in DOMAINS}
    assert team.workspace.snapshot().names("jobs") == JOBS
    assert team.workspace.snapshot().names("pipelines") == ["train prod"]
    assert set(_files(team, "sales")) >= {"libs/shared/shared/money.py", "bundles/sales/src/report"}
    assert team.workspace.read(f"{ROOT}/forecast/prod/state/scope.json") is not None
    team.workspace.clear_requests()
    again = team.deploy()
    assert (again.exit_code, "5 deployments already in sync." in again.stdout) == (0, True), again
    assert team.workspace.writes() == []
    team.sandbox.append("libs/shared/shared/rounding.py", "DIGITS = 2\n")
    team.sandbox.append("README.md", "More.\n")
    team.push("Change the library")
    scoped = team.deploy()
    assert scoped.exit_code == 0, scoped
    assert _outcomes(team) == {f"prod/{ORDERS}": "deployed", f"prod/{SALES}": "deployed"}
    assert team.workspace.snapshot().names("jobs") == JOBS
    status = team.scope("status", "--target", "prod")
    assert (status.exit_code, "5 of 5 domains in sync" in status.stdout) == (0, True), status
