"""After a deploy: what the plan kept must still be what it was."""

import pytest

from scope.deployment.inventory import Inventory
from scope.deployment.state import FileState, ResourceState
from scope.deployment.verification import check_resources
from scope.errors import RemoteError
from scope.model import ResourceKey
from scope.workspace_model import ActionKind, BundlePlan, PlanAction

A = ResourceKey("pipelines", "a")


def state(**ids: str) -> ResourceState:
    entries = Inventory((ResourceKey("pipelines", name), resource_id) for name, resource_id in ids.items())
    return ResourceState(FileState.READABLE, "l", 1, entries)


def plan(action: ActionKind) -> BundlePlan:
    return BundlePlan((PlanAction(A, action),), "l", 1)


@pytest.mark.parametrize("action", [ActionKind.SKIP, ActionKind.UPDATE, ActionKind.RESIZE])
@pytest.mark.parametrize("after", [state(a="2"), state()], ids=["recreated", "deleted"])
def test_what_the_plan_kept_and_is_not_there_any_more_is_a_failure(action: ActionKind, after: ResourceState) -> None:
    with pytest.raises(RemoteError, match=r"pipelines\.a \(1\) lost its id"):
        check_resources(plan(action), state(a="1"), after)


@pytest.mark.parametrize("action", [ActionKind.RECREATE, ActionKind.UPDATE_ID, ActionKind.CREATE])
def test_what_was_to_get_another_id_may(action: ActionKind) -> None:
    check_resources(plan(action), state(a="1"), state(a="2"))
    check_resources(plan(ActionKind.SKIP), state(a="1"), state(a="1"))


def test_what_an_earlier_try_has_deleted_already_is_not_in_the_plan_any_more() -> None:
    check_resources(BundlePlan((), "l", 1), state(a="1"), state())
