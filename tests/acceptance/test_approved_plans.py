"""What was approved is what is applied, whatever happens between the plan and the end of the upload."""

import json
from pathlib import Path

import pytest

from tests.support.builders import pipeline_fields, resource_module, resource_yaml, wheel_job_fields
from tests.support.cli import CliResult, DatabricksCli
from tests.support.deploying import BASE, Platform, finished
from tests.support.fake_workspace import FakeWorkspace, Rule

STATE = f"{BASE}/sales/state"
WHEELS = f"{BASE}/sales/artifacts/.internal/"
VOLUME = {"name": "landing", "catalog_name": "sales", "schema_name": "raw"}


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})


def change(platform: Platform) -> None:
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Change")


def deploy_while_the_storage_changes(platform: Platform, rule: Rule, pipeline_id: str) -> CliResult:
    """Deploy, and change a pipeline's storage by hand while a rule holds one of the deploy's requests."""
    process = platform.start("deploy", "--target", "prod")
    rule.wait_until_holding()
    spec = platform.workspace.call("GET", f"/api/2.0/pipelines/{pipeline_id}")["spec"]
    platform.workspace.call("PUT", f"/api/2.0/pipelines/{pipeline_id}", {**spec, "storage": "/elsewhere"})
    rule.release()
    return finished(process)


def test_a_pipeline_that_somebody_changes_during_the_upload_is_not_recreated(platform: Platform) -> None:
    fields = {**pipeline_fields("sales", "orders"), "storage": "/here"}
    platform.sandbox.write(
        "resources/sales/orders/pipelines/final_facts.py",
        resource_module("pipeline", "sales_orders_final_facts_pipeline", fields),
    )
    platform.push("Say where the tables lie")
    assert platform.deploy().exit_code == 0
    (pipeline_id,) = platform.workspace.snapshot().resources["pipelines"]
    change(platform)
    rule = platform.workspace.hold("POST", under=f"{BASE}/sales/files")
    done = deploy_while_the_storage_changes(platform, rule, pipeline_id)
    assert done.exit_code == 0, done
    assert list(platform.workspace.snapshot().resources["pipelines"]) == [pipeline_id]
    # It would be recreated, so the next deploy asks.
    change(platform)
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    assert "recreate pipelines.sales_orders_final_facts_pipeline" in refused.stdout


def test_a_job_finds_the_wheel_that_was_built_for_it_at_each_deploy(platform: Platform) -> None:
    platform.sandbox.write(
        "resources/sales/orders/jobs/wheel.py", resource_module("job", "sales_wheel_job", wheel_job_fields("sales_wheel"))
    )
    project = platform.sandbox.read("src/pyproject.toml")
    platform.sandbox.write("src/pyproject.toml", f'{project}\n[project.scripts]\nmain = "common:main"\n')
    platform.push("Add a job that runs a wheel")
    wheels: list[str] = []
    for _ in range(2):
        assert platform.deploy().exit_code == 0
        held = platform.workspace.snapshot()
        job = next(job["settings"] for job in held.resources["jobs"].values() if job["settings"]["name"] == "sales_wheel")
        (wheel,) = job["environments"][0]["spec"]["dependencies"]
        assert wheel.startswith(WHEELS)
        assert held.files[wheel].startswith(b"PK")
        wheels.append(wheel)
        change(platform)
    assert wheels[0] != wheels[1]


def test_an_approval_does_not_outlive_the_commit_and_the_state_that_it_was_for(platform: Platform) -> None:
    def write_volume(kind: str) -> None:
        fields = {**VOLUME, "volume_type": kind}
        if kind == "EXTERNAL":
            fields["storage_location"] = "s3://somewhere/landing"
        platform.sandbox.write("resources/sales/orders/volumes.yml", resource_yaml("volumes", "landing", fields))

    write_volume("MANAGED")
    platform.push("Add a volume")
    assert platform.deploy().exit_code == 0
    write_volume("EXTERNAL")
    platform.push("Recreate it")
    assert platform.deploy().exit_code == 3
    digest = platform.results()["prod/sales"]["digest"]
    done = platform.deploy("--approve-destructive", digest)
    assert done.exit_code == 0, done
    write_volume("MANAGED")
    platform.push("Recreate it again")
    again = platform.deploy("--approve-destructive", digest)
    assert again.exit_code == 3, again
    assert "recreate volumes.landing" in again.stdout


