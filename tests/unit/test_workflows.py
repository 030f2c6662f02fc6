"""The workflows keep to what docs/github-actions.md says of them, and to what no linter checks."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.workflow_expressions import Scope
from tests.support.workflow_jobs import WorkflowJob, read_jobs

REPOSITORY = Path(__file__).parents[2]
WORKFLOWS_FOLDER = REPOSITORY / ".github" / "workflows"
WORKFLOWS = sorted(WORKFLOWS_FOLDER.glob("*.yml"))
ACTIONS = sorted((REPOSITORY / ".github" / "actions").glob("*/action.yml"))
DOCS = (REPOSITORY / "docs" / "github-actions.md").read_text(encoding="utf-8")
SCRIPT = (REPOSITORY / ".github" / "scripts" / "install-databricks-cli").read_text(encoding="utf-8")
IDS = [path.name for path in WORKFLOWS]


def load(path: Path) -> dict[Any, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


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
    grouped = [job for job in jobs(WORKFLOWS_FOLDER / "deploy.yml").values() if "deploy-" in str(job.get("concurrency"))]
    assert [job["concurrency"]["cancel-in-progress"] for job in grouped] == [False, False]
    assert all(
        job["strategy"]["fail-fast"] is False for path in WORKFLOWS for job in jobs(path).values() if "strategy" in job
    )


def groups(name: str, **contexts: Any) -> set[str]:  # noqa: ANN401  a context's values
    """Return the concurrency groups of a workflow's jobs, in a run with such contexts."""
    scope = Scope({"github": {"run_id": "7", "run_attempt": "1"}, "inputs": {}, "matrix": {"target": "prod"}, **contexts})
    return {
        scope.fill(job["concurrency"]["group"]) for job in jobs(WORKFLOWS_FOLDER / name).values() if "concurrency" in job
    }


@pytest.mark.parametrize(
    "contexts",
    [
        {"inputs": {"target": "all", "domains": "finance", "prune": False, "approve": ""}},
        {"inputs": {"target": "all", "domains": "", "prune": True, "approve": ""}},
        {"inputs": {"target": "all", "domains": "", "prune": False, "approve": "0123456789abcdef"}},
        {"github": {"run_id": "7", "run_attempt": "2"}},
    ],
)
def test_a_run_that_deploys_less_or_else_takes_no_other_s_place(contexts: dict[str, Any]) -> None:
    """Of the runs that wait in one group GitHub keeps the newest, so that must deploy all that the others would have."""
    assert all(group.endswith("-7") for group in groups("deploy.yml", **contexts))


def test_runs_that_deploy_all_wait_in_one_group_and_reports_in_none_of_theirs() -> None:
    pushed = groups("deploy.yml")
    assert pushed == {"deploy-staging", "deploy-prod", "approve-prod", "deployed-7", "notify-7"}
    assert groups("deploy.yml", inputs={"target": "prod", "domains": "", "prune": False, "approve": ""}) == pushed
    assert not groups("reconcile.yml") & pushed


def test_what_a_run_by_hand_may_do_is_in_its_name_and_in_that_of_its_approval() -> None:
    workflow = load(WORKFLOWS_FOLDER / "deploy.yml")
    inputs = {"target": "prod", "domains": "finance", "prune": True, "approve": "0123456789abcdef"}
    asked = Scope({"github": {"event_name": "workflow_dispatch"}, "inputs": inputs})
    words = ", with prune, approving 0123456789abcdef, only finance"
    assert asked.fill(workflow["run-name"]) == f"deploy prod{words}"
    assert asked.fill(workflow["jobs"]["approve-prod"]["name"]) == f"approve-prod{words}"
    pushed = Scope({"github": {"event_name": "push"}, "inputs": {}})
    assert pushed.fill(workflow["run-name"]) == ""  # GitHub's own, the commit's first line
    assert pushed.fill(workflow["jobs"]["approve-prod"]["name"]) == "approve-prod"


def test_the_plan_that_is_approved_knows_every_input_of_the_deploy() -> None:
    workflow = jobs(WORKFLOWS_FOLDER / "deploy.yml")
    for target in ("staging", "prod"):
        planned, deployed = workflow[f"plan-{target}"]["with"], workflow[target]["with"]
        shared = deployed.keys() - {"matrix", "digest"}  # what the plan has found
        assert shared == {"target", "prune", "approve"}
        assert {key: planned[key] for key in shared} == {key: deployed[key] for key in shared}


def test_no_code_of_a_domain_runs_in_the_job_whose_page_is_approved() -> None:
    """The CLI can run it, so there is no CLI."""
    for job in read_jobs(REPOSITORY):
        if job.path[-1] in {"plan", "approve-prod"}:
            assert not any("LIVE" in step.get("env", {}) for step in job.steps), job.name
            assert [step["with"].get("cli", "false") for step in job.steps if "actions/setup" in step.get("uses", "")] in (
                [], ["false"],
            )  # fmt: skip


def test_prod_is_deployed_by_one_job_only_and_that_waits_for_the_approval() -> None:
    callers = []
    for path in WORKFLOWS:
        for name, job in jobs(path).items():
            if job.get("uses", "").endswith("/deploy-target.yml") and job["with"]["target"] == "prod":
                callers.append((path.name, name))
                assert "approve-prod" in job["needs"]
                assert "needs.approve-prod.result == 'success'" in job["if"]
            for step in job.get("steps", []):
                if re.search(r"scripts/deploy|\bscope (reconcile|deploy|destroy|recover|adopt)", step.get("run", "")):
                    assert path.name == "deploy-target.yml"
    assert callers == [("deploy.yml", "prod")]


