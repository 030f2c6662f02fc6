"""Which commit may be deployed to a target: one that its branch has, and never one older than what is there."""

from scope.deployment.target import TargetSettings
from scope.errors import Refused, UsageError
from scope.ports import Git

_FETCH = "Fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow's checkout."


def check_branch(git: Git, settings: TargetSettings, head: str) -> None:
    """Raise `Refused` if the target's branch doesn't have the head. On a detached HEAD the CLI wouldn't check."""
    if settings.branch is None:
        return
    tip = branch_tip(git, settings.branch)
    if tip is None:
        raise UsageError(
            f"{settings.name} is deployed from the branch `{settings.branch}`, which isn't in this clone. "
            f"Fetch it: `git fetch origin {settings.branch}`."
        )
    if not _contains(git, tip, head):
        hint = _FETCH if git.is_shallow else f"Merge it first, then deploy `{settings.branch}`."
        raise Refused(
            f"{settings.name} is deployed from the branch `{settings.branch}`, which doesn't have the commit {head[:9]}. "
            f"{hint}"
        )


def branch_tip(git: Git, branch: str) -> str | None:
    """Return the newest commit of a branch: the one that was fetched, or the local one if there is no origin."""
    remote = git.commit(f"refs/remotes/origin/{branch}")
    return remote if remote is not None or git.origin is not None else git.commit(f"refs/heads/{branch}")


def find_superseding(git: Git, settings: TargetSettings, head: str, deployed: str | None) -> str | None:
    """Return the deployed commit if it supersedes the head; raise `Refused` if nobody can tell.

    A commit that is gone from the branch was taken back by its owners, so that whatever the branch has now is newer.
    """
    if deployed is None or deployed == head:
        return None
    if git.commit(deployed) is None and not git.fetch(deployed):
        if git.is_shallow and _tip_of(git, settings) != head:
            raise Refused(f"The deployed commit {deployed[:9]} isn't in this shallow clone: it may be newer. {_FETCH}")
        return None
    if _contains(git, head, deployed):
        return None
    if _contains(git, deployed, head):
        return deployed
    tip = _tip_of(git, settings)
    if tip == head or (tip is not None and not git.is_shallow and not _contains(git, tip, deployed)):
        return None
    hint = _FETCH if git.is_shallow else "Deploy a commit that has both, or, to go back on purpose, add --allow-rollback."
    raise Refused(f"The deployed commit {deployed[:9]} and {head[:9]} have diverged: neither has the other. {hint}")


def is_tip(git: Git, settings: TargetSettings, head: str) -> bool:
    """Return whether a commit is the newest of the branch that a target is deployed from, or else of the current one."""
    branch = settings.branch or git.branch
    return branch is not None and branch_tip(git, branch) == head


def _tip_of(git: Git, settings: TargetSettings) -> str | None:
    return None if settings.branch is None else branch_tip(git, settings.branch)


def _contains(git: Git, newer: str, older: str) -> bool:
    return newer == older or git.merge_base(newer, older) == older
