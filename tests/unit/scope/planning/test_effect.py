import json

import pytest

from scope.model import Effect
from scope.planning.effect import classify_effect

HEADER = "# Databricks notebook source\n"
SQL_HEADER = "-- Databricks notebook source\n"


def of(path: str, before: str | bytes, after: str | bytes) -> Effect:
    first, second = (text.encode() if isinstance(text, str) else text for text in (before, after))
    assert classify_effect(path, first, second) == classify_effect(path, second, first)
    return classify_effect(path, first, second)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "x = 1  # why\n"),
        ("x = 1\n", "\n\nx = (\n    1\n)\n"),
        ("x = 'a'\n", 'x = "a"\n'),
        ("f(a, b)\n", "f(\n    a,\n    b,\n)\n"),
        ("x = 1\n", "x = 1\r\n"),
        ("# old\nx = 1\n", "# new\nx = 1\n"),
        ("x = 'a' 'b'\n", "x = 'ab'\n"),
        (HEADER + "x = 1\n", HEADER + "# why\nx = 1\n"),
        (HEADER + "x = 1\n# COMMAND ----------\ny = 1\n", HEADER + "x = (\n    1\n)\n\n# COMMAND ----------\n\ny = 1\n"),
        ("x = f(1, 2)  # noqa: A\n", "x = f(\n    1,\n    2,\n)  # noqa: A\n"),
    ],
)
def test_python_that_only_reads_otherwise_is_cosmetic(before: str, after: str) -> None:
    assert of("src/finance/x.py", before, after) is Effect.COSMETIC


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "x = 2\n"),
        ("x = 1\n", "x = 1.0\n"),
        ("x = 1\n", "x = True\n"),
        ("x = 0j\n", "x = 0.0\n"),
        ("x = 'a'\n", "x = u'a'\n"),
        ("x = 'a'\n", "x = b'a'\n"),
        ("x = 'a'\n", "x = 'A'\n"),
        ("x = f'{a}'\n", "x = f'{a }='\n"),
        ("x = f'{a=}'\n", "x = f'{a = }'\n"),
        ('def f():\n    """Old."""\n', 'def f():\n    """New."""\n'),
        ("if a:\n    b\n    c\n", "if a:\n    b\nc\n"),
        ("import a\nimport b\n", "import b\nimport a\n"),
        ("x = 1\n", HEADER + "x = 1\n"),
        (HEADER + "x = 1\n", "# why\n" + HEADER + "x = 1\n"),
        (HEADER + "x = 1\ny = 1\n", HEADER + "x = 1\n# COMMAND ----------\ny = 1\n"),
        (HEADER + "x = 1\n# COMMAND ----------\ny = 1\n", HEADER + "# COMMAND ----------\nx = 1\ny = 1\n"),
        (HEADER + "# MAGIC %run ./a\n", HEADER + "# MAGIC %run ./b\n"),
        (HEADER + "# MAGIC %sql\n# MAGIC select 1\n", HEADER + "# MAGIC %sql\n# why\n# MAGIC select 1\n"),
        (HEADER + "# DBTITLE 1,Old\nx = 1\n", HEADER + "# DBTITLE 1,New\nx = 1\n"),
        ("x = 1\n", "x = 1  # type: ignore\n"),
        ("x = 1  # noqa: A\n", "x = 1  # noqa: B\n"),
        ("x = 1  # noqa\ny = 1\n", "x = 1\ny = 1  # noqa\n"),
        ("x = 1  # why  # noqa\n", "x = 1  # why\n"),
        ("x = 1\n", "#!/usr/bin/env python\nx = 1\n"),
        ("x = 1\n", "# -*- coding: latin-1 -*-\nx = 1\n"),
        ("# /// script\n# dependencies = ['a']\n# ///\nx = 1\n", "# /// script\n# dependencies = ['b']\n# ///\nx = 1\n"),
        ("x = (\n", "x = (  # why\n"),
        ("x = 1\n", b"x = 1  # \xff\n"),
        ("x = 1\n", "x = 1\n\0"),
        ("x = " + "-" * 5000 + "1\n", "x = " + "-" * 5000 + "1  # why\n"),
        ("x = " + "9" * 9000 + "\n", "x = " + "9" * 9000 + "  # why\n"),
        ("x = 1\n", "x = 1\n#" + "x" * 1024 * 1024),
    ],
)
def test_python_that_may_run_otherwise_is_content(before: str, after: str | bytes) -> None:
    assert of("src/finance/x.py", before, after) is Effect.CONTENT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("select a from t", "select a -- why\nfrom t\n"),
        ("select a from t", "select\n  a\nfrom t /* why /* deep */ */"),
        ("select 'a' from t;\n", "-- why\nselect 'a'\n\nfrom t;\n"),
        (SQL_HEADER + "select 1", SQL_HEADER + "-- why\nselect 1"),
        ("select * from ${c}.t", "select *\nfrom ${c}.t -- why"),
        ("select é from t", "select  é  from t -- ü"),
    ],
)
def test_sql_that_only_reads_otherwise_is_cosmetic(before: str, after: str) -> None:
    assert of("src/finance/x.sql", before, after) is Effect.COSMETIC


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("select a from t", "select b from t"),
        ("select a from t", "select A from t"),
        ("select 'a' from t", "select 'A' from t"),
        ("select 'a  b' from t", "select 'a b' from t"),
        ("select '-- a' from t", "select '-- b' from t"),
        (r"select '\\d'", r"select '\d'"),
        (r"select r'\d'", r"select '\d'"),
        ("select a b", "select ab"),
        ("select `a` from t", "select a from t"),
        ("select /*+ BROADCAST(a) */ * from a", "select /*+ BROADCAST(b) */ * from a"),
        ("select /*+ BROADCAST(a) */ * from a", "select * from a"),
        ("select 1", SQL_HEADER + "select 1"),
        (SQL_HEADER + "select 1", "-- why\n" + SQL_HEADER + "select 1"),
        (SQL_HEADER + "select 1;\nselect 2", SQL_HEADER + "select 1;\n-- COMMAND ----------\nselect 2"),
        (SQL_HEADER + "-- MAGIC %run ./a", SQL_HEADER + "-- MAGIC %run ./b"),
        (SQL_HEADER + "-- MAGIC %md\n-- MAGIC a", SQL_HEADER + "-- MAGIC %md\n-- why\n-- MAGIC a"),
        ("select * from ${c}.t", "select * from ${ c }.t"),
        ("create function f() as $$\n  x\n$$", "create function f() as $$\n    x\n$$"),
        ("select 'a", "select 'a -- why"),
        ("select 1 /* a", "select 1 /* b"),
        ("select 1", b"select 1 -- \xff"),
        ("select 1 -- noqa: A", "select 1 -- noqa: B"),
    ],
)
def test_sql_that_may_run_otherwise_is_content(before: str, after: str | bytes) -> None:
    assert of("src/finance/x.sql", before, after) is Effect.CONTENT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\n", "a: 1  # why\n"),
        ("a: {b: 1, c: [2]}\n", "a:\n  b: 1\n  c:\n    - 2\n"),
        ("a: 'x'\n", 'a: "x"\n'),
        ("a: &x [1]\nb: *x\n", "a: &other [1]\nb: *other\n"),
        ("a: 1\n---\nb: 1\n", "---\na: 1\n---\n# why\nb: 1\n"),
        ("# old\n", "# new\n"),
    ],
)
@pytest.mark.parametrize("suffix", ["yml", "yaml"])
def test_yaml_that_only_reads_otherwise_is_cosmetic(before: str, after: str, suffix: str) -> None:
    assert of(f"resources/finance/x.{suffix}", before, after) is Effect.COSMETIC


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\n", "a: 2\n"),
        ("a: 1\n", "a: '1'\n"),
        ("a: 1e3\n", "a: '1e3'\n"),
        ("a: yes\n", "a: 'yes'\n"),
        ("a: 1\n", "a: 1.0\n"),
        ("a: 1\n", "a: 01\n"),
        ("a: 1\nb: 2\n", "b: 2\na: 1\n"),
        ("a: 1\n", "a: 1\na: 1\n"),
        ("a: &x [1]\nb: *x\n", "a: [1]\nb: [1]\n"),
        ("a: &x [1, *x]\n", "&x a: &x [1, *x]\n"),
        ("a: &x [1]\nb: &y [1]\nc: *x\n", "a: &x [1]\nb: &y [1]\nc: *y\n"),
        ("a: !x 1\n", "a: !y 1\n"),
        ("a: |\n  x\n", "a: >\n  x\n  y\n"),
        ("a: 1\n", "a: 1\n---\n"),
        ("a: [\n", "a: [ # why\n"),
        ("a: 1\n", b"a: 1 # \xff\n"),
        ("%YAML 1.1\n---\na: 1\n", "%YAML 1.2\n---\na: 1\n"),
        ("a: 1 # yamllint disable\n", "a: 1\n"),
        ("[" * 1000, "[" * 1001),
        ("a: 1\n", "a: 1\n" + "# why\n" * 20_000),
    ],
)
def test_yaml_that_may_mean_something_else_is_content(before: str, after: str | bytes) -> None:
    assert of("resources/finance/x.yml", before, after) is Effect.CONTENT


