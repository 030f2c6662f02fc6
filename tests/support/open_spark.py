"""Open-source Spark as the place where pipelines run: their updates by `spark-pipelines`, and the tables around them."""

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from common.tables import full_name
from tests.support.fixture_files import FIXTURES, read_rows
from tests.support.spark_connect import ConnectServer
from tests.support.stage_pipelines import ONLY_CATALOG, StagedPipeline

_MOST_SECONDS = 240


class UpdateError(Exception):
    """An update of a pipeline failed."""


@dataclass(frozen=True, slots=True)
class OpenSpark:
    """A server whose catalog holds the tables of all that runs on it. What pipelines remember lies in its folder."""

    server: ConnectServer
    session: Any
    _landings: dict[str, int] = field(default_factory=dict)

    def land(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows to a table that is filled from outside the repository, such as `ingest.stripe.payments`: all text.

        They come as a file more in the table's folder, which an update finds as it would find what an ingestion appended.
        """
        catalog, schema, name = table.split(".")
        physical = full_name(f"{ONLY_CATALOG}.{catalog}", schema, name)
        folder = self.server.folder / "landing" / table
        number = self._landings[table] = self._landings.get(table, 0) + 1
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.json").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        if number == 1:
            columns = ", ".join(f"`{column}` STRING" for column in sorted({column for row in rows for column in row}))
            self._execute(f"CREATE SCHEMA IF NOT EXISTS {physical.rpartition('.')[0]}")
            self._execute(f"CREATE TABLE {physical} ({columns}) USING json LOCATION '{folder.as_uri()}'")

    def update(self, pipeline: StagedPipeline) -> None:
        """Run an update of a pipeline, by the program that comes with Spark. UpdateError, with what it said, if it fails."""
        storage = self.server.folder / "storage" / f"{pipeline.stage.name}-{pipeline.key}"
        spec = pipeline.stage / f"{pipeline.key}.yml"
        content = pipeline.to_open_spec(storage)
        spec.write_text(yaml.safe_dump(content), encoding="utf-8")
        self._execute(f"CREATE SCHEMA IF NOT EXISTS {content['catalog']}.{content['schema']}")
        command = ["spark-pipelines", "--remote", self.server.url, "run", "--spec", str(spec)]
        environment = {
            **self.server.environment,
            "PYSPARK_PYTHON": str(pipeline.python),
            "PYTHONPATH": ":".join(pipeline.import_roots),
        }
        done = subprocess.run(
            command,
            cwd=pipeline.stage,
            env=environment,
            check=False,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_MOST_SECONDS,
        )
        if done.returncode:
            raise UpdateError(f"{pipeline.key} ended with exit code {done.returncode}:\n{done.stdout}")

    def rows(self, table: str) -> list[dict[str, str | None]]:
        """Return the rows of a table, each value as Spark writes it as text, sorted."""
        self.session.catalog.refreshTable(table)  # another session has written it
        frame = self.session.table(table)
        texts = frame.selectExpr(*(f"CAST(`{name}` AS STRING) AS `{name}`" for name in frame.columns))
        return in_order(row.asDict() for row in texts.collect())

    def _execute(self, statement: str) -> None:
        self.session.sql(statement).collect()


def in_order(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows in an order that their values alone decide."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def land_fixtures(spark: OpenSpark, pipelines: Sequence[StagedPipeline], folder: Path = FIXTURES) -> None:
    """Land the fixture of each table that pipelines read and none of them writes.

    That of `ingest.stripe.payments`, read by finance, is `finance/stripe/payments.json` in a folder.
    """
    written = frozenset(table for pipeline in pipelines for table in pipeline.writes)
    read = {(table, pipeline.domain) for pipeline in pipelines for table in pipeline.reads - written}
    for table, domain in sorted(read):
        _, source, name = table.split(".")
        spark.land(table, read_rows(f"{domain}/{source}/{name}.json", folder))


def in_order_of_tables(pipelines: Iterable[StagedPipeline]) -> list[StagedPipeline]:
    """Return pipelines so that each comes after those whose tables it reads, whatever their domains."""
    by_key = {pipeline.key: pipeline for pipeline in pipelines}
    order = TopologicalSorter(
        {
            key: {other.key for other in by_key.values() if other.key != key and other.writes & pipeline.reads}
            for key, pipeline in by_key.items()
        }
    )
    return [by_key[key] for key in order.static_order()]
