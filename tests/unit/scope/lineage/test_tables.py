import json
import logging
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scope.lineage.table_uses import TableRead, TableUses
from scope.lineage.tables import table_uses

HOME = ("finance", "stripe")
PATH = "src/finance/stripe/base/payments"
IMPORTS = "import dlt\nfrom pyspark import pipelines as dp\nfrom common.tables import table\n"


def python(text: str, home: tuple[str, str] | None = HOME) -> TableUses:
    return table_uses(f"{PATH}.py", (IMPORTS + text).encode(), home=home)


def sql(text: str, home: tuple[str, str] | None = HOME) -> TableUses:
    return table_uses(f"{PATH}.sql", text.encode(), home=home)


def names(uses: TableUses) -> set[str]:
    return {read.table for read in uses.reads}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("@dp.table\ndef a(): ...", "finance.stripe.a"),
        ("@dp.table()\ndef a(): ...", "finance.stripe.a"),
        ("@dp.table(name='b')\ndef a(): ...", "finance.stripe.b"),
        ("@dp.table(name='adyen.b')\ndef a(): ...", "finance.adyen.b"),
        ("@dp.table(name='x.y.b')\ndef a(): ...", "x.y.b"),
        ("@dp.table(name=table('x.y.b'))\ndef a(): ...", "x.y.b"),
        ("NAME = 'b'\n@dp.table(name=NAME)\ndef a(): ...", "finance.stripe.b"),
        ("NAME = 'b'\n@dp.table(name=f'{NAME}_c')\ndef a(): ...", "finance.stripe.b_c"),
        ("@dp.table(name='Final_B')\ndef a(): ...", "finance.stripe.final_b"),
        ("@dp.materialized_view(name='b')\n@dp.expect('x', 'y')\ndef a(): ...", "finance.stripe.b"),
        ("@dlt.table\ndef a(): ...", "finance.stripe.a"),
        ("from dlt import table as dataset\n@dataset\ndef a(): ...", "finance.stripe.a"),
        ("import pyspark.pipelines as q\n@q.table\ndef a(): ...", "finance.stripe.a"),
        ("dp.create_streaming_table('b')", "finance.stripe.b"),
        ("dp.create_streaming_table(name='b', comment='x')", "finance.stripe.b"),
        ("@dp.append_flow(target='b')\ndef a(): ...", "finance.stripe.b"),
        ("dp.create_auto_cdc_flow(target='b', source='c', keys=['k'])", "finance.stripe.b"),
        ("frame.write.mode('append').saveAsTable('x.y.b')", "x.y.b"),
        ("frame.writeStream.toTable(table('x.y.b'))", "x.y.b"),
        ("spark.sql('create table x.y.b as select 1')", "x.y.b"),
        ("spark.sql(f\"insert into {table('x.y.b')} select 1\")", "x.y.b"),
    ],
)
def test_python_that_makes_a_table_writes_it(text: str, written: str) -> None:
    uses = python(text)
    assert uses.writes == {written}
    assert uses.unresolved == ()
    assert written not in names(uses)


