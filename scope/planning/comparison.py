"""Reads the base and the head of a comparison from the repository."""

from collections.abc import Callable
from typing import NamedTuple

from scope.documents.manifest import Base, Head
from scope.graph.index import DeploymentIndex
from scope.graph.layouts import open_index
from scope.graph.uses_cache import UsesCache
from scope.model import Change, Effect, Kind, Status
from scope.ports import Git
from scope.repository.baseline import ResolvedBase, ResolvedHead, resolve_base, resolve_head
from scope.repository.settings import UNREADABLE_RULES
from scope.repository.snapshot import Snapshot


class Comparison(NamedTuple):
    """Two trees, the changes between them, and how the manifest names base and head.

    `others` compare the same head with further merge bases, where criss-cross merges have left several.
    """

    base: DeploymentIndex
    head: DeploymentIndex
    changes: tuple[Change, ...]
    base_info: Base
    head_info: Head
    others: tuple["Comparison", ...] = ()

    @property
    def each(self) -> tuple["Comparison", ...]:
        """Return the comparison with each base."""
        return (self, *self.others)


def compare(
    git: Git, base_ref: str, head_ref: str | None, say: Callable[[str], None], cache: UsesCache | None = None
) -> Comparison:
    """Return the comparison of the head, a commit or the work tree, with its merge base with a ref, or its merge bases.

    `say` is called with notes about the base for a person. `cache` has the uses of files, for every tree of the repository.
    """
    head = resolve_head(git, head_ref)
    base = resolve_base(git, base_ref, head.info.commit)
    for note in base.notes:
        say(note)
    cache = UsesCache() if cache is None else cache
    index = open_index(Snapshot(git, head.tree), cache)
    index.check_names()
    first, *others = (_compare(git, one, head, index, say) for one in (base, *base.others))
    return first._replace(others=tuple(others))


def _compare(
    git: Git,
    base: ResolvedBase,
    head: ResolvedHead,
    head_index: DeploymentIndex,
    say: Callable[[str], None],
) -> Comparison:
    base_index = head_index.at_base(Snapshot(git, base.tree))
    if base_index.rules is UNREADABLE_RULES:
        say(f"{UNREADABLE_RULES.own[0].why}, so everything deploys.")
    return Comparison(
        base=base_index,
        head=head_index,
        changes=git.changes(base.tree, head.tree),
        base_info=base.info,
        head_info=head.info,
    )


def effect_classifier(git: Git) -> Callable[[Change], Effect]:
    """Return a function that classifies a change, for which it reads the file's contents from the repository."""
    return lambda change: _classify(git, change)


def _classify(git: Git, change: Change) -> Effect:
    from scope.planning.effect import classify_effect  # only a modified file needs the parsers behind it

    if change.status is not Status.MODIFIED or change.before is None or change.after is None:
        return Effect.CONTENT
    if not change.before.kind == change.after.kind == Kind.FILE:
        return Effect.CONTENT
    contents = git.blobs([change.before.oid, change.after.oid])
    return classify_effect(change.path, contents[change.before.oid], contents[change.after.oid])
