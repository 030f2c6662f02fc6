"""Fixtures of DuckDB in the place of Spark: column logic runs on it everywhere, without Java and without a workspace."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.engines import LocalEngine, forget_runtime, honour_except


@pytest.fixture(scope="session")
def duckdb_connection() -> Iterator[Any]:
    """One database for all tests: the session that sqlframe makes of it is a singleton."""
    import duckdb  # half a second that other tests don't spend

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def local_engine(
    duckdb_connection: Any,  # noqa: ANN401  duckdb is imported only when it is used
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LocalEngine]:
    """DuckDB in the place of `pyspark`, for one test."""
    from sqlframe import activate, deactivate
    from sqlframe.base.dataframe import BaseDataFrame

    activate("duckdb", conn=duckdb_connection)
    monkeypatch.setattr(BaseDataFrame, "_expand_star", honour_except(BaseDataFrame._expand_star))
    forget_runtime()
    try:
        yield LocalEngine(importlib.import_module("pyspark.sql").SparkSession.builder.getOrCreate(), duckdb_connection)
    finally:
        forget_runtime()
        deactivate()
