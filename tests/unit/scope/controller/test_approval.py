"""Approval of a destructive plan: asked for by its list, remembered from an earlier attempt, never wider than given."""

from dataclasses import replace

import pytest

from scope.controller.approval import ApprovalRequired, require_approval
from scope.controller.deployment import Deployment
from scope.deployment.approval import Approval, DestructivePlan
from tests.support.scene import Scene

PLAN = DestructivePlan(("delete jobs.a (1)",), ("nothing would be left of it",), "0f")


def with_approvals(scene: Scene, *approvals: str) -> Deployment:
    return Deployment(scene.allowing(approvals=frozenset(approvals)), "sales")


def test_the_refusal_shows_the_list_and_how_to_approve_it(scene: Scene) -> None:
    with pytest.raises(ApprovalRequired) as caught:
        require_approval(scene.deployment, PLAN, None)
    assert (caught.value.items, caught.value.digest) == (PLAN.items, "0f")
    assert str(caught.value).endswith("add: --approve-destructive 0f")
    assert scene.events == ["delete jobs.a (1)"]


def test_a_plan_that_needs_no_approval_is_shown_and_passes(scene: Scene) -> None:
    assert require_approval(scene.deployment, replace(PLAN, reasons=()), None) is None
    assert scene.events == ["delete jobs.a (1)"]


def test_an_approved_list_passes_and_so_does_the_rest_of_one(scene: Scene) -> None:
    assert require_approval(with_approvals(scene, "0f"), PLAN, None) == Approval("0f", PLAN.items)
    earlier = Approval("e4", ("delete jobs.a (1)", "delete jobs.b (2)"))
    attempt = scene.deployment.new_attempt("deploy", approval=earlier)
    assert require_approval(with_approvals(scene, "e4"), PLAN, attempt) == earlier
    with pytest.raises(ApprovalRequired):
        require_approval(with_approvals(scene, "e4"), PLAN, replace(attempt, approval=None))


def test_whoever_said_yes_beforehand_approves_the_list_that_is_shown(scene: Scene) -> None:
    session = replace(scene.session, options=replace(scene.session.options, assume_yes=True))
    assert require_approval(Deployment(session, "sales"), PLAN, None) == Approval("0f", PLAN.items)
