"""Scala and R, whose calls are read without a parser."""

import pytest

from scope.lineage.table_uses import TableUses
from scope.lineage.tables import table_uses

HOME = ("finance", "stripe")


def read(text: str, suffix: str = ".scala") -> TableUses:
    return table_uses(f"src/finance/stripe/base/payments{suffix}", text.encode(), home=HOME)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".scala", 'spark.table("x.y.z")'),
        (".scala", 'spark.read.option("a", "b").table("x.y.z")'),
        (".scala", 'val a = spark\n  .readStream\n  .table( "x.y.z" )'),
        (".scala", 'spark.sql("""\n  select * from x.y.z\n""")'),
        (".scala", 'sql("select * from x.y.z")'),
        (".scala", '/* " */ spark.table("x.y.z") // "'),
        (".scala", 'spark.sql("use x.y")\nspark.sql("select * from z")'),
        (".r", 'x <- tableToDF("x.y.z")'),
        (".r", "x <- sql('select * from x.y.z')"),
        (".R", 'spark_read_table(sc, "x.y.z")'),
        (".R", 'read.table <- 1 # spark.table("a")\nspark_read_table(sc, "x.y.z")'),
    ],
)
def test_a_table_that_is_read_by_a_literal_is_found(suffix: str, text: str) -> None:
    uses = read(text, suffix)
    assert {one.table for one in uses.reads} == {"x.y.z"}
    assert uses.unresolved == ()


@pytest.mark.parametrize("text", ["spark.table(name)", 's.read.table("a" + b)', 'spark.sql(s"select * from $t")', "sql(q)"])
def test_any_other_is_counted(text: str) -> None:
    uses = read(f"val a = 1\n{text}")
    assert uses.unresolved == (2,)
    assert uses.reads == ()


def test_writers_and_views_are_told_apart() -> None:
    uses = read('df.write.saveAsTable("x.y.a")\ndf.createOrReplaceTempView("v")\nspark.table("v")\n')
    assert uses.writes == {"x.y.a"}
    assert uses.reads == ()


def test_cells_of_a_notebook_share_the_schema() -> None:
    text = '// Databricks notebook source\n// MAGIC %sql\n// MAGIC use x.y\n// COMMAND ----------\nspark.table("z")\n'
    assert {(one.table, one.line) for one in read(text).reads} == {("x.y.z", 5)}