@pytest.mark.parametrize(
    ("text", "read", "through_table", "parts"),
    [
        ("spark.read.table('b')", "finance.stripe.b", False, 1),
        ("spark.read.table('adyen.b')", "finance.adyen.b", False, 2),
        ("spark.read.table('x.y.b')", "x.y.b", False, 3),
        ("spark.read.table('`x`.`y`.b')", "x.y.b", False, 3),
        ("spark.read.table('LIVE.b')", "finance.stripe.b", False, 2),
        ("spark.read.table(table('x.y.b'))", "x.y.b", True, 3),
        ("spark.readStream.table('b')", "finance.stripe.b", False, 1),
        ("spark.readStream.option('a', 1).table(tableName='b')", "finance.stripe.b", False, 1),
        ("spark.table('b')", "finance.stripe.b", False, 1),
        ("self.spark.table('b')", "finance.stripe.b", False, 1),
        ("SparkSession.active().read.table('b')", "finance.stripe.b", False, 1),
        ("SparkSession.builder.getOrCreate().table('b')", "finance.stripe.b", False, 1),
        ("import common.tables as t\nspark.read.table(t.table('x.y.b'))", "x.y.b", True, 3),
        ("from common import tables\nf(tables.table('x.y.b'))", "x.y.b", True, 3),
        ("from src.common.tables import table as name\nf(name('x.y.b'))", "x.y.b", True, 3),
        ("B = table('x.y.b')\nspark.read.table(B)", "x.y.b", True, 3),
        ("B = 'x.y.b'\nspark.read.table(table(B))", "x.y.b", True, 3),
        ("dp.read('b')", "finance.stripe.b", False, 1),
        ("dp.read_stream('b')", "finance.stripe.b", False, 1),
        ("dlt.read('LIVE.b')", "finance.stripe.b", False, 2),
        ("spark.sql('select * from x.y.b')", "x.y.b", False, 3),
        ("spark.sql(f\"select * from {table('x.y.b')} where a > {least}\")", "x.y.b", True, 3),
        ("B = table('x.y.b')\nspark.sql(f'select * from {B}')", "x.y.b", True, 3),
        ("spark.sql('select * from ' + table('x.y.b'))", "x.y.b", True, 3),
        ("Q = 'select * from x.y.b'\nspark.sql(Q)", "x.y.b", False, 3),
        ("DeltaTable.forName(spark, 'x.y.b')", "x.y.b", False, 3),
        ("from common.tables import external_table\nspark.readStream.table(external_table('x.y.b'))", "x.y.b", False, 3),
    ],
)
def test_python_that_reads_a_table_says_so(text: str, read: str, through_table: bool, parts: int) -> None:
    uses = python(text)
    assert {(use.table, use.through_table, use.parts) for use in uses.reads} == {(read, through_table, parts)}
    assert uses.unresolved == ()


def test_either_of_two_names_is_read() -> None:
    assert names(python("spark.read.table('a' if x else table('x.y.b'))")) == {"finance.stripe.a", "x.y.b"}


def test_a_flow_reads_its_source() -> None:
    assert names(python("dp.create_auto_cdc_flow(target='b', source='c')")) == {"finance.stripe.c"}


def test_temporary_views_are_no_tables() -> None:
    uses = python(
        "@dp.temporary_view\ndef v(): ...\n@dp.table(temporary=True)\ndef w(): ...\n"
        "@dp.table\ndef a():\n    spark.read.table('v')\n    spark.read.table('w')\n    return spark.read.table('b')\n"
        "x.createOrReplaceTempView('t')\nspark.sql('select * from t join b')"
    )
    assert uses.writes == {"finance.stripe.a"}
    assert names(uses) == {"finance.stripe.b"}


@pytest.mark.parametrize(
    "text",
    [
        "spark.read.table(name)",
        "spark.read.table(f'{catalog}.x.y')",
        "spark.table(names[0])",
        "table(name)",
        "table(f'finance.stripe.{name}')",
        "dp.create_streaming_table(name)",
        "dp.create_streaming_table(**options)",
        "frame.write.saveAsTable(name)",
        "spark.sql(query)",
        "spark.sql(f'select * from {name}')",
        "spark.sql('select * from ${x}.y.z')",
        "spark.sql('select from where')",
        'spark.sql("select \'a")',
        "spark.read.table('a.b.c.d')",
        "spark.read.table('a b')",
    ],
)
def test_a_name_that_only_the_run_knows_is_counted(text: str) -> None:
    uses = python(text)
    assert uses.unresolved == (4,)
    assert uses.writes == frozenset()
    assert uses.reads == ()


def test_a_name_that_is_bound_by_what_is_not_known_is_not_followed() -> None:
    assert python("B = 'b'\nfor B in names: spark.read.table(B)").unresolved == (5,)
    assert python("B = 'b'\ndef f(B): return spark.read.table(B)").unresolved == (5,)
    assert python("B = 'b'\nB = x\nspark.read.table(B)").unresolved == (6,)


@pytest.mark.parametrize("text", ["document.table('x.y.z')", "expression.sql('x.y.z')", "html.table(x)", "self.sql(x)"])
def test_methods_that_share_a_name_with_spark_are_left_alone(text: str) -> None:
    assert python(text) == TableUses()


def test_short_names_of_code_without_a_home_are_not_understood() -> None:
    assert python("spark.read.table('b')", home=None).unresolved == (4,)
    assert names(python("spark.read.table(table('x.y.b'))", home=None)) == {"x.y.b"}


def test_lines_are_those_of_the_name() -> None:
    uses = python("\n\nspark.read.table(\n    'b'\n)\nspark.sql('''\nselect *\nfrom x.y.c\n''')")
    assert uses.reads == (TableRead("finance.stripe.b", 6, False, 1), TableRead("x.y.c", 11, False, 3))


