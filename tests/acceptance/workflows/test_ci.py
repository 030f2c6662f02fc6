"""ci.yml, played: what a pull request sees, and what it can't do."""

import dataclasses
from typing import Any

from tests.acceptance.workflows.conftest import Platform
from tests.support.fake_forges import FakeGitHub
from tests.support.sandbox import Sandbox
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


# What a runner would import, install or obey, if a job with the pull request's files in its work tree ran scope.
RUNS = "import pathlib\npathlib.Path({!r}).touch()\n"
HOSTILE = (
    "sitecustomize.py", "usercustomize.py", "sqlglotrs.py", "rich.py", "conftest.py", "src/nt.py", "src/sitecustomize.py",
    "src/sqlglotrs.py", "resources/__init__.py", "scope/__init__.py", "scope/cli.py", "scope/documents/document.py",
    "generator/__init__.py",
)  # fmt: skip
OBEYED = {
    "uv.toml": '[[index]]\nurl = "http://127.0.0.1:9/simple"\ndefault = true\n',
    ".python-version": "3.8\n",
    "justfile": "default:\n    touch {}\n",
    ".ci/requirements.txt": "uv @ http://127.0.0.1:9/uv.whl\n",
    ".gitattributes": "* filter=x diff=x binary export-ignore\n",
    ".github/actions/setup/action.yml": "runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: touch {}\n",
    ".github/actions/setup/bin/scope": "#!/bin/sh\ntouch {}\n",
    ".github/scripts/install-scope": "#!/bin/sh\ntouch {}\n",
    ".github/scripts/fetch-commit": "#!/bin/sh\ntouch {}\n",
    ".github/scripts/install-uv": "#!/bin/sh\ntouch {}\n",
}


def test_a_hostile_head_is_planned_by_the_base_and_nothing_of_it_runs(platform: Platform, github: FakeGitHub) -> None:
    ran = str(platform.folder / "ran")
    hostile = {path: RUNS.format(ran) for path in HOSTILE} | {path: text.format(ran) for path, text in OBEYED.items()}
    name = branch(platform, **hostile, **{RAW: "MORE = True\n"})
    base, head = platform.origin.git("rev-parse", "main"), platform.origin.git("rev-parse", name)
    run = platform.pull_request(name)
    assert results(run) == PASSED, run.jobs["scope"].log
    assert not list(platform.folder.rglob("ran*"))
    # The numbers are right, and of the head.
    assert "### Deploys everything" in body(github)
    assert f"`{head[:9]}` against" in body(github)
    assert "This pull request changes `scope/`. The numbers are by the version of scope" in body(github)
    # In no job's work tree but that of the tests, which has neither token nor say, is anything of the head.
    for job in ("scope", "comment"):
        [folder] = platform.folder.glob(f"run1/{job}-*/work")
        clone = Sandbox(folder)
        assert clone.head == base
        assert clone.git("status", "--porcelain") == ""


def test_a_manifest_that_the_tests_have_changed_is_not_rendered(platform: Platform, github: FakeGitHub) -> None:
    """Code of the pull request runs in the tests, beside this run's artifacts."""
    platform.between["comment"] = lambda artifacts: (artifacts / "manifest" / "manifest.json").write_text("{}")
    run = platform.pull_request(branch(platform, **{RAW: "MORE = True\n"}))
    assert run.jobs["comment"].result == "failure"
    assert "it isn't the one that was planned" in run.jobs["comment"].log
    assert github.comments == []


def test_a_pull_request_for_another_branch_gets_no_token_that_writes(platform: Platform, github: FakeGitHub) -> None:
    run = platform.pull_request(branch(platform, **{RAW: "MORE = True\n"}), base_ref="topic-of-somebody")
    assert results(run) == PASSED | {"comment": "skipped"}
    assert github.tokens == set()


def tool_steps(run: JobResult) -> list[str]:
    """Return what the job of the tool's own suite has done."""
    return [line for line in run.jobs["quality"].jobs["tool"].log.splitlines() if line.startswith("== ")]


def test_the_tools_own_suite_runs_only_where_the_tool_changed(platform: Platform) -> None:
    run = platform.pull_request(branch(platform, "of-a-domain", **{RAW: "MORE = True\n"}))
    assert results(run) == PASSED
    assert "== .ci/run" not in tool_steps(run)
    assert "== .ci/check" in run.jobs["quality"].jobs["check"].log
    assert '== .ci/test-domains "$BASE"' in run.jobs["quality"].jobs["domains"].log
    assert '== .ci/test-spark "$BASE"' in run.jobs["quality"].jobs["spark"].log
    run = platform.pull_request(branch(platform, "of-the-tool", **{"scope/wording.py": "MORE = True\n"}))
    assert results(run) == PASSED
    assert "== .ci/run" in tool_steps(run)


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
