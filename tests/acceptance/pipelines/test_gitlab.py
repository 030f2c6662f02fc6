"""The pipelines of GitLab, played: the note on a merge request, deploys by child pipelines, the nightly report."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import pytest

from tests.acceptance.pipelines.conftest import Place
from tests.support.ci_schemas import find_gitlab_problems
from tests.support.fake_forges import FakeGitLab, serving
from tests.support.gitlab_player import GitLabPlayer, PlayedPipeline

FILE = ".ci/gitlab/pipeline.yml"


class Project:
    """The project `g/p`, with the environments that docs/gitlab.md describes."""

    def __init__(self, place: Place, api: FakeGitLab) -> None:
        self.place = place
        self.api = api
        names = ("staging", "staging-plan", "prod", "prod-plan")
        self.environments = {name: place.variables(name) for name in names} | {"prod-approval": {}}
        self.settings = {"DATABRICKS_CLI_SHA256": place.cli_digest, "GITLAB_TOKEN": "project-token"}
        self.pipelines = 0

    def play(
        self,
        predefined: Mapping[str, str],
        given: Mapping[str, str] | None = None,
        **world: Any,  # noqa: ANN401  what a world takes
    ) -> PlayedPipeline:
        self.pipelines += 1
        variables = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{self.api.url}/api/v4",
            "CI_DEFAULT_BRANCH": "main",
            "CI_PIPELINE_ID": str(self.pipelines),
            "CI_PIPELINE_URL": f"https://gitlab.invalid/g/p/-/pipelines/{self.pipelines}",
            "CI_PROJECT_ID": "12",
            "CI_PROJECT_PATH": "g/p",
            "CI_PROJECT_URL": "https://gitlab.invalid/g/p",
            "CI_PROJECT_VISIBILITY": "private",
            **self.settings,
            **predefined,
        }
        return GitLabPlayer(self.place.new_world(**world), self.environments, variables, given).play(FILE)

    def on_main(
        self,
        source: str = "push",
        given: Mapping[str, str] | None = None,
        **world: Any,  # noqa: ANN401  what a world takes
    ) -> PlayedPipeline:
        """Play a pipeline of main; outside of pushes there is no commit before."""
        commit = self.place.origin.git("rev-parse", "main")
        predefined = {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_SHA": commit, "CI_COMMIT_BRANCH": "main"}
        return self.play(predefined | {"CI_COMMIT_BEFORE_SHA": "0" * 40}, given, **world)

    def merge_request(self, branch: str, more: Mapping[str, str] | None = None) -> PlayedPipeline:
        """Play the pipeline of a merge request from a branch to main."""
        origin = self.place.origin
        head, base = origin.git("rev-parse", branch), origin.git("merge-base", "main", branch)
        predefined = {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_COMMIT_SHA": head,
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_PROJECT_ID": "12",
            "CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.invalid/g/p",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        }
        return self.play(predefined | dict(more or {}))


@pytest.fixture
def project(place: Place) -> Iterator[Project]:
    with serving(FakeGitLab) as api:
        yield Project(place, api)


def logs(pipeline: PlayedPipeline) -> str:
    inner = "\n".join(logs(child) for child in pipeline.children.values())
    return "\n".join(job.log for job in pipeline.jobs.values()) + inner


QUALITY = dict.fromkeys(["check", "domains", "spark", "tool"], "succeeded")
DEPLOYED = dict.fromkeys(
    ["plan-staging", "deploy-staging", "plan-prod", "preview-prod", "approve-prod", "deploy-prod"], "succeeded"
)
PASSED = QUALITY | DEPLOYED | {"notify": "skipped"}


def test_a_merge_request_gets_one_note_that_is_updated_in_place(project: Project) -> None:
    project.place.branch("topic")
    played = project.merge_request("topic")
    assert played.results == QUALITY | {"scope": "succeeded", "comment": "succeeded"}, logs(played)
    [text] = project.api.bodies
    assert text.startswith("<!-- scope: blast radius -->\n### Deploys 1 domain")
    assert "| `finance` | deploy | deploy | deploy |" in text
    assert " · [run](https://gitlab.invalid/g/p/-/pipelines/1)</sub>" in text
    assert text.replace(text.partition("<sub>")[2], "") in played.jobs["scope"].summary + "<sub>"

    head = project.place.branch("topic", "src/marketing/hubspot/raw/campaigns.py")
    assert project.merge_request("topic").is_green
    [text] = project.api.bodies
    assert "`marketing`" in text
    assert f"`{head[:9]}`" in text
    assert project.api.tokens == {"project-token"}
    assert project.place.logins == []


def test_in_a_pipeline_of_merged_results_the_numbers_are_those_of_the_source_branch(project: Project) -> None:
    head = project.place.branch("topic")
    origin = project.place.origin
    tree = origin.git("merge-tree", "--write-tree", "main", "topic")
    merged = origin.git("commit-tree", tree, "-p", "main", "-p", "topic", "-m", "Merge")
    origin.git("update-ref", "refs/merge-requests/7/merge", merged)
    played = project.merge_request("topic", {"CI_COMMIT_SHA": merged, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": head})
    assert played.jobs["comment"].result == "succeeded", logs(played)
    assert f"`{head[:9]}`" in project.api.bodies[0]


def test_the_merge_request_s_own_scope_is_not_obeyed_and_the_note_says_that_pipelines_change(project: Project) -> None:
    origin = project.place.origin
    origin.switch("topic", create=True)
    for path in ("scope/cli.py", ".ci/with-scope", ".github/scripts/install-uv"):
        origin.write(path, "raise SystemExit('mine')\n" if path.endswith(".py") else "#!/bin/sh\nexit 9\n")
    origin.commit("Take over")
    origin.switch("main")
    played = project.merge_request("topic")
    assert played.jobs["comment"].result == "succeeded", logs(played)
    [text] = project.api.bodies
    assert "> [!IMPORTANT]\n> This merge request changes `scope/`." in text
    assert "This merge request changes `.ci/`. GitLab runs the pipelines of a merge request as it has changed them" in text


def test_without_a_token_there_is_no_note_and_the_page_is_an_artifact(project: Project) -> None:
    project.settings["GITLAB_TOKEN"] = ""
    project.place.branch("topic")
    played = project.merge_request("topic")
    assert played.results == QUALITY | {"scope": "succeeded"}
    assert "### Deploys 1 domain" in played.jobs["scope"].summary
    assert project.api.bodies == []


def test_a_push_brings_staging_then_prod_to_main_and_the_next_deploys_one_domain(project: Project) -> None:
    place = project.place
    first = project.on_main()
    assert first.results == PASSED, logs(first)
    assert first.children["deploy-staging"].results == dict.fromkeys(
        ["staging-finance", "staging-marketing", "result"], "succeeded"
    )
    assert place.logins == [
        "staging-plan", "staging", "staging", "prod-plan", "prod-plan", "prod", "prod",
    ]  # fmt: skip
    manifest = place.folder / "run1" / "parent" / "plan-prod" / ".scope" / "manifest.json"
    digest = sha256(manifest.read_bytes()).hexdigest()
    assert f"Approved: the manifest with SHA-256 {digest}, of the commit {place.origin.head}, with 2 deployments." in (
        first.jobs["approve-prod"].log
    )
    assert "| `finance` | deploy: " in first.jobs["preview-prod"].summary
    assert "What the Databricks CLI says to the plan." in first.jobs["preview-prod"].summary
    assert "### 2 of 2 deployments complete." in first.children["deploy-prod"].jobs["result"].summary
    record = place.workspace.read("/Workspace/deploy/.bundle/data-platform/prod/finance/state/scope.json")
    assert record is not None
    assert json.loads(record)["attempted"]["run_url"] == "https://gitlab.invalid/g/p/-/pipelines/1"

    assert find_gitlab_problems((manifest.parent / "jobs.yml").read_text(encoding="utf-8")) == []

    place.workspace.clear_requests()
    again = project.on_main()
    assert again.is_green, logs(again)
    assert again.children["deploy-staging"].results == {"nothing-is-due": "succeeded"}
    assert place.workspace.writes() == []
    empty = place.folder / "run2" / "parent" / "plan-staging" / ".scope" / "jobs.yml"
    assert find_gitlab_problems(empty.read_text(encoding="utf-8")) == []

    place.change()
    third = project.on_main()
    assert list(third.children["deploy-prod"].jobs) == ["prod-finance", "result"], logs(third)


def test_what_fails_is_reported_and_stays_due(project: Project) -> None:
    workspace = project.place.workspace
    rule = workspace.forbid("/Workspace/deploy/.bundle/data-platform/staging/finance/files", method="POST")
    run = project.on_main()
    assert run.results == PASSED | {"deploy-staging": "failed", "notify": "succeeded"} | dict.fromkeys(
        ["plan-prod", "preview-prod", "approve-prod", "deploy-prod"], "skipped"
    ), logs(run)
    child = run.children["deploy-staging"]
    assert child.results == {"staging-finance": "failed", "staging-marketing": "succeeded", "result": "failed"}
    assert "`staging/finance`: **failed**" in child.jobs["result"].summary
    assert "last lines of" in child.jobs["staging-finance"].log
    kept = project.place.folder / "run1" / "child-deploy-staging" / "staging-finance" / ".scope" / "logs"
    assert list(kept.rglob("*.log"))
    rule.release()
    workspace.clear_rules()
    retried = project.on_main()
    assert retried.is_green, logs(retried)
    assert list(retried.children["deploy-staging"].jobs) == ["staging-finance", "result"]


def test_a_public_project_s_log_has_none_of_the_cli_s(project: Project) -> None:
    project.settings["CI_PROJECT_VISIBILITY"] = "public"
    project.place.workspace.forbid("/Workspace/deploy/.bundle/data-platform/staging/finance/files", method="POST")
    assert "last lines of" not in logs(project.on_main())


def test_without_approval_prod_is_left_alone(project: Project) -> None:
    run = project.on_main(rejected=frozenset({"prod-approval"}))
    assert run.results == PASSED | {"approve-prod": "skipped", "deploy-prod": "skipped"}
    assert "prod" not in project.place.logins
    assert not [path for path in project.place.workspace.snapshot().folders if "/prod" in path]


def test_failing_checks_deploy_nothing(project: Project) -> None:
    run = project.on_main(quality=False)
    assert set(run.results.values()) == {"failed", "skipped", "succeeded"}
    assert run.results == dict.fromkeys(PASSED, "skipped") | dict.fromkeys(QUALITY, "failed") | {"notify": "succeeded"}
    assert project.place.workspace.requests() == []


def test_what_a_run_by_hand_may_do_is_on_its_page_and_its_jobs_deploy_only_their_own(project: Project) -> None:
    asked = {"DOMAINS": "finance marketing", "PRUNE": "true", "APPROVE": "0123456789abcdef"}
    run = project.on_main("web", asked)
    assert run.is_green, logs(run)
    page = run.jobs["plan-prod"].summary
    assert "It was started with `prune`: **the deploy destroys** what is gone" in page
    assert "Only these domains: `finance`, `marketing`." in page
    assert "Prune: true. Approved in advance: 0123456789abcdef." in run.jobs["approve-prod"].log
    # "Run pipeline" beats what a job says; each of them deploys its own domain all the same.
    assert "prod/marketing" not in run.children["deploy-prod"].jobs["prod-finance"].log
    assert not set(QUALITY) & set(run.results)

    hostile = project.on_main("web", {"DOMAINS": "finance $(touch pwned) `touch pwned`"})
    assert hostile.jobs["plan-staging"].result == "failed"
    assert "can't be a domain's name" in logs(hostile)
    assert not list(project.place.folder.rglob("pwned"))


def test_a_removed_domain_is_refused_until_someone_prunes(project: Project) -> None:
    assert project.on_main().is_green
    project.place.remove_marketing()
    refused = project.on_main()
    assert refused.jobs["deploy-staging"].result == "failed"
    assert "gone from the repository and still deployed" in logs(refused)
    pruned = project.on_main("web", {"PRUNE": "true"})
    summary = pruned.children["deploy-staging"].jobs["result"].summary
    digest = summary.partition("Approve with `")[2].partition("`")[0]
    assert digest, logs(pruned)
    approved = project.on_main("web", {"PRUNE": "true", "APPROVE": digest})
    assert approved.jobs["deploy-staging"].result == "succeeded", logs(approved)
    assert not [path for path in project.place.workspace.snapshot().folders if path.endswith("/staging/marketing")]


def test_at_night_targets_are_reported_on_and_reconciled_only_where_a_variable_says_so(project: Project) -> None:
    run = project.on_main("schedule")
    assert run.results == {"report-staging": "succeeded", "report-prod": "succeeded", "notify": "skipped"}, logs(run)
    assert project.place.logins == ["staging-plan", "prod-plan"]
    assert "### `staging`: 0 of 2 domains in sync" in run.jobs["report-staging"].summary
    assert project.place.workspace.writes() == []
    project.settings["RECONCILE"] = "true"
    assert project.on_main("schedule").results == DEPLOYED | {
        "report-staging": "succeeded", "report-prod": "succeeded", "notify": "skipped",
    }  # fmt: skip


def test_where_each_domain_has_an_identity_its_job_has_the_token_of_its_own_environment(project: Project) -> None:
    origin = project.place.origin
    for name in ("finance", "marketing"):
        project.environments[f"prod.{name}"] = project.place.variables(f"prod.{name}")
    config = origin.read("pyproject.toml")
    origin.write("pyproject.toml", config.replace("[tool.scope]\n", '[tool.scope]\nidentity-per-domain = ["prod"]\n'))
    origin.commit("Give each domain an identity")
    run = project.on_main()
    assert run.is_green, logs(run)
    assert project.place.logins[-2:] == ["prod.finance", "prod.marketing"]
    assert "prod" not in project.place.logins
