"""The engines that column logic is tested on: DuckDB everywhere, a workspace's Spark where one is configured."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.engines import Engine, LocalEngine, forget_runtime


@pytest.fixture(scope="session")
def duckdb_connection() -> Iterator[Any]:
    """One database for all tests: the session that sqlframe makes of it is a singleton."""
    import duckdb  # half a second that other tests don't spend

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def local_engine(duckdb_connection: Any) -> Iterator[LocalEngine]:  # noqa: ANN401  duckdb is imported only when it is used
    """DuckDB in the place of `pyspark`, for one test."""
    from sqlframe import activate, deactivate

    activate("duckdb", conn=duckdb_connection)
    forget_runtime()
    try:
        yield LocalEngine(importlib.import_module("pyspark.sql").SparkSession.builder.getOrCreate(), duckdb_connection)
    finally:
        forget_runtime()
        deactivate()


@pytest.fixture
def workspace_engine(spark: Any) -> Iterator[Engine]:  # noqa: ANN401  pyspark is Any here
    """Spark in a workspace; skipped where none is configured."""
    forget_runtime()
    yield Engine(spark)
    forget_runtime()


@pytest.fixture(params=["local", pytest.param("workspace", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return request.getfixturevalue(f"{request.param}_engine")
