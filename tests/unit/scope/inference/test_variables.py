"""The values that a bundle's variables have in a target, as its files say them."""

import pytest

from scope.inference.variables import declared_variables, variable_values

BUNDLE = b"""
variables:
  catalog: {default: dev}
  short: dev
  copied: {default: "${var.catalog}_x"}
  deep: {default: "${var.copied}${bundle.target}"}
  user: {default: "${workspace.current_user.short_name}_"}
  circle: {default: "${var.circle}"}
  complex: {type: complex, default: {a: b}}
  number: {default: 7}
  empty: {default: ""}
  none: {description: x}
targets:
  qa:
    variables: {catalog: quality}
"""


@pytest.mark.parametrize(
    ("target", "settings", "name", "value"),
    [
        ("dev", b"", "catalog", "dev"),
        ("qa", b"", "catalog", "quality"),
        ("prod", b"targets: {prod: {variables: {catalog: main}}}", "catalog", "main"),
        ("prod", b"targets: {prod: {variables: {catalog: {default: main}}}}", "catalog", "main"),
        ("prod", b"targets: {prod: {variables: {catalog: main}}}", "deep", "main_xprod"),
        ("prod", b"variables: {own: {default: a}}", "own", "a"),
        ("dev", b"", "user", None),
        ("dev", b"", "circle", None),
        ("dev", b"", "complex", None),
        ("dev", b"", "number", "7"),
        ("dev", b"", "empty", ""),
        ("dev", b"", "none", ""),
        ("dev", b"", "absent", ""),
        ("dev", b"targets: [", "catalog", None),
    ],
)
def test_a_value_is_the_target_s_or_the_default(target: str, settings: bytes, name: str, value: str | None) -> None:
    assert variable_values(BUNDLE, target, settings, [name]) == {name: value}


def test_what_the_files_of_a_bundle_declare_is_known() -> None:
    declared = declared_variables((BUNDLE, b"variables: {own: {}}", b"targets: [", b"variables: [a]"))
    assert {"catalog", "own", "none"} <= declared
    assert "a" not in declared
