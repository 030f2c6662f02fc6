"""Whether a run prints the logs of what failed."""

import pytest

from scope.commands.reporting import may_print_logs


@pytest.mark.parametrize(
    ("environment", "may"),
    [
        ({}, True),
        ({"GITHUB_ACTIONS": "true"}, False),
        ({"GITHUB_ACTIONS": "true", "SCOPE_PRINT_LOGS": "false"}, False),
        ({"GITHUB_ACTIONS": "true", "SCOPE_PRINT_LOGS": ""}, False),
        ({"GITHUB_ACTIONS": "true", "SCOPE_PRINT_LOGS": "true"}, True),
    ],
)
def test_a_workflow_prints_logs_only_where_that_is_said(environment: dict[str, str], may: bool) -> None:
    assert may_print_logs(environment) is may
