"""What the CLI's own plan says of a target's deployments, beside what scope says.

Planning runs the repository's code with the target's credentials, so nobody gets it unasked. Deployments that aren't due are
planned too: what changes there is drift, or an edge that scope misses.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from scope.controller.deployment import Deployment
from scope.controller.session import Session
from scope.deployment.approval import review_plan
from scope.deployment.state import parse_resources
from scope.documents.manifest import LivePlan, Manifest
from scope.errors import ScopeError
from scope.workspace_model import ActionKind, PlanAction

# Where a resource and its permissions change differently, the first of these counts.
_WEIGHT = (ActionKind.DELETE, ActionKind.RECREATE, ActionKind.CREATE)


def plan_bundles(session: Session, manifest: Manifest, max_parallel: int) -> tuple[LivePlan, ...]:
    """Return the plan of each deployment of the target that is due, and of each other one that would change, sorted.

    Deployments to destroy have none: all of theirs goes.
    """
    actions = {item.domain: item.action for item in manifest.deploy if item.target == session.settings.name}
    domains = [domain for domain in session.domains if actions.get(domain) != "destroy"]
    session.rate.sharers = min(max_parallel, len(domains))
    with ThreadPoolExecutor(max_parallel) as pool:
        plans = tuple(pool.map(lambda domain: _plan(Deployment(session, domain)), domains))
    return tuple(plan for domain, plan in zip(domains, plans, strict=True) if domain in actions or _changes(plan))


def _plan(deployment: Deployment) -> LivePlan:
    try:
        with deployment.stage() as cli:
            plan = cli.plan()
            state = parse_resources(cli.state_file())
    except ScopeError as error:
        return LivePlan(str(deployment.id), 0, 0, 0, 0, (), None, str(error))
    destructive = review_plan(deployment.occasion, plan, state, deployment.session.index.rules.max_deletions)
    counts = count_actions(plan.actions)
    return LivePlan(
        id=str(deployment.id),
        create=counts[ActionKind.CREATE],
        update=counts[ActionKind.UPDATE],
        delete=counts[ActionKind.DELETE],
        recreate=counts[ActionKind.RECREATE],
        destructive=destructive.items,
        digest=destructive.digest if destructive.needs_approval else None,
        problem=None,
    )


def count_actions(actions: Iterable[PlanAction]) -> Counter[ActionKind]:
    """Return how many resources are created, updated, deleted and recreated: each once, with its permissions and grants."""
    by_resource = defaultdict[object, set[ActionKind]](set)
    for action in actions:
        if action.action is not ActionKind.SKIP:
            # Permissions that are made or go with a resource that stays only change it.
            kind = ActionKind.UPDATE if action.key.is_child else action.action
            by_resource[action.key.resource].add(kind)
    heaviest = (next((kind for kind in _WEIGHT if kind in kinds), ActionKind.UPDATE) for kinds in by_resource.values())
    return Counter(heaviest)


def _changes(plan: LivePlan) -> bool:
    return plan.problem is not None or bool(plan.create or plan.update or plan.delete or plan.recreate)
