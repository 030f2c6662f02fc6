"""Counting a plan: each resource once, with its permissions and grants."""

import pytest

from scope.controller.bundle_plans import count_actions
from scope.model import ResourceKey
from scope.workspace_model import ActionKind, PlanAction


@pytest.mark.parametrize(
    ("actions", "counts"),
    [
        ([], {}),
        ([("jobs.a", "skip")], {}),
        ([("jobs.a", "create"), ("jobs.a.permissions", "create")], {ActionKind.CREATE: 1}),
        ([("jobs.a", "skip"), ("jobs.a.permissions", "create")], {ActionKind.UPDATE: 1}),
        ([("jobs.a", "delete"), ("jobs.a.permissions", "delete")], {ActionKind.DELETE: 1}),
        ([("schemas.a", "recreate"), ("schemas.a.grants", "update")], {ActionKind.RECREATE: 1}),
        ([("jobs.a", "update"), ("jobs.b", "resize"), ("jobs.c", "update_id")], {ActionKind.UPDATE: 3}),
        ([("jobs.a", "update"), ("jobs.b", "create")], {ActionKind.UPDATE: 1, ActionKind.CREATE: 1}),
    ],
)
def test_each_resource_counts_once(actions: list[tuple[str, str]], counts: dict[ActionKind, int]) -> None:
    counted = count_actions(PlanAction(ResourceKey.parse(f"resources.{key}"), ActionKind(action)) for key, action in actions)
    assert dict(counted) == counts
