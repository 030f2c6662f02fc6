"""What a person calls a rename keeps ids, runs and data: a domain, a resource of another domain, a key."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import domain, job_fields, resource_module, resource_yaml
from tests.support.cli import CliResult, DatabricksCli
from tests.support.deploying import BASE, Platform, kill
from tests.support.fake_workspace import FakeWorkspace, Rule

NEW_JOB, NEW_PIPELINE = "revenue_orders_refresh", "revenue_orders_final_facts"
VOLUME = {"name": "landing", "catalog_name": "main", "schema_name": "orders", "volume_type": "MANAGED"}


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    """Give sales, with a job, a pipeline, a schema and a volume that are deployed, and ads, with a job and a pipeline."""
    fake_workspace.call("POST", "/api/2.1/unity-catalog/catalogs", {"name": "main"})
    platform = Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"], "ads": ["clicks"]})
    write_data(platform, "sales")
    platform.push("Add the data")
    assert platform.deploy().exit_code == 0
    return platform


def write_data(platform: Platform, name: str) -> None:
    schema = {"name": "orders", "catalog_name": "main", "grants": [{"principal": "readers", "privileges": ["SELECT"]}]}
    platform.sandbox.write(f"resources/{name}/orders/schema.yml", resource_yaml("schemas", f"{name}_orders", schema))
    volume = {**VOLUME, "schema_name": f"${{resources.schemas.{name}_orders.name}}"}
    platform.sandbox.write(f"resources/{name}/orders/volume.yml", resource_yaml("volumes", f"{name}_landing", volume))


def rename_domain(platform: Platform, *lines: str) -> None:
    for folder in ("src", "resources"):
        shutil.rmtree(platform.sandbox.path(f"{folder}/sales"))
    platform.sandbox.write_all(domain("revenue", ["orders"]))
    write_data(platform, "revenue")
    declare(platform, *lines)
    platform.push("Rename sales")


def declare(platform: Platform, *lines: str) -> None:
    if lines:
        platform.sandbox.write("moves.toml", f"moves = {json.dumps(lines)}\n")


def state(platform: Platform, name: str) -> dict[str, Any]:
    content = platform.workspace.read(f"{BASE}/{name}/state/resources.json")
    return json.loads(content)["state"] if content is not None else {}


def ids(platform: Platform, *names: str) -> list[tuple[str, str]]:
    """Return the kinds and ids that the states of some domains have, sorted; one that is in two is there twice."""
    entries = (item for name in names for item in state(platform, name).items())
    return sorted((key.split(".")[1], entry["__id__"]) for key, entry in entries if key.count(".") == 2)


def held(platform: Platform) -> dict[str, set[str]]:
    """Return the ids of all resources in the workspace, by kind; permissions of folders come and go with deploys."""
    resources = platform.workspace.snapshot().resources
    return {kind: set(items) for kind, items in resources.items() if items and kind != "permissions"}


def deploy(platform: Platform, *arguments: str, code: int = 0) -> str:
    done: CliResult = platform.deploy(*arguments)
    assert done.exit_code == code, done
    return done.stdout + done.stderr


def test_a_renamed_domain_keeps_the_ids_of_all_it_has(platform: Platform) -> None:
    before, resources = ids(platform, "sales"), held(platform)
    assert {kind for kind, _ in before} == {"jobs", "pipelines", "schemas", "volumes"}
    rename_domain(platform, "sales -> revenue")
    said = deploy(platform)
    assert "moved sales.jobs.sales_orders_refresh_job to revenue.jobs.revenue_orders_refresh_job" in said
    assert ids(platform, "revenue") == before
    assert ids(platform, "sales") == []
    assert held(platform) == resources
    platform.check("revenue", [NEW_JOB], [NEW_PIPELINE])
    moved = platform.record("revenue")["moved"]
    assert {
        "id": "main.orders",
        "source": "sales.schemas.sales_orders",
        "destination": "revenue.schemas.revenue_orders",
    } in moved
    # The old folder is empty of resources: it goes without an approval, since nothing but uploaded files goes with it.
    deploy(platform, "--prune")
    assert platform.files("sales") == {}
    assert held(platform) == resources
    # What is done stays declared, until every target has it, and does nothing.
    platform.workspace.clear_requests()
    assert "already in sync" in deploy(platform)
    assert platform.workspace.writes() == []


def test_a_renamed_key_keeps_its_id_and_what_is_in_it(platform: Platform) -> None:
    before, resources = ids(platform, "sales"), held(platform)
    platform.sandbox.write(
        "resources/sales/orders/jobs/refresh.py",
        resource_module("job", "nightly", job_fields("sales_orders_refresh", "sales_orders_final_facts_pipeline")),
    )
    schema = {"name": "orders", "catalog_name": "main", "grants": [{"principal": "readers", "privileges": ["SELECT"]}]}
    platform.sandbox.write("resources/sales/orders/schema.yml", resource_yaml("schemas", "facts", schema))
    volume = {**VOLUME, "schema_name": "${resources.schemas.facts.name}"}
    platform.sandbox.write("resources/sales/orders/volume.yml", resource_yaml("volumes", "sales_landing", volume))
    declare(
        platform,
        "sales.jobs.sales_orders_refresh_job -> sales.jobs.nightly",
        "sales.schemas.sales_orders -> sales.schemas.facts",
    )
    platform.push("Rename keys")
    deploy(platform)
    assert ids(platform, "sales") == before
    assert held(platform) == resources
    assert {"resources.jobs.nightly", "resources.schemas.facts", "resources.schemas.facts.grants"} <= set(
        state(platform, "sales")
    )
    assert state(platform, "sales")["resources.volumes.sales_landing"]["depends_on"][0]["node"] == "resources.schemas.facts"
    platform.check("sales", ["sales_orders_refresh"], ["sales_orders_final_facts"])
    assert "already in sync" in deploy(platform)


def test_a_resource_that_moves_to_another_domain_keeps_its_id(platform: Platform) -> None:
    before, resources = ids(platform, "sales", "ads"), held(platform)
    platform.sandbox.delete("resources/sales/orders/volume.yml")
    platform.sandbox.write("resources/ads/clicks/volume.yml", resource_yaml("volumes", "clicks_landing", VOLUME))
    declare(platform, "sales.volumes.sales_landing -> ads.volumes.clicks_landing")
    platform.push("Move the volume")
    # The one that it leaves comes first, alone: it must not be deployed while it has what the other one is to get.
    deploy(platform, "--domain", "sales")
    assert "resources.volumes.clicks_landing" in state(platform, "ads")
    deploy(platform)
    assert ids(platform, "sales", "ads") == before
    assert held(platform) == resources
    assert platform.record("ads")["inventory"] == {"resources.volumes.clicks_landing": "main.orders.landing"}
    assert platform.record("sales")["inventory"] == {"resources.schemas.sales_orders": "main.orders"}
    platform.check("sales", ["sales_orders_refresh"], ["sales_orders_final_facts"])
    platform.check("ads", ["ads_clicks_refresh"], ["ads_clicks_final_facts"])


# What can't be moved


def test_a_move_that_would_make_anew_what_holds_data_is_refused_and_changes_nothing(platform: Platform) -> None:
    before = {name: state(platform, name) for name in ("sales", "ads")}
    platform.sandbox.delete("resources/sales/orders/volume.yml")
    volume = resource_yaml("volumes", "clicks_landing", {**VOLUME, "name": "renamed", "volume_type": "EXTERNAL"})
    platform.sandbox.write("resources/ads/clicks/volume.yml", volume)
    declare(platform, "sales.volumes.sales_landing -> ads.volumes.clicks_landing")
    platform.push("Move the volume, and more")
    resources = held(platform)
    said = deploy(platform, code=3)
    assert "recreate volumes.clicks_landing (main.orders.landing)" in said
    assert "Define what moves as it is deployed, with the same name and place" in said
    assert {name: state(platform, name) for name in ("sales", "ads")} == before
    assert held(platform) == resources
    assert platform.lock("sales") is platform.lock("ads") is None


def test_a_dashboard_stays_where_it_is_until_its_deletion_is_approved(platform: Platform) -> None:
    board = {"display_name": "Orders", "warehouse_id": "w", "serialized_dashboard": "{}"}
    platform.sandbox.write("resources/sales/orders/board.yml", resource_yaml("dashboards", "board", board))
    platform.push("Add a dashboard")
    deploy(platform)
    before, resources = ids(platform, "sales"), held(platform)
    rename_domain(platform, "sales -> revenue")
    platform.sandbox.write("resources/revenue/orders/board.yml", resource_yaml("dashboards", "board", board))
    platform.push("Take the dashboard along")
    said = deploy(platform, code=3)
    assert "recreate dashboards.board" in said
    assert "with `sales.dashboards.board -> nowhere` in moves.toml" in said
    assert ids(platform, "sales") == before
    assert held(platform) == resources

    declare(platform, "sales -> revenue", "sales.dashboards.board -> nowhere")
    platform.push("Let it be")
    said = deploy(platform, code=3)
    assert "delete dashboards.board" in said
    assert [kind for kind, _ in ids(platform, "sales")] == ["dashboards"]
    assert resources["dashboards"] < held(platform)["dashboards"]
    assert [item for item in ids(platform, "revenue") if item[0] != "dashboards"] == [
        item for item in before if item[0] != "dashboards"
    ]


def test_a_folder_that_moved_resources_still_need_is_not_deleted(platform: Platform) -> None:
    rename_domain(platform, "sales -> revenue")
    resources = held(platform)
    platform.workspace.fail("POST", "/api/2.2/jobs/reset", 400, times=0)
    assert "moved sales.jobs" in deploy(platform, "--domain", "revenue", code=1)
    said = deploy(platform, "--domain", "sales", "--prune", code=3)
    assert "moved to another domain and still needs the folder" in said
    assert "scope deploy --target prod --domain revenue" in said
    assert platform.files("sales")
    platform.workspace.clear_rules()
    deploy(platform, "--prune")
    assert platform.files("sales") == {}
    assert held(platform) == resources


def test_an_older_commit_moves_nothing_back(platform: Platform) -> None:
    rename_domain(platform, "sales -> revenue")
    deploy(platform)
    before = ids(platform, "revenue")
    platform.sandbox.git("checkout", "--quiet", "--detach", "HEAD~1")
    # Refused is only the domain that this commit doesn't have: it would be destroyed.
    said = deploy(platform, code=3)
    assert "is newer, and was deployed or tried already" in said
    assert ids(platform, "revenue") == before
    assert ids(platform, "sales") == []


# Not declared


@pytest.mark.parametrize("first", ["sales", "revenue"])
def test_a_renamed_domain_that_nobody_declared_is_refused_with_the_line_and_loses_nothing(
    platform: Platform, first: str
) -> None:
    before, resources = ids(platform, "sales"), held(platform)
    rename_domain(platform)
    for arguments in (("--domain", first, "--prune"), ("--prune",)):
        said = deploy(platform, *arguments, code=3)
        assert '  "sales -> revenue",' in said
    assert ids(platform, "sales") == before
    assert held(platform) == resources
    declare(platform, "sales -> revenue")
    platform.push("Declare it")
    deploy(platform)
    assert ids(platform, "revenue") == before


def test_a_renamed_key_that_nobody_declared_is_refused_with_the_line_and_recover_offers_no_deletion(
    platform: Platform,
) -> None:
    before, resources = ids(platform, "sales"), held(platform)
    platform.sandbox.delete("resources/sales/orders/volume.yml")
    volume = {**VOLUME, "schema_name": "${resources.schemas.sales_orders.name}"}
    platform.sandbox.write("resources/sales/orders/volume.yml", resource_yaml("volumes", "landing", volume))
    platform.push("Rename the key")
    line = "sales.volumes.sales_landing -> sales.volumes.landing"
    assert f'  "{line}",' in deploy(platform, code=3)
    recovered = platform.scope("recover", "--target", "prod", "--domain", "sales", "--yes", "--import", "volumes.landing")
    assert recovered.exit_code == 3, recovered
    assert f"`{line}`" in recovered.stderr
    assert ids(platform, "sales") == before
    assert held(platform) == resources
    declare(platform, line)
    platform.push("Declare it")
    deploy(platform)
    assert ids(platform, "sales") == before


@pytest.mark.parametrize("first", ["sales", "ads"])
def test_a_resource_that_seems_to_have_moved_is_refused_until_it_is_said_to_be_another(
    platform: Platform, first: str
) -> None:
    resources = held(platform)
    job = job_fields("sales_orders_refresh", "ads_clicks_final_facts_pipeline")
    platform.sandbox.delete("resources/sales/orders/jobs/refresh.py")
    platform.sandbox.write("resources/ads/clicks/jobs/other.py", resource_module("job", "other", job))
    platform.push("Move the job")
    said = deploy(platform, "--domain", first, code=3)
    assert '  "sales.jobs.sales_orders_refresh_job -> ads.jobs.other",' in said
    assert held(platform) == resources
    declare(platform, "sales.jobs.sales_orders_refresh_job -> nowhere")
    platform.push("It is another")
    said = deploy(platform, code=3)
    assert "delete jobs.sales_orders_refresh_job" in said
    assert "looks like a move" not in said
    platform.check("ads", ["ads_clicks_refresh", "sales_orders_refresh"], ["ads_clicks_final_facts"])


def test_a_second_key_of_one_resource_is_not_deleted_with_it(platform: Platform) -> None:
    before, resources = ids(platform, "sales"), held(platform)
    path = f"{BASE}/sales/state/resources.json"
    content = json.loads(platform.workspace.read(path) or b"")
    content["state"]["resources.schemas.facts"] = content["state"]["resources.schemas.sales_orders"]
    platform.workspace.write(path, json.dumps(content).encode())
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Change")
    said = deploy(platform, code=3)
    line = "sales.schemas.facts -> sales.schemas.sales_orders"
    assert f'  "{line}",' in said
    assert "--approve-destructive" not in said
    declare(platform, line)
    platform.push("Declare it")
    deploy(platform)
    assert ids(platform, "sales") == before
    assert held(platform) == resources


# Killed


def swap_volume(platform: Platform, source: str, destination: str) -> None:
    """Move the definition of the volume from one domain to the other, and declare it."""
    homes = {"sales": "resources/sales/orders/volume.yml", "ads": "resources/ads/clicks/volume.yml"}
    platform.sandbox.delete(homes[source])
    platform.sandbox.write(homes[destination], resource_yaml("volumes", f"{destination}_landing", VOLUME))
    declare(platform, f"{source}.volumes.{source}_landing -> {destination}.volumes.{destination}_landing")
    platform.push("Move the volume")


def kill_and_repeat(platform: Platform, rule: Rule) -> None:
    """Kill a deploy at the request that a rule holds, recover what it says is locked, and deploy again."""
    before, resources = ids(platform, "sales", "ads"), held(platform)
    process = platform.start("deploy", "--target", "prod", "--domain", "ads", "--lock-timeout", "0")
    rule.wait_until_holding()
    kill(process)
    platform.workspace.clear_rules()
    for name in ("sales", "ads"):
        if platform.lock(name) is not None:
            done = platform.scope("recover", "--target", "prod", "--domain", name, "--yes")
            assert done.exit_code == 0, done
    # The other domain comes first: it may have what it must not delete.
    deploy(platform, "--domain", "sales")
    deploy(platform)
    assert ids(platform, "sales", "ads") == before
    assert held(platform) == resources
    assert "already in sync" in deploy(platform)


@pytest.mark.parametrize("is_bound_twice", [False, True])
def test_a_renamed_key_that_is_killed_before_its_state_and_recovered_is_one_key(
    platform: Platform, *, is_bound_twice: bool
) -> None:
    before, resources = ids(platform, "sales"), held(platform)
    schema = {"name": "orders", "catalog_name": "main", "grants": [{"principal": "readers", "privileges": ["SELECT"]}]}
    platform.sandbox.write("resources/sales/orders/schema.yml", resource_yaml("schemas", "facts", schema))
    volume = {**VOLUME, "schema_name": "${resources.schemas.facts.name}"}
    platform.sandbox.write("resources/sales/orders/volume.yml", resource_yaml("volumes", "sales_landing", volume))
    declare(platform, "sales.schemas.sales_orders -> sales.schemas.facts")
    platform.push("Rename a key")
    rule = platform.workspace.hold("POST", under=f"{BASE}/sales/state/scope.json", after_work=True)
    process = platform.start("deploy", "--target", "prod", "--domain", "sales")
    rule.wait_until_holding()
    kill(process)
    platform.workspace.clear_rules()
    done = platform.scope("recover", "--target", "prod", "--domain", "sales", "--yes")
    assert done.exit_code == 0, done
    # The state has it under the old key, and the record under the new one.
    assert ids(platform, "sales") == before
    if is_bound_twice:
        path = f"{BASE}/sales/state/resources.json"
        content = json.loads(platform.workspace.read(path) or b"")
        content["state"]["resources.schemas.facts"] = content["state"]["resources.schemas.sales_orders"]
        platform.workspace.write(path, json.dumps(content).encode())
    deploy(platform)
    assert ids(platform, "sales") == before
    assert "resources.schemas.facts" in state(platform, "sales")
    assert held(platform) == resources
    assert "already in sync" in deploy(platform)


def test_a_move_that_is_killed_at_any_of_its_writes_is_done_by_the_next_run(platform: Platform) -> None:
    ways = (("sales", "ads"), ("ads", "sales"))
    # Locks in the order of their names, then records and states: first those of the domain that it goes to.
    for number, name in enumerate(name for name in ("deploy.lock", "scope.json", "resources.json") for _ in range(2)):
        source, destination = ways[number % 2]
        written = sorted(ways[0]) if name == "deploy.lock" else [destination, source]
        swap_volume(platform, source, destination)
        path = f"{BASE}/{written[number % 2]}/state/{name}"
        kill_and_repeat(platform, platform.workspace.hold("POST", under=path, after_work=True))
