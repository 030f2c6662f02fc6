"""The player's expressions mean what they mean on GitHub, and what isn't known is an error."""

import pytest

from tests.support.workflow_expressions import Scope, UnknownExpressionError

SEEN = Scope(
    {"github": {"ref": "refs/heads/main", "event": {"n": 3}}, "needs": {"plan": {"result": "success"}}, "inputs": {}}
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.ref == 'refs/heads/main'", True),
        ("github.ref == 'REFS/HEADS/MAIN'", True),
        ("github.event.n", 3),
        ("github.event.pull_request.base.sha || github.event.before || 'none'", "none"),
        ("inputs.target != 'prod' && 'staging'", "staging"),
        ("inputs.prune || false", False),
        ("inputs.target == ''", True),
        ("!(github.event.n == 3) || needs.plan.result == 'success'", True),
        ("'it''s'", "it's"),
        ("fromJSON('{\"include\": [1]}')", {"include": [1]}),
    ],
)
def test_values_are_github_s(text: str, value: object) -> None:
    assert SEEN.evaluate(text) == value


def test_a_template_that_is_all_of_a_value_keeps_its_type_and_others_are_text() -> None:
    assert SEEN.fill("${{ github.event.n }}") == 3
    assert SEEN.fill("${{ needs.plan.result }} ${{ inputs.none }} ${{ github.event.n }}") == "success  3"


@pytest.mark.parametrize(
    "text", ["secrets.TOKEN", "contains(github.ref, 'x')", "github['ref']", "1 < 2", "github.ref x", ""]
)
def test_what_is_not_known_is_an_error(text: str) -> None:
    with pytest.raises(UnknownExpressionError):
        SEEN.evaluate(text)


def test_a_condition_without_a_status_function_asks_for_success() -> None:
    failed = Scope({"inputs": {}}, {"success": lambda: False, "always": lambda: True, "cancelled": lambda: False})
    assert not failed.is_true("inputs.x == ''")
    assert failed.is_true("always()")
    assert failed.is_true("${{ !cancelled() && inputs.x == '' }}")
    assert not failed.is_true(None)


def test_a_word_in_quotes_is_no_status_function() -> None:
    failed = Scope({"inputs": {"x": "always"}}, {"success": lambda: False})
    assert not failed.is_true("inputs.x == 'always'")
