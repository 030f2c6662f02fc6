"""The workflows keep to what docs/github-actions.md says of them, and to what no linter checks."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.workflow_jobs import WorkflowJob, read_jobs

REPOSITORY = Path(__file__).parents[2]
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((REPOSITORY / ".github" / "actions").glob("*/action.yml"))
DOCS = (REPOSITORY / "docs" / "github-actions.md").read_text(encoding="utf-8")
SCRIPT = (REPOSITORY / ".github" / "scripts" / "install-databricks-cli").read_text(encoding="utf-8")
IDS = [path.name for path in WORKFLOWS]


def load(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    return load(path)["jobs"]


def steps(path: Path) -> list[dict[str, Any]]:
    tree = load(path)
    jobs = [tree["runs"]] if "runs" in tree else tree["jobs"].values()
    return [step for part in jobs for step in part.get("steps", [])]


def all_text() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (*WORKFLOWS, *ACTIONS))


@pytest.mark.parametrize("path", WORKFLOWS, ids=IDS)
def test_a_workflow_has_no_permission_by_itself_and_every_job_its_own_time(path: Path) -> None:
    assert load(path)["permissions"] == {}
    for job in jobs(path).values():
        assert "uses" in job or job["timeout-minutes"] <= 360


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_actions_of_others_are_pinned_by_commit_with_the_version_beside_it(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if "uses: " in line and "uses: ./" not in line:
            assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_one_action_has_one_pin() -> None:
    pins = set(re.findall(r"uses: ([\w-]+/[\w-]+)@(\S+ # \S+)", all_text()))
    assert len(pins) == len({name for name, _ in pins})


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_no_script_holds_an_expression(path: Path) -> None:
    assert not [step["run"] for step in steps(path) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("path", WORKFLOWS, ids=IDS)
def test_no_checkout_leaves_its_token_behind(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_no_workflow_runs_with_a_base_s_rights_on_a_pull_request_s_code_and_none_has_a_secret() -> None:
    assert not re.search(r"pull_request_target|workflow_run|secrets[.:]|enable-cache: true|actions/cache", all_text())


def test_deploys_are_never_cancelled_and_one_failure_stops_no_other() -> None:
    for name in ("deploy.yml", "reconcile.yml"):
        for job in jobs(REPOSITORY / ".github" / "workflows" / name).values():
            group = job.get("concurrency", {}).get("group", "")
            if group.startswith("deploy-"):
                assert job["concurrency"]["cancel-in-progress"] is False
    assert all(
        job["strategy"]["fail-fast"] is False for path in WORKFLOWS for job in jobs(path).values() if "strategy" in job
    )


def test_prod_is_deployed_by_one_job_only_and_that_waits_for_the_approval() -> None:
    callers = []
    for path in WORKFLOWS:
        for name, job in jobs(path).items():
            if job.get("uses", "").endswith("/deploy-target.yml") and job["with"]["target"] == "prod":
                callers.append((path.name, name))
                assert "approve-prod" in job["needs"]
                assert "needs.approve-prod.result == 'success'" in job["if"]
            for step in job.get("steps", []):
                if re.search(r"scripts/deploy|scope (reconcile|deploy|destroy|recover|adopt)", step.get("run", "")):
                    # A job for every target must leave prod to the workflow that asks.
                    assert path.name == "deploy-target.yml" or "matrix.target != 'prod'" in step["if"]
    assert callers == [("deploy.yml", "prod")]


def test_every_job_that_may_log_in_has_an_environment_of_its_own() -> None:
    for path in WORKFLOWS:
        for job in jobs(path).values():
            if "steps" in job and job.get("permissions", {}).get("id-token") == "write":
                # Who plans may only read: a plan runs code of the domains, and comes before the approval.
                assert (path.name, job["environment"]) in {
                    ("plan-target.yml", "${{ inputs.environment }}"),
                    ("deploy-target.yml", "${{ inputs.target }}"),
                    ("reconcile.yml", "${{ matrix.target == 'prod' && 'prod-plan' || matrix.target }}"),
                }
                assert "uses" not in job


def with_identity() -> list[WorkflowJob]:
    return [job for job in read_jobs(REPOSITORY) if job.has_identity]


def commands_of(job: WorkflowJob) -> list[str]:
    """Return a job's commands, a line each, without comments."""
    lines = [line.strip() for script in job.commands for line in script.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def test_what_a_job_with_identity_installs_has_its_version_and_its_hash() -> None:
    assert with_identity()
    for job in with_identity():
        assert [use for use in job.uses if not re.search(r"^\./|^actions/[\w-]+@[0-9a-f]{40}$", use)] == []
        assert [
            line for line in commands_of(job) if re.search(r"\b(uvx|npm|npx|go|gh|wget|apt-get|uv pip|eval)\b", line)
        ] == []
        for line in commands_of(job):
            if re.search(r"\bpip\b", line):
                assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(line.split()), line
            if "uv sync" in line:
                # Building the project would take the newest build backend.
                assert {"--locked", "--no-install-project", "--no-build", "--no-cache"} <= set(line.split()), line
            if re.search(r"\buv run\b", line):
                assert "uv run --no-sync python -m scope.cli" in line
        [download] = [script for script in job.commands if "curl" in script] or [""]
        assert not download or "sha256sum --check" in download
        assert sum(script.count("curl --") for script in job.commands) <= 1


def test_what_installs_everything_else_is_pinned_by_hash() -> None:
    wanted = (REPOSITORY / ".ci" / "requirements.in").read_text(encoding="utf-8")
    pinned = (REPOSITORY / ".ci" / "requirements.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([\w-]+==[\d.]+)$", wanted, re.MULTILINE)
    assert [line.partition("==")[0] for line in names] == ["rust-just", "uv"]
    blocks = re.split(r"^(?=[\w-]+==)", re.sub(r"^\s*#.*\n", "", pinned, flags=re.MULTILINE), flags=re.MULTILINE)
    assert [block.split()[0] for block in blocks if block.strip()] == names
    for block in blocks[1:]:
        assert re.fullmatch(r"\S+ \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+", block), block


def test_what_writes_on_github_runs_the_base_s_code_only() -> None:
    writers = [job for job in read_jobs(REPOSITORY) if set(job.permissions.values()) - {"read"} and not job.has_identity]
    assert {job.name for job in writers} == {"comment"}
    assert {job.code for job in writers if job.event == "pull_request"} == {"base"}


def test_the_numbers_of_a_pull_request_are_made_by_the_base() -> None:
    jobs = [job for job in read_jobs(REPOSITORY) if job.event in {"pull_request", "merge_group"}]
    assert {job.name for job in jobs if job.code == "head"} == {"quality / quality"}
    assert {job.code for job in jobs if any("scope.cli" in script for script in job.commands)} == {"base"}


def test_every_variable_and_environment_is_in_the_docs_and_the_docs_name_no_other() -> None:
    variables = set(re.findall(r"\bvars\.(\w+)", all_text()))
    assert variables == set(re.findall(r"^\| `([A-Z_0-9]+)` \|", DOCS, re.MULTILINE)) | {
        "DATABRICKS_HOST",
        "DATABRICKS_CLIENT_ID",
    }
    table = DOCS[DOCS.index("### 2.") : DOCS.index("### 3.")]
    documented = set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE))
    deploy = jobs(REPOSITORY / ".github" / "workflows" / "deploy.yml")
    used = {job["with"]["target"] for job in deploy.values() if "with" in job and "target" in job["with"]}
    used |= {job["environment"] for job in deploy.values() if "environment" in job}
    used |= {job["with"]["environment"] for job in deploy.values() if "environment" in job.get("with", {})}
    used |= set(jobs(REPOSITORY / ".github" / "workflows" / "reconcile.yml")["reconcile"]["strategy"]["matrix"]["target"])
    assert documented == used
    assert all(f"`{name}`" in table for name in ("DATABRICKS_HOST", "DATABRICKS_CLIENT_ID"))


