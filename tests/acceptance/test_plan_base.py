"""What `scope plan` compares with, on real git."""

import os
import subprocess
from pathlib import Path

import pytest

from scope.adapters.git import _safe_directories
from tests.support.plans import FINANCE, MARKETING, changed, deployed, plan, platform
from tests.support.sandbox import Sandbox, git_environment
from tests.support.scope_command import run_scope

A = "src/finance/stripe/base/a.py"
ZEROS = "0" * 40


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return platform(tmp_path / "platform")


def advance_main(sandbox: Sandbox, path: str, text: str) -> str:
    """Commit a change to `main`, and come back to the branch."""
    sandbox.switch("main")
    sandbox.append(path, text)
    commit = sandbox.commit("Main goes on")
    sandbox.switch("work")
    return commit


# The merge base


def test_nothing_changed_is_an_empty_set(sandbox: Sandbox) -> None:
    manifest = plan(sandbox)
    assert (manifest["mode"], manifest["deploy"], manifest["changes"], manifest["matrix"]) == (
        "none",
        [],
        [],
        {"include": []},
    )


def test_a_branch_is_compared_with_where_it_left_main(sandbox: Sandbox) -> None:
    fork = sandbox.head
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    advance_main(sandbox, "src/marketing/hubspot/base/a.py", "# main\n")
    manifest = plan(sandbox)
    assert manifest["bases"]["b0"] == {"kind": "merge-base", "ref": "main", "commit": fork, "reason": None}
    assert deployed(manifest) == FINANCE


def test_what_differs_from_any_of_two_merge_bases_deploys(sandbox: Sandbox) -> None:
    sandbox.append(A, "# work\n")
    finance = sandbox.commit("Finance, on the branch")
    marketing = advance_main(sandbox, "src/marketing/hubspot/base/a.py", "# main\n")
    for branch, other in (("work", marketing), ("main", finance)):
        sandbox.switch(branch)
        sandbox.git("merge", "--quiet", "--no-edit", other)
    sandbox.switch("work")
    manifest = plan(sandbox)
    # Of the two bases, one lacks the change of finance, the other that of marketing.
    assert {base["commit"] for base in manifest["bases"].values()} == {finance, marketing}
    assert deployed(manifest) == FINANCE | MARKETING
    by_id = {change["id"]: change for change in manifest["changes"]}
    for item in manifest["deploy"]:
        assert {by_id[cause["change"]]["base"] for cause in item["causes"]} == {item["base"]}
    assert [change["reaches"] for change in manifest["changes"]] == [2, 2]
    for domain in ("finance", "marketing"):
        answer = run_scope(sandbox.root, "why", domain)
        assert f"{domain} deploys because of:" in answer.stdout
        assert "2 merge bases" in answer.stderr
    picture = run_scope(sandbox.root, "graph").stdout
    assert "finance" in picture
    assert "marketing" in picture


def test_many_commits_are_one_comparison(sandbox: Sandbox) -> None:
    for number in range(3):
        sandbox.append(A, f"# {number}\n")
        sandbox.commit("Work")
    sandbox.write("src/marketing/hubspot/base/new.py", "")
    sandbox.commit("There")
    sandbox.delete("src/marketing/hubspot/base/new.py")
    sandbox.commit("And gone")
    manifest = plan(sandbox)
    assert changed(manifest) == {A: "modified"}
    assert deployed(manifest) == FINANCE


def test_a_branch_that_took_main_in_shows_only_its_own(sandbox: Sandbox) -> None:
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    main = advance_main(sandbox, "src/marketing/hubspot/base/a.py", "# main\n")
    sandbox.git("merge", "--quiet", "--no-edit", "main")
    manifest = plan(sandbox)
    assert manifest["bases"]["b0"]["commit"] == main
    assert deployed(manifest) == FINANCE


def test_a_conflict_resolved_in_a_merge_is_seen(sandbox: Sandbox) -> None:
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    advance_main(sandbox, "src/marketing/hubspot/base/a.py", "# main\n")
    sandbox.git("merge", "--quiet", "--no-commit", "main")
    sandbox.append("src/marketing/hubspot/base/a.py", "# resolved otherwise\n")
    sandbox.commit("Merge")
    assert deployed(plan(sandbox)) == FINANCE | MARKETING


