"""What `scope check` finds, and what the real CLI does with the same stage: red here where it is red there, and back."""

from pathlib import Path

import pytest

from scope.adapters.git import GitRepository
from scope.graph.closure import DomainIndex
from scope.repository.snapshot import Snapshot
from scope.stage.folder import StageFacts, open_stage
from tests.support.builders import domain, skeleton
from tests.support.cli import CliResult, DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope

PATHS = "  paths:\n    - ./src\n"
INCLUDE = "  - .stage/*.yml\n"
MORE: dict[str, str | bytes] = {
    "config/rates.yml": "a: 1\n",
    "extra/alerts.yml": "resources: {jobs: {alerting: {name: alerting, tasks: []}}}\n",
    "libs/rates/pyproject.toml": '[project]\nname = "rates"\nversion = "1"\n',
    "mutators.py": "def change(bundle, job):\n    return job\n",
    "scripts/notify.sh": "echo told\n",
}


@pytest.fixture
def sandbox(tmp_path: Path, fake_workspace: FakeWorkspace) -> Sandbox:
    sandbox = Sandbox.create(tmp_path / "platform", {**skeleton(), **domain("sales"), **MORE})
    sandbox.point_at(fake_workspace)
    sandbox.commit("Begin")
    return sandbox


def deploy_stage(sandbox: Sandbox, cli: DatabricksCli, workspace: FakeWorkspace) -> CliResult:
    """Deploy a domain's stage with the CLI alone, whatever scope thinks of it."""
    return run_in_stage(sandbox, cli, workspace, "deploy", "--auto-approve")


def plan_stage(sandbox: Sandbox, cli: DatabricksCli, workspace: FakeWorkspace) -> CliResult:
    """Plan it likewise."""
    return run_in_stage(sandbox, cli, workspace, "plan")


def run_in_stage(sandbox: Sandbox, cli: DatabricksCli, workspace: FakeWorkspace, *command: str) -> CliResult:
    with GitRepository(sandbox.root) as git:
        index = DomainIndex(Snapshot(git, git.work_tree()))
        facts = StageFacts("dev", "sales", sandbox.head, git.branch, git.origin, has_permit=True)
        with open_stage(index.snapshot, index.staged("dev", "sales"), facts) as folder:
            return cli.bundle(*command, cwd=folder, workspace=workspace, domain="sales")


def names(workspace: FakeWorkspace) -> set[str]:
    jobs = workspace.snapshot().resources.get("jobs", {})
    return {str((job.get("settings") or job)["name"]) for job in jobs.values()}


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (PATHS, f"{PATHS}    - ./config\n", "`sync.paths.[]`: config isn't in the stage"),
        (INCLUDE, f"  - extra/alerts.yml\n{INCLUDE}", "`include.[]`: extra/alerts.yml isn't in the stage"),
        ("    path: ./src\n", "    path: ./libs/rates\n", "`artifacts.runtime.path`: libs/rates isn't in the stage"),
        ("  resources:\n", "  mutators: ['mutators:change']\n  resources:\n", "the module mutators isn't in the stage"),
        (
            "  scripts:\n",
            "  scripts:\n    postdeploy: sh scripts/notify.sh\n",
            "`experimental.scripts.postdeploy`: scripts/notify.sh isn't in the stage",
        ),
    ],
)
def test_what_the_cli_fails_on_in_a_stage_is_found_before(
    sandbox: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, old: str, new: str, finding: str
) -> None:
    assert run_scope(sandbox.root, "check").exit_code == 0
    bundle = sandbox.read("databricks.yml")
    assert bundle.count(old) == 1
    sandbox.write("databricks.yml", bundle.replace(old, new))
    line = next(number for number, text in enumerate(sandbox.read("databricks.yml").splitlines(), 1) if text not in bundle)
    found = run_scope(sandbox.root, "check")
    assert found.exit_code == 1
    assert f"databricks.yml:{line}: " in found.stdout
    assert finding in found.stdout
    assert deploy_stage(sandbox, databricks_cli, fake_workspace).exit_code != 0