def test_what_comes_into_the_state_after_a_destroy_was_approved_is_not_deleted(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    platform.sandbox.delete("src/sales")
    platform.sandbox.delete("resources/sales")
    platform.push("Remove it")
    assert platform.deploy("--prune").exit_code == 3
    digest = platform.results()["prod/sales"]["digest"]
    platform.workspace.call("POST", "/api/2.1/unity-catalog/schemas", {"name": "theirs", "catalog_name": "sales"})
    rule = platform.workspace.hold("POST", under=f"{STATE}/scope.json")
    process = platform.start("deploy", "--target", "prod", "--prune", "--approve-destructive", digest)
    rule.wait_until_holding()
    state = json.loads(platform.workspace.read(f"{STATE}/resources.json") or b"")
    state["state"]["resources.schemas.theirs"] = {"__id__": "sales.theirs", "state": {}}
    state["serial"] += 1
    platform.workspace.write(f"{STATE}/resources.json", json.dumps(state).encode())
    rule.release()
    done = finished(process)
    assert done.exit_code == 3, done
    assert "delete schemas.theirs" in done.stdout
    assert "sales.theirs" in platform.workspace.snapshot().resources["schemas"]


# Values that no plan shows


def write_secret(platform: Platform, reference: str) -> None:
    """Give sales a secret in Unity Catalog. Its value may only be a reference, and plans show `[redacted]` instead."""
    fields = {"catalog_name": "sales", "schema_name": "orders", "name": "api_key", "value": reference}
    platform.sandbox.write("resources/sales/orders/secret.yml", resource_yaml("secrets", "api_key", fields))


def read_secret(platform: Platform) -> str:
    answer = platform.workspace.call("GET", "/api/2.1/unity-catalog/secrets/sales.orders.api_key?include_value=true")
    return str(answer["effective_value"])


def test_a_value_that_no_plan_shows_is_deployed_as_it_is(platform: Platform) -> None:
    write_secret(platform, "${bundle.name}")
    platform.push("Add a secret")
    done = platform.deploy()
    assert done.exit_code == 0, done
    assert read_secret(platform) == "data-platform"
    write_secret(platform, "${bundle.target}")
    platform.push("Change it")
    done = platform.deploy()
    assert done.exit_code == 0, done
    assert read_secret(platform) == "prod"
    # But for the folder, whose name has that of the bundle.
    assert "data-platform" not in (done.stdout + done.stderr).replace("/.bundle/data-platform/prod/sales", "")


def test_a_plan_that_lacks_values_is_made_again_before_the_cli_makes_its_own(platform: Platform) -> None:
    fields = {**pipeline_fields("sales", "orders"), "storage": "/here"}
    pipeline = "resources/sales/orders/pipelines/final_facts.py"
    platform.sandbox.write(pipeline, resource_module("pipeline", "sales_orders_final_facts_pipeline", fields))
    write_secret(platform, "${bundle.name}")
    platform.push("Add a secret")
    assert platform.deploy().exit_code == 0
    (pipeline_id,) = platform.workspace.snapshot().resources["pipelines"]
    write_secret(platform, "${bundle.target}")
    platform.push("Change it")
    # Between the plan that was looked at and the deploy, the attempt is recorded.
    rule = platform.workspace.hold("POST", under=f"{STATE}/scope.json")
    done = deploy_while_the_storage_changes(platform, rule, pipeline_id)
    assert done.exit_code == 3, done
    assert "recreate pipelines.sales_orders_final_facts_pipeline" in done.stdout
    assert list(platform.workspace.snapshot().resources["pipelines"]) == [pipeline_id]
    assert read_secret(platform) == "data-platform"
