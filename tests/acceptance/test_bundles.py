"""Bundles that are left as they are, deployed with the real CLI: scoped, recorded beside their state, recovered, pruned."""

from pathlib import Path

import pytest

from tests.support.cli import DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.five_bundles import DOMAINS, FORECAST, OPS, ORDERS, PEOPLE, SALES, five_bundles
from tests.support.killing import run_and_kill
from tests.support.operations import approve
from tests.support.sandbox import Sandbox

ROOT = "/Workspace/deploy/.bundle"
_VACUUM = ["bundles/ops/vacuum.sql", "bundles/ops/resources/vacuum.job.yml"]
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


def _by_hand(team: Platform, bundle: str, command: str, *arguments: str, target: str = "prod") -> None:
    done = team.cli.run(
        "bundle", command, "--target", target, *arguments, cwd=team.sandbox.path(bundle), workspace=team.workspace
    )
    assert done.exit_code == 0, done


def test_what_the_cli_has_deployed_before_keeps_its_place_and_its_ids(team: Platform) -> None:
    _by_hand(team, "bundles/sales", "deploy")
    before = team.workspace.snapshot()
    plan = team.scope("plan", "--base", "deployed", "--target", "prod")
    assert plan.exit_code == 0, plan
    done = team.deploy("--domain", SALES)
    assert done.exit_code == 0, done
    assert _outcomes(team) == {f"prod/{SALES}": "deployed"}
    after = team.workspace.snapshot()
    assert after.resources["jobs"].keys() == before.resources["jobs"].keys()
    # The plain CLI goes on from there, and finds nothing to do.
    plain = team.cli.run(
        "bundle", "plan", "--target", "prod", cwd=team.sandbox.path("bundles/sales"), workspace=team.workspace
    )
    assert "0 to add, 0 to change, 0 to delete, 1 unchanged" in plain.stdout, plain


@pytest.mark.parametrize("request_number", [6, 9, 12, 15])
def test_a_deploy_that_is_killed_is_told_and_recovered(team: Platform, request_number: int) -> None:
    command = ("deploy", "--target", "prod", "--domain", ORDERS)
    assert run_and_kill(team, request_number, *command) is None
    recovered = team.scope("recover", "--target", "prod", "--domain", ORDERS, "--yes")
    assert recovered.exit_code in {0, 2}, recovered  # 2 where nothing had been written yet
    again = team.deploy("--domain", ORDERS)
    assert again.exit_code == 0, again
    assert team.workspace.snapshot().names("jobs") == ["orders load prod"]
    assert team.workspace.read(f"{ROOT}/orders/prod/state/deploy.lock") is None
    status = team.scope("status", "--target", "prod")
    assert "1 of 5 domains in sync" in status.stdout, status


def test_a_bundle_that_is_removed_is_shown_kept_and_pruned_with_approval(team: Platform) -> None:
    assert team.deploy().exit_code == 0
    base = team.sandbox.head
    for path in [path for path in team.sandbox.tracked if path.startswith("bundles/ops/")]:
        team.sandbox.delete(path)
    team.push("Remove ops")
    plan = team.scope("plan", "--base", base, "--head", "HEAD", "--target", "prod")
    assert f"destroy  prod     {OPS}" in plan.stdout, plan
    kept = team.deploy()
    assert kept.exit_code != 0, kept
    assert "vacuum prod" in team.workspace.snapshot().names("jobs")
    refused = team.deploy("--prune")
    assert refused.exit_code == 3, refused
    pruned = team.deploy("--prune", *approve(team))
    assert pruned.exit_code == 0, pruned
    assert "vacuum prod" not in team.workspace.snapshot().names("jobs")
    assert team.workspace.snapshot().below(f"{ROOT}/ops") == {}
    status = team.scope("status", "--target", "prod")
    assert (status.exit_code, "4 of 4 domains in sync" in status.stdout) == (0, True), status


