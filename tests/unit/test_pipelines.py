"""The pipelines of Azure DevOps and GitLab keep to their schemas, to what their pages say, and to what no linter checks."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from scope.render.gitlab_jobs import TEMPLATE
from tests.support.ci_schemas import find_azure_problems, find_gitlab_problems
from tests.support.gitlab_player import read_jobs
from tests.support.sandbox import REPOSITORY

AZURE = sorted((REPOSITORY / ".ci" / "azure").glob("*.yml"))
GITLAB = sorted((REPOSITORY / ".ci" / "gitlab").glob("*.yml"))
PAGES = {name: (REPOSITORY / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("azure-devops", "gitlab")}


@pytest.mark.parametrize("path", AZURE, ids=lambda path: path.name)
def test_a_pipeline_of_azure_follows_the_schema(path: Any) -> None:  # noqa: ANN401  a path
    text = path.read_text(encoding="utf-8")
    assert find_azure_problems(text) == []
    assert find_azure_problems(text.replace("checkout:", "chekcout:").replace("template:", "tempalte:"))


@pytest.mark.parametrize("path", GITLAB, ids=lambda path: path.name)
def test_a_pipeline_of_gitlab_follows_the_schema(path: Any) -> None:  # noqa: ANN401  a path
    text = path.read_text(encoding="utf-8")
    assert find_gitlab_problems(text) == []
    assert find_gitlab_problems(
        text.replace("interruptible: false", "interruptible: 7").replace("stages: [", "stages: [7, ")
    )


def azure_jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in AZURE:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
        stages = tree.get("stages", [{"jobs": tree.get("jobs", [])}])
        for stage in stages:
            for job in stage.get("jobs", []):
                if "template" not in job:
                    yield path.name, job


def azure_steps() -> Iterator[tuple[str, dict[str, Any]]]:
    return ((f"{name}: {job['job']}", step) for name, job in azure_jobs() for step in job["steps"])


def gitlab_jobs() -> dict[str, dict[str, Any]]:
    return read_jobs(REPOSITORY / ".ci" / "gitlab" / "pipeline.yml") | read_jobs(REPOSITORY / TEMPLATE)


def test_every_job_has_its_own_time() -> None:
    assert [name for name, job in azure_jobs() if not 0 < job["timeoutInMinutes"] <= 360] == []
    runs = {name: job for name, job in gitlab_jobs().items() if "script" in job and job.get("when") != "manual"}
    assert [name for name, job in runs.items() if "timeout" not in job] == []


def test_no_script_of_azure_has_a_value_pasted_into_it() -> None:
    """A macro or a template's expression is replaced before the shell reads the script."""
    scripts = [step["bash"] for _, step in azure_steps() if "bash" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script or re.search(r"\$\((?!git )", script)] == []


def test_azure_s_token_is_given_only_to_steps_that_log_in_or_comment() -> None:
    for where, step in azure_steps():
        if "SYSTEM_ACCESSTOKEN" in step.get("env", {}):
            logs_in = step["env"].get("DATABRICKS_AUTH_TYPE") == "azure-devops-oidc"
            assert logs_in or "scope comment" in step["bash"], where


def test_in_azure_no_pull_request_has_an_identity_and_code_of_domains_none_of_prod_s_before_its_approval() -> None:
    request = (REPOSITORY / ".ci" / "azure" / "pull-request.yml").read_text(encoding="utf-8")
    assert "group:" not in request
    assert "DATABRICKS" not in request
    stages = {
        stage["stage"]: stage
        for stage in yaml.safe_load((REPOSITORY / ".ci" / "azure" / "deploy-target.yml").read_text(encoding="utf-8"))[
            "stages"
        ]
    }
    # A pipeline's stages share its identities. The CLI can run code of domains, so the plan hasn't got it.
    assert "CLI" not in str([step.get("env") for step in stages["plan"]["jobs"][0]["steps"]])
    assert stages["plan"]["variables"] == [{"group": "databricks-${{ parameters.target }}-plan"}]
    assert stages["deploy"]["variables"] == [{"group": "databricks-${{ parameters.target }}"}]
    assert stages["deploy"]["lockBehavior"] == "sequential"


def test_a_token_of_gitlab_is_for_the_environment_of_its_job_and_none_is_for_a_merge_request() -> None:
    with_token = {name: job for name, job in gitlab_jobs().items() if "id_tokens" in job}
    assert set(with_token) == {
        "plan-staging",
        "plan-prod",
        "preview-prod",
        "report-staging",
        "report-prod",
    }
    for name, job in with_token.items():
        assert job["id_tokens"] == {"DATABRICKS_OIDC_TOKEN": {"aud": f"databricks:{job['environment']['name']}"}}, name
        assert job["environment"]["name"].endswith("-plan"), name
        assert not [rule for rule in job["rules"] if "merge_request" in rule["if"]], name


def test_what_holds_logs_of_the_cli_is_not_for_everyone() -> None:
    for name, job in gitlab_jobs().items():
        if ".scope/logs/" in job.get("artifacts", {}).get("paths", []):
            assert job["artifacts"]["access"] == "developer", name


def test_the_pages_name_every_file_variable_and_environment() -> None:
    for page, paths in (("azure-devops", AZURE), ("gitlab", GITLAB)):
        assert [path.name for path in paths if f"`{path.name}`" not in PAGES[page]] == []
    for target in ("staging", "prod"):
        for name in (target, f"{target}-plan"):
            assert f"`databricks-{name}`" in PAGES["azure-devops"]
            assert f"`{name}`" in PAGES["gitlab"]
    for name in ("DATABRICKS_HOST", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLI_SHA256", "RECONCILE"):
        assert all(f"`{name}`" in text for text in PAGES.values()), name
    assert "`GITLAB_TOKEN`" in PAGES["gitlab"]
    assert "`prod-approval`" in PAGES["gitlab"]