def test_the_checkout_of_a_pull_request_is_compared_with_what_was_merged(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    merged = advance_main(sandbox, "src/marketing/hubspot/base/a.py", "# main\n")
    sandbox.switch("pull", create=True)
    sandbox.git("reset", "--quiet", "--hard", "main")
    sandbox.git("merge", "--quiet", "--no-ff", "--no-edit", "work")
    sandbox.git("update-ref", "refs/pull/7/merge", "HEAD")
    sandbox.switch("main")
    sandbox.append("src/marketing/hubspot/base/a.py", "# main went on after the merge was made\n")
    sandbox.commit("Later")
    clone = sandbox.clone(tmp_path / "runner")
    clone.git("fetch", "--quiet", "origin", "refs/pull/7/merge")
    clone.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
    clone.git("branch", "--quiet", "--delete", "--force", "main")
    manifest = plan(clone, "--base", "origin/main")
    assert manifest["bases"]["b0"]["commit"] == merged
    assert deployed(manifest) == FINANCE
    assert deployed(plan(clone, "--base", "main")) == FINANCE, "the remote's branch stands in for the local one"
    assert deployed(plan(clone, "--base", "HEAD^1")) == FINANCE


def test_a_rollback_against_a_later_commit_is_compared_by_its_merge_base(sandbox: Sandbox) -> None:
    before = sandbox.head
    sandbox.append(A, "# bad\n")
    bad = sandbox.commit("Bad")
    sandbox.git("revert", "--no-edit", "HEAD")
    assert deployed(plan(sandbox, "--base", before)) == set()
    assert deployed(plan(sandbox, "--base", bad)) == FINANCE


def test_two_equally_good_merge_bases_give_an_answer(sandbox: Sandbox) -> None:
    sandbox.append(A, "# work\n")
    work = sandbox.commit("Work")
    main = advance_main(sandbox, "src/marketing/hubspot/base/a.py", "# main\n")
    sandbox.git("merge", "--quiet", "--no-edit", main)
    sandbox.switch("main")
    sandbox.git("merge", "--quiet", "--no-edit", work)
    sandbox.switch("work")
    sandbox.append("src/finance/stripe/final/b.py", "# more\n")
    sandbox.commit("More")
    assert deployed(plan(sandbox)) >= FINANCE


def test_a_tag_or_a_short_commit_is_a_base_too(sandbox: Sandbox) -> None:
    sandbox.git("tag", "--annotate", "--message", "v1", "v1")
    short = sandbox.head[:10]
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    assert deployed(plan(sandbox, "--base", "v1")) == deployed(plan(sandbox, "--base", short)) == FINANCE


# Nothing to compare with


def test_unrelated_histories_deploy_everything_and_say_so(sandbox: Sandbox) -> None:
    sandbox.git("checkout", "--quiet", "--orphan", "other")
    sandbox.commit("Another start")
    manifest = plan(sandbox)
    assert manifest["bases"]["b0"] == {"kind": "none", "ref": "main", "commit": None, "reason": "unrelated-history"}
    assert (manifest["mode"], deployed(manifest)) == ("full", FINANCE | MARKETING)
    assert {item["because"] for item in manifest["deploy"]} == {"base-unreachable"}


def test_the_zeros_of_a_new_branch_deploy_everything_and_say_so(sandbox: Sandbox) -> None:
    manifest = plan(sandbox, "--base", ZEROS, "--head", "HEAD")
    assert manifest["bases"]["b0"]["reason"] == "new-branch"
    assert (manifest["mode"], deployed(manifest)) == ("full", FINANCE | MARKETING)


def test_a_missing_base_stops_and_names_the_fix(sandbox: Sandbox) -> None:
    sandbox.git("remote", "add", "origin", "https://github.com/example/platform")
    result = run_scope(sandbox.root, "plan", "--base", "release")
    assert result.exit_code == 2
    assert "`release` isn't in this clone" in result.stderr
    assert "git fetch origin release" in result.stderr
    assert "fetch-depth: 0" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("base", ["a" * 40, "main:src", "", "-x", "main^{tree}", "main..work", "HEAD~99", "a b", "@{u}"])
def test_what_names_no_commit_is_bad_input(sandbox: Sandbox, base: str) -> None:
    result = run_scope(sandbox.root, "plan", f"--base={base}")
    assert result.exit_code == 2
    assert result.stderr.startswith("scope: ")
    assert len(result.stderr.splitlines()) == 1


def test_without_a_remote_a_missing_base_names_what_is_here(sandbox: Sandbox) -> None:
    result = run_scope(sandbox.root, "plan", "--base", "release")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("Name a branch or commit that is here: `--base work`.\n")


def test_a_missing_head_stops_and_names_the_fix(sandbox: Sandbox) -> None:
    result = run_scope(sandbox.root, "plan", "--head", "gone")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "The head `gone` isn't in this clone" in result.stderr


def test_a_commit_that_only_the_remote_has_is_fetched(sandbox: Sandbox, tmp_path: Path) -> None:
    clone = sandbox.clone(tmp_path / "clone")
    sandbox.git("config", "uploadpack.allowAnySHA1InWant", "true")
    sandbox.append(A, "# forced away\n")
    before = sandbox.commit("Before a force-push")
    sandbox.git("reset", "--quiet", "--hard", "HEAD~1")
    clone.append("src/marketing/hubspot/base/a.py", "# here\n")
    clone.commit("Work")
    manifest = plan(clone, "--base", before)
    assert manifest["bases"]["b0"]["kind"] == "merge-base"
    assert deployed(manifest) == MARKETING
    assert clone.git("status", "--porcelain") == ""


# Clones that hold less


def test_a_shallow_clone_says_how_to_get_the_rest(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    advance_main(sandbox, "docs/a.md", "main\n")
    clone = sandbox.clone(tmp_path / "shallow", "--depth", "1", "--no-single-branch", "--branch", "work")
    result = run_scope(clone.root, "plan", "--base", "origin/main")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "fetch-depth: 0" in result.stderr
    assert "--unshallow" in result.stderr


def test_a_shallow_clone_without_the_base_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    clone = sandbox.clone(tmp_path / "shallow", "--depth", "1", "--branch", "work")
    result = run_scope(clone.root, "plan")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "fetch-depth: 0" in result.stderr


def test_a_shallow_clone_that_reaches_the_merge_base_is_enough(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    clone = sandbox.clone(tmp_path / "shallow", "--depth", "2", "--no-single-branch", "--branch", "work")
    assert deployed(plan(clone, "--base", "origin/main")) == FINANCE


def test_a_partial_clone_gives_the_same_manifest(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.append("src/common/text.py", "# work\n")
    sandbox.commit("Work")
    clone = sandbox.clone(tmp_path / "partial", "--filter=blob:none", "--branch", "work")
    assert plan(clone, "--base", "origin/main", "--head", "HEAD")["deploy"] == plan(sandbox)["deploy"]


def test_a_commit_that_a_partial_clone_can_not_get_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    clone = sandbox.clone(tmp_path / "partial", "--filter=blob:none")
    result = run_scope(clone.root, "plan", "--base", "a" * 40)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "isn't in this clone" in result.stderr


def test_a_single_commit_has_nothing_to_deploy_against_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    clone = sandbox.clone(tmp_path / "one", "--depth", "1", "--branch", "main")
    manifest = plan(clone)
    assert (manifest["mode"], manifest["changes"]) == ("none", [])
    clone.append(A, "# work\n")
    assert deployed(plan(clone)) == FINANCE


def test_an_empty_repository_says_that_it_has_no_commit(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "empty")
    result = run_scope(sandbox.root, "plan")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no commit yet" in result.stderr
    assert plan(sandbox, "--base", ZEROS)["mode"] == "none"


def test_outside_a_repository_it_says_so(tmp_path: Path) -> None:
    result = run_scope(tmp_path, "plan")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "isn't in the work tree of a git repository" in result.stderr


def test_a_folder_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    result = run_scope(tmp_path, "-C", "nowhere", "plan")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nowhere" in result.stderr


# The work tree


def test_staged_unstaged_and_untracked_files_count_and_show_as_uncommitted(sandbox: Sandbox) -> None:
    sandbox.append(A, "# unstaged\n")
    sandbox.append("src/finance/stripe/final/b.py", "# staged\n")
    sandbox.git("add", "src/finance/stripe/final/b.py")
    sandbox.write("src/finance/stripe/final/new.py", "untracked\n")
    sandbox.write("src/finance/debug.log", "ignored\n")
    sandbox.delete("specs/jobs/finance/stripe/a.yml")
    before = (sandbox.git("status", "--porcelain"), sandbox.git("count-objects", "-v"), sandbox.git("ls-files", "--stage"))
    manifest = plan(sandbox)
    assert changed(manifest) == {
        A: "modified",
        "src/finance/stripe/final/b.py": "modified",
        "src/finance/stripe/final/new.py": "added",
        "specs/jobs/finance/stripe/a.yml": "deleted",
    }
    assert manifest["head"] == {"ref": "HEAD", "commit": sandbox.head, "dirty": True}
    assert "uncommitted work included" in run_scope(sandbox.root, "plan").stdout
    after = (sandbox.git("status", "--porcelain"), sandbox.git("count-objects", "-v"), sandbox.git("ls-files", "--stage"))
    assert after == before


def test_a_change_undone_in_the_work_tree_deploys_nothing(sandbox: Sandbox) -> None:
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    sandbox.git("checkout", "--quiet", "main", "--", A)
    manifest = plan(sandbox)
    assert (manifest["mode"], manifest["head"]["dirty"]) == ("none", True)


def test_a_commit_asked_for_leaves_the_work_tree_out(sandbox: Sandbox) -> None:
    sandbox.append("src/marketing/hubspot/base/a.py", "# not committed\n")
    manifest = plan(sandbox, "--head", "HEAD")
    assert (manifest["mode"], manifest["head"]["dirty"]) == ("none", False)


def test_a_commit_is_planned_alike_from_any_work_tree(sandbox: Sandbox) -> None:
    """Its settings, targets, bundle and attributes are read from its own tree, as if it were checked out."""
    base = sandbox.head
    rule = '[[tool.scope.rules]]\npaths = ["tools/**"]\ndeploys = ["marketing"]\n'
    sandbox.write("pyproject.toml", f"[tool.scope]\nmatrix-jobs = 2\n\n{rule}")
    sandbox.append("databricks.yml", "# Changed.\n")
    sandbox.write("targets/trial.yml", "targets:\n  trial:\n    mode: production\n")
    sandbox.write(".gitattributes", "* binary diff=x filter=x\n")
    sandbox.append(".gitignore", "src/\n")
    sandbox.write("tools/x.txt", "x\n")
    sandbox.append("src/finance/stripe/base/a.py", "import common.money\n")
    head = sandbox.commit("Change how things are read")
    arguments = ("plan", "--base", base, "--head", head, "--fingerprints", "--output", "-")
    from_head = run_scope(sandbox.root, *arguments)
    assert '"trial"' in from_head.stdout
    sandbox.switch("main")
    sandbox.write("pyproject.toml", "[tool.scope]\nnonsense = 1\n")
    sandbox.write("targets/other.yml", "nonsense\n")
    sandbox.write("databricks.yml", "nonsense\n")
    from_base = run_scope(sandbox.root, *arguments)
    assert from_base.exit_code == 0, from_base.stderr
    assert from_base.stdout == from_head.stdout


def test_an_unfinished_merge_is_read_as_it_lies(sandbox: Sandbox) -> None:
    sandbox.append(A, "# work\n")
    sandbox.commit("Work")
    advance_main(sandbox, A, "# main\n")
    with pytest.raises(RuntimeError):
        sandbox.git("merge", "--quiet", "main")
    assert deployed(plan(sandbox)) == FINANCE


def test_a_stale_local_main_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    clone = sandbox.clone(tmp_path / "clone", "--branch", "work")
    clone.git("branch", "main", "origin/main")
    advance_main(sandbox, "docs/a.md", "main\n")
    clone.git("fetch", "--quiet")
    result = run_scope(clone.root, "plan")
    assert result.exit_code == 0
    assert "behind `origin/main`" in result.stderr


def test_without_a_local_main_the_remotes_is_used_and_named(sandbox: Sandbox, tmp_path: Path) -> None:
    clone = sandbox.clone(tmp_path / "clone", "--branch", "work")
    result = run_scope(clone.root, "plan")
    assert result.exit_code == 0
    assert "`origin/main` is used" in result.stderr


def test_a_repository_in_the_work_tree_that_has_no_commit_is_passed_over(sandbox: Sandbox) -> None:
    sandbox.append(A, "# work\n")
    for folder in ("scratch", "src/finance/stripe/trial"):
        sandbox.path(folder).mkdir(parents=True)
        subprocess.run(["git", "init", "--quiet", folder], cwd=sandbox.root, check=True)
        sandbox.write(f"{folder}/x.py", "X = 1\n")
    assert changed(plan(sandbox)) == {A: "modified"}


def test_an_edit_of_the_same_size_within_a_second_of_the_index_is_seen(sandbox: Sandbox) -> None:
    # Otherwise the time of the change of its inode, which can't be set, gives it away on most systems.
    sandbox.git("config", "core.trustctime", "false")
    moment = (1_700_000_000, 1_700_000_000)
    path = sandbox.write(A, "x = 1\n")
    os.utime(path, moment)
    sandbox.commit("Begin")
    path.write_text("x = 2\n")
    for file in (path, sandbox.path(".git/index")):
        os.utime(file, moment)
    assert changed(plan(sandbox, "--base", "HEAD")) == {A: "modified"}


@pytest.mark.parametrize("name", ["HEAD^{tree}", "HEAD:databricks.yml"])
def test_a_tag_of_no_commit_is_said_to_be_none(sandbox: Sandbox, name: str) -> None:
    sandbox.git("tag", "odd", name)
    result = run_scope(sandbox.root, "plan", "--base", "odd")
    assert result.exit_code == 2
    assert "The base `odd` is a" in result.stderr
    assert "not a commit" in result.stderr
    assert "git fetch" not in result.stderr


def test_without_a_bundle_at_the_root_nothing_is_claimed(sandbox: Sandbox) -> None:
    sandbox.delete("databricks.yml")
    result = run_scope(sandbox.root, "plan")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no databricks.yml in this git repository" in result.stderr


def test_a_folder_that_git_was_told_to_trust_is_opened(sandbox: Sandbox) -> None:
    # As containers do it: another owner's checkout, trusted by a variable. Only that key is passed on.
    trusted = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "true"}
    trusted |= {"GIT_CONFIG_KEY_1": "safe.directory", "GIT_CONFIG_VALUE_1": str(sandbox.root)}
    owner = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    assert _safe_directories(trusted) == {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": str(sandbox.root),
    }
    command = ["git", "status", "--short"]
    bare = {**git_environment(), **owner}
    assert subprocess.run(command, cwd=sandbox.root, env=bare, capture_output=True, check=False).returncode == 128
    kept = {**bare, **_safe_directories(trusted)}
    assert subprocess.run(command, cwd=sandbox.root, env=kept, capture_output=True, check=False).returncode == 0


# Names


@pytest.mark.parametrize(
    "path",
    [
        b"src/finance/a\nb/a.py",
        b"src/finance/str\xffipe/a.py",
        b"resources/finance/\xff\n/jobs/a.py",
        b"specs/jobs/finance/a\nb/a.yml",
    ],
)
def test_a_name_that_no_schema_can_have_is_planned_like_any_other(sandbox: Sandbox, path: bytes) -> None:
    file = sandbox.root / os.fsdecode(path)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    assert deployed(plan(sandbox)) == FINANCE
    assert "finance deploys because of:" in run_scope(sandbox.root, "why", "finance").stdout
    assert run_scope(sandbox.root, "graph").exit_code == 0
