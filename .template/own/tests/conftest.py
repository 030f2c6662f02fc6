"""The engine that column logic is tested on: DuckDB, through Spark's DataFrame API."""

import pytest

from tests.support.engines import LocalEngine

pytest_plugins = ("tests.support.local_engine",)


@pytest.fixture
def engine(local_engine: LocalEngine) -> LocalEngine:
    """Give the engine; a second one, such as Spark in a workspace, would be another parameter of this fixture."""
    return local_engine