@pytest.mark.parametrize(
    ("text", "writes", "reads"),
    [
        ("CREATE OR REFRESH STREAMING TABLE a AS SELECT * FROM STREAM(x.y.z)", {"finance.stripe.a"}, {"x.y.z"}),
        ("create streaming table a as select * from stream x.y.z", {"finance.stripe.a"}, {"x.y.z"}),
        ("create streaming table a as select * from stream(b)", {"finance.stripe.a"}, {"finance.stripe.b"}),
        ("CREATE OR REFRESH STREAMING TABLE a;", {"finance.stripe.a"}, set()),
        (
            """CREATE OR REFRESH STREAMING TABLE a (x INT, CONSTRAINT v EXPECT (x > 0) ON VIOLATION DROP ROW)
            COMMENT 'as' TBLPROPERTIES ('a' = 'b') AS SELECT * FROM STREAM x.y.z""",
            {"finance.stripe.a"},
            {"x.y.z"},
        ),
        ("CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT * FROM b JOIN c.d USING (k)",
         {"finance.stripe.a"}, {"finance.stripe.b", "finance.c.d"}),
        ("CREATE OR REPLACE VIEW x.y.a AS (SELECT * FROM b, c)", {"x.y.a"}, {"finance.stripe.b", "finance.stripe.c"}),
        ("CREATE TABLE IF NOT EXISTS `x`.`y`.`a` (i INT) USING delta", {"x.y.a"}, set()),
        ("CREATE TABLE a SHALLOW CLONE x.y.z", {"finance.stripe.a"}, {"x.y.z"}),
        ("CREATE TABLE a LIKE x.y.z", {"finance.stripe.a"}, {"x.y.z"}),
        ("CREATE OR REFRESH LIVE TABLE a AS SELECT * FROM LIVE.b", {"finance.stripe.a"}, {"finance.stripe.b"}),
        ("CREATE TEMPORARY VIEW v AS SELECT * FROM b; SELECT * FROM v", set(), {"finance.stripe.b"}),
        ("CREATE OR REFRESH PRIVATE MATERIALIZED VIEW v AS SELECT * FROM b", set(), {"finance.stripe.b"}),
        ("CREATE FLOW f AS INSERT INTO a BY NAME SELECT * FROM STREAM(x.y.z)", {"finance.stripe.a"}, {"x.y.z"}),
        ("CREATE FLOW f AS AUTO CDC INTO a FROM stream(x.y.z) KEYS (i) SEQUENCE BY t", {"finance.stripe.a"}, {"x.y.z"}),
        ("CREATE FLOW f AS AUTO CDC INTO a FROM STREAM x.y.z KEYS (i) SEQUENCE BY t", {"finance.stripe.a"}, {"x.y.z"}),
        ("APPLY CHANGES INTO a FROM STREAM(b) KEYS (i) SEQUENCE BY t", {"finance.stripe.a"}, {"finance.stripe.b"}),
        ("WITH q AS (SELECT * FROM b), r AS (SELECT * FROM q) SELECT * FROM r", set(), {"finance.stripe.b"}),
        ("SELECT * FROM a WHERE x IN (SELECT y FROM b) UNION ALL SELECT * FROM x.y.c", set(),
         {"finance.stripe.a", "finance.stripe.b", "x.y.c"}),
        ("INSERT INTO a SELECT * FROM b", {"finance.stripe.a"}, {"finance.stripe.b"}),
        ("INSERT INTO a (i, j) VALUES (1, 2)", {"finance.stripe.a"}, set()),
        ("MERGE INTO a USING b ON a.i = b.i WHEN MATCHED THEN UPDATE SET *", {"finance.stripe.a"}, {"finance.stripe.b"}),
        ("DELETE FROM a WHERE i IN (SELECT i FROM b)", {"finance.stripe.a"}, {"finance.stripe.b"}),
        ("UPDATE a SET i = 1", {"finance.stripe.a"}, set()),
        ("USE CATALOG c; SELECT * FROM a; USE SCHEMA s; SELECT * FROM b", set(), {"c.default.a", "c.s.b"}),
        ("USE c.s; SELECT * FROM a", set(), {"c.s.a"}),
        ("SELECT * FROM IDENTIFIER('x.y.z')", set(), {"x.y.z"}),
        ("SELECT * FROM table_changes('x.y.z', 2)", set(), {"x.y.z"}),
        ("SELECT * FROM read_files('/x/y', format => 'json')", set(), set()),
        ("SELECT * FROM delta.`/x/y`", set(), set()),
        ("INSERT INTO IDENTIFIER('x.y.z') SELECT * FROM a", {"x.y.z"}, {"finance.stripe.a"}),
        ("CREATE TABLE IDENTIFIER('x.y.z') AS SELECT * FROM a", {"x.y.z"}, {"finance.stripe.a"}),
        ("CREATE TABLE a DEEP CLONE x.y.z VERSION AS OF 3", {"finance.stripe.a"}, {"x.y.z"}),
        ("CREATE TABLE a (i INT, FOREIGN KEY (i) REFERENCES x.y.z(i))", {"finance.stripe.a"}, set()),
        ("CREATE MATERIALIZED VIEW a SCHEDULE EVERY 1 HOUR AS SELECT * FROM x.y.z", {"finance.stripe.a"}, {"x.y.z"}),
        ("CREATE STREAMING TABLE a (i INT, CONSTRAINT v EXPECT (i IS DISTINCT FROM j) ON VIOLATION DROP ROW)",
         {"finance.stripe.a"}, set()),
        ("CREATE FUNCTION f() RETURNS TABLE (i INT) RETURN SELECT * FROM x.y.z", set(), {"x.y.z"}),
        ("CREATE SCHEMA x.y; CREATE VOLUME x.y.z; CREATE CATALOG x", set(), set()),
        ("SET VAR i = (SELECT max(i) FROM x.y.z); DECLARE j INT DEFAULT (SELECT max(i) FROM a)", set(),
         {"x.y.z", "finance.stripe.a"}),
        ("ALTER TABLE a ADD COLUMN i INT; ALTER VIEW v AS SELECT * FROM x.y.z", set(), {"x.y.z"}),
        ("CACHE TABLE c AS SELECT * FROM x.y.z", set(), {"x.y.z"}),
        ("COPY INTO a FROM '/x' FILEFORMAT = CSV", {"finance.stripe.a"}, set()),
        ("SELECT EXTRACT(DAY FROM t) FROM b -- FROM c", set(), {"finance.stripe.b"}),
        ("SELECT 'from x.y.z' AS q", set(), set()),
        ("BEGIN CASE WHEN (SELECT 1 FROM x.y.z) = 1 THEN SELECT 2; ELSE SELECT * FROM b; END CASE; END", set(),
         {"x.y.z", "finance.stripe.b"}),
        ("BEGIN CASE (SELECT 1 FROM x.y.z) WHEN (SELECT 1 FROM b) THEN SELECT 2; END CASE; END", set(),
         {"x.y.z", "finance.stripe.b"}),
        ("l: BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN INSERT INTO a SELECT * FROM x.y.z; END; END l",
         {"finance.stripe.a"}, {"x.y.z"}),
        ("BEGIN REPEAT SET i = 1; UNTIL i > (SELECT max(i) FROM x.y.z) END REPEAT; END", set(), {"x.y.z"}),
        ("BEGIN FOR r AS SELECT * FROM x.y.z DO INSERT INTO a VALUES (r.i); END FOR; END", {"finance.stripe.a"}, {"x.y.z"}),
        ("BEGIN IF i = CASE WHEN 1 = 1 THEN 2 END THEN SELECT * FROM x.y.z; END IF; END", set(), {"x.y.z"}),
        ("WITH b AS (SELECT * FROM b) SELECT * FROM b", set(), {"finance.stripe.b"}),
        ("WITH RECURSIVE b AS (SELECT 1 UNION ALL SELECT * FROM b) SELECT * FROM b JOIN x.y.z", set(), {"x.y.z"}),
        ("ALTER TABLE a SET TBLPROPERTIES ('x' = 'y'); ALTER TABLE a ALTER COLUMN b SET MASK c", set(), set()),
        ("CREATE VIEW x.y.a WITH METRICS LANGUAGE YAML AS $$\nsource: x.y.z\n$$", {"x.y.a"}, {"x.y.z"}),
        ("CREATE FUNCTION x.y.f() RETURNS INT LANGUAGE PYTHON AS $$\n  # it's; from a\n  return 1\n$$; SELECT * FROM x.y.z",
         set(), {"x.y.z"}),
        ("SELECT 1; SELECT f('from x')", set(), set()),
        ("DROP TABLE a; OPTIMIZE a; SET x = 1; GRANT SELECT ON TABLE a TO b", set(), set()),
        ("SELECT * FROM a LATERAL VIEW explode(x) v AS y", set(), {"finance.stripe.a"}),
        ("-- Databricks notebook source\nFROM a\n-- COMMAND ----------\n-- MAGIC %python\n-- MAGIC spark.table('b')",
         set(), {"finance.stripe.a", "finance.stripe.b"}),
    ],
)  # fmt: skip
def test_sql_statements_write_and_read_tables(text: str, writes: set[str], reads: set[str]) -> None:
    uses = sql(text)
    assert uses.writes == writes
    assert names(uses) == reads
    assert uses.unresolved == ()


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("SELECT * FROM ${c}.s.t", set()),
        ("SELECT * FROM IDENTIFIER(:name)", set()),
        ("CREATE TABLE ${c}.s.t AS SELECT 1", set()),
        ("CREATE TABLE IDENTIFIER(:name) AS SELECT 1", set()),
        ("SELECT * FROM", set()),
        ("SELECT a b c d FROM x.y.z WHERE ~", {"x.y.z"}),
        ("WHAT IS FROM", set()),
        ("SELECT 'a FROM b", set()),
        ("SELECT * FROM a /* b", set()),
        ("CREATE FLOW f AS SELECT 1", set()),
        ("SELECT * FROM x.y.z JOIN LATERAL WHERE", {"x.y.z"}),
    ],
)
def test_sql_that_is_not_understood_is_counted(text: str, reads: set[str]) -> None:
    uses = sql(text)
    assert uses.unresolved == (1,)
    assert names(uses) == reads
    assert uses.writes == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE IF NOT EXISTS x.y.a COMMENT 'c' AS SELECT i j k FROM x.y.z WHERE ~",
        "CREATE TABLE x.y.a i FROM x.y.z",
        "INSERT INTO x.y.a SELECT i j k FROM x.y.z WHERE ~",
        "CREATE FLOW f AS AUTO CDC INTO x.y.a FROM STREAM x.y.z WHERE WHERE KEYS (i)",
        "LOAD DATA INTO TABLE x.y.a FIELDS TERMINATED FROM x.y.z",
    ],
)
def test_a_statement_that_does_not_parse_keeps_its_target_and_the_full_names_it_reads(text: str) -> None:
    uses = sql(text)
    assert uses.unresolved == (1,)
    assert uses.writes == {"x.y.a"}
    assert names(uses) == {"x.y.z"}


