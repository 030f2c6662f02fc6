"""The gate: what holds data or history is deleted only with approval of exactly that list."""

from dataclasses import replace

import pytest

from scope.deployment.approval import Approval, Occasion, review_destroy, review_plan
from scope.deployment.inventory import Inventory
from scope.deployment.state import FileState, ResourceState
from scope.deployment.target import DeploymentId
from scope.model import ResourceKey
from scope.workspace_model import ActionKind, BundlePlan, PlanAction, RemoteResource

X = Occasion(DeploymentId("prod", "x"), "c" * 40)


def state(**jobs: str) -> ResourceState:
    """Return a state that has some jobs, by key and id."""
    return ResourceState(FileState.READABLE, "l", 1, Inventory((ResourceKey("jobs", key), one) for key, one in jobs.items()))


STATE = state(a="1", b="2")


def plan(*actions: tuple[str, str], gone: bool = False) -> BundlePlan:
    return BundlePlan(
        tuple(PlanAction(ResourceKey.parse(f"resources.{key}"), ActionKind(word), is_gone=gone) for key, word in actions),
        "l",
        1,
    )


def test_nothing_destructive_needs_no_approval() -> None:
    destructive = review_plan(
        X, plan(("jobs.a", "update"), ("jobs.b", "create"), ("jobs.c", "skip"), ("jobs.d", "resize")), STATE, 0
    )
    assert (destructive.items, destructive.reasons) == ((), ())
    assert not destructive.needs_approval


@pytest.mark.parametrize("kind", ["jobs", "pipelines", "schemas", "volumes", "dashboards", "a_kind_of_tomorrow"])
@pytest.mark.parametrize("action", ["delete", "recreate", "update_id", "unknown"])
def test_what_holds_data_or_history_needs_approval(kind: str, action: str) -> None:
    destructive = review_plan(X, plan((f"{kind}.a", action), ("jobs.left", "skip")), STATE, 10)
    assert destructive.needs_approval
    assert destructive.find_approval(frozenset()) is None
    assert destructive.find_approval(frozenset({destructive.digest})) == Approval(destructive.digest, destructive.items)


def test_permissions_are_listed_and_need_no_approval() -> None:
    destructive = review_plan(X, plan(("jobs.a.permissions", "delete"), ("jobs.a", "skip")), STATE, 0)
    assert destructive.items == ("delete jobs.a.permissions",)
    assert not destructive.needs_approval


def test_what_is_gone_already_is_no_loss() -> None:
    assert review_plan(X, plan(("jobs.a", "delete"), gone=True), STATE, 0).items == ()


def test_too_many_deletions_need_approval_whatever_they_are() -> None:
    actions = [(f"clusters.c{number}", "delete") for number in range(3)]
    assert review_plan(X, plan(*actions, ("jobs.a", "skip")), STATE, 3).reasons == ()
    assert "3 deletions are more than" in review_plan(X, plan(*actions, ("jobs.a", "skip")), STATE, 2).reasons[0]


def test_a_domain_that_falls_to_nothing_needs_approval() -> None:
    assert review_plan(X, plan(("clusters.c", "delete")), STATE, 10).reasons == ("nothing would be left of it",)


def test_a_digest_is_of_one_list_of_one_deployment_commit_plan_and_state() -> None:
    one = review_plan(X, plan(("jobs.a", "delete")), STATE, 10)
    assert one.items == ("delete jobs.a (1)",)
    others = [
        review_plan(replace(X, deployment=DeploymentId("prod", "y")), plan(("jobs.a", "delete")), STATE, 10),
        review_plan(X, plan(("jobs.b", "delete")), STATE, 10),
        review_plan(X, plan(("jobs.a", "recreate")), STATE, 10),
        review_plan(X, plan(("jobs.a", "delete")), state(a="9"), 10),
        review_plan(replace(X, commit="d" * 40), plan(("jobs.a", "delete")), STATE, 10),
        review_plan(X, replace(plan(("jobs.a", "delete")), serial=2), STATE, 10),
        review_plan(X, replace(plan(("jobs.a", "delete")), lineage="m"), STATE, 10),
        review_plan(X, plan(("jobs.a", "delete"), ("jobs.c", "update")), STATE, 10),
    ]
    assert one.digest not in {other.digest for other in others}


def test_what_is_left_of_an_approved_list_is_approved_and_nothing_more() -> None:
    both = review_plan(X, plan(("jobs.a", "delete"), ("jobs.b", "delete")), STATE, 10)
    less = review_plan(X, plan(("jobs.a", "delete")), STATE, 10)
    approvals, earlier = frozenset({both.digest}), Approval(both.digest, both.items)
    # What is left the next time is still part of the whole list.
    assert less.find_approval(approvals, earlier) == earlier
    assert less.find_approval(approvals) is None
    assert less.find_approval(frozenset(), earlier) is None
    assert both.find_approval(frozenset({less.digest}), Approval(less.digest, less.items)) is None


def test_a_destroy_lists_everything_and_the_orphans_too() -> None:
    destructive = review_destroy(
        X, plan(("jobs.a", "delete"), ("jobs.b", "delete")), STATE, [RemoteResource("jobs", "7", "orphan")]
    )
    assert destructive.items == ("delete jobs.a (1)", "delete jobs.b (2)", "delete jobs.orphan (7)")
    assert destructive.needs_approval


def test_a_destroy_of_nothing_needs_no_approval() -> None:
    assert not review_destroy(X, BundlePlan((), None, None), ResourceState(FileState.ABSENT), []).needs_approval
