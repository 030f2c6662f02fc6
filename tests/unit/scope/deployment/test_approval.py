"""The gate: what holds data or history is deleted only with consent to exactly that list."""

import pytest

from scope.deployment.approval import Approval, review_destroy, review_plan
from scope.deployment.state import FileState, ResourceState
from scope.model import ActionKind, BundlePlan, PlanAction, RemoteResource

STATE = ResourceState(FileState.READABLE, "l", 1, (("resources.jobs.a", "1"), ("resources.jobs.b", "2")))


def plan(*actions: tuple[str, str], gone: bool = False) -> BundlePlan:
    return BundlePlan(tuple(PlanAction(f"resources.{key}", ActionKind(word), is_gone=gone) for key, word in actions), "l", 1)


def test_nothing_destructive_needs_no_consent() -> None:
    found = review_plan(
        "prod/x", plan(("jobs.a", "update"), ("jobs.b", "create"), ("jobs.c", "skip"), ("jobs.d", "resize")), STATE, 0
    )
    assert (found.items, found.reasons) == ((), ())
    assert found.approval(frozenset()) == Approval(None, ())


@pytest.mark.parametrize("kind", ["jobs", "pipelines", "schemas", "volumes", "dashboards", "a_kind_of_tomorrow"])
@pytest.mark.parametrize("action", ["delete", "recreate", "update_id", "unknown"])
def test_what_holds_data_or_history_needs_consent(kind: str, action: str) -> None:
    found = review_plan("prod/x", plan((f"{kind}.a", action), ("jobs.left", "skip")), STATE, 10)
    assert found.reasons
    assert found.approval(frozenset()) is None
    assert found.approval(frozenset({found.digest})) == Approval(found.digest, found.items)


def test_permissions_are_listed_and_need_no_consent() -> None:
    found = review_plan("prod/x", plan(("jobs.a.permissions", "delete"), ("jobs.a", "skip")), STATE, 0)
    assert found.items == ("delete jobs.a.permissions",)
    assert found.reasons == ()


def test_what_is_gone_already_is_no_loss() -> None:
    assert review_plan("prod/x", plan(("jobs.a", "delete"), gone=True), STATE, 0).items == ()


def test_too_many_deletions_need_consent_whatever_they_are() -> None:
    actions = [(f"clusters.c{number}", "delete") for number in range(3)]
    assert review_plan("prod/x", plan(*actions, ("jobs.a", "skip")), STATE, 3).reasons == ()
    assert "3 deletions are more than" in review_plan("prod/x", plan(*actions, ("jobs.a", "skip")), STATE, 2).reasons[0]


def test_a_domain_that_falls_to_nothing_needs_consent() -> None:
    assert review_plan("prod/x", plan(("clusters.c", "delete")), STATE, 10).reasons == ("nothing would be left of it",)


def test_a_digest_is_of_one_list_of_one_deployment() -> None:
    one = review_plan("prod/x", plan(("jobs.a", "delete")), STATE, 10)
    assert one.items == ("delete jobs.a (1)",)
    others = [
        review_plan("prod/y", plan(("jobs.a", "delete")), STATE, 10),
        review_plan("prod/x", plan(("jobs.b", "delete")), STATE, 10),
        review_plan("prod/x", plan(("jobs.a", "recreate")), STATE, 10),
        review_plan(
            "prod/x", plan(("jobs.a", "delete")), ResourceState(FileState.READABLE, "l", 1, (("resources.jobs.a", "9"),)), 10
        ),
    ]
    assert one.digest not in {other.digest for other in others}


def test_what_is_left_of_an_approved_list_is_approved_and_nothing_more() -> None:
    both = review_plan("prod/x", plan(("jobs.a", "delete"), ("jobs.b", "delete")), STATE, 10)
    less = review_plan("prod/x", plan(("jobs.a", "delete")), STATE, 10)
    approvals, earlier = frozenset({both.digest}), Approval(both.digest, both.items)
    # What is left the next time is still part of the whole list.
    assert less.approval(approvals, earlier) == earlier
    assert less.approval(approvals) is None
    assert less.approval(frozenset(), earlier) is None
    assert both.approval(frozenset({less.digest}), Approval(less.digest, less.items)) is None


def test_a_destroy_lists_everything_and_the_orphans_too() -> None:
    found = review_destroy("prod/x", STATE, [RemoteResource("jobs", "7", "orphan")])
    assert found.items == ("delete jobs.a (1)", "delete jobs.b (2)", "delete jobs.orphan (7)")
    assert found.reasons
