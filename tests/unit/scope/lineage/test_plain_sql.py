"""Plain SQL is read as sqlglot reads it; whatever isn't plain is left to sqlglot."""

import pytest

from scope.lineage.collector import TableCollector
from scope.lineage.parsed_sql import parse_sql
from scope.lineage.plain_sql import read_plain_sql
from scope.lineage.table_uses import TableUses

HOME = ("finance", "stripe")


def read_plainly(text: str) -> TableUses | None:
    tables = TableCollector(HOME)
    return tables.to_uses() if read_plain_sql(text, tables, 1, 1 + text.count("\n")) else None


def read_fully(text: str) -> TableUses:
    tables = TableCollector(HOME)
    parse_sql(text, tables, 1, 1 + text.count("\n"), {}, {})
    return tables.to_uses()


PLAIN = (
    "",
    "-- nothing\n",
    "SELECT 1",
    "SELECT * FROM hr.people.salaries",
    "select a.b, `select` from `hr` . people\n.\nsalaries as s -- from x\n where /* from y */ s.from_date > 'from z'",
    "SELECT a FROM one JOIN two USING (id, day) LEFT SEMI JOIN s.three ON one.a = three.a AND f(one.b, 2) > 3",
    "SELECT a FROM (SELECT b FROM one WHERE c IN (SELECT d FROM two)) AS x LEFT JOIN (SELECT 1) y ON true",
    "SELECT a FROM one UNION ALL SELECT b FROM two EXCEPT SELECT DISTINCT c FROM three",
    "SELECT a FROM STREAM(one) JOIN STREAM two ON x = y",
    "SELECT a FROM LIVE.one",
    "SELECT a FROM ${platform.upstream_catalog_prefix}hr.${var.schema_prefix}people.one",
    "CREATE TABLE ${platform.catalog_prefix}one.two.three AS SELECT * FROM `${platform.upstream_catalog_prefix}hr`.two",
    "SELECT a FROM {{job.parameters.platform.domain}}.a.b",
    "CREATE TEMP VIEW ${platform.schema_prefix}one AS SELECT 1; SELECT * FROM one",
    "SELECT t.from_x, t.order FROM one t ORDER BY t.limit",
    "SELECT * EXCEPT (a, b), count(*) FILTER (WHERE c) OVER (PARTITION BY d, e) FROM one GROUP BY a, b HAVING c",
    "WITH one AS (SELECT * FROM two), two AS (SELECT * FROM one JOIN three) SELECT * FROM two JOIN ONE JOIN s.one",
    "CREATE TABLE one AS SELECT * FROM two",
    "CREATE TABLE IF NOT EXISTS one (a INT, b STRING COMMENT 'from x') USING delta",
    "CREATE OR REFRESH STREAMING TABLE a.one (CONSTRAINT c EXPECT (x > 1) ON VIOLATION DROP)\nAS SELECT * FROM STREAM(two)",
    "CREATE OR REPLACE MATERIALIZED VIEW one COMMENT 'c' CLUSTER BY (a) AS WITH q AS (SELECT 1 FROM two) SELECT * FROM q",
    "CREATE TEMPORARY VIEW one AS SELECT * FROM two; SELECT * FROM one; SELECT * FROM s.one",
    "INSERT INTO one SELECT * FROM two",
    "INSERT OVERWRITE TABLE a.one (x, `y`) SELECT 1; INSERT INTO three BY NAME WITH q AS (SELECT 1) SELECT * FROM q",
)  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_plain_sql_says_what_its_syntax_tree_says(text: str) -> None:
    assert read_plainly(text) == read_fully(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM one, two",
        "SELECT a FROM one JOIN two ON x = y, three",
        "SELECT a FROM (one JOIN two)",
        "SELECT a FROM one -- JOIN two\n, three",
        "SELECT extract(year FROM a) FROM one",
        "SELECT trim(BOTH 'x' FROM a) FROM one",
        "SELECT some_function(a FROM b) FROM one",
        "SELECT a IS DISTINCT FROM b FROM one",
        "SELECT a FROM one WHERE b IS DISTINCT FROM c",
        "SELECT a FROM read_files('/x')",
        "SELECT a FROM STREAM read_files('/x')",
        "SELECT a FROM table_changes('one', 1)",
        "SELECT f(TABLE(one)) FROM two",
        "SELECT a FROM IDENTIFIER(:name)",
        "SELECT a FROM IDENTIFIER('one')",
        "SELECT a FROM :name",
        "SELECT a FROM {name}",
        "SELECT a FROM ${catalog}.one",
        "SELECT a FROM scope_call_1_",
        "SELECT a FROM parquet.`/x`",
        "SELECT a FROM 'one'",
        "SELECT a FROM my-project.one",
        "SELECT a FROM one WHERE b = 'it\\'s' FROM two",
        "SELECT a FROM one LATERAL VIEW explode(b) t AS c",
        "SELECT a FROM one SELECT b FROM two",
        "SELECT 1.FROM one",
        "SELECT a FROM one /* /* */ FROM two */",
        "SELECT a FROM one /* unclosed",
        "SELECT a FROM one 'unclosed",
        "SELECT (a FROM one",
        "SELECT a) FROM one",
        "SELECT a FROM",
        "FROM one SELECT a",
        "TABLE one",
        "VALUES (1)",
        "USE hr; SELECT a FROM one",
        "WITH RECURSIVE q AS (SELECT 1) SELECT * FROM q",
        "WITH q(a) AS (SELECT 1) SELECT * FROM q",
        "SELECT * FROM (WITH q AS (SELECT 1) SELECT * FROM q)",
        "INSERT INTO one VALUES (1)",
        "INSERT INTO one (SELECT a FROM two)",
        "INSERT INTO one TABLE two",
        "INSERT INTO one REPLACE WHERE a SELECT b FROM two",
        "CREATE TABLE one LIKE two",
        "CREATE TABLE one SHALLOW CLONE two",
        "CREATE TABLE one AS (SELECT * FROM two)",
        "CREATE TABLE one AS TABLE two",
        "CREATE FUNCTION f() RETURN SELECT 1 FROM one",
        "CREATE FLOW f AS INSERT INTO one BY NAME SELECT * FROM STREAM(two)",
        "MERGE INTO one USING two ON a = b WHEN MATCHED THEN DELETE",
        "DELETE FROM one",
        "UPDATE one SET a = (SELECT b FROM two)",
        "BEGIN SELECT a FROM one; END",
        "EXECUTE IMMEDIATE 'SELECT a FROM one'",
        "SELECT a FROM one |> SELECT b",
        "SELECT a\r\nFROM one",
        "SELECT a FROM öne",
    ],
)
def test_what_is_not_plain_is_left_to_the_syntax_tree_whole(text: str) -> None:
    assert read_plainly(text) is None
    assert read_plainly("SELECT 1;" + text) is None
    tables = TableCollector(HOME)
    read_plain_sql(text, tables, 1, 1)
    assert tables.to_uses() == TableUses()


def test_a_hint_names_no_table() -> None:
    text = "SELECT /*+ BROADCAST(t), MERGE(t, one) */ a FROM two t JOIN one"
    assert read_plainly(text) == read_fully(text)
    assert [read.table for read in read_fully(text).reads] == ["finance.stripe.one", "finance.stripe.two"]
