"""ci.yml, played: what a pull request sees, and what it can't do."""

import dataclasses
from typing import Any

from tests.acceptance.workflows.conftest import Platform
from tests.support.fake_github import FakeGitHub
from tests.support.workflow_player import JobResult

MONEY = "src/common/money.py"
RAW = "src/finance/stripe/raw/payments.py"


def results(run: JobResult) -> dict[str, str]:
    return {name: job.result for name, job in run.jobs.items()}


PASSED = {"quality": "success", "scope": "success", "comment": "success", "ci": "success"}


def body(github: FakeGitHub) -> str:
    assert len(github.comments) == 1
    return github.comments[0]["body"]


def branch(platform: Platform, name: str = "topic", **files: str) -> str:
    platform.origin.switch(name, create=True)
    for path, text in files.items():
        old = platform.origin.path(path)
        platform.origin.write(path, (old.read_bytes() if old.exists() else b"") + text.encode())
    platform.origin.commit("Change")
    platform.origin.switch("main")
    return name


def test_a_change_of_documentation_deploys_nothing(platform: Platform, github: FakeGitHub) -> None:
    run = platform.pull_request(branch(platform, **{"README.md": "More.\n"}))
    assert results(run) == PASSED
    assert "**Deploys nothing.**" in body(github)
    assert run.jobs["scope"].summary.startswith("<!-- scope: blast radius -->")


def test_a_change_of_one_domain_is_commented_and_updated_in_place(platform: Platform, github: FakeGitHub) -> None:
    name = branch(platform, **{RAW: "MORE = True\n"})
    assert results(platform.pull_request(name)) == PASSED
    assert "| `finance` | deploy | deploy | deploy |" in body(github)
    assert "`marketing` |" not in body(github)
    platform.origin.switch(name)
    platform.origin.append("src/marketing/hubspot/raw/campaigns.py", "MORE = True\n")
    head = platform.origin.commit("Change")
    platform.origin.switch("main")
    assert results(platform.pull_request(name)) == PASSED
    assert "`marketing` |" in body(github)
    assert f"`{head[:9]}` against" in body(github)


def test_a_removed_domain_is_named_before_everything_else(platform: Platform, github: FakeGitHub) -> None:
    platform.origin.switch("topic", create=True)
    for folder in ("src", "resources", "specs/jobs", "specs/pipelines"):
        if platform.origin.path(f"{folder}/marketing").is_dir():
            platform.origin.delete(f"{folder}/marketing")
    platform.origin.commit("Remove")
    platform.origin.switch("main")
    run = platform.pull_request("topic")
    assert run.jobs["scope"].result == "success"
    assert body(github).index("[!CAUTION]") < body(github).index("| domain |")
    assert "**destroy**" in body(github)


def test_a_fork_gets_its_numbers_in_the_summary_and_no_comment(platform: Platform, github: FakeGitHub) -> None:
    run = platform.pull_request(branch(platform, **{RAW: "MORE = True\n"}), fork=True)
    assert results(run) == PASSED | {"comment": "skipped"}
    assert "| `finance` | deploy" in run.jobs["scope"].summary
    assert github.tokens == set()


def test_dependabot_is_treated_as_a_fork(platform: Platform, github: FakeGitHub) -> None:
    run = platform.pull_request(branch(platform, **{"README.md": "More.\n"}), author="dependabot[bot]")
    assert results(run) == PASSED | {"comment": "skipped"}
    assert github.tokens == set()


def test_hostile_names_of_files_and_branches_do_nothing(platform: Platform, github: FakeGitHub) -> None:
    name = 'x";$(touch${IFS}pwned);`id`&&{{github.token}}'
    hostile = "src/finance/stripe/raw/$(touch pwned) `id` ${{ secrets.X }} @everyone\n</details>.sql"
    run = platform.pull_request(branch(platform, name, **{hostile: "select 1\n"}))
    assert results(run) == PASSED
    assert not list(platform.folder.rglob("pwned"))
    assert r"@everyone\n</details>.sql`" in body(github)
    assert "finance" in body(github)


def test_a_branch_that_changes_scope_is_commented_by_the_base_s_scope(platform: Platform, github: FakeGitHub) -> None:
    sly = "import sys\nsys.exit('this is not the base')\n"
    name = branch(platform, **{"scope/commands/comment.py": sly})
    run = platform.pull_request(name)
    assert run.jobs["comment"].result == "success", run.jobs["comment"].log
    assert "This pull request changes `scope/`" in body(github)


def test_a_manifest_that_no_plan_made_is_not_rendered(platform: Platform, github: FakeGitHub) -> None:
    forged = '\ndef dump(document):\n    return b\'{"schema_version": 1, "schema_version": 1}\'\n'
    name = branch(platform, **{"scope/documents/document.py": forged})
    run = platform.pull_request(name)
    assert run.jobs["comment"].result == "failure"
    assert "twice in one object" in run.jobs["comment"].log
    assert github.comments == []


def test_the_required_check_fails_with_any_job_before_it(platform: Platform) -> None:
    platform.settings = dataclasses.replace(platform.settings, quality=False)
    run = platform.pull_request(branch(platform, **{"README.md": "More.\n"}))
    assert results(run) == PASSED | {"quality": "failure", "ci": "failure"}


def test_no_job_of_a_pull_request_can_log_in_to_a_workspace(platform: Platform) -> None:
    workflow: dict[str, Any] = yaml_of(platform, "ci.yml")
    assert {key for job in workflow["jobs"].values() for key in job.get("permissions", {})} == {"contents", "pull-requests"}
    assert not any("environment" in job for job in workflow["jobs"].values())


def yaml_of(platform: Platform, name: str) -> dict[str, Any]:
    import yaml

    return yaml.safe_load(platform.origin.read(f".github/workflows/{name}"))
