"""The engines that column logic is tested on: DuckDB everywhere, Spark in its own environment and in a workspace, if any."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.engines import Engine, forget_runtime
from tests.support.spark_connect import ConnectServer, has_open_spark


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