def test_yaml_aliases_that_explode_are_compared_without_exploding() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    assert of("resources/finance/x.yml", bomb, bomb + "# why\n") is Effect.COSMETIC


def test_yaml_that_contains_itself_is_compared() -> None:
    assert of("x.yml", "a: &x [*x]\n", "a: &x [*x] # why\n") is Effect.COSMETIC


def notebook(source: str, *, outputs: tuple[str, ...] = (), count: int | None = None, **more: object) -> str:
    cell = {"cell_type": "code", "source": [source], "outputs": list(outputs), "execution_count": count}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, **more}, indent=len(outputs) or None)


def test_a_notebooks_outputs_are_cosmetic_and_all_else_is_content() -> None:
    path = "src/finance/x.ipynb"
    assert of(path, notebook("a"), notebook("a", outputs=("x",), count=3)) is Effect.COSMETIC
    assert of(path, notebook("a"), notebook("b")) is Effect.CONTENT
    assert of(path, notebook("a"), notebook("a", metadata={"x": 1})) is Effect.CONTENT
    assert of(path, notebook("a", x=1.0), notebook("a", x="1.0")) is Effect.CONTENT
    assert of(path, notebook("a"), notebook("a")[:-1]) is Effect.CONTENT
    assert of(path, "[1]", "[1] ") is Effect.CONTENT
    assert of(path, '{"cells": [1]}', '{"cells": [1] }') is Effect.CONTENT
    assert of(path, '{"cells": [], "a": 1, "a": 2}', '{"cells": [], "a": 1, "a":  2}') is Effect.CONTENT


@pytest.mark.parametrize("path", ["x.json", "x.csv", "x.md", "x", "x.PY", "x.txt", "x.toml"])
def test_kinds_that_are_not_known_are_content(path: str) -> None:
    assert of(path, "a", "a ") is Effect.CONTENT
    assert of(path, "a", "a") is Effect.COSMETIC
