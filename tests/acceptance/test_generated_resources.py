"""What specs become, in the hands of the real CLI: every field and every kind of task validates and deploys."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generator.bundle_schema import FILE, TASK, definitions
from generator.refresh_schema import text_of
from tests.support.builders import skeleton
from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import CURRENT_USER, FakeWorkspace
from tests.support.sandbox import REPOSITORY, Sandbox

EVERYTHING = REPOSITORY / "tests/golden/generator/everything/input"
TARGETS = ("dev", "staging", "prod")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, fake_workspace_url: str) -> Sandbox:
    """Give a bundle whose specs use all that there is, with the modules that they become; tests leave it as it is."""
    files = {path: content for path, content in skeleton().items() if not path.startswith("resources/_models/")}
    files |= {path.relative_to(EVERYTHING).as_posix(): path.read_bytes() for path in EVERYTHING.rglob("*") if path.is_file()}
    sandbox = Sandbox.create(tmp_path_factory.mktemp("generated") / "everything", files)
    generate(sandbox, "build", "--all")
    sandbox.point_at(FakeWorkspace(fake_workspace_url, ""), *TARGETS)
    sandbox.commit("Generate")
    sandbox.link_venv()
    return sandbox


def generate(sandbox: Sandbox, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "generator.cli", "-C", str(sandbox.root), *arguments], check=False)
    assert done.returncode == 0


def deployed(cli: DatabricksCli, sandbox: Sandbox, workspace: FakeWorkspace, target: str) -> dict[str, Any]:
    """Deploy finance, as its stage would, and return the plan's resources by key."""
    allowed = ("--var", f"stage={target}/finance")
    result = cli.bundle("deploy", *allowed, cwd=sandbox.root, workspace=workspace, target=target, domain="finance")
    assert result.exit_code == 0, result
    plan = cli.bundle("summary", "-o", "json", cwd=sandbox.root, workspace=workspace, target=target, domain="finance")
    assert plan.exit_code == 0, plan
    return plan.json["resources"]


@pytest.mark.parametrize("target", TARGETS)
def test_every_field_and_kind_of_task_validates_strictly(
    everything: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, target: str
) -> None:
    result = databricks_cli.bundle(
        "validate", "--strict", cwd=everything.root, workspace=fake_workspace, target=target, domain="finance"
    )
    assert result.exit_code == 0, result
    assert "Validation OK!" in result.stdout, result


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_every_field_and_kind_of_task_deploys(
    everything: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, target: str
) -> None:
    resources = deployed(databricks_cli, everything, fake_workspace, target)
    job = resources["jobs"]["finance_stripe_final_everything_job"]
    kinds = {name for task in job["tasks"] for name in task if name.endswith("_task")}
    known = {name for name in definitions()[TASK]["anyOf"][0]["properties"] if name.endswith("_task")}
    assert known - kinds == set()
    assert all(resource["id"] for kind in ("jobs", "pipelines") for resource in resources[kind].values())


def test_the_package_data_is_what_the_cli_publishes(
    databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, tmp_path: Path
) -> None:
    printed = databricks_cli.run("bundle", "schema", cwd=tmp_path, workspace=fake_workspace)
    assert printed.exit_code == 0, printed
    same = text_of(json.loads(printed.stdout)) == FILE.read_text(encoding="utf-8")
    assert same, (
        "The CLI publishes another schema; run: databricks bundle schema | uv run python -m generator.refresh_schema"
    )


@pytest.mark.parametrize(
    ("target", "runner"),
    [
        ("dev", {"user_name": CURRENT_USER}),
        ("staging", {"service_principal_name": "11111111-1111-4111-8111-111111111111"}),
        ("prod", {"service_principal_name": "22222222-2222-4222-8222-222222222222"}),
    ],
)
def test_each_target_runs_as_the_domains_settings_say(
    everything: Sandbox,
    databricks_cli: DatabricksCli,
    fake_workspace: FakeWorkspace,
    tmp_path: Path,
    target: str,
    runner: dict[str, str],
) -> None:
    # A stage holds one target's file; the domain's own YAML names the others all the same.
    stage = everything.clone(tmp_path / "stage")
    stage.link_venv()
    for other in set(TARGETS) - {target}:
        stage.delete(f"targets/{other}.yml")
    result = databricks_cli.bundle(
        "validate", "--strict", "-o", "json", cwd=stage.root, workspace=fake_workspace, target=target, domain="finance"
    )
    assert result.exit_code == 0, result
    resources = result.json["resources"]
    for kind, key in (("jobs", "finance_stripe_final_by_reference_job"), ("jobs", "nightly_load"), ("pipelines", "nightly")):
        resources[kind].pop(key, None)  # their specs name others, or nobody
    assert all(resource["run_as"] == runner for kind in ("jobs", "pipelines") for resource in resources[kind].values())