@pytest.mark.parametrize("command", ["destroy", "recover"])
def test_a_command_finds_a_bundle_that_is_gone_by_itself(team: Platform, command: str) -> None:
    assert team.deploy("--domain", OPS).exit_code == 0
    for path in [path for path in team.sandbox.tracked if path.startswith("bundles/ops/")]:
        team.sandbox.delete(path)
    team.push("Remove ops")
    done = team.scope(command, "--target", "prod", "--domain", OPS, "--yes")
    assert done.exit_code == 0, done
    assert team.workspace.snapshot().names("jobs") == ([] if command == "destroy" else ["vacuum prod"])


def test_a_command_about_one_bundle_minds_no_other_workspace(team: Platform) -> None:
    config = team.sandbox.read("bundles/ops/databricks.yml")
    team.sandbox.write("bundles/ops/databricks.yml", config.replace(team.workspace.url, "https://elsewhere.example.com"))
    team.push("Move ops elsewhere")
    assert team.deploy("--domain", SALES).exit_code == 0
    for command in ("recover", "reconcile", "destroy"):
        done = team.scope(command, "--target", "prod", "--domain", SALES, *(["--yes"] if command != "reconcile" else []))
        assert done.exit_code == 0, done


def test_a_root_may_use_variables_that_use_others(team: Platform) -> None:
    config = team.sandbox.read("bundles/ops/databricks.yml")
    variables = f"variables:\n  top: {{default: {ROOT}}}\n  below: {{default: '${{var.top}}/${{bundle.target}}'}}\n"
    team.sandbox.write("bundles/ops/databricks.yml", config.replace(f"{ROOT}/", "${var.below}/") + variables)
    team.push("Use variables")
    done = team.deploy("--domain", OPS)
    assert done.exit_code == 0, done
    assert team.workspace.read(f"{ROOT}/prod/ops/prod/state/scope.json") is not None


def test_a_copy_in_development_comes_from_the_work_tree_and_goes_again(team: Platform) -> None:
    team.sandbox.append("domains/people/payroll.py", "print('more')\n")
    done = team.deploy("--domain", PEOPLE, target="dev")
    assert done.exit_code == 0, done
    assert team.workspace.snapshot().names("jobs") == ["[dev tester] payroll dev"]
    gone = team.scope("destroy", "--target", "dev", "--domain", PEOPLE, "--yes")
    assert gone.exit_code == 0, gone
    assert team.workspace.snapshot().names("jobs") == []


def test_what_would_run_over_another_bundle_is_refused(team: Platform) -> None:
    config = team.sandbox.read("bundles/ops/databricks.yml")
    team.sandbox.write("bundles/ops/databricks.yml", config.replace("name: ops", "name: forecast"))
    team.push("Copy a name")
    refused = team.deploy()
    assert refused.exit_code == 2, refused
    assert f"{OPS} and {FORECAST} would both lie in {ROOT}/forecast/prod" in refused.stderr
    assert team.workspace.writes() == []


def test_what_was_deployed_with_terraform_is_left_alone_until_it_is_migrated(team: Platform) -> None:
    path = f"{ROOT}/ops/prod/state/terraform.tfstate"
    team.workspace.write(path, b'{"version": 4, "lineage": "x", "serial": 1, "resources": []}')
    team.workspace.clear_requests()
    refused = team.deploy("--domain", OPS)
    assert refused.exit_code == 3, refused
    assert "`databricks bundle deployment migrate --target prod`" in refused.stdout
    assert team.workspace.snapshot().names("jobs") == []
    assert path in team.workspace.snapshot().files