@pytest.mark.parametrize(
    "word", ["scope_call_7_", "scope_hole_", "scope_prefix_x", "scope_body_7", "scope_body_x", "'scope_body_7'"]
)
def test_words_of_the_reader_s_own_are_nothing_special_in_a_file(word: str) -> None:
    text = "SELECT * FROM WORD; CREATE VIEW a WITH METRICS AS WORD; CREATE VIEW b WITH METRICS AS $$x$$".replace(
        "WORD", word
    )
    assert sql(text).writes >= {"finance.stripe.a"}
    assert python(f'spark.sql("{text}")').writes >= {"finance.stripe.a"}


@pytest.mark.parametrize(
    "text",
    [
        f"spark.table('\ue001{'9' * 5000}:a\ue002')",
        "spark.table('{²}'.format('a'))",
        f"spark.table('{{{'9' * 5000}}}'.format('a'))",
        f"A = ['a']\nspark.table(A['-{'9' * 5000}'])",
        "A = ['a']\nspark.table(A['-²'])",
    ],
)
def test_odd_numbers_are_read_without_an_error(text: str) -> None:
    assert python(text).unresolved != ()
    assert sql(f"SELECT '{text[12:-2]}'").writes == frozenset()


def test_lines_are_right_around_a_body_of_another_language() -> None:
    uses = sql(
        "SELECT 1;\nCREATE VIEW v WITH METRICS LANGUAGE YAML AS $$\nversion: 1\nsource: x.y.b\n$$;\nSELECT * FROM x.y.c"
    )
    assert {(read.table, read.line) for read in uses.reads} == {("x.y.b", 4), ("x.y.c", 6)}