@pytest.mark.parametrize(("target", "status"), [("dev", "PAUSED"), ("staging", "UNPAUSED"), ("prod", "UNPAUSED")])
def test_a_schedule_that_says_nothing_of_it_is_paused_in_dev_only(
    everything: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, target: str, status: str
) -> None:
    result = databricks_cli.bundle(
        "validate", "-o", "json", cwd=everything.root, workspace=fake_workspace, target=target, domain="finance"
    )
    assert result.exit_code == 0, result
    jobs = result.json["resources"]["jobs"]
    by_clock = jobs["finance_stripe_final_payments_job"]["schedule"]
    by_table = jobs["finance_stripe_staging_after_job"]["trigger"]
    assert {by_clock["pause_status"], by_table["pause_status"]} == {status}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("dev", None),
        ("staging", ("PAUSED", "0 0 4 * * ?", {"service_principal_name": "44444444-4444-4444-8444-444444444444"}, 1, 1)),
        ("prod", ("UNPAUSED", "0 30 2 * * ?", {"service_principal_name": "22222222-2222-4222-8222-222222222222"}, 4, 2)),
    ],
)
def test_a_job_is_in_each_target_what_its_spec_says_of_it(
    everything: Sandbox,
    databricks_cli: DatabricksCli,
    fake_workspace: FakeWorkspace,
    target: str,
    expected: tuple[object, ...] | None,
) -> None:
    result = databricks_cli.bundle(
        "validate", "--strict", "-o", "json", cwd=everything.root, workspace=fake_workspace, target=target, domain="finance"
    )
    assert result.exit_code == 0, result
    job = result.json["resources"]["jobs"].get("finance_stripe_final_by_reference_job")
    if expected is None:
        assert job is None
    else:
        schedule, cluster = job["schedule"], job["job_clusters"][0]["new_cluster"]
        found = (schedule["pause_status"], schedule["quartz_cron_expression"], job["run_as"], cluster["num_workers"])
        assert (*found, job["max_concurrent_runs"]) == expected


def test_a_scaffolded_source_validates_beside_what_is_there(
    databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, tmp_path: Path
) -> None:
    sandbox = Sandbox.of_repository(tmp_path / "repository", leaving_out=["tests/", "docs/"])
    sandbox.point_at(fake_workspace)
    sandbox.link_venv()
    generate(sandbox, "scaffold", "shipping", "carrier")
    for target in TARGETS:
        result = databricks_cli.bundle(
            "validate", "--strict", "-o", "json", cwd=sandbox.root, workspace=fake_workspace, target=target
        )
        assert result.exit_code == 0, result
        assert "shipping_carrier_final_records_job" in result.json["resources"]["jobs"]


def test_a_task_from_the_wheel_gets_the_wheel_and_its_prefixes(
    everything: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    deployed(databricks_cli, everything, fake_workspace, "staging")
    jobs = fake_workspace.snapshot().resources["jobs"].values()
    (job,) = [one["settings"] for one in jobs if one["settings"]["name"] == "finance_stripe_final_everything"]
    (environment,) = [one for one in job["environments"] if one["environment_key"] == "default"]
    (wheel,) = environment["spec"]["dependencies"]
    assert wheel.endswith(".whl")
    assert fake_workspace.read(wheel)
    parameters = {one["name"]: one["default"] for one in job["parameters"]}
    assert parameters["platform.catalog_prefix"] == "staging_"
    # The CLI takes none of these for a reference, so they are deployed as text.
    assert parameters["text"] == "${env:HOME} ${LEVEL:-info} ${business_date[0..9]}"
    (script,) = [task["spark_python_task"] for task in job["tasks"] if task["task_key"] == "script"]
    assert script["parameters"][:2] == ["--days=7", "--platform.domain={{job.parameters.[platform.domain]}}"]


def test_a_trigger_on_tables_names_them_as_the_target_does(
    everything: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    result = databricks_cli.bundle("validate", "-o", "json", cwd=everything.root, workspace=fake_workspace, domain="finance")
    trigger = result.json["resources"]["jobs"]["finance_stripe_staging_after_job"]["trigger"]["table_update"]
    assert trigger["table_names"] == [
        "dev_finance.tester_stripe.final_payments",
        "staging_marketing.hubspot.final_campaign_revenue",
        "system.billing.usage",
    ]