def test_every_permission_is_in_the_docs_and_the_docs_name_no_other() -> None:
    used = {
        (name, f"{key}: {value}")
        for path in WORKFLOWS
        for name, job in jobs(path).items()
        if "steps" in job
        for key, value in job.get("permissions", {}).items()
        if key != "contents"
    }
    table = DOCS[DOCS.index("## Permissions") : DOCS.index("## The comment")]
    documented = set(re.findall(r"^\| `([\w-]+)` in `[\w-]+\.yml` \| `([^`]+)` \|", table, re.MULTILINE))
    assert documented == used


def test_the_docs_name_every_workflow_and_every_input_of_a_run_by_hand() -> None:
    assert all(f"`{path.name}`" in DOCS for path in WORKFLOWS)
    # To YAML 1.1 the key `on` is a boolean.
    inputs = load(REPOSITORY / ".github" / "workflows" / "deploy.yml")[True]["workflow_dispatch"]["inputs"]
    assert all(f"`{name}`" in DOCS or f"one {name}" in DOCS for name in inputs)


def test_targets_of_the_workflows_are_targets_of_the_bundle() -> None:
    targets = {path.stem for path in (REPOSITORY / "targets").glob("*.yml")}
    deploy = jobs(REPOSITORY / ".github" / "workflows" / "deploy.yml")
    assert {job["with"]["target"] for job in deploy.values() if "target" in job.get("with", {})} <= targets


def test_the_cli_of_deploys_is_the_one_that_is_tested() -> None:
    version = re.search(r"^version=(\S+)$", SCRIPT, re.MULTILINE)
    assert version is not None
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert set(re.findall(r'"databricks-bundles==([^"]+)"', project)) == {version[1]}
    assert f"github.com/databricks/cli v{version[1]}" in (REPOSITORY / "tests" / "cli" / "go.mod").read_text(
        encoding="utf-8"
    )
