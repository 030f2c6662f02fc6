"""The gate: every deletion and recreation of a plan, listed before anything is uploaded, and whether it was approved.

The CLI asks for some kinds of resource only, and after it has uploaded. Here whatever holds data or history needs approval
of exactly the list that was shown, by its digest; kinds that nobody has thought of are among them.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import ClassVar

from scope.deployment.state import ResourceState
from scope.deployment.target import DeploymentId
from scope.wording import pluralize
from scope.workspace_model import ActionKind, BundlePlan, PlanAction, RemoteResource

# Recreated from the repository, with nothing lost but themselves.
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
    """A list that was approved, by its digest."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"strict": True, "extra": "forbid"}

    digest: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DestructivePlan:
    """The deletions and recreations of a plan, and why they need approval, if they do."""

    items: tuple[str, ...]
    reasons: tuple[str, ...]
    digest: str

    @property
    def needs_approval(self) -> bool:
        """Return whether somebody must approve the list first."""
        return bool(self.reasons)

    def find_approval(self, approvals: Collection[str], earlier: Approval | None = None) -> Approval | None:
        """Return the approval of this list, or of one that it is the rest of; None if it wasn't approved."""
        if self.digest in approvals:
            return Approval(self.digest, self.items)
        if earlier is not None and earlier.digest in approvals and set(self.items) <= set(earlier.items):
            return earlier
        return None


@dataclass(frozen=True, slots=True)
class Occasion:
    """The deployment and the commit for which something is approved: neither another one nor a later one is meant."""

    deployment: DeploymentId
    commit: str | None


def review_plan(occasion: Occasion, plan: BundlePlan, state: ResourceState, max_deletions: int) -> DestructivePlan:
    """Return the destructive part of a plan. Resources that aren't in the workspace any more are no loss."""
    destructive = [action for action in plan.actions if action.action in _DESTRUCTIVE and not action.is_gone]
    heavy = [action for action in destructive if action.kind not in _LIGHT]
    deletions = [action for action in destructive if action.action is not ActionKind.UPDATE_ID and not action.key.is_child]
    reasons: list[str] = []
    if heavy:
        reasons.append(f"{pluralize(len(heavy), 'resource')} with data or history would be deleted or recreated")
    if len(deletions) > max_deletions:
        reasons.append(f"{len(deletions)} deletions are more than `max-deletions` of [tool.scope], {max_deletions}")
    if deletions and all(action.action is ActionKind.DELETE or action.key.is_child for action in plan.actions):
        reasons.append("nothing would be left of it")
    items = tuple(_item(action, state) for action in destructive)
    return DestructivePlan(items, tuple(reasons), approval_digest(occasion, plan, items))


def review_destroy(
    occasion: Occasion,
    plan: BundlePlan,
    state: ResourceState,
    orphans: Iterable[RemoteResource],
    folder: str | None = None,
) -> DestructivePlan:
    """Return what a destroy deletes: all resources in the state, and the orphans of the deployment.

    `folder` is the deployment's, if nothing in it tells what it is.
    """
    items = [f"delete {key.short} ({resource_id})" for key, resource_id in state.inventory.resources.items()]
    items += [f"delete {orphan.kind}.{orphan.name} ({orphan.id})" for orphan in orphans]
    if folder is not None:
        items.append(f"delete the folder {folder}, which has files and no state")
    reasons = ("the whole deployment would be deleted",) if items else ()
    return DestructivePlan(tuple(items), reasons, approval_digest(occasion, plan, items))


def approval_digest(occasion: Occasion, plan: BundlePlan, items: Iterable[str]) -> str:
    """Return the digest by which a list is approved: of this deployment, commit, plan and serial of the state alone."""
    actions = (f"{action.key} {action.action}" for action in plan.actions if action.action is not ActionKind.SKIP)
    facts = (occasion.deployment, occasion.commit, plan.lineage, plan.serial)
    content = "\0".join([*(str(fact) for fact in facts), *sorted(actions), "", *sorted(items)])
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_LENGTH]


def _item(action: PlanAction, state: ResourceState) -> str:
    resource_id = state.inventory.get(action.key)
    word = "change the id of" if action.action is ActionKind.UPDATE_ID else action.action.value
    return f"{word} {action.key.short}" + (f" ({resource_id})" if resource_id else "")
