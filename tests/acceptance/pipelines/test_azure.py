"""The pipelines of Azure DevOps, played: the comment on a pull request, deploys with their checks, the nightly report."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import pytest

from tests.acceptance.pipelines.conftest import Place
from tests.support.azure_player import AzurePlayer, PlayedStage
from tests.support.fake_forges import FakeAzure, serving
from tests.support.pipeline_machine import clone_commit, run_script


class Azure:
    """The project `a b`, with the pipelines and variable groups that docs/azure-devops.md describes."""

    def __init__(self, place: Place, api: FakeAzure) -> None:
        self.place = place
        self.api = api
        names = ("staging", "staging-plan", "prod", "prod-plan")
        cli = {"DATABRICKS_CLI_SHA256": place.cli_digest}
        self.groups = {f"databricks-{name}": place.variables(name) | cli for name in names}
        self.builds = 0
        self.settings: dict[str, str] = {}

    def play(
        self,
        pipeline: str,
        *,
        commit: str | None = None,
        reason: str = "IndividualCI",
        parameters: Mapping[str, Any] | None = None,
        more: Mapping[str, str] | None = None,
        **world: Any,  # noqa: ANN401  what a world takes
    ) -> dict[str, PlayedStage]:
        self.builds += 1
        variables = {
            "Build.Reason": reason,
            "Build.BuildId": str(self.builds),
            "Build.SourceVersion": commit or self.place.origin.git("rev-parse", "main"),
            "Build.Repository.Id": "r-1",
            "Build.Repository.Name": "data",
            "Build.Repository.Provider": "TfsGit",
            "System.CollectionUri": f"{self.api.url}/",
            "System.TeamProject": "a b",
            "System.AccessToken": "job-token",
            **self.settings,
            **(more or {}),
        }
        self.player = AzurePlayer(self.place.new_world(**world), self.groups, variables)
        return self.player.play(f".ci/azure/{pipeline}.yml", parameters)

    def pull_request(self, branch: str) -> PlayedStage:
        """Play what a pull request from a branch to main starts: on the commit that would merge it."""
        origin = self.place.origin
        base, head = origin.git("rev-parse", "main"), origin.git("rev-parse", branch)
        tree = origin.git("merge-tree", "--write-tree", "main", branch)
        merged = origin.git("commit-tree", tree, "-p", base, "-p", head, "-m", "Merge")
        origin.git("update-ref", "refs/pull/7/merge", merged)
        request = {"System.PullRequest.PullRequestId": "7", "System.PullRequest.SourceCommitId": head}
        return self.play("pull-request", commit=merged, reason="PullRequest", more=request)[""]


@pytest.fixture
def azure(place: Place) -> Iterator[Azure]:
    with serving(FakeAzure) as api:
        yield Azure(place, api)


def results(stages: Mapping[str, PlayedStage]) -> dict[str, str]:
    return {name: stage.result for name, stage in stages.items()}


def logs(stages: Mapping[str, PlayedStage]) -> str:
    return "\n".join(job.log for stage in stages.values() for job in stage.jobs.values())


PASSED = {"quality": "succeeded", "plan": "succeeded", "deploy": "succeeded", "notify": "skipped"}
NOTHING = PASSED | {"deploy": "skipped"}


def test_a_pull_request_gets_one_comment_that_is_updated_in_place(azure: Azure) -> None:
    azure.place.branch("topic")
    played = azure.pull_request("topic")
    assert played.result == "succeeded", played.jobs["scope"].log
    [text] = azure.api.bodies
    assert text.startswith("<!-- scope: blast radius -->\n### Deploys 1 domain")
    assert "| `finance` | deploy | deploy | deploy |" in text
    run = f"{azure.api.url}/a%20b/_build/results?buildId=1"
    assert f" · [run]({run}) · [manifest]({run}&view=artifacts&type=publishedArtifacts)</sub>" in text
    assert "```mermaid" not in text
    assert azure.api.comments[0]["status"] == "closed"

    head = azure.place.branch("topic", "src/marketing/hubspot/raw/campaigns.py")
    assert azure.pull_request("topic").result == "succeeded"
    [text] = azure.api.bodies
    assert "`marketing`" in text
    assert f"`{head[:9]}`" in text
    assert azure.api.tokens == {"Bearer job-token"}
    assert azure.place.logins == []


def test_the_pull_request_s_own_scope_is_not_obeyed_and_the_comment_says_that_pipelines_change(azure: Azure) -> None:
    origin = azure.place.origin
    origin.switch("topic", create=True)
    for path in ("scope/cli.py", ".ci/with-scope", ".github/scripts/install-uv"):
        origin.write(path, "raise SystemExit('mine')\n" if path.endswith(".py") else "#!/bin/sh\nexit 9\n")
    origin.commit("Take over")
    origin.switch("main")
    played = azure.pull_request("topic")
    assert played.jobs["scope"].result == "succeeded", played.jobs["scope"].log
    [text] = azure.api.bodies
    assert "> **Important**\n>\n> This pull request changes `scope/`." in text
    assert (
        "This pull request changes `.ci/`. Azure DevOps runs the pipelines of a pull request as it has changed them" in text
    )


def test_a_comment_that_is_not_taken_fails_nothing(azure: Azure) -> None:
    azure.place.branch("topic")
    azure.api.failures = [403] * 9
    played = azure.pull_request("topic")
    assert played.jobs["scope"].result == "succeeded"
    assert "Contribute to pull requests" in played.jobs["scope"].log
    assert "job-token" not in played.jobs["scope"].log


def test_staging_then_prod_are_brought_to_main_and_the_next_run_deploys_one_domain(azure: Azure) -> None:
    place = azure.place
    staging = azure.play("deploy-staging")
    assert results(staging) == PASSED, logs(staging)
    assert list(staging["deploy"].jobs) == ["deploy staging_finance", "deploy staging_marketing", "result"]
    assert place.logins == ["client-of-staging-plan", "client-of-staging", "client-of-staging"]
    assert "### Deploys everything" in staging["plan"].jobs["plan"].summary
    assert "### 2 of 2 deployments complete." in staging["deploy"].jobs["result"].summary
    assert "### Deploy to staging" in staging["deploy"].jobs["deploy staging_finance"].summary
    record = place.workspace.read("/Workspace/deploy/.bundle/data-platform/staging/finance/state/scope.json")
    assert record is not None
    assert json.loads(record)["attempted"]["run_url"] == f"{azure.api.url}/a%20b/_build/results?buildId=1"

    prod = azure.play("deploy-prod", reason="ResourceTrigger")
    assert results(prod) == {key: value for key, value in PASSED.items() if key != "quality"}, logs(prod)
    assert place.logins == ["client-of-prod-plan", "client-of-prod", "client-of-prod"]

    assert results(azure.play("deploy-staging")) == NOTHING
    place.change()
    third = azure.play("deploy-staging")
    assert list(third["deploy"].jobs) == ["deploy staging_finance", "result"], logs(third)


def test_what_fails_is_reported_and_stays_due(azure: Azure) -> None:
    rule = azure.place.workspace.forbid("/Workspace/deploy/.bundle/data-platform/staging/finance/files", method="POST")
    run = azure.play("deploy-staging")
    assert results(run) == PASSED | {"deploy": "failed", "notify": "succeeded"}, logs(run)
    jobs = run["deploy"].jobs
    assert [job.result for job in jobs.values()] == ["failed", "succeeded", "failed"]
    assert "`staging/finance`: **failed**" in jobs["result"].summary
    assert "last lines of" not in logs(run)
    assert "Nobody is told: pyproject.toml has no `webhook`" in run["notify"].jobs["notify"].log
    rule.release()
    azure.place.workspace.clear_rules()

    azure.settings = {"SCOPE_PRINT_LOGS": "true"}
    azure.place.workspace.forbid("/Workspace/deploy/.bundle/data-platform/staging/finance/files", method="POST")
    shown = azure.play("deploy-staging")
    assert "last lines of" in logs(shown)
    assert (azure.player.artifacts / "logs-staging-finance.1").is_dir()
    azure.place.workspace.clear_rules()
    retried = azure.play("deploy-staging")
    assert results(retried) == PASSED, logs(retried)
    assert list(retried["deploy"].jobs) == ["deploy staging_finance", "result"]


def test_of_a_job_that_ran_again_the_last_results_count(azure: Azure) -> None:
    azure.play("deploy-staging", rejected=frozenset({"databricks-staging"}))
    folder = azure.place.folder / "artifacts"
    manifest = (azure.player.artifacts / "manifest" / "manifest.json").read_bytes()
    (folder / "manifest").mkdir(parents=True)
    (folder / "manifest" / "manifest.json").write_bytes(manifest)
    commit = azure.place.origin.head
    for attempt, outcome in (("1", "failed"), ("2", "deployed"), ("10", "nothing")):
        for name in ("finance", "marketing"):
            result = {
                "id": f"staging/{name}", "target": "staging", "domain": name, "action": "deploy", "because": None,
                "outcome": outcome, "fault": None, "message": None, "created": 0, "changed": 0, "deleted": 0, "uploaded": 0,
                "destructive": [], "digest": None, "seconds": 1.0, "log": None, "links": [],
            }  # fmt: skip
            whole = {
                "target": "staging", "commit": commit, "dirty": False, "run_url": None, "exit_code": 0, "in_sync": 0,
                "results": [result],
            }  # fmt: skip
            place = folder / f"results-staging-{name}.{attempt}"
            place.mkdir()
            (place / "results.json").write_text(json.dumps(whole))
    world = azure.place.new_world()
    work = clone_commit(azure.place.origin, world.folder / "work", commit, whole=False)
    environment = {"DIGEST": sha256(manifest).hexdigest(), "TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(folder)}
    code, log = run_script(f'.ci/azure/results "{folder}"', work, world, environment)
    assert code == 0, log
    assert "2 of 2 deployments complete." in log


def test_without_approval_prod_is_left_alone(azure: Azure) -> None:
    run = azure.play("deploy-prod", rejected=frozenset({"databricks-prod"}))
    assert results(run)["deploy"] == "failed"
    assert azure.place.logins == ["client-of-prod-plan"]
    assert azure.place.workspace.writes() == []


def test_failing_checks_deploy_nothing(azure: Azure) -> None:
    run = azure.play("deploy-staging", quality=False)
    assert results(run) == {"quality": "failed", "plan": "skipped", "deploy": "skipped", "notify": "skipped"}
    assert azure.place.workspace.requests() == []


def test_what_a_run_by_hand_may_do_is_on_its_page_and_no_shell_reads_it(azure: Azure) -> None:
    asked = {"domains": "finance", "prune": True, "approve": "0123456789abcdef"}
    run = azure.play("deploy-staging", reason="Manual", parameters=asked)
    assert results(run) == PASSED, logs(run)
    page = run["plan"].jobs["plan"].summary
    assert "It was started with `prune`: **the deploy destroys** what is gone" in page
    assert "Only these domains: `finance`." in page
    assert list(run["deploy"].jobs) == ["deploy staging_finance", "result"]
    hostile = azure.play("deploy-staging", parameters={"domains": "finance $(touch pwned) `touch pwned`"})
    assert hostile["plan"].result == "failed"
    assert "can't be a domain's name" in logs(hostile)
    assert not list(azure.place.folder.rglob("pwned"))


def test_a_removed_domain_is_refused_until_someone_prunes(azure: Azure) -> None:
    assert results(azure.play("deploy-staging")) == PASSED
    azure.place.remove_marketing()
    refused = azure.play("deploy-staging")
    assert refused["deploy"].result == "failed"
    assert "gone from the repository and still deployed" in logs(refused)
    pruned = azure.play("deploy-staging", parameters={"prune": True})
    digest = pruned["deploy"].jobs["result"].summary.partition("Approve with `")[2].partition("`")[0]
    assert digest, logs(pruned)
    approved = azure.play("deploy-staging", parameters={"prune": True, "approve": digest})
    assert results(approved) == PASSED, logs(approved)
    assert not [path for path in azure.place.workspace.snapshot().folders if path.endswith("/staging/marketing")]


def test_at_night_targets_are_reported_on_and_reconciled_only_where_a_variable_says_so(azure: Azure) -> None:
    report = azure.play("report", reason="Schedule")
    assert results(report) == {"report_staging": "succeeded", "report_prod": "succeeded"}, logs(report)
    assert azure.place.logins == ["client-of-staging-plan", "client-of-prod-plan"]
    assert "### `staging`: 0 of 2 domains in sync" in report["report_staging"].jobs["report"].summary
    assert azure.place.workspace.writes() == []

    assert set(results(azure.play("deploy-staging", reason="Schedule")).values()) == {"skipped"}
    azure.settings = {"RECONCILE": "true"}
    assert results(azure.play("deploy-staging", reason="Schedule")) == PASSED


def test_a_red_report_is_told(azure: Azure) -> None:
    azure.groups["databricks-staging-plan"]["DATABRICKS_CLI_SHA256"] = "0" * 64
    report = azure.play("report", reason="Schedule")
    assert report["report_staging"].result == "failed"
    assert report["report_prod"].result == "succeeded"
    log = report["report_staging"].jobs["report"].log
    assert "isn't the archive that DATABRICKS_CLI_SHA256 names" in log
    assert "The report on staging is red." in log
