"""Resolves the two sides of a comparison: the head, and its merge base with a ref or the reason why there is none."""

import re
from typing import NamedTuple

from scope.documents.manifest import Base, Head
from scope.errors import UsageError
from scope.names import is_commit_name
from scope.ports import Git

_NO_COMMIT = re.compile(r"0{40}|0{64}")


class ResolvedBase(NamedTuple):
    """The base as the manifest names it, its tree (the empty one if there is no base), and notes for a person.

    `others` are further merge bases, as good as this one.
    """

    info: Base
    tree: str
    notes: tuple[str, ...] = ()
    others: tuple["ResolvedBase", ...] = ()


class ResolvedHead(NamedTuple):
    """The head as the manifest names it, and its tree: a commit's or the work tree's."""

    info: Head
    tree: str


def resolve_head(git: Git, head_ref: str | None) -> ResolvedHead:
    """Return the head that a ref names, or the work tree. Raises `UsageError` for a ref that isn't in this clone."""
    commit = git.commit(head_ref or "HEAD")
    if head_ref is not None and commit is None:
        raise _not_here(git, "head", head_ref)
    committed = git.root_tree(commit) if commit is not None else git.empty_tree
    tree = committed if head_ref is not None else git.work_tree()
    return ResolvedHead(Head(ref=head_ref or "HEAD", commit=commit, dirty=tree != committed), tree)


def resolve_base(git: Git, base_ref: str, head_commit: str | None) -> ResolvedBase:
    """Return the merge base of a ref and the head commit, with every other one that criss-cross merges have left.

    Unrelated histories have none, nor has the row of zeros that GitHub gives for a new branch: then everything is new. A ref
    that isn't in this clone, and a history that was cut off, raise `UsageError`: they never mean "nothing changed".
    """
    if _NO_COMMIT.fullmatch(base_ref):
        return ResolvedBase(Base("none", base_ref, None, "new-branch"), git.empty_tree)
    if head_commit is None:
        raise UsageError("This repository has no commit yet. Make the first one, then run this again.")
    base_commit, notes = _find_commit(git, base_ref)
    bases = [
        ResolvedBase(Base("merge-base", base_ref, commit), git.root_tree(commit))
        for commit in git.merge_bases(base_commit, head_commit)
    ]
    if bases:
        several = (f"`{base_ref}` and the head have {len(bases)} merge bases: what differs from any of them counts.",)
        return bases[0]._replace(notes=(*notes, *(several if len(bases) > 1 else ())), others=tuple(bases[1:]))
    if git.is_shallow:
        raise UsageError(
            f"This clone is shallow, so the merge base of `{base_ref}` and {head_commit[:9]} can't be found. "
            "Fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow's checkout."
        )
    return ResolvedBase(Base("none", base_ref, None, "unrelated-history"), git.empty_tree, notes)


def _find_commit(git: Git, ref: str) -> tuple[str, tuple[str, ...]]:
    local = git.commit(ref)
    remote_ref = f"origin/{ref}"
    is_name = not is_commit_name(ref) and not ref.startswith(("origin/", "refs/", "HEAD"))
    remote = git.commit(f"refs/remotes/{remote_ref}") if is_name else None
    if local is None and remote is not None:
        return remote, (f"There is no local `{ref}`; `{remote_ref}` is used.",)
    if local is not None and remote is not None and local != remote and git.merge_base(local, remote) != remote:
        return local, (f"Your `{ref}` is behind `{remote_ref}`. For the newest numbers: `--base {remote_ref}`.",)
    if local is None and is_commit_name(ref) and git.fetch(ref):
        local = git.commit(ref)
    if local is None and (kind := git.object_kind(ref)) is not None:
        raise UsageError(f"The base `{ref}` is a {kind}, not a commit. Name a commit, a branch or a tag of a commit.")
    if local is None:
        raise _not_here(git, "base", ref)
    return local, ()


def _not_here(git: Git, what: str, ref: str) -> UsageError:
    if git.origin is not None:
        how = f". Fetch it: `git fetch origin {ref}`, or `fetch-depth: 0` in a workflow's checkout."
    else:
        how = f", which has no remote `origin`. Name a branch or commit that is here: `--{what} {git.branch or 'HEAD'}`."
    return UsageError(f"The {what} `{ref}` isn't in this clone{how}")