def test_a_temporary_view_whose_query_does_not_parse_is_no_table() -> None:
    uses = sql("CREATE TEMP VIEW v AS SELECT i j k FROM b WHERE ~; SELECT * FROM v")
    assert uses == TableUses(unresolved=(1,))


def test_lines_of_sql_are_those_of_the_tables_name() -> None:
    uses = sql("-- what\n\nSELECT *\nFROM\n  a\nJOIN x.y.b;\n\nSELECT * FROM ${c}.d")
    assert {read.table: read.line for read in uses.reads} == {"finance.stripe.a": 5, "x.y.b": 6}
    assert uses.unresolved == (8,)


def test_notebook_cells_are_read_by_their_language() -> None:
    cells = ["spark.table('a')", "# COMMAND ----------", "# MAGIC %sql", "# MAGIC select *", "# MAGIC from x.y.b"]
    source = IMPORTS + "\n".join(cells)
    uses = table_uses(f"{PATH}.py", source.encode(), home=HOME)
    assert {read.table: read.line for read in uses.reads} == {"finance.stripe.a": 4, "x.y.b": 8}
    cells = ["%sql\nselect * from x.y.b", "%pip install x\nspark.table('a')", "%sh\nspark.table('c')"]
    notebook = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    uses = table_uses(f"{PATH}.ipynb", json.dumps(notebook).encode(), home=HOME)
    assert names(uses) == {"finance.stripe.a", "x.y.b"}
    assert table_uses(f"{PATH}.ipynb", b"{ table", home=HOME).unresolved == (1,)


