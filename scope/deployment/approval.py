"""The gate: every deletion and recreation of a plan, listed before anything is uploaded, and whether it was consented to.

The CLI asks for some kinds of resource only, and after it has uploaded. Here whatever holds data or history needs consent
to exactly the list that was shown, by its digest; kinds that nobody has thought of are among them.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from scope.deployment.state import ResourceState
from scope.model import ActionKind, BundlePlan, PlanAction, RemoteResource

# Made again from the repository, with nothing lost but themselves.
_LIGHT = frozenset(
    {
        "permissions", "grants", "clusters", "instance_pools", "cluster_policies", "sql_warehouses", "alerts",
        "model_serving_endpoints", "vector_search_endpoints",
    }
)  # fmt: skip
_DESTRUCTIVE = frozenset({ActionKind.DELETE, ActionKind.RECREATE, ActionKind.UPDATE_ID, ActionKind.UNKNOWN})
_DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Approval:
    """A list that was approved, by its digest; without one, none was needed."""

    digest: str | None
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DestructivePlan:
    """What a plan deletes or makes anew, and why it needs consent, if it does."""

    items: tuple[str, ...]
    reasons: tuple[str, ...]
    digest: str

    def approval(self, approvals: Collection[str], earlier: Approval | None = None) -> Approval | None:
        """Return the consent that lets this list pass: to it, or to a list that it is the rest of; nothing without one."""
        if not self.reasons:
            return Approval(None, ())
        if self.digest in approvals:
            return Approval(self.digest, self.items)
        if earlier is not None and earlier.digest in approvals and set(self.items) <= set(earlier.items):
            return earlier
        return None


def review_plan(deployment: str, plan: BundlePlan, state: ResourceState, max_deletions: int) -> DestructivePlan:
    """Return what of a plan is destructive. What isn't in the workspace any more is no loss."""
    found = [action for action in plan.actions if action.action in _DESTRUCTIVE and not action.is_gone]
    heavy = [action for action in found if action.kind not in _LIGHT]
    deletions = [action for action in found if action.action is not ActionKind.UPDATE_ID and _is_top(action)]
    reasons: list[str] = []
    if heavy:
        reasons.append(f"{_count(len(heavy), 'resource')} with data or history would be deleted or made anew")
    if len(deletions) > max_deletions:
        reasons.append(f"{len(deletions)} deletions are more than `max-deletions` of [tool.scope], {max_deletions}")
    left = [action for action in plan.actions if action.action is not ActionKind.DELETE and _is_top(action)]
    if deletions and not left:
        reasons.append("nothing would be left of it")
    items = tuple(_item(action, state) for action in found)
    return DestructivePlan(items, tuple(reasons), list_digest(deployment, items))


def review_destroy(
    deployment: str, state: ResourceState, orphans: Iterable[RemoteResource], folder: str | None = None
) -> DestructivePlan:
    """Return what a destroy deletes: all that the state has, and what belongs to the deployment without being in it.

    `folder` is the deployment's, where nothing in it tells what it is.
    """
    items = [f"delete {key.removeprefix('resources.')} ({found})" for key, found in state.ids if len(key.split(".")) == 3]
    items += [f"delete {orphan.kind}.{orphan.name} ({orphan.id})" for orphan in orphans]
    if folder is not None:
        items.append(f"delete the folder {folder}, which has files and no state")
    return DestructivePlan(tuple(items), ("the whole deployment would be deleted",), list_digest(deployment, items))


def list_digest(deployment: str, items: Iterable[str]) -> str:
    """Return the digest of a list, by which exactly this list of this deployment is approved."""
    content = "\0".join([deployment, *sorted(items)])
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_LENGTH]


def _item(action: PlanAction, state: ResourceState) -> str:
    found = state.id_of(action.key)
    word = "change the id of" if action.action is ActionKind.UPDATE_ID else action.action.value
    return f"{word} {action.short_key}" + (f" ({found})" if found else "")


def _is_top(action: PlanAction) -> bool:
    return len(action.key.split(".")) == 3


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
