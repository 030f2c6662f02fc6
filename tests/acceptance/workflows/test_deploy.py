"""deploy.yml, played with the real CLI against the fake workspace: what is due and nothing else, and what stops it."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.acceptance.workflows.conftest import Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.workflow_player import JobResult, Settings

ALL = {
    "quality": "success",
    "plan-staging": "success",
    "staging": "success",
    "plan-prod": "success",
    "approve-prod": "success",
    "prod": "success",
    "deployed": "success",
    "notify": "skipped",
}
# How the last two jobs end where something isn't done.
RED = {"deployed": "failure", "notify": "success"}
NOTHING = ALL | {"staging": "skipped", "approve-prod": "skipped", "prod": "skipped"}
RAW = "src/finance/stripe/raw/payments.py"


def results(run: JobResult) -> dict[str, str]:
    return {name: job.result for name, job in run.jobs.items()}


def logs(run: JobResult) -> str:
    return "\n".join(job.log for job in run.all())


def matrix(run: JobResult, target: str) -> list[str]:
    return [entry["id"] for entry in json.loads(run.jobs[f"plan-{target}"].outputs["matrix"])["include"]]


def change(platform: Platform, path: str = RAW) -> str:
    platform.origin.append(path, "\nMORE = True\n")
    return platform.origin.commit("Change")


def with_settings(platform: Platform, **changed: Any) -> Settings:  # noqa: ANN401  any field of the class
    return dataclasses.replace(platform.settings, **changed)


def test_the_first_push_deploys_all_the_next_nothing_and_then_one_domain(
    platform: Platform, fake_workspace: FakeWorkspace
) -> None:
    first = platform.push()
    assert results(first) == ALL, logs(first)
    assert matrix(first, "staging") == ["staging-finance", "staging-marketing"]
    assert "Approved: the manifest with SHA-256" in first.jobs["approve-prod"].summary
    planned = first.jobs["plan-prod"].jobs
    assert "| `finance`, `marketing` | deploy | " in planned["plan"].summary
    assert "| `finance` | deploy: " in planned["preview"].summary
    assert first.jobs["plan-staging"].jobs["preview"].result == "skipped"

    fake_workspace.clear_requests()
    again = platform.push()
    assert results(again) == NOTHING, logs(again)
    assert fake_workspace.writes() == []

    head = change(platform)
    third = platform.push()
    assert results(third) == ALL, logs(third)
    assert matrix(third, "staging") == ["staging-finance"]
    assert matrix(third, "prod") == ["prod-finance"]
    assert not [request for request in fake_workspace.writes() if "marketing" in request.path]
    record = fake_workspace.read("/Workspace/deploy/.bundle/data-platform/prod/finance/state/scope.json")
    assert record is not None
    assert head in json.dumps(json.loads(record)["applied"])


def test_a_domain_that_fails_stops_no_other_and_stays_due(platform: Platform, fake_workspace: FakeWorkspace) -> None:
    root = "/Workspace/deploy/.bundle/data-platform/staging/finance"
    # Only to write: a folder that may not be listed ends the deploy before the CLI begins, and then there is no log.
    rule = fake_workspace.forbid(f"{root}/files", method="POST")
    run = platform.push()
    assert (
        results(run)
        == ALL
        | {
            "staging": "failure",
            "plan-prod": "skipped",
            "approve-prod": "skipped",
            "prod": "skipped",
        }
        | RED
    )
    inner = run.jobs["staging"].jobs
    assert inner["deploy"].jobs["deploy 0"].result == "failure"
    assert inner["deploy"].jobs["deploy 1"].result == "success"
    assert inner["result"].result == "failure"
    assert "`staging/finance`: **failed**" in inner["result"].summary
    uploaded = {path.name for path in (platform.folder / "run1" / "artifacts").iterdir()}
    assert "last lines of" in logs(run)
    assert uploaded == {"manifest-staging", "results-staging-finance", "results-staging-marketing", "logs-staging-finance"}

    rule.release()
    fake_workspace.clear_rules()
    retried = platform.push()
    assert results(retried) == ALL, logs(retried)
    assert matrix(retried, "staging") == ["staging-finance"]


def test_a_public_repository_keeps_no_logs(platform: Platform, fake_workspace: FakeWorkspace) -> None:
    fake_workspace.forbid("/Workspace/deploy/.bundle/data-platform/staging/finance/files", method="POST")
    run = platform.push(private=False)
    assert run.jobs["staging"].result == "failure"
    assert "last lines of" not in logs(run)
    uploaded = {path.name for path in (platform.folder / "run1" / "artifacts").iterdir()}
    assert not [name for name in uploaded if name.startswith("logs-")]


def test_a_removed_domain_is_refused_until_someone_prunes(platform: Platform, fake_workspace: FakeWorkspace) -> None:
    assert results(platform.by_hand("deploy.yml", target="staging"))["deployed"] == "success"
    for folder in ("src", "resources", "specs/jobs", "specs/pipelines"):
        if platform.origin.path(f"{folder}/marketing").is_dir():
            platform.origin.delete(f"{folder}/marketing")
    platform.origin.commit("Remove")

    refused = platform.push()
    assert results(refused)["staging"] == "failure"
    assert results(refused)["plan-prod"] == "skipped"
    assert results(refused)["deployed"] == "failure"
    assert "gone from the repository and still deployed" in logs(refused)

    pruned = platform.by_hand("deploy.yml", target="staging", prune=True)
    digest = None
    if results(pruned)["staging"] == "failure":
        summary = pruned.jobs["staging"].jobs["result"].summary
        digest = summary.partition("Approve with `")[2].partition("`")[0]
        pruned = platform.by_hand("deploy.yml", target="staging", prune=True, approve=digest)
    assert results(pruned)["deployed"] == "success", logs(pruned)
    assert digest, "A whole deployment went without anybody's approval."
    assert not [path for path in fake_workspace.snapshot().folders if path.endswith("/staging/marketing")]


def test_without_approval_prod_is_left_alone(platform: Platform, fake_workspace: FakeWorkspace) -> None:
    platform.settings = with_settings(platform, rejected=frozenset({"prod-approval"}))
    run = platform.push()
    assert results(run) == ALL | {"approve-prod": "failure", "prod": "skipped"} | RED
    assert not [path for path in fake_workspace.snapshot().folders if "/prod" in path]


def test_failing_tests_deploy_nothing(platform: Platform, fake_workspace: FakeWorkspace) -> None:
    platform.settings = with_settings(platform, quality=False)
    run = platform.push()
    assert results(run) == dict.fromkeys(ALL, "skipped") | {"quality": "failure"} | RED
    assert fake_workspace.requests() == []


@pytest.mark.parametrize("digest", ["", "0" * 64, "x"])
def test_another_cli_than_the_one_named_stops_the_run(
    platform: Platform, fake_workspace: FakeWorkspace, digest: str
) -> None:
    platform.settings = with_settings(platform, variables={"DATABRICKS_CLI_SHA256": digest})
    run = platform.push()
    assert run.jobs["staging"].result == "failure"
    assert run.jobs["deployed"].result == "failure"
    assert "::error::" in logs(run)
    assert fake_workspace.writes() == []


def test_by_hand_only_what_was_asked_for_is_deployed(platform: Platform) -> None:
    run = platform.by_hand("deploy.yml", target="prod", domains="finance $(touch pwned)")
    assert run.jobs["plan-prod"].result == "failure"
    assert "can't be a domain's name" in logs(run)
    run = platform.by_hand("deploy.yml", target="prod", domains="finance")
    assert results(run) == ALL | {"plan-staging": "skipped", "staging": "skipped"}, logs(run)
    assert matrix(run, "prod") == ["prod-finance"]
    assert not list(platform.folder.rglob("pwned"))


def test_what_the_approval_releases_is_on_the_plan_s_page(platform: Platform) -> None:
    digest = "0123456789abcdef"
    platform.settings = with_settings(platform, rejected=frozenset({"prod-approval"}))
    plain = platform.push().jobs["plan-prod"].jobs["plan"].summary
    assert "It was started with" not in plain
    assert "Only these domains" not in plain
    run = platform.by_hand("deploy.yml", target="prod", domains="finance", prune=True, approve=digest)
    page = run.jobs["plan-prod"].jobs["plan"].summary
    assert "It was started with `prune`: **the deploy destroys** what is gone" in page
    assert f"**the deploy deletes or recreates** what was listed under `{digest}`" in page
    assert "Only these domains: `finance`." in page

    platform.settings = with_settings(platform, rejected=frozenset())
    run = platform.by_hand("deploy.yml", target="prod", domains="finance", prune=True, approve=digest)
    assert f"Domains: finance. Prune: true. Destructive lists that were approved in advance: {digest}." in (
        run.jobs["approve-prod"].summary
    )
    run = platform.by_hand("deploy.yml", target="prod", approve="x](https://x.invalid)")
    assert run.jobs["plan-prod"].result == "failure"
    assert "isn't the digest of a destructive plan" in logs(run)


def test_an_old_run_again_is_superseded(platform: Platform) -> None:
    old = platform.origin.head
    change(platform)
    assert results(platform.by_hand("deploy.yml", target="staging"))["deployed"] == "success"
    platform.origin.git("update-ref", "refs/heads/newer", "HEAD")
    platform.origin.git("reset", "--quiet", "--hard", old)
    run = platform.by_hand("deploy.yml", target="staging")
    assert results(run)["deployed"] == "success", logs(run)
    assert "superseded" in logs(run) or run.jobs["plan-staging"].outputs["has_changes"] == "false"


def test_where_each_domain_has_an_identity_each_job_has_its_own_and_prod_s_is_not_used(
    platform: Platform,
) -> None:
    given: list[str] = []
    known = platform.settings.identity

    def identity(environment: str) -> Mapping[str, str]:
        given.append(environment)
        return known(environment)

    environments = {**platform.settings.environments}
    environments |= {f"prod.{name}": environments["prod"] for name in ("finance", "marketing")}
    platform.settings = with_settings(platform, environments=environments, identity=identity)
    config = platform.origin.read("pyproject.toml")
    platform.origin.write(
        "pyproject.toml", config.replace("[tool.scope]\n", '[tool.scope]\nidentity-per-domain = ["prod"]\n')
    )
    platform.origin.commit("Give each domain an identity")
    run = platform.push()
    assert results(run) == ALL, logs(run)
    entries = json.loads(run.jobs["plan-prod"].outputs["matrix"])["include"]
    assert [(entry["id"], entry["environment"]) for entry in entries] == [
        ("prod-finance", "prod.finance"),
        ("prod-marketing", "prod.marketing"),
    ]
    # Only after the approval, of which there is one.
    assert sorted(set(given)) == ["prod-plan", "prod.finance", "prod.marketing", "staging", "staging-plan"]
    assert given.index("prod.finance") > given.index("prod-plan")


def test_a_red_run_is_told_to_the_webhook_and_a_green_one_is_not(platform: Platform) -> None:
    platform.settings = dataclasses.replace(platform.settings, quality=False)
    run = platform.push()
    assert run.jobs["deployed"].result == "failure"
    assert "Nobody is told: pyproject.toml has no `webhook`" in run.jobs["notify"].log
    assert "quality failure; staging: plan skipped" in run.jobs["notify"].log
    platform.settings = dataclasses.replace(platform.settings, quality=True)
    assert platform.push().jobs["notify"].result == "skipped"
