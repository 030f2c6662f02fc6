"""`[tool.scope.naming]`: which expressions there are, what they come to, and what is said of those that are none."""

import tomllib
from typing import Any

import pytest

from scope.naming import DEFAULT, Naming, find_place, read_naming, resolve_references

MEDALLION = """
catalog = "${var.catalog}"
schema = "${var.schema_prefix}{source}"
layers = ["bronze", "silver", "gold"]
"""


def read(text: str) -> tuple[Naming, list[str]]:
    """Return what a table says, and its problems as `line:column: key: message`."""
    written = f"[tool.scope]\ntargets = []\n\n[tool.scope.naming]\n{text}"
    table: Any = tomllib.loads(written)["tool"]["scope"]["naming"]
    naming, problems = read_naming(table)
    places = [":".join(map(str, find_place(written, problem))) for problem in problems]
    return naming, [f"{at}: {one.key} {one.message}" for at, one in zip(places, problems, strict=True)]


def test_nothing_said_is_the_default() -> None:
    assert read("") == (DEFAULT, [])
    assert DEFAULT.has_plain_tables
    assert not DEFAULT.has_layer
    assert DEFAULT.variables == ("catalog_prefix", "schema_prefix", "upstream_catalog_prefix", "upstream_schema_prefix")


def test_who_says_where_tables_lie_says_it_for_readers_too() -> None:
    naming, problems = read(MEDALLION)
    assert problems == []
    assert naming.expressions == ("${var.catalog}", "${var.schema_prefix}{source}") * 2
    assert naming.variables == ("catalog", "schema_prefix")
    naming, _ = read(MEDALLION + 'upstream-catalog = "main"\n')
    assert naming.expressions[2:] == ("main", "${var.schema_prefix}{source}")


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("", "${var.catalog_prefix}finance.${var.schema_prefix}stripe"),
        (MEDALLION, "${var.catalog}.${var.schema_prefix}stripe"),
        ('catalog = "main"', "main.${var.schema_prefix}stripe"),
        ('catalog = "${bundle.target}"\nschema = "{domain}_{layer}"', "${bundle.target}.finance_silver"),
        ('schema = "x{layer}{layer}_{source}"', "${var.catalog_prefix}finance.xsilversilver_stripe"),
    ],
)
def test_expressions_are_filled(text: str, schema: str) -> None:
    naming, problems = read(text)
    assert problems == []
    assert ".".join(naming.schema_of("finance", "stripe", "silver")) == schema


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'catalog = "{domian}"',
            "5:12: catalog has a placeholder `{domian}`; there are `{domain}`, `{source}`, `{layer}`. Did",
        ),
        ('schema = "{asset}"', "5:11: schema has a placeholder `{asset}`;"),
        ('schema = "a_{source"', "5:13: schema has `{` without its counterpart: write `{` and `}` around a placeholder, or"),
        ('schema = "a}"', "5:12: schema has `}` without its counterpart"),
        ('schema = "$a"', "5:11: schema has `$` without its counterpart"),
        ('schema = "${var.x"', "5:11: schema has `$` without its counterpart"),
        (
            'catalog = "${var.a-b}"',
            "5:12: catalog refers to `${var.a-b}`: an expression takes `${var.<name>}` and `${bundle.",
        ),
        ('catalog = "${workspace.host}"', "5:12: catalog refers to `${workspace.host}`: an expression takes"),
        ('catalog = "${var.domain}"', "5:12: catalog refers to `${var.domain}`, which is set for one deployment alone"),
        (
            'catalog = "${var.target}"',
            "5:12: catalog refers to `${var.target}`, but `platform.target` is a key of the platf",
        ),
        ('catalog = "Main"', "5:12: catalog has `M`: names are of lower-case letters, digits and `_`"),
        ('catalog = "a b"', "5:13: catalog has ` `: names are of"),
        ('catalog = "1st"', "5:1: catalog begins with a digit"),
        ("catalog = 1", "5:1: catalog is a text of at most 200 characters, not `1`."),
        ('catalog = ""', "5:1: catalog is a text of at most"),
        ('resource = "{domain}-{asset}"', "5:21: resource has `-`: names are of"),
        ('resource = "${bundle.target}_{asset}"', "5:13: resource refers to `${bundle.target}`: a resource has one key in"),
        ('resource = "_{asset}"', "5:1: resource begins with `_`, and a key begins with a letter."),
        ('layers = ["import"]', "5:11: layers has `import`, which is a Python keyword: no module can have this name."),
        ('layers = "bronze"', "5:1: layers is a list of 1 to 20 words, not `bronze`."),
        ("layers = []", "5:1: layers is a list of 1 to 20 words"),
        (
            'layers = ["bronze",\n  "Silver"]',
            "6:3: layers has `Silver`: a layer is one word of lower-case letters and digits",
        ),
        ('layers = ["a_b"]', "5:11: layers has `a_b`: a layer is one word"),
        ("layers = [1]", "5:1: layers has `1`: a layer is one word"),
        ('layers = ["tasks"]', "5:11: layers has `tasks`, which is the name of another folder of a source."),
        ('layers = ["raw", "raw"]', "5:11: layers names `raw` twice."),
        (
            'layer = ["raw"]',
            "5:1: layer isn't a key of [tool.scope.naming]; there are catalog, schema, upstream-catalog, upst",
        ),
        ("targets.prod.catalog = 'main'", "4:1: targets isn't a key here: what differs between targets is a variable"),
    ],
)
def test_what_is_no_naming_is_told_at_its_place(text: str, problem: str) -> None:
    naming, problems = read(text)
    assert naming == DEFAULT
    assert len(problems) == 1
    assert problems[0].startswith(problem)
    assert problems[0].endswith((".", "?"))


def test_every_problem_is_told_at_once() -> None:
    _, problems = read('catalog = "{x}{y}"\nschema = "{"\nlayers = [1, 2]\nfoo = 1\n')
    assert len(problems) == 6


def test_what_is_no_table_is_refused() -> None:
    assert read_naming("bronze")[1][0].message == "is a table: write [tool.scope.naming]."


@pytest.mark.parametrize(
    ("text", "collides"),
    [
        ("", False),
        (MEDALLION, True),
        ('catalog = "{domain}"', False),
        ('schema = "{domain}_{source}"\ncatalog = "main"', True),  # a_b + c and a + b_c
        ('schema = "{layer}"\ncatalog = "main"', True),
        ('schema = "{domain}_{layer}"\ncatalog = "main"', False),
    ],
)
def test_two_domains_may_not_share_a_schema(text: str, *, collides: bool) -> None:
    naming, problems = read(text)
    assert problems == []
    sources = [("a", "b_c"), ("a_b", "c"), ("finance", "stripe"), ("marketing", "stripe"), ("finance", "adyen")]
    found = list(naming.find_collisions(sources))
    assert bool(found) == collides
    assert all(one[0] != other[0] for one, other, _ in found)


def test_a_domain_s_own_sources_may_share_a_schema() -> None:
    naming, _ = read('catalog = "main"\nschema = "{layer}"')
    assert list(naming.find_collisions([("finance", "stripe"), ("finance", "adyen")])) == []


def test_references_are_resolved_as_far_as_they_are_known() -> None:
    values = {"var.catalog": "main", "bundle.target": "prod", "var.hidden": None, "var.empty": ""}
    assert resolve_references("${var.catalog}_${bundle.target}", values) == "main_prod"
    assert resolve_references("${var.empty}x", values) == "x"
    assert resolve_references("${var.hidden}x", values) is None
    assert resolve_references("${var.other}x", values) is None
