"""Engines that run column logic: implementations of Spark's DataFrame API, with what tests need around them."""

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.support.fixture_files import read_rows

SRC = Path(__file__).parents[2] / "src"


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
        """Return a file of tests/fixtures as a source lands it: every column text."""
        records = read_rows(path)
        names = sorted({name for record in records for name in record})
        schema = ", ".join(f"{name} string" for name in names)
        return self.frame(schema, [tuple(record.get(name) for name in names) for record in records])

    def rows(self, frame: Any, *names: str) -> list[tuple[object, ...]]:  # noqa: ANN401  the engine's own DataFrame
        """Return the columns of that name, sorted. Numbers come as decimals and times in UTC, on every engine."""
        return sorted((tuple(self._plain(row[name]) for name in names) for row in frame.collect()), key=repr)

    def _plain(self, value: object) -> object:
        if isinstance(value, datetime):
            return self._in_utc(value)
        if value is None or isinstance(value, bool | str | date):
            return value
        return Decimal(str(value))

    def _in_utc(self, value: datetime) -> datetime:
        """Spark gives times in the zone of this machine, without saying so."""
        return value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class LocalEngine(Engine):
    """DuckDB, through sqlframe. It can hold tables with the names that Unity Catalog would give them."""

    connection: Any

    def create_table(self, name: str, frame: Any) -> None:  # noqa: ANN401  the engine's own DataFrame
        """Create a table that code under test reads by its full name."""
        catalog, schema, _ = name.split(".")
        self.connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {catalog}")
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {catalog}.{schema}")
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {frame.sql(dialect='duckdb')}")

    def _in_utc(self, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC)


def honour_except(expand_star: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Return sqlframe's `_expand_star` so that it leaves out what `* EXCEPT (…)` names, as Spark does: it forgets them."""

    def expand(frame: Any, column: Any) -> list[Any]:  # noqa: ANN401  sqlframe's own
        left_out = {one.name for one in column.column_expression.args.get("except_") or ()}
        return [one for one in expand_star(frame, column) if one.alias_or_name not in left_out]

    return expand


def forget_runtime() -> None:
    """Drop the runtime's modules from the import cache: they hold the functions of the engine they were imported with."""
    packages = {path.parent.name for path in SRC.glob("*/__init__.py")}
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
