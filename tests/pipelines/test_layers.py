"""Every domain's four layers, run by open-source Spark from the files that are deployed: what stands in their final tables.

A final table's rows are compared with a fixture of its name: those of `finance.stripe.final_payments` stand in
tests/fixtures/finance/stripe/final_payments.json, each value as Spark writes it as text.
"""

import pytest

from tests.support.fixture_files import FIXTURES, read_rows
from tests.support.open_spark import OpenSpark, in_order
from tests.support.stage_pipelines import StagedPipeline

pytestmark = pytest.mark.open_spark

EXPECTED = sorted(path.relative_to(FIXTURES).with_suffix("").as_posix() for path in FIXTURES.glob("*/*/final_*.json"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_final_table_holds_the_rows_that_its_fixture_says(
    open_spark: OpenSpark, platform: dict[str, StagedPipeline], name: str
) -> None:
    table = name.replace("/", ".")
    writer = next(pipeline for pipeline in platform.values() if table in pipeline.writes)
    assert open_spark.rows(writer.physical(table.rpartition(".")[2])) == in_order(read_rows(f"{name}.json"))


def test_every_final_table_has_such_a_fixture(platform: dict[str, StagedPipeline]) -> None:
    tables = {table for pipeline in platform.values() for table in pipeline.writes}
    finals = {table.replace(".", "/") for table in tables if table.rpartition(".")[2].startswith("final_")}
    assert finals == set(EXPECTED)