@pytest.mark.parametrize(
    ("paths", "edits", "line", "there"),
    [
        (
            {},
            {"bundles/ops/resources/vacuum.job.yml": ("    vacuum:", "    vacuum_all:")},
            "bundles_ops.jobs.vacuum -> bundles_ops.jobs.vacuum_all",
            OPS,
        ),
        (
            {name: name.replace("/ops/", "/orders/") for name in _VACUUM},
            {},
            "bundles_ops.jobs.vacuum -> bundles_orders.jobs.vacuum",
            ORDERS,
        ),
        (
            {"bundles/ops": "bundles/operations"},
            {"bundles/operations/databricks.yml": ("name: ops", "name: operations")},
            "bundles_ops -> bundles_operations",
            "bundles_operations",
        ),
    ],
    ids=["to another key", "to another bundle", "with its bundle"],
)
def test_what_moves_keeps_its_id_once_that_is_declared(
    team: Platform, paths: dict[str, str], edits: dict[str, tuple[str, str]], line: str, there: str
) -> None:
    assert team.deploy().exit_code == 0
    jobs = team.workspace.snapshot().resources["jobs"].keys()
    for old, new in paths.items():
        team.sandbox.git("mv", old, new)
    for path, (before, after) in edits.items():
        team.sandbox.write(path, team.sandbox.read(path).replace(before, after))
    team.push("Move it")
    refused = team.deploy("--domain", there)
    assert (refused.exit_code, f'"{line}"' in refused.stdout) == (3, True), refused
    team.sandbox.write("moves.toml", f'moves = ["{line}"]\n')
    team.push("Declare it")
    # Alone: what is deployed in the place of a bundle that is gone isn't known before somebody looks.
    done = team.deploy("--domain", there)
    assert done.exit_code == 0, done
    pruned = team.deploy("--prune")
    assert pruned.exit_code == 0, pruned
    assert team.workspace.snapshot().resources["jobs"].keys() == jobs
    # The line may stay when nothing is left where it leads from.
    team.sandbox.append("libs/shared/shared/dates.py", "LAST = 31\n")
    team.push("Change something")
    later = team.deploy()
    assert later.exit_code == 0, later
    status = team.scope("status", "--target", "prod", "--verify")
    assert "5 of 5 domains in sync" in status.stdout, status


def test_a_folder_that_is_renamed_stays_the_same_deployment(team: Platform) -> None:
    assert team.deploy().exit_code == 0
    jobs = team.workspace.snapshot().resources["jobs"].keys()
    team.sandbox.git("mv", "bundles/ops", "bundles/operations")
    # As the plan of a pull request asks for it.
    team.sandbox.write("moves.toml", 'moves = ["bundles_ops -> bundles_operations"]\n')
    team.push("Rename the folder")
    done = team.deploy("--prune")
    assert done.exit_code == 0, done
    assert _outcomes(team)["prod/bundles_operations"] == "deployed"
    assert team.workspace.snapshot().resources["jobs"].keys() == jobs
    status = team.scope("status", "--target", "prod", "--verify")
    assert "5 of 5 domains in sync" in status.stdout, status


def test_the_job_that_a_plan_has_for_the_old_name_of_a_folder_does_nothing(team: Platform) -> None:
    assert team.deploy().exit_code == 0
    base, jobs = team.sandbox.head, team.workspace.snapshot().resources["jobs"].keys()
    team.sandbox.git("mv", "bundles/ops", "bundles/operations")
    team.push("Rename the folder")
    assert team.scope("plan", "--base", base, "--head", "HEAD", "--target", "prod").exit_code == 0
    for name in (OPS, "bundles_operations"):
        done = team.deploy("--prune", "--domain", name, "--manifest", ".scope/manifest.json")
        assert done.exit_code == 0, done
    assert team.workspace.snapshot().resources["jobs"].keys() == jobs


_OPS_PROJECT = """\
[project]
name = "ops"
version = "0.1.0"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
_OPS_ARTIFACTS = """\
artifacts:
  ops:
    type: whl
    build: python -m hatchling build -t wheel
    dynamic_version: true
  cleaner:
    path: ./java
    build: mkdir -p target && cp cleaner.txt target/cleaner.jar
    files:
      - source: java/target/cleaner.jar
