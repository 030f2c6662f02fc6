"""A repository with names of its own, from scaffold to the workspace: `[tool.scope.naming]` with the real CLI."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import domain
from tests.support.cli import DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace

MAIN = """
[tool.scope.naming]
catalog = "${var.catalog}"
schema = "${var.schema_prefix}{source}"
layers = ["bronze", "silver", "gold"]
resource = "{source}_{asset}"
"""
BY_LAYER = """
[tool.scope.naming]
catalog = "${bundle.target}_lake"
schema = "{domain}_{layer}"
layers = ["bronze", "silver", "gold"]
"""
READER = '''"""Campaigns with the payments that they brought."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession

from common.tables import table


@dp.materialized_view(name="gold_campaigns")
def gold_campaigns() -> DataFrame:
    """Read finance's payments."""
    return SparkSession.active().read.table(table("finance.stripe.gold_payments"))
'''


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {})


def generate(platform: Platform, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "generator.cli", "-C", str(platform.sandbox.root), *arguments], check=False)
    assert done.returncode == 0, arguments


def name(platform: Platform, naming: str) -> None:
    """Give the repository names of its own, and each target a catalog."""
    sandbox = platform.sandbox
    sandbox.append("pyproject.toml", naming)
    bundle = sandbox.read("databricks.yml")
    variable = "variables:\n  catalog:\n    description: The catalog of the target.\n    default: sandbox\n"
    sandbox.write("databricks.yml", bundle.replace("variables:\n", variable, 1))
    sandbox.append("targets/prod.yml", "    variables:\n      catalog: main\n")


def pipelines(platform: Platform, root: str) -> dict[str, dict[str, Any]]:
    """Return the specs of the pipelines below a folder by their names."""
    held = platform.workspace.snapshot(root).resources.get("pipelines", {}).values()
    specs = [item.get("spec") or item for item in held]
    return {spec["name"]: spec for spec in specs}


def test_a_repository_with_names_of_its_own_is_deployed_to_two_catalogs(platform: Platform) -> None:
    name(platform, MAIN)
    for owner, source, asset in (
        ("finance", "stripe", "payments"),
        ("finance", "stripe", "refunds"),
        ("marketing", "hubspot", "campaigns"),
    ):
        generate(platform, "scaffold", owner, source, "--asset", asset)
    platform.sandbox.write("src/marketing/hubspot/gold/campaigns.py", READER)
    spec = platform.sandbox.read("specs/jobs/marketing/hubspot/gold_campaigns.yml")
    follows = "schedule:\n  table_update:\n    tables: [finance.stripe.gold_payments]\n"
    platform.sandbox.write("specs/jobs/marketing/hubspot/gold_campaigns.yml", spec + follows)
    generate(platform, "build", "--all")
    generate(platform, "build", "--all", "--check")
    base = platform.push("Name")
    checked = platform.scope("check")
    assert checked.exit_code == 0, checked

    assert platform.deploy().exit_code == 0
    in_prod = pipelines(platform, "/Workspace/deploy")
    assert {key: (one["catalog"], one["schema"]) for key, one in in_prod.items()} == {
        "stripe_payments": ("main", "stripe"),
        "stripe_refunds": ("main", "stripe"),
        "hubspot_campaigns": ("main", "hubspot"),
    }
    assert in_prod["hubspot_campaigns"]["configuration"] == {
        "platform.domain": "marketing",
        "platform.catalog": "main",
        "platform.schema_prefix": "",
        "platform.catalog_pattern": "main",
        "platform.schema_pattern": "{source}",
        "platform.upstream_catalog_pattern": "main",
        "platform.upstream_schema_pattern": "{source}",
    }
    jobs = platform.workspace.snapshot("/Workspace/deploy").resources["jobs"].values()
    (trigger,) = [one["settings"]["trigger"] for one in jobs if "trigger" in one["settings"]]
    assert trigger["table_update"]["table_names"] == ["main.stripe.gold_payments"]

    assert platform.deploy("--domain", "finance", target="dev").exit_code == 0
    in_dev = pipelines(platform, "/Workspace/Users")
    assert {key: (one["catalog"], one["schema"]) for key, one in in_dev.items() if key.startswith("[dev")} == {
        "[dev tester] stripe_payments": ("sandbox", "tester_stripe"),
        "[dev tester] stripe_refunds": ("sandbox", "tester_stripe"),
    }

    platform.sandbox.append("src/finance/stripe/gold/payments.py", "MORE = 1\n")
    platform.push("Change what is read")
    planned = platform.scope("plan", "--base", base, "--head", "HEAD")
    assert planned.exit_code == 0, planned
    manifest = json.loads(platform.sandbox.read(".scope/manifest.json"))
    assert {item["domain"] for item in manifest["deploy"]} == {"finance"}
    readers = {(item["id"].partition("/")[2], item["table"], item["path"]) for item in manifest["readers"]}
    assert readers == {
        ("marketing", "main.stripe.gold_payments", path)
        for path in (
            "src/marketing/hubspot/gold/campaigns.py",
            "specs/jobs/marketing/hubspot/gold_campaigns.yml",
            "resources/marketing/hubspot/jobs/gold_campaigns.py",
        )
    }
    why = platform.scope("why", "main.stripe.gold_payments")
    assert "src/finance/stripe/gold/payments.py" in why.stdout
    assert "src/marketing/hubspot/gold/campaigns.py" in why.stdout


def test_each_layer_has_a_schema_and_a_pipeline_of_its_own(platform: Platform) -> None:
    name(platform, BY_LAYER)
    generate(platform, "scaffold", "finance", "stripe", "--asset", "payments")
    generate(platform, "scaffold", "finance", "adyen", "--asset", "payouts")
    platform.push("Name")
    assert platform.scope("check").exit_code == 0
    assert platform.deploy().exit_code == 0
    assert {key: (one["catalog"], one["schema"]) for key, one in pipelines(platform, "/Workspace/deploy").items()} == {
        f"finance_{source}_{layer}_{asset}": ("prod_lake", f"finance_{layer}")
        for source, asset in (("stripe", "payments"), ("adyen", "payouts"))
        for layer in ("bronze", "silver", "gold")
    }
    doctor = platform.scope("doctor", "--target", "prod")
    assert "catalog prod_lake" in doctor.stdout


def test_what_is_wrong_with_names_is_told_before_anything_is_deployed(platform: Platform) -> None:
    name(platform, MAIN.replace("{source}", "{sorce}", 1))
    line = platform.sandbox.read("pyproject.toml").splitlines().index("[tool.scope.naming]") + 3
    platform.sandbox.write_all(domain("sales"))
    platform.push("Misname")
    refused = platform.scope("check")
    assert refused.exit_code == 2
    assert f"pyproject.toml:{line}:31: `schema` has a placeholder `{{sorce}}`" in refused.stderr
    assert platform.deploy().exit_code == 2
    assert platform.workspace.writes() == []