def test_who_may_write_to_prod_waits_for_the_approval_and_nobody_else_writes() -> None:
    for job in read_jobs(REPOSITORY):
        if "prod" in job.environments:
            assert "prod-approval" in job.needs, job.name
            assert job.workflow == "deploy-target.yml"
        if job.has_identity and job.workflow != "deploy-target.yml":
            # Who plans and reports may only read: the CLI's plan runs code of the domains, and comes before the approval.
            assert set(job.environments) <= {"staging-plan", "prod-plan"}, job.name
        assert not job.has_identity or job.environments


def with_identity() -> list[WorkflowJob]:
    return [job for job in read_jobs(REPOSITORY) if job.has_identity]


def commands_of(job: WorkflowJob) -> list[str]:
    """Return a job's commands, a line each, without comments."""
    lines = [line.strip() for script in job.commands for line in script.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def test_what_a_job_with_identity_installs_has_its_version_and_its_hash() -> None:
    assert with_identity()
    for job in with_identity():
        uses = [step["uses"] for step in job.steps if "uses" in step]
        assert [use for use in uses if not re.search(r"^\./|^actions/[\w-]+@[0-9a-f]{40}$", use)] == []
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
                assert line.startswith('exec uv run --no-sync --project "$tool" python -P ')
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
    assert {job.name for job in jobs if job.code == "head"} == {
        "quality / check",
        "quality / domains",
        "quality / spark",
        "quality / tool",
    }
    assert {job.code for job in jobs if any("scope.cli" in script for script in job.commands)} == {"base"}


def test_every_variable_and_environment_is_in_the_docs_and_the_docs_name_no_other() -> None:
    variables = set(re.findall(r"\bvars\.(\w+)", all_text()))
    assert variables == set(re.findall(r"^\| `([A-Z_0-9]+)` \|", DOCS, re.MULTILINE)) | {
        "DATABRICKS_HOST",
        "DATABRICKS_CLIENT_ID",
    }
    table = DOCS[DOCS.index("### 2.") : DOCS.index("### 3.")]
    documented = set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE))
    deploy = jobs(WORKFLOWS_FOLDER / "deploy.yml")
    used = {job["with"]["target"] for job in deploy.values() if "with" in job and "target" in job["with"]}
    used |= {job["environment"] for job in deploy.values() if "environment" in job}
    used |= {job["with"]["environment"] for job in deploy.values() if "environment" in job.get("with", {})}
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
    inputs = load(WORKFLOWS_FOLDER / "deploy.yml")[True]["workflow_dispatch"]["inputs"]
    assert all(f"`{name}`" in DOCS or f"one {name}" in DOCS for name in inputs)


def test_targets_of_the_workflows_are_targets_of_the_bundle() -> None:
    targets = {path.stem for path in (REPOSITORY / "targets").glob("*.yml")}
    deploy = jobs(WORKFLOWS_FOLDER / "deploy.yml")
    assert {job["with"]["target"] for job in deploy.values() if "target" in job.get("with", {})} <= targets


def test_the_cli_of_deploys_is_the_one_that_is_tested() -> None:
    version = re.search(r"^version=(\S+)$", SCRIPT, re.MULTILINE)
    assert version is not None
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert set(re.findall(r'"databricks-bundles==([^"]+)"', project)) == {version[1]}
    assert f"github.com/databricks/cli v{version[1]}" in (REPOSITORY / "tests" / "cli" / "go.mod").read_text(
        encoding="utf-8"
    )


WORDS = {"head": "the pull request's", "base": "the base's", "main": "main's"}


def test_the_page_on_security_says_of_every_job_what_it_can_reach() -> None:
    rows: dict[str, list[WorkflowJob]] = {}
    for job in read_jobs(REPOSITORY):
        # The nightly run calls the workflow of deploys.
        rows.setdefault(job.name.removeprefix("deploy / "), []).append(job)
    expected = {}
    for name, alike in rows.items():
        assert len({(job.environments, tuple(job.permissions.items()), "prod-approval" in job.needs) for job in alike}) == 1
        one, codes = alike[0], {job.code for job in alike}
        environments = ", ".join(f"`{place}`" for place in one.environments) or "none"
        permissions = ", ".join(f"`{key}: {value}`" for key, value in one.permissions.items()) or "none"
        code = ", or ".join(word for key, word in WORDS.items() if key in codes) or "none"
        approval = "after" if "prod-approval" in one.needs else "before"
        expected[name] = f"| `{name}` | {environments} | {permissions} | {code} | {approval} |"
    page = (REPOSITORY / "docs" / "security.md").read_text(encoding="utf-8")
    table = page[page.index("## What each job can reach") : page.index("## What is trusted")]
    documented = re.findall(r"^\| `.*\|$", table, re.MULTILINE)
    assert sorted(documented) == sorted(expected.values())


def test_no_job_that_may_write_has_a_pull_request_s_code() -> None:
    for job in read_jobs(REPOSITORY):
        if set(job.permissions.values()) - {"read"}:
            assert job.code in {None, "main", "base"}, job.name