def test_a_variable_that_nobody_uses_and_that_has_no_value_is_found_before(
    sandbox: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    path = "resources/sales/orders/variables.yml"
    sandbox.write(path, "variables:\n  region:\n    description: Where.\n")
    found = run_scope(sandbox.root, "check")
    assert found.exit_code == 1
    assert f"{path}:2: `region` has no value in dev, so every deploy fails." in found.stdout
    failed = deploy_stage(sandbox, databricks_cli, fake_workspace)
    assert failed.exit_code != 0
    assert "no value assigned to required variable region" in failed.stderr
    sandbox.write(path, "variables: {region: {}}\ntargets: {dev: {variables: {region: eu}}}\n")
    other = run_scope(sandbox.root, "check").stdout
    assert "has no value in dev" not in other
    assert f"{path}:1: `region` has no value in prod" in other
    assert deploy_stage(sandbox, databricks_cli, fake_workspace).exit_code == 0


def test_what_a_glob_includes_and_the_cli_silently_leaves_out_is_found(
    sandbox: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    sandbox.write("databricks.yml", sandbox.read("databricks.yml").replace(INCLUDE, f"  - extra/*.yml\n{INCLUDE}"))
    found = run_scope(sandbox.root, "check")
    assert found.exit_code == 1
    assert "extra/alerts.yml isn't in the stage, so what it defines is silently not deployed." in found.stdout
    assert deploy_stage(sandbox, databricks_cli, fake_workspace).exit_code == 0
    assert not [name for name in names(fake_workspace) if "alerting" in name]


def test_the_same_things_in_their_places_pass_here_and_there(
    sandbox: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    sandbox.write("src/common/notify.sh", "echo told\n")
    sandbox.write("src/sales/alert.py", "# from src/common/notify.sh\n")
    sandbox.write("resources/sales/orders/alerts.yml", MORE["extra/alerts.yml"])
    bundle = sandbox.read("databricks.yml")
    bundle = bundle.replace(PATHS, f"{PATHS}    - ./resources\n")
    sandbox.write("databricks.yml", bundle.replace("  scripts:\n", "  scripts:\n    postdeploy: sh src/common/notify.sh\n"))
    assert run_scope(sandbox.root, "check").exit_code == 0
    done = deploy_stage(sandbox, databricks_cli, fake_workspace)
    assert done.exit_code == 0, done
    assert [name for name in names(fake_workspace) if "alerting" in name]


CLUSTER = "existing_cluster_id: '1'"
RUN = "task_key: x, run_job_task: {job_id: 1"
NOTEBOOK = f"task_key: x, {CLUSTER}, notebook_task: {{notebook_path: /x}}"
# What the CLI makes of resources: it stops, warns of a field that it leaves out, or has nothing to say.
FIELDS = {
    "jobs: {a: {name: a, performance_target: FOO}}": "stops",
    "jobs: {a: {name: a, tasks: [{task_key: x, dbt_task: {commands: [x]}, run_if: NEVER}]}}": "stops",
    "jobs: {a: {name: a, tasks: [{task_key: x, spark_jar_task: {}}]}}": "stops",
    f"jobs: {{a: {{name: a, tasks: [{{{RUN}, notebook_params: {{a: b}}}}}}]}}}}": "stops",
    "schemas: {a: {name: a}}": "stops",
    "volumes: {a: {name: a, catalog_name: b, schema_name: c, volume_type: HUGE}}": "stops",
    "jobs: {a: {name: a, shedule: {}}}": "warns",
    f"jobs: {{a: {{name: a, tasks: [{{{NOTEBOOK}, retries: 1}}]}}}}": "warns",
    "pipelines: {a: {name: a, catalogue: x}}": "warns",
    "experiments: {a: {name: /a, what: 1}}": "warns",
    "jbos: {a: {name: a}}": "warns",
    "jobs: {a: {name: a, tags: {any: thing}, performance_target: null}}": "takes",
    f"jobs: {{a: {{name: a, tasks: [{{{RUN}, job_parameters: {{any: thing}}}}}}]}}}}": "takes",
    "jobs: {a: {name: a, max_concurrent_runs: '5', parameters: [{name: x, default: ''}]}}": "takes",
    "schemas: {a: {name: a, catalog_name: b, grants: [{principal: x, privileges: [SELECT]}]}}": "takes",
}


@pytest.mark.parametrize("text", FIELDS)
def test_a_field_is_found_where_the_cli_stops_or_leaves_it_out(
    sandbox: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, text: str
) -> None:
    sandbox.write("resources/sales/orders/x.yml", f"resources: {{{text}}}\n")
    done = plan_stage(sandbox, databricks_cli, fake_workspace)
    warns = "unknown field" in done.stderr
    assert FIELDS[text] == ("stops" if done.exit_code else "warns" if warns else "takes"), done
    found = run_scope(sandbox.root, "check")
    assert (found.exit_code, "resources/sales/orders/x.yml:1:" in found.stdout) == (
        (0, False) if FIELDS[text] == "takes" else (1, True)
    ), found


def test_a_field_that_a_target_completes_is_no_finding(
    sandbox: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    targets = "{dev: {resources: {schemas: {a: {catalog_name: b}}}}, prod: {resources: {schemas: {a: {catalog_name: c}}}}}"
    sandbox.write("resources/sales/orders/x.yml", f"resources: {{schemas: {{a: {{name: a}}}}}}\ntargets: {targets}\n")
    assert plan_stage(sandbox, databricks_cli, fake_workspace).exit_code == 0
    assert run_scope(sandbox.root, "check").stdout == ""
