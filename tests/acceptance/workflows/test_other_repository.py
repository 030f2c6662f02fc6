"""Workflows of other repositories: the one that docs/other-repositories.md shows, and those that the template makes."""

import dataclasses
import re
import shutil
from pathlib import Path

import pytest

from tests.acceptance.workflows.conftest import Platform, settings
from tests.support.builders import domain, skeleton
from tests.support.cli import DatabricksCli
from tests.support.fake_forges import FakeGitHub
from tests.support.fake_workspace import FakeWorkspace
from tests.support.instances import init
from tests.support.sandbox import REPOSITORY, Sandbox, tracked_files

PAGE = (REPOSITORY / "docs" / "other-repositories.md").read_text(encoding="utf-8")
(WORKFLOW,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def platform(
    tmp_path: Path, github: FakeGitHub, fake_workspace: FakeWorkspace, tools: tuple[Path, str], databricks_cli: DatabricksCli
) -> Platform:
    files = {path: content for path, content in skeleton().items() if path not in {"pyproject.toml", ".gitignore"}}
    theirs = Sandbox.create(
        tmp_path / "theirs", files | domain("sales") | domain("ads") | {".github/workflows/ci.yml": WORKFLOW}
    )
    theirs.point_at(fake_workspace)
    theirs.commit("Point at the workspace")
    checkout = tmp_path / "actions"
    for path in tracked_files(REPOSITORY):
        if path.startswith((".github/", ".ci/", "scope/")):
            (checkout / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / path, checkout / path)
    folder, digest = tools
    base = settings(fake_workspace, databricks_cli, github, folder, digest)
    using = dataclasses.replace(base, actions={"your-organisation/data-platform": checkout})
    return Platform(theirs, tmp_path / "runs", using, github)


def test_a_pull_request_is_planned_and_told(platform: Platform, github: FakeGitHub) -> None:
    platform.origin.switch("change", create=True)
    platform.origin.append("src/sales/orders/base/facts.py", "CHANGED = True\n")
    # Of the tool it has the name, and that is all.
    platform.origin.write("scope/__init__.py", "raise SystemExit('planted')\n")
    platform.origin.commit("Change sales")
    platform.origin.switch("main")
    run = platform.pull_request("change")
    assert run.jobs["comment"].result == "success", run.jobs["comment"].log
    assert run.jobs["due"].result == "skipped"
    (comment,) = github.comments
    assert "### Deploys 1 domain" in comment["body"]
    assert "This pull request changes `scope/`" not in comment["body"]


def test_a_push_deploys_what_is_due_and_then_nothing(platform: Platform, fake_workspace: FakeWorkspace) -> None:
    run = platform.push("ci.yml")
    assert {name: job.result for name, job in run.jobs.items()} == {
        "comment": "skipped",
        "due": "success",
        "deploy": "success",
    }, [job.log for job in run.all()]
    assert fake_workspace.snapshot().names("jobs")
    again = platform.push("ci.yml")
    assert again.jobs["deploy"].result == "skipped"


@pytest.fixture
def made(
    tmp_path: Path, github: FakeGitHub, fake_workspace: FakeWorkspace, tools: tuple[Path, str], databricks_cli: DatabricksCli
) -> Platform:
    """Give a repository that was made of the template, as it lies on GitHub."""
    hosts = dict.fromkeys(("dev_host", "staging_host", "prod_host"), fake_workspace.url)
    answers = {"repository": REPOSITORY.as_uri(), **hosts}
    done = init(tmp_path / "made", Sandbox(REPOSITORY), fake_workspace, databricks_cli, answers)
    assert done.exit_code == 0, done
    origin = Sandbox.create(tmp_path / "made")
    origin.commit("Begin")
    folder, digest = tools
    return Platform(origin, tmp_path / "runs", settings(fake_workspace, databricks_cli, github, folder, digest), github)


def test_what_is_made_of_the_template_comments_and_deploys_by_its_own_workflows(
    made: Platform, github: FakeGitHub, fake_workspace: FakeWorkspace
) -> None:
    made.origin.switch("change", create=True)
    made.origin.append("src/finance/stripe/base/payments.py", "\n\nCHANGED = True\n")
    made.origin.commit("Change finance")
    made.origin.switch("main")
    run = made.pull_request("change")
    assert run.jobs["ci"].result == "success", [job.log for job in run.all()]
    (comment,) = github.comments
    assert "### Deploys 1 domain" in comment["body"]
    run = made.push()
    assert run.jobs["deployed"].result == "success", [job.log for job in run.all()]
    assert [name for name in fake_workspace.snapshot().names("jobs") if "hubspot" in name]
    report = made.by_hand("reconcile.yml")
    assert report.jobs["report"].result == "success", [job.log for job in report.all()]