"""
_OPS_JOB = """\
resources:
  jobs:
    clean:
      name: clean ${bundle.target}
      tasks:
        - task_key: main
          python_wheel_task: {package_name: ops, entry_point: main}
          new_cluster: {spark_version: 15.4.x-scala2.12, node_type_id: i3.xlarge, num_workers: 1}
          libraries:
            - whl: ../dist/*.whl
            - whl: ../../../libs/wheels/*.whl
            - jar: ../java/target/cleaner.jar
            - jar: ../vendor/driver.jar
"""


def test_every_library_that_a_job_names_is_uploaded_wherever_it_lies(team: Platform) -> None:
    team.sandbox.write_all(
        {
            "bundles/ops/pyproject.toml": _OPS_PROJECT,
            "bundles/ops/ops/__init__.py": "",
            "bundles/ops/java/cleaner.txt": "built\n",
            ".gitignore": "target/\n",
            "bundles/ops/vendor/driver.jar": "driver\n",
            "bundles/ops/resources/clean.job.yml": _OPS_JOB,
            "libs/wheels/vendored-1.0-py3-none-any.whl": "vendored\n",
        }
    )
    team.sandbox.append("bundles/ops/databricks.yml", _OPS_ARTIFACTS)
    team.push("Bring libraries")
    done = team.deploy("--domain", OPS)
    assert done.exit_code == 0, done
    libraries = team.workspace.snapshot().below(f"{ROOT}/ops/prod/artifacts/.internal")
    (dynamic,) = (name for name in libraries if name.startswith("ops-0.1.0+"))
    assert libraries.pop(dynamic).startswith(b"PK")
    assert libraries == {
        "cleaner.jar": b"built\n",
        "driver.jar": b"driver\n",
        "vendored-1.0-py3-none-any.whl": b"vendored\n",
    }
    status = team.scope("status", "--target", "prod", "--verify")
    assert "1 of 5 domains in sync" in status.stdout, status


def test_a_repository_that_names_no_bundles_is_told_what_to_write(team: Platform) -> None:
    team.sandbox.delete("pyproject.toml")
    told = team.scope("plan")
    assert told.exit_code == 2, told
    assert told.stderr.endswith('[tool.scope]\nbundles = ["bundles/*", "domains/*"]\n'), told


def test_a_command_of_the_cli_and_a_run_find_their_bundle(team: Platform, capfd: pytest.CaptureFixture[str]) -> None:
    valid = team.scope("bundle", SALES, "-t", "prod", "--", "validate")
    assert (valid.exit_code, "Validation OK!" in capfd.readouterr().out) == (0, True), valid
    unknown = team.scope("run", "sales_repot", "--target", "prod")
    assert "Did you mean `sales_report`?" in unknown.stderr, unknown


def test_a_matrix_names_folder_and_environment(team: Platform) -> None:
    config = team.sandbox.read("pyproject.toml")
    team.sandbox.write("pyproject.toml", config.replace('["dev", "prod"]', '{ test = ["dev"], live = ["prod"] }'))
    base = team.push("Name the stages")
    team.sandbox.append("libs/shared/shared/dates.py", "LAST = 31\n")
    team.push("Change the library")
    planned = team.scope("plan", "--base", base, "--head", "HEAD", "--target", "live", "--output", "-")
    assert planned.exit_code == 0, planned
    assert planned.json["matrix"]["include"] == [
        {
            "id": f"prod-{ORDERS}",
            "target": "prod",
            "domains": ORDERS,
            "environment": "live",
            "folder": "bundles/orders",
        },
        {"id": f"prod-{SALES}", "target": "prod", "domains": SALES, "environment": "live", "folder": "bundles/sales"},
    ]


def test_what_git_tracks_and_ignores_is_not_uploaded_as_with_the_cli(team: Platform) -> None:
    team.sandbox.write_all({"domains/people/notes.log": "x\n", "domains/people/keep/a.tmp": "x\n"})
    team.push("Track too much")
    team.sandbox.write_all({".gitignore": "*.log\n", "domains/people/.gitignore": "*.tmp\n"})
    team.push("Ignore it")
    done = team.deploy("--domain", PEOPLE)
    assert done.exit_code == 0, done
    assert sorted(_files(team, "people-data")) == [".gitignore", "databricks.yml", "payroll", "resources/payroll.job.yml"]
    status = team.scope("status", "--target", "prod", "--verify")
    assert "1 of 5 domains in sync" in status.stdout, status
