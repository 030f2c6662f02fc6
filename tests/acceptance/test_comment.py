"""`scope comment` and `scope plan --github` on real repositories."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.builders import monorepo
from tests.support.cli import CliResult
from tests.support.manifests import assert_follows_schema
from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope


def scope(sandbox: Sandbox, *arguments: str, **environment: str) -> CliResult:
    return run_scope(sandbox.root, *arguments, env=environment)


@pytest.fixture
def branch(sandbox: Sandbox) -> Sandbox:
    """A platform of two domains, and a branch that changes one of them."""
    sandbox.write_all(monorepo(2))
    sandbox.commit("Start")
    sandbox.switch("topic", create=True)
    sandbox.append("src/d00/s00/base/facts.py", "CHANGED = True\n")
    sandbox.commit("Change")
    return sandbox


def test_the_comment_names_what_deploys_and_how_to_see_it(branch: Sandbox) -> None:
    assert scope(branch, "plan", "--head", "HEAD").exit_code == 0
    done = scope(branch, "comment")
    assert done.exit_code == 0, done.stderr
    assert "| `d00` | deploy | deploy | deploy | `src/d00/s00/base/facts.py` |" in done.stdout
    assert "`scope plan --base main`" in done.stdout
    assert_follows_schema(branch.path(".scope/manifest.json").read_bytes())


def test_outputs_and_summary_are_written_for_a_step(branch: Sandbox, tmp_path: Path) -> None:
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    assert scope(branch, "plan", "--head", "HEAD", "--github", **files).exit_code == 0
    written = (tmp_path / "GITHUB_OUTPUT").read_text(encoding="utf-8")
    assert "has_changes<<end_" in written
    assert '"id":"staging-d00"' in written
    assert "### Deploys 1 domain" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")


def test_outside_of_a_workflow_github_is_refused(branch: Sandbox) -> None:
    done = scope(branch, "plan", "--head", "HEAD", "--github")
    assert done.exit_code == 2
    assert "GITHUB_OUTPUT isn't set" in done.stderr


@pytest.mark.parametrize("number", ["0", "x", "-1", "1.5"])
def test_what_is_no_number_of_a_pull_request_is_refused(branch: Sandbox, number: str) -> None:
    done = scope(branch, "comment", f"--pull-request={number}", GITHUB_TOKEN="t", GITHUB_REPOSITORY="o/r")  # noqa: S106  no secret
    assert done.exit_code == 2
    assert "isn't the number of a pull or merge request" in done.stderr


def test_outside_of_a_pull_request_its_number_is_asked_for(branch: Sandbox) -> None:
    scope(branch, "plan", "--head", "HEAD")
    done = scope(branch, "comment", "--pull-request", GITHUB_TOKEN="t", GITHUB_REPOSITORY="o/r")  # noqa: S106  no secret
    assert done.exit_code == 2
    assert "GITHUB_REF isn't that of a pull request. Name the pull request: `--pull-request N`." in done.stderr


def test_only_the_domains_named_are_in_the_manifest(branch: Sandbox) -> None:
    branch.append("src/d01/s00/base/facts.py", "CHANGED = True\n")
    branch.commit("Change")
    done = scope(branch, "plan", "--head", "HEAD", "--domain", "d01", "--output", "-")
    manifest = json.loads(done.stdout)
    assert [item["id"] for item in manifest["deploy"]] == ["dev/d01", "prod/d01", "staging/d01"]
    assert [change["reaches"] for change in manifest["changes"]] == [0, 3]
    assert_follows_schema(done.stdout.encode())


def test_a_domain_s_name_that_cannot_be_is_refused(branch: Sandbox) -> None:
    done = scope(branch, "plan", "--domain", "d00", "--domain", "../x")
    assert done.exit_code == 2
    assert "`../x` can't be a domain's name" in done.stderr


def test_a_manifest_of_another_commit_is_refused(branch: Sandbox) -> None:
    scope(branch, "plan", "--head", "HEAD")
    branch.append("src/d00/s00/base/facts.py", "AGAIN = True\n")
    head = branch.commit("Again")
    done = scope(branch, "comment", "--expect-head", head)
    assert done.exit_code == 2
    assert "The manifest was made of commit" in done.stderr


def test_a_manifest_of_uncommitted_work_is_refused_for_a_commit(branch: Sandbox) -> None:
    branch.append("src/d00/s00/base/facts.py", "DIRTY = True\n")
    scope(branch, "plan")
    done = scope(branch, "comment", "--expect-head", branch.head)
    assert done.exit_code == 2
    assert "with uncommitted work" in done.stderr


def test_a_branch_that_changes_scope_is_told_whose_numbers_these_are(branch: Sandbox) -> None:
    branch.write("scope/cli.py", "print('what I like')\n")
    branch.commit("Change scope")
    scope(branch, "plan", "--head", "HEAD")
    done = scope(branch, "comment", "--expect-head", branch.head)
    assert done.exit_code == 0, done.stderr
    assert "This pull request changes `scope/`. The numbers are by the version of scope that it was branched" in done.stdout
    assert "GitHub runs the workflows" not in done.stdout


def test_a_folder_that_only_has_scope_s_name_is_none_of_its_own(branch: Sandbox) -> None:
    branch.write("scope/telescope.py", "")
    branch.write("pyproject.toml", "[project]\nname = 'astronomy'\n")
    branch.commit("Look at the stars")
    scope(branch, "plan", "--head", "HEAD")
    done = scope(branch, "comment", "--expect-head", branch.head)
    assert done.exit_code == 0, done.stderr
    assert "This pull request changes" not in done.stdout


def test_a_branch_that_raises_the_version_of_an_installed_scope_is_told_whose_numbers_these_are(branch: Sandbox) -> None:
    branch.write("pyproject.toml", "[dependency-groups]\ndev = ['data-platform-tooling[all]==2.0.0']\n")
    branch.commit("Raise the tool")
    scope(branch, "plan", "--head", "HEAD")
    assert "This pull request changes `pyproject.toml`. The numbers" in scope(branch, "comment").stdout


def test_a_branch_that_changes_workflows_is_told_that_they_ran_as_changed(branch: Sandbox) -> None:
    branch.write(".github/workflows/é.yml", "on: push\n")
    branch.commit("Change the workflows")
    scope(branch, "plan", "--head", "HEAD")
    done = scope(branch, "comment")
    assert (
        "This pull request changes `.github/`. GitHub runs the workflows of a pull request as it has changed" in done.stdout
    )
    assert "by the version of scope" not in done.stdout


def test_a_manifest_with_another_digest_is_not_rendered(branch: Sandbox) -> None:
    scope(branch, "plan", "--head", "HEAD")
    path = branch.path(".scope/manifest.json")
    digest = sha256(path.read_bytes()).hexdigest()
    assert scope(branch, "comment", "--manifest-sha256", digest).exit_code == 0
    path.write_bytes(path.read_bytes().replace(b'"mode": "scoped"', b'"mode": "full"'))
    done = scope(branch, "comment", "--manifest-sha256", digest)
    assert done.exit_code == 2
    assert "it isn't the one that was planned" in done.stderr


def test_a_branch_that_leaves_scope_alone_is_told_nothing(branch: Sandbox) -> None:
    head = branch.head
    scope(branch, "plan", "--head", "HEAD")
    branch.switch("main")
    assert "This pull request changes" not in scope(branch, "comment", "--expect-head", head).stdout
