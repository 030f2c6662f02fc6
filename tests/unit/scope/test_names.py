"""Names of domains and targets."""

import pytest

from scope.names import is_domain_name


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("finance", True),
        ("sales_eu", True),
        ("a1", True),
        ("Finance", False),
        ("1a", False),
        ("_a", False),
        ("a-b", False),
        ("all", False),
        ("common", False),
        ("class", False),
        ("é", False),
        ("a" * 101, False),
        ("a\n", False),
        ("", False),
    ],
)
def test_a_domains_name_is_snake_case_and_not_reserved(name: str, *, is_one: bool) -> None:
    assert is_domain_name(name) is is_one