def test_lines_of_a_jupyter_notebook_are_those_of_its_file() -> None:
    cells = ["%sql\nselect *\nfrom x.y.b", "\nspark.table(name)", "%sql\nselect *\nfrom x.y.b"]
    tree = {"cells": [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]}
    uses = table_uses(f"{PATH}.ipynb", json.dumps(tree, indent=1).encode(), home=HOME)
    text = json.dumps(tree, indent=1).splitlines()
    assert ["x.y.b" in text[read.line - 1] for read in uses.reads] == [True, True]
    assert "spark.table(name)" in text[uses.unresolved[0] - 1]
    assert table_uses(f"{PATH}.ipynb", json.dumps(tree).encode(), home=HOME).unresolved == (1,)


def test_python_that_does_not_parse_is_counted() -> None:
    assert python("spark.read.table(").unresolved == (4,)


def test_a_file_too_large_to_read_is_counted() -> None:
    assert table_uses("x.py", b"#" * 1024 * 1024 + b"\n", home=HOME).unresolved == (1,)


SQL_WORDS = [
    "create",
    "table",
    "view",
    "flow",
    "streaming",
    "materialized",
    "or",
    "refresh",
    "as",
    "select",
    "from",
    "join",
    "stream",
    "(",
    ")",
    ",",
    ";",
    ".",
    "*",
    "a",
    "b.c",
    "x.y.z",
    "`q`",
    "'text'",
    "into",
    "insert",
    "by",
    "name",
    "auto",
    "cdc",
    "apply",
    "changes",
    "with",
    "merge",
    "using",
    "on",
    "identifier",
    "${c}",
    ":p",
    "/*+",
    "--",
    "use",
    "live",
    "where",
    "values",
    "struct(",
    "=",
    "1",
]


@given(st.lists(st.sampled_from(SQL_WORDS), max_size=25))
def test_any_sequence_of_words_is_read_without_an_error(words: list[str]) -> None:
    uses = sql(" ".join(words))
    assert all(name.count(".") == 2 for name in names(uses) | uses.writes)


@pytest.mark.parametrize("path", ["x.md", "x.yml", "x"])
def test_other_files_name_no_tables(path: str) -> None:
    assert table_uses(path, b"spark.table('a')", home=HOME) == TableUses()


@pytest.mark.parametrize(
    "text",
    [
        "select " + "struct(" * 60 + "1" + ")" * 60 + " from t",
        "select * from " + "a join " * 60 + "b",
        "select " + "(" * 3000 + "1" + ")" * 3000 + " from t",
        "select * from t where " + "a = 1 or " * 3000 + "b",
        "select 1;" * 20_000,
        "with " * 10_000,
        "from " * 20_000,
        "create table " * 10_000,
        "select * from t;\n" * 300_000,
        "select * from t;\n" * 7_500,
        "create table t as select 1;\n" * 4_500,
    ],
)
def test_hostile_sql_takes_seconds_at_most(text: str) -> None:
    start = time.process_time()
    sql(text)
    assert time.process_time() - start < 10


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sql("CREATE FLOW f AS INSERT INTO a SELECT * FROM b; WITH a AS (SELECT 1) OPTIMIZE b; ALTER TABLE a ADD x")
    assert caplog.records == []
