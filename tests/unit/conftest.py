"""The engines that column logic is tested on: DuckDB everywhere, a workspace's Spark where one is configured."""

import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

_FIXTURES = Path(__file__).parent.parent / "fixtures"
# Packages of the runtime: modules of these hold the engine's functions once they are imported.
_RUNTIME = frozenset(path.parent.name for path in (Path(__file__).parents[2] / "src").glob("*/__init__.py"))


@dataclass(frozen=True, slots=True)
class Engine:
    """One implementation of Spark's DataFrame API."""

    session: Any

    def module(self, name: str) -> ModuleType:
        """Return a module of the runtime, bound to this engine's `pyspark`."""
        return importlib.import_module(name)

    def frame(self, schema: str, rows: Sequence[tuple[object, ...]]) -> Any:  # noqa: ANN401  the engine's own DataFrame
        """Return a DataFrame; `schema` as in `id string, amount bigint`."""
        return self.session.createDataFrame(list(rows), schema)

    def landed(self, path: str) -> Any:  # noqa: ANN401  the engine's own DataFrame
        """Return a fixture, a JSON list of records below tests/fixtures, as it lands: every column text."""
        records = json.loads((_FIXTURES / path).read_text(encoding="utf-8"))
        names = sorted({name for record in records for name in record})
        schema = ", ".join(f"{name} string" for name in names)
        return self.frame(schema, [tuple(record.get(name) for name in names) for record in records])

    def rows(self, frame: Any, *names: str) -> list[tuple[object, ...]]:  # noqa: ANN401  the engine's own DataFrame
        """Return the columns of that name, sorted. Numbers come as decimals, days as days, on every engine."""
        return sorted((tuple(_plain(row[name]) for name in names) for row in frame.collect()), key=repr)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if value is None or isinstance(value, bool | str | date):
        return value
    return Decimal(str(value))


def _forget_runtime() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in _RUNTIME]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def duckdb_connection() -> Iterator[Any]:
    """One database for all tests: the session that sqlframe makes of it is a singleton."""
    import duckdb  # noqa: PLC0415  half a second that other tests don't spend

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture(params=["duckdb"])
def engine(duckdb_connection: Any) -> Iterator[Engine]:  # noqa: ANN401  duckdb is imported only when it is used
    """Each engine in turn. Modules of the runtime are imported anew, as they bind `pyspark` when they are imported."""
    from sqlframe import activate, deactivate  # noqa: PLC0415

    activate("duckdb", conn=duckdb_connection)
    _forget_runtime()
    try:
        yield Engine(importlib.import_module("pyspark.sql").SparkSession.builder.getOrCreate())
    finally:
        _forget_runtime()
        deactivate()
