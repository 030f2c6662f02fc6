"""YAML that is nested without measure is refused, and ends neither the process nor what else is read."""

import pytest

from scope.inference.file_references import file_references
from scope.inference.resource_keys import defined_resources
from scope.inference.yaml_nodes import DEEPEST, DeepYamlError, compose

LEVELS = 75_000


@pytest.mark.parametrize(
    "content",
    [
        "[" * LEVELS + "]" * LEVELS,
        "[" * LEVELS,
        "{a: " * LEVELS,
        "- " * LEVELS + "x",
        "? " * LEVELS + "x",
        "\n".join(" " * depth + "a:" for depth in range(750)),
    ],
    ids=["lists", "open lists", "mappings", "block lists", "keys", "block mappings"],
)
def test_what_is_nested_too_deep_is_not_read(content: str) -> None:
    with pytest.raises(DeepYamlError, match=f"more than {DEEPEST} levels deep"):
        compose(content.encode())
    path = "resources/finance/stripe/x.yml"
    assert defined_resources({path: content.encode()}) == ()
    assert file_references(path, content.encode()) == ()


def test_a_long_and_a_wide_file_are_read() -> None:
    wide = "a: [" + ", ".join(["[1]"] * 1000) + "]"
    long = "\n".join(f"k{number}: {{a: [1]}}" for number in range(15_000))
    assert compose(wide.encode()) is not None
    assert compose(long.encode()) is not None
    assert compose(b"") is None


@pytest.mark.parametrize(
    "expression", ["x = " + "a." * 50_000 + "a", "x = " + "'a' + " * 50_000 + "'a'", "x = " + "-" * 500_000 + "1"]
)
def test_python_that_the_parser_cannot_hold_is_not_read(expression: str) -> None:
    path = "resources/finance/stripe/x.py"
    assert defined_resources({path: expression.encode()}) == ()
    assert file_references(path, expression.encode()) == ()
