"""The base of a comparison."""

import pytest

from scope.errors import UsageError
from scope.repository.baseline import resolve_base, resolve_head
from tests.support.fake_git import FakeGit

ZEROS = "0" * 40
SHA = "a" * 40


def repository(**refs: str) -> FakeGit:
    """Return a repository whose refs name trees of one file each: equal letters, equal commits."""
    git = FakeGit()
    git.commits = {name.replace("__", "/"): git.make({"a": letter}) for name, letter in refs.items()}
    return git


def related(git: FakeGit, one: str, other: str, base: str) -> None:
    git.ancestors[frozenset({git.commits[one], git.commits[other]})] = git.commits[base]


def test_the_base_is_the_merge_base_and_not_the_tip() -> None:
    git = repository(main="2", HEAD="3", fork="1")
    related(git, "main", "HEAD", "fork")
    base = resolve_base(git, "main", git.commits["HEAD"])
    assert (base.info.kind, base.info.ref, base.info.commit) == ("merge-base", "main", git.commits["fork"])
    assert base.tree == git.commits["fork"]


def test_the_zeros_of_a_new_branch_leave_nothing_to_compare_with() -> None:
    git = repository(HEAD="1")
    for zeros in (ZEROS, "0" * 64):
        base = resolve_base(git, zeros, git.commits["HEAD"])
        assert (base.info.kind, base.info.reason, base.tree) == ("none", "new-branch", git.empty_tree)


def test_histories_without_a_common_commit_leave_nothing_to_compare_with() -> None:
    git = repository(main="1", HEAD="2")
    base = resolve_base(git, "main", git.commits["HEAD"])
    assert (base.info.kind, base.info.reason, base.tree) == ("none", "unrelated-history", git.empty_tree)


def test_in_a_shallow_clone_a_missing_merge_base_is_refused() -> None:
    git = repository(main="1", HEAD="2")
    git.is_shallow = True
    with pytest.raises(UsageError, match="fetch-depth: 0"):
        resolve_base(git, "main", git.commits["HEAD"])


def test_a_base_that_is_not_here_is_refused() -> None:
    git = repository(HEAD="1")
    git.origin = "https://github.com/example/platform"
    with pytest.raises(UsageError, match=r"`main` isn't in this clone.*fetch-depth: 0"):
        resolve_base(git, "main", git.commits["HEAD"])


@pytest.mark.parametrize(("branch", "what"), [("master", "master"), (None, "HEAD")])
def test_where_nothing_can_be_fetched_what_is_here_is_named(branch: str | None, what: str) -> None:
    git = repository(HEAD="1")
    git.branch = branch
    hint = rf"`main` isn't in this clone, which has no remote `origin`\. .*: `--base {what}`\.$"
    with pytest.raises(UsageError, match=hint):
        resolve_base(git, "main", git.commits["HEAD"])
    with pytest.raises(UsageError, match=hint.replace("--base", "--head")):
        resolve_head(git, "main")


def test_a_commit_that_is_not_here_is_fetched() -> None:
    git = repository(HEAD="1")
    git.fetchable = {SHA}
    git.ancestors[frozenset({SHA, git.commits["HEAD"]})] = git.commits["HEAD"]
    assert resolve_base(git, SHA, git.commits["HEAD"]).info.commit == git.commits["HEAD"]


def test_a_commit_that_is_nowhere_is_refused() -> None:
    git = repository(HEAD="1")
    with pytest.raises(UsageError, match=SHA):
        resolve_base(git, SHA, git.commits["HEAD"])


def test_without_any_commit_that_is_what_is_said() -> None:
    with pytest.raises(UsageError, match="no commit yet"):
        resolve_base(repository(), "main", None)


def test_where_only_the_remote_has_the_branch_that_one_is_used_and_named() -> None:
    git = repository(refs__remotes__origin__main="1", HEAD="2")
    related(git, "refs/remotes/origin/main", "HEAD", "refs/remotes/origin/main")
    base = resolve_base(git, "main", git.commits["HEAD"])
    assert base.info.commit == git.commits["refs/remotes/origin/main"]
    assert "origin/main" in base.notes[0]


def test_a_stale_local_branch_is_named() -> None:
    git = repository(main="1", refs__remotes__origin__main="2", HEAD="3")
    related(git, "main", "refs/remotes/origin/main", "main")
    related(git, "main", "HEAD", "main")
    assert "behind `origin/main`" in resolve_base(git, "main", git.commits["HEAD"]).notes[0]


def test_a_local_branch_with_commits_of_its_own_is_stale_too() -> None:
    git = repository(fork="0", main="1", refs__remotes__origin__main="2", HEAD="3")
    related(git, "main", "refs/remotes/origin/main", "fork")
    related(git, "main", "HEAD", "main")
    assert "origin/main" in resolve_base(git, "main", git.commits["HEAD"]).notes[0]


def test_a_local_branch_that_is_ahead_needs_no_note() -> None:
    git = repository(main="2", refs__remotes__origin__main="1", HEAD="2")
    related(git, "main", "refs/remotes/origin/main", "refs/remotes/origin/main")
    assert resolve_base(git, "main", git.commits["HEAD"]).notes == ()
