"""Untagged kinds: what a killed deploy has created of them is recovered by name."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.builders import resource_yaml
from tests.support.cli import CliResult, DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace

JOB, PIPELINE = "sales_orders_refresh", "sales_orders_final_facts"
PUSH_STATE = ("POST", f"/api/2.0/workspace-files/import-file{BASE}/sales/state/resources.json")
NAMED_KINDS: Mapping[str, Mapping[str, object]] = {
    "schemas": {"name": "orders", "catalog_name": "sales"},
    "volumes": {"name": "landing", "catalog_name": "sales", "schema_name": "orders"},
    "dashboards": {"display_name": "Sales", "warehouse_id": "abc", "serialized_dashboard": "{}"},
    "alerts": {"display_name": "Late orders", "warehouse_id": "abc", "query_text": "select 1",
               "schedule": {"quartz_cron_schedule": "0 0 6 * * ?", "timezone_id": "UTC"},
               "evaluation": {"comparison_operator": "EQUAL", "source": {"name": "x"}}},
    "experiments": {"name": "/Shared/churn"},
    "secret_scopes": {"name": "sales"},
    "sql_warehouses": {"name": "small", "cluster_size": "2X-Small"},
    "clusters": {"cluster_name": "own", "spark_version": "16.4.x-scala2.12", "num_workers": 1, "node_type_id": "i3.xlarge"},
}  # fmt: skip


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})


def define_named_kinds(platform: Platform) -> None:
    for kind, fields in NAMED_KINDS.items():
        platform.sandbox.write(f"resources/sales/orders/{kind}.yml", resource_yaml(kind, f"sales_{kind}", fields))
    platform.push("Define one of each kind")


def named_ids(platform: Platform) -> dict[str, set[str]]:
    held = platform.workspace.snapshot().resources
    return {kind: set(held.get(kind, {})) for kind in NAMED_KINDS}


def import_asked(platform: Platform, refused: CliResult, kinds: set[str]) -> None:
    """Run the line that a refusal ends with; it imports one resource of each kind."""
    line = next(line for line in refused.stdout.splitlines() if "--import" in line).partition("Run: scope ")[2]
    assert {word.partition(".")[0] for word in shlex.split(line) if "=" in word} == kinds, line
    done = platform.scope(*shlex.split(line))
    assert done.exit_code == 0, done


def test_what_a_killed_deploy_made_is_taken_back_whatever_its_kind(platform: Platform) -> None:
    define_named_kinds(platform)
    before = named_ids(platform)
    # Everything is made by then, and no state says so.
    platform.workspace.kill(*PUSH_STATE)
    assert platform.deploy("--retry-seconds", "0").exit_code == 1
    made = named_ids(platform)
    assert {kind: len(ids - before[kind]) for kind, ids in made.items()} == dict.fromkeys(NAMED_KINDS, 1)
    # Of these nothing tells who created them.
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    import_asked(platform, refused, {"experiments", "secret_scopes", "sql_warehouses", "clusters"})
    done = platform.deploy()
    assert done.exit_code == 0, done
    assert named_ids(platform) == made
    platform.check("sales", [JOB], [PIPELINE])
    assert "already in sync" in platform.deploy().stdout


def test_what_a_killed_deploy_made_and_nobody_defines_any_more_is_not_forgotten(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    define_named_kinds(platform)
    platform.workspace.kill(*PUSH_STATE)
    assert platform.deploy("--retry-seconds", "0").exit_code == 1
    platform.sandbox.delete("resources/sales/orders/schemas.yml")
    platform.sandbox.delete("resources/sales/orders/volumes.yml")
    platform.sandbox.delete("resources/sales/orders/secret_scopes.yml")
    platform.push("Think better of three of them")
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    named = {"schema `sales.orders`", "volume `sales.orders.landing`", "secret_scope `sales`"}
    assert all(words in refused.stdout for words in named), refused
    said = platform.scope("recover", "--target", "prod", "--domain", "sales").stdout
    assert "--delete-id sales.orders.landing" in said
    ids = ["--delete-id", "sales.orders.landing", "--delete-id", "sales.orders", "--delete-id", "sales"]
    recovered = platform.scope("recover", "--target", "prod", "--domain", "sales", "--yes", *ids)
    assert recovered.exit_code == 0, recovered
    asked = platform.deploy()
    assert asked.exit_code == 3, asked
    import_asked(platform, asked, {"experiments", "sql_warehouses", "clusters"})
    assert platform.deploy().exit_code == 0
    assert platform.workspace.snapshot().resources.keys().isdisjoint({"schemas", "volumes", "secret_scopes"})
    platform.check("sales", [JOB], [PIPELINE])
