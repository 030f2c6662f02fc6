"""What a run takes from the environment that its CI system gives it, and what it leaves for it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from scope.adapters.ci import find_ci
from scope.documents.document import dump
from scope.documents.manifest import Matrix
from scope.errors import UsageError
from scope.model import CiKind
from scope.render.matrix import render_outputs
from tests.support.gitlab_player import read_dotenv
from tests.support.logging_commands import Command, read_commands
from tests.support.manifest_cases import CASES

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "a/b",
    "GITHUB_RUN_ID": "42",
}
AZURE = {
    "TF_BUILD": "True",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECT": "data platform",
    "BUILD_BUILDID": "42",
    "BUILD_REPOSITORY_NAME": "etl",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_URL": "https://gitlab.com/acme/etl/-/pipelines/42",
    "CI_PROJECT_PATH": "acme/etl",
}


@pytest.mark.parametrize(
    ("environment", "kind", "run", "artifacts", "repository"),
    [
        (
            GITHUB,
            CiKind.GITHUB,
            "https://github.com/a/b/actions/runs/42",
            "https://github.com/a/b/actions/runs/42#artifacts",
            "a/b",
        ),
        (
            AZURE,
            CiKind.AZURE_DEVOPS,
            "https://dev.azure.com/acme/data%20platform/_build/results?buildId=42",
            "https://dev.azure.com/acme/data%20platform/_build/results?buildId=42&view=artifacts&type=publishedArtifacts",
            "etl",
        ),
        (GITLAB, CiKind.GITLAB, "https://gitlab.com/acme/etl/-/pipelines/42", None, "acme/etl"),
        ({}, CiKind.GITHUB, None, None, None),
        ({"TF_BUILD": "True"}, CiKind.AZURE_DEVOPS, None, None, None),
        ({"GITLAB_CI": "true"}, CiKind.GITLAB, None, None, None),
        # A runner of one in a job of another: whose steps these are is what counts.
        (
            GITHUB | {"TF_BUILD": "True"},
            CiKind.GITHUB,
            "https://github.com/a/b/actions/runs/42",
            "https://github.com/a/b/actions/runs/42#artifacts",
            "a/b",
        ),
    ],
)
def test_the_run_and_its_repository_are_known_only_in_one(
    environment: Mapping[str, str], kind: CiKind, run: str | None, artifacts: str | None, repository: str | None
) -> None:
    ci = find_ci(environment)
    assert (ci.kind, ci.run_url, ci.artifacts_url, ci.repository) == (kind, run, artifacts, repository)


@pytest.mark.parametrize(
    ("environment", "may"),
    [
        ({}, True),
        ({"GITHUB_ACTIONS": "true"}, False),
        ({"GITHUB_ACTIONS": "true", "SCOPE_PRINT_LOGS": "false"}, False),
        ({"GITHUB_ACTIONS": "true", "SCOPE_PRINT_LOGS": ""}, False),
        ({"GITHUB_ACTIONS": "true", "SCOPE_PRINT_LOGS": "true"}, True),
        (AZURE, False),
        (AZURE | {"SCOPE_PRINT_LOGS": "true"}, True),
        (GITLAB, False),
        (GITLAB | {"CI_PROJECT_VISIBILITY": "internal"}, False),
        (GITLAB | {"CI_PROJECT_VISIBILITY": "private"}, True),
        (GITLAB | {"CI_PROJECT_VISIBILITY": "private", "SCOPE_PRINT_LOGS": "false"}, False),
        (GITLAB | {"CI_PROJECT_VISIBILITY": "public", "SCOPE_PRINT_LOGS": "true"}, True),
    ],
)
def test_logs_are_printed_only_where_that_is_said(environment: dict[str, str], may: bool) -> None:
    assert find_ci(environment).may_print_logs is may


@pytest.mark.parametrize("name", CASES)
def test_azure_gets_outputs_as_commands_and_a_matrix_of_named_legs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = CASES[name]
    outputs = render_outputs(manifest, dump(manifest), CiKind.AZURE_DEVOPS)
    find_ci(AZURE).write_outputs(outputs)
    written = capsys.readouterr()
    assert written.out == ""
    commands = read_commands(written.err)
    assert commands == [
        Command("task.setvariable", {"variable": key, "isOutput": "true"}, value) for key, value in outputs.items()
    ]
    legs = json.loads(outputs["matrix"])
    assert [leg["id"] for leg in legs.values()] == [entry.id for entry in manifest.matrix.include]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,99}", key) for key in legs)


@pytest.mark.parametrize(
    ("ids", "legs"),
    [
        (["a-b-x", "a_b-x"], ["job_1", "job_2"]),
        ([f"prod-{'x' * 60}-to-{'y' * 60}", "prod-z"], ["job_1", "job_2"]),
        (["prod-a", "prod-b-to-c"], ["prod_a", "prod_b_to_c"]),
    ],
    ids=["alike", "long", "plain"],
)
def test_no_two_legs_of_azure_have_one_name_and_none_has_one_that_is_too_long(ids: list[str], legs: list[str]) -> None:
    entry = CASES["one_domain"].matrix.include[0]
    matrix = Matrix(tuple(entry._replace(id=name) for name in ids))
    outputs = render_outputs(CASES["one_domain"]._replace(matrix=matrix), b"", CiKind.AZURE_DEVOPS)
    named = json.loads(outputs["matrix"])
    assert list(named) == legs
    assert [leg["id"] for leg in named.values()] == ids


@pytest.mark.parametrize("name", CASES)
def test_gitlab_gets_a_child_pipeline_and_variables(name: str, tmp_path: Path) -> None:
    manifest = CASES[name]
    outputs = render_outputs(manifest, dump(manifest), CiKind.GITLAB)
    find_ci(GITLAB | {"CI_PROJECT_DIR": str(tmp_path)}).write_outputs(outputs)
    variables = read_dotenv(tmp_path / ".scope" / "outputs.env")
    assert variables == {key: value for key, value in outputs.items() if key != "matrix"}
    jobs = yaml.safe_load((tmp_path / ".scope" / "jobs.yml").read_text(encoding="utf-8"))
    if not manifest.matrix.include:
        assert list(jobs) == ["nothing-is-due"]
        return
    assert jobs.pop("include") == [{"local": ".ci/gitlab/deploy-target.yml"}]
    assert jobs.pop("variables") == {"DIGEST": outputs["digest"]}
    assert list(jobs) == [entry.id for entry in manifest.matrix.include]
    for entry in manifest.matrix.include:
        assert jobs[entry.id] == {
            "extends": ".deploy",
            "environment": {"name": entry.environment},
            "id_tokens": {"DATABRICKS_OIDC_TOKEN": {"aud": f"databricks:{entry.environment}"}},
            "needs": [{"pipeline": "$PARENT_PIPELINE_ID", "job": f"plan-{entry.target}"}],
            "variables": {"TARGET": entry.target, "ENTRY": entry.id, "ENTRY_DOMAINS": entry.domains},
        }


def test_pages_of_azure_are_files_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ci = find_ci(AZURE | {"AGENT_TEMPDIRECTORY": str(tmp_path)})
    assert ci.has_summary
    ci.write_summary("# One\n")
    ci.write_summary("# Two\n")
    paths = [Path(command.message) for command in read_commands(capsys.readouterr().err)]
    assert [path.name for path in paths] == ["scope.md", "scope-2.md"]
    assert [path.read_text(encoding="utf-8") for path in paths] == ["# One\n", "# Two\n"]


def test_pages_of_a_gitlab_job_are_one_file_for_the_artifacts(tmp_path: Path) -> None:
    ci = find_ci(GITLAB | {"CI_PROJECT_DIR": str(tmp_path), "CI_JOB_NAME_SLUG": "plan-prod"})
    assert ci.has_summary
    ci.write_summary("# One")
    ci.write_summary("# Two")
    assert (tmp_path / ".scope" / "summary" / "plan-prod.md").read_text(encoding="utf-8") == "# One\n# Two\n"


def test_a_link_in_the_repository_leads_gitlab_s_files_nowhere(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".scope").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="is a link, so nothing is written there"):
        find_ci(GITLAB | {"CI_PROJECT_DIR": str(tmp_path / "project")}).write_summary("x")


@pytest.mark.parametrize(("environment", "missing"), [(AZURE, "AGENT_TEMPDIRECTORY"), (GITLAB, "CI_PROJECT_DIR")])
def test_outside_of_a_job_the_missing_variable_is_named(environment: dict[str, str], missing: str) -> None:
    assert not find_ci(environment).has_summary
    with pytest.raises(UsageError, match=f"{missing} isn't set"):
        find_ci(environment).write_summary("x")
