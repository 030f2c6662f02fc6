"""Without `[tool.scope.naming]`, names are what they always were; whatever it says, they are names or it is refused."""

import re
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from generator.layout import Kind
from generator.names import Identity
from generator.naming import physical_table, platform_values
from scope.naming import DEFAULT, KEYS, find_place, read_naming
from tests.support.characters import CHARACTERS

NAMES = st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fullmatch=True, alphabet=CHARACTERS)
PIECES = st.sampled_from(["{domain}", "{source}", "{layer}", "{asset}", "${var.catalog}", "${bundle.target}", "main", "_"])
TEXTS = st.text(CHARACTERS)
EXPRESSIONS = st.lists(PIECES, min_size=1, max_size=6).map("".join) | st.text(CHARACTERS, max_size=12)


@given(NAMES, NAMES, st.sampled_from(DEFAULT.layers), NAMES, st.sampled_from(Kind))
def test_the_default_is_the_rule_that_a_resource_is_named_after_its_four_parts(
    domain: str, source: str, layer: str, asset: str, kind: Kind
) -> None:
    identity = Identity(kind, domain, source, layer, asset)
    assert identity.name == f"{domain}_{source}_{layer}_{asset}"
    assert identity.key == f"{domain}_{source}_{layer}_{asset}{kind.suffix}"
    assert DEFAULT.schema_of(domain, source, layer) == (
        f"${{var.catalog_prefix}}{domain}",
        f"${{var.schema_prefix}}{source}",
    )


@given(NAMES, NAMES, NAMES, NAMES)
def test_the_default_is_the_rule_that_a_table_lies_in_its_domain_and_source(
    domain: str, source: str, table: str, reader: str
) -> None:
    upstream = "" if reader == domain else "upstream_"
    assert physical_table(DEFAULT, f"{domain}.{source}.{table}", reader) == (
        f"${{var.{upstream}catalog_prefix}}{domain}.${{var.{upstream}schema_prefix}}{source}.{table}"
    )
    assert list(platform_values(DEFAULT, reader).items()) == [
        ("platform.domain", reader),
        ("platform.catalog_prefix", "${var.catalog_prefix}"),
        ("platform.schema_prefix", "${var.schema_prefix}"),
        ("platform.upstream_catalog_prefix", "${var.upstream_catalog_prefix}"),
        ("platform.upstream_schema_prefix", "${var.upstream_schema_prefix}"),
    ]


@given(st.dictionaries(st.sampled_from(["catalog", "schema", "resource", "upstream-catalog"]), EXPRESSIONS))
def test_what_is_accepted_makes_names_without_quotes(table: dict[str, str]) -> None:
    naming, problems = read_naming(table)
    assert {problem.key for problem in problems} <= {*table}
    for text in (
        *naming.schema_of("finance", "stripe", "gold"),
        naming.resource_of("finance", "stripe", "gold", "payments"),
    ):
        assert re.fullmatch(r"[a-z_][a-z0-9_]*", re.sub(r"\$\{[a-z]+\.[a-z_]+\}", "x", text))


@given(st.dictionaries(st.sampled_from([*KEYS, "targets"]), TEXTS | st.integers() | st.lists(TEXTS)), TEXTS)
def test_whatever_a_table_holds_each_problem_has_a_place(table: dict[str, object], text: str) -> None:
    _, problems = read_naming(table)
    lines = text.split("\n")
    for problem in problems:
        line, column = find_place(text, problem)
        assert 1 <= line <= len(lines)
        assert column >= 1
        assert problem.message.endswith((".", "?"))


def test_the_example_of_the_documentation_is_a_naming() -> None:
    table = tomllib.loads('catalog = "${var.catalog}"\nlayers = ["bronze", "silver", "gold"]')
    assert read_naming(table)[1] == ()
