"""What is read of SQL without its syntax tree is what the tree says, where there is one."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scope.lineage.collector import TableCollector
from scope.lineage.parsed_sql import parse_sql
from scope.lineage.plain_sql import read_plain_sql

HOME = ("finance", "stripe")
NAMES = (
    "a",
    "b",
    "`c`",
    "s.a",
    "x.y.z",
    "x.\ny.z",
    "LIVE.a",
    "STREAM(b)",
    "STREAM s.b",
    "${platform.catalog_prefix}x.${var.schema_prefix}y.z",
)
VALUES = ("1", "'from t'", '"join u"', "a.b", "f(a, b)", "a IN (1, 2)", "(a + b) * 2", "CASE WHEN a THEN b END", "count(*)")

names = st.sampled_from(NAMES)
values = st.sampled_from(VALUES)
blanks = st.sampled_from((" ", "\n", " -- from t\n", " /* join u */ "))


# A query says little more with a third join than with two, and takes as much longer to draw and to parse.
columns = st.lists(values, min_size=1, max_size=3).map(", ".join)
kinds = st.sampled_from(("JOIN", "LEFT JOIN", "CROSS JOIN"))


def queries(tables: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joins = st.lists(st.builds("{} {} {}".format, kinds, tables, conditions), max_size=2)
    return st.builds(
        "SELECT {} FROM{}{} {} {}".format,
        columns,
        blanks,
        tables,
        joins.map(" ".join),
        ends,
    )


conditions = st.sampled_from(("", "ON a = b", "USING (a, b)", "ON f(a, b) AND c IN (SELECT d FROM t)"))
ends = st.sampled_from(
    ("", "WHERE a = 1", "WHERE EXISTS (SELECT 1 FROM u)", "GROUP BY a, b HAVING c", "ORDER BY a, b LIMIT 3")
)
inner = st.recursive(
    names, lambda tables: st.builds("({}) {}".format, queries(tables), st.sampled_from(("q", "AS q"))), max_leaves=4
)
unions = st.lists(queries(inner), min_size=1, max_size=3).map(" UNION ALL ".join)
commons = st.lists(
    st.builds("{} AS ({})".format, st.sampled_from(("a", "b", "q")), queries(inner)), min_size=1, max_size=3
).map(", ".join)
heads = st.sampled_from(
    (
        "",
        "CREATE TABLE t.t AS ",
        "CREATE OR REPLACE TEMP VIEW a AS ",
        "CREATE VIEW a (b) COMMENT 'from' AS ",
        "INSERT INTO a ",
    )
)
statements = st.one_of(st.builds("{}{}".format, heads, unions), st.builds("{}WITH {} {}".format, heads, commons, unions))
# What makes most texts malformed, and some mean something else.
WORDS = (
    "SELECT", "FROM", "JOIN", "WITH", "AS", "(", ")", ",", ";", ".", "a", "s.b", "UNION", "WHERE", "DISTINCT", "EXCEPT",
    "STREAM", "INTO", "TABLE", "CREATE", "INSERT", "VIEW", "LATERAL", "EXTRACT", "ON", "USING", "IN", "ORDER", "BY", "'x'",
    "--", "*", "[", "]", "OR", "TRUE", "NULL", "OVER", "TEMP", "IF", "NOT", "EXISTS", "CROSS",
)  # fmt: skip
texts = st.lists(statements, min_size=1, max_size=2).map(";\n".join)


changes = st.lists(
    st.tuples(st.integers(0, 999), st.integers(0, 2), st.lists(st.sampled_from(WORDS), max_size=2)), max_size=3
)


@st.composite
def changed_texts(draw: st.DrawFn) -> str:
    words: list[str] = [*draw(texts).split(" ")]
    for place, dropped, added in draw(changes):
        at = place % (len(words) + 1)
        words[at : at + dropped] = added
    return " ".join(words)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed_texts())
def test_plain_sql_says_what_its_syntax_tree_says(text: str) -> None:
    plain, full = TableCollector(HOME), TableCollector(HOME)
    last = 1 + text.count("\n")
    if read_plain_sql(text, plain, 1, last):
        parse_sql(text, full, 1, last, {}, {})
        # A statement that doesn't parse is searched for full names alone.
        if not full.unresolved:
            assert plain.to_uses() == full.to_uses()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts)
def test_plain_statements_are_plain(text: str) -> None:
    is_doubled = any(text.lower().count(f"{name} as (") > 1 for name in ("a", "b", "q"))
    assert read_plain_sql(text, TableCollector(HOME), 1, 1) or is_doubled
