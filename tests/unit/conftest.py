"""The engines that column logic is tested on: DuckDB everywhere, Spark in its own environment and in a workspace, if any."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.engines import Engine, LocalEngine, forget_runtime, honour_except
from tests.support.spark_connect import ConnectServer, has_open_spark


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


@pytest.fixture
def workspace_engine(spark: Any) -> Iterator[Engine]:  # noqa: ANN401  pyspark is Any here
    """Spark in a workspace; skipped where none is configured."""
    forget_runtime()
    yield Engine(spark)
    forget_runtime()


@pytest.fixture
def open_engine(spark_server: ConnectServer) -> Iterator[Engine]:
    """Open-source Spark, on this machine."""
    forget_runtime()
    with spark_server.session() as session:
        yield Engine(session)
    forget_runtime()


_ENGINES = [
    "local",
    pytest.param("workspace", marks=pytest.mark.spark),
    *([pytest.param("open", marks=pytest.mark.open_spark)] if has_open_spark() else []),
]


@pytest.fixture(params=_ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return request.getfixturevalue(f"{request.param}_engine")
