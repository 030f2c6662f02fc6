"""The two sides of a comparison, read from the repository."""

from collections.abc import Callable
from dataclasses import dataclass

from scope.documents.manifest import Base, Head
from scope.errors import UsageError
from scope.graph.closure import DeploymentIndex, UsesCache
from scope.model import Change, Effect, Kind, Status
from scope.ports import Git
from scope.repository.baseline import resolve_base, resolve_head
from scope.repository.layout import BUNDLE
from scope.repository.settings import UNREADABLE_RULES
from scope.repository.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared: two trees, their difference, and how they are called."""

    base: DeploymentIndex
    head: DeploymentIndex
    changes: tuple[Change, ...]
    base_info: Base
    head_info: Head


def compare(git: Git, base_ref: str, head_ref: str | None, say: Callable[[str], None]) -> Comparison:
    """Return the two sides of a comparison: the merge base with `base_ref`, and a commit or the work tree.

    `say` is given what a person should know about the base.
    """
    head = resolve_head(git, head_ref)
    base = resolve_base(git, base_ref, head.info.commit)
    for note in base.notes:
        say(note)
    if head.tree != git.empty_tree and Snapshot(git, head.tree).entry(BUNDLE) is None:
        raise UsageError(
            f"There is no {BUNDLE} at the root of this git repository. scope plans the bundle whose {BUNDLE} lies there: "
            "run it in that repository, or name it with `-C`."
        )
    sources = UsesCache()
    base_index = DeploymentIndex.of_base(Snapshot(git, base.tree), sources)
    if base_index.rules is UNREADABLE_RULES:
        say(f"{UNREADABLE_RULES.own[0].why}, so everything deploys.")
    return Comparison(
        base=base_index,
        head=DeploymentIndex(Snapshot(git, head.tree), sources),
        changes=git.changes(base.tree, head.tree),
        base_info=base.info,
        head_info=head.info,
    )


def effect_in(git: Git) -> Callable[[Change], Effect]:
    """Return the function that tells whether a change is one of content, reading what it needs from the repository."""
    return lambda change: _effect(git, change)


def _effect(git: Git, change: Change) -> Effect:
    from scope.planning.effect import effect  # only a modified file needs the parsers behind it

    if change.status is not Status.MODIFIED or change.before is None or change.after is None:
        return Effect.CONTENT
    if not change.before.kind == change.after.kind == Kind.FILE:
        return Effect.CONTENT
    contents = git.blobs([change.before.oid, change.after.oid])
    return effect(change.path, contents[change.before.oid], contents[change.after.oid])
