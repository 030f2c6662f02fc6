"""Which commit may be deployed: what the target's branch has, never what is older than what is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scope.adapters.git import GitRepository
from scope.deployment.ancestry import check_branch, find_superseding
from scope.deployment.target import TargetSettings
from scope.errors import Refused, UsageError
from tests.support.sandbox import Sandbox

PROD = TargetSettings("prod", "x", "https://x.com", "p:1", "r", "p:2", "production", "main")


@pytest.fixture
def upstream(tmp_path: Path) -> Sandbox:
    """Give a repository whose main has three commits, and a merged branch beside the second."""
    sandbox = Sandbox.create(tmp_path / "upstream", {"a": "1"})
    sandbox.git("tag", "first")
    sandbox.switch("side", create=True)
    sandbox.write("b", "1")
    sandbox.commit("side")
    sandbox.git("tag", "side-tip")
    sandbox.switch("main")
    sandbox.write("a", "2")
    sandbox.commit("second")
    sandbox.git("tag", "second")
    sandbox.git("merge", "--quiet", "--no-ff", "-m", "merge", "side")
    sandbox.git("tag", "third")
    return sandbox


@pytest.fixture
def git(upstream: Sandbox, tmp_path: Path) -> Iterator[GitRepository]:
    with GitRepository(upstream.clone(tmp_path / "clone").root) as cloned:
        yield cloned


def commit(git: GitRepository, ref: str) -> str:
    resolved = git.commit(ref)
    assert resolved is not None
    return resolved


@pytest.mark.parametrize("ref", ["first", "second", "side-tip", "third"])
def test_what_the_branch_has_may_be_deployed(git: GitRepository, ref: str) -> None:
    check_branch(git, PROD, commit(git, ref))


def test_what_was_committed_and_not_pushed_may_not(git: GitRepository) -> None:
    local = Sandbox(git.root)
    local.write("c", "1")
    head = local.commit("local")
    with pytest.raises(Refused, match="doesn't have the commit"):
        check_branch(git, PROD, head)


def test_a_branch_that_was_not_fetched_is_told(upstream: Sandbox, tmp_path: Path) -> None:
    clone = upstream.clone(tmp_path / "single", "--single-branch", "--branch", "side")
    with GitRepository(clone.root) as git, pytest.raises(UsageError, match="git fetch origin main"):
        check_branch(git, PROD, commit(git, "HEAD"))


def test_without_an_origin_the_local_branch_counts(upstream: Sandbox) -> None:
    with GitRepository(upstream.root) as git:
        check_branch(git, PROD, commit(git, "second"))


@pytest.mark.parametrize(
    ("head", "deployed"), [("third", "second"), ("third", "third"), ("second", "first"), ("third", "side-tip")]
)
def test_a_newer_commit_goes_over_an_older_one(git: GitRepository, head: str, deployed: str) -> None:
    assert find_superseding(git, PROD, commit(git, head), commit(git, deployed)) is None


@pytest.mark.parametrize(("head", "deployed"), [("first", "second"), ("second", "third"), ("side-tip", "third")])
def test_an_older_commit_is_superseded(git: GitRepository, head: str, deployed: str) -> None:
    assert find_superseding(git, PROD, commit(git, head), commit(git, deployed)) == commit(git, deployed)


def test_two_commits_beside_each_other_are_refused(git: GitRepository) -> None:
    with pytest.raises(Refused, match="have diverged"):
        find_superseding(git, PROD, commit(git, "side-tip"), commit(git, "second"))


def test_a_commit_that_was_taken_off_the_branch_is_no_obstacle(upstream: Sandbox, tmp_path: Path) -> None:
    gone = upstream.head
    upstream.git("reset", "--quiet", "--hard", "second")
    upstream.write("a", "3")
    head = upstream.commit("instead")
    with GitRepository(upstream.clone(tmp_path / "after").root) as git:
        assert find_superseding(git, PROD, head, gone) is None
        assert find_superseding(git, PROD, head, "1" * 40) is None


def test_in_a_shallow_clone_only_the_tip_of_the_branch_is_sure_to_be_newer(upstream: Sandbox, tmp_path: Path) -> None:
    with GitRepository(upstream.clone(tmp_path / "shallow", "--depth", "1").root) as git:
        assert git.is_shallow
        assert find_superseding(git, PROD, commit(git, "HEAD"), "1" * 40) is None
        old = "2" * 40
        with pytest.raises(Refused, match="fetch-depth: 0"):
            find_superseding(git, PROD, old, "1" * 40)
