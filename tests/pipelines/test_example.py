"""How the example's domains meet, and how their layers behave over several updates, on open-source Spark."""

import pytest

from scope.graph.closure import DomainIndex
from tests.support.fixture_files import read_rows
from tests.support.open_spark import OpenSpark
from tests.support.stage_pipelines import StagedPipeline, staged_pipelines

pytestmark = pytest.mark.open_spark

FINAL_PAYMENTS = "finance_stripe_final_payments_pipeline"
RAW_PAYMENTS = "finance_stripe_raw_payments_pipeline"


def test_marketing_in_dev_reads_what_finance_published_in_staging(
    open_spark: OpenSpark,
    index: DomainIndex,
    platform: dict[str, StagedPipeline],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    (campaigns,) = staged_pipelines(index, "dev", "marketing", tmp_path_factory.mktemp("dev-marketing"))
    open_spark.update(campaigns)
    table = campaigns.physical("final_campaign_revenue")
    assert table == "spark_catalog.dev_marketing__ada_hubspot.final_campaign_revenue"
    assert {row["campaign_id"]: row["revenue"] for row in open_spark.rows(table)} == {"always": "12.500", "spring": "12.500"}
    assert platform[FINAL_PAYMENTS].physical("final_payments") == "spark_catalog.staging_finance__stripe.final_payments"


@pytest.mark.usefixtures("platform")  # which has landed the fixture
def test_raw_adds_what_landed_since_the_last_update_and_keeps_every_version(
    open_spark: OpenSpark, index: DomainIndex, tmp_path_factory: pytest.TempPathFactory
) -> None:
    landed = read_rows("finance/stripe/payments.json")
    pipelines = staged_pipelines(index, "dev", "finance", tmp_path_factory.mktemp("dev-finance"))
    (raw,) = (pipeline for pipeline in pipelines if pipeline.key == RAW_PAYMENTS)
    later = {**landed[0], "status": "refunded", "updated": "1767600000"}
    for rows in ([], [later]):
        if rows:
            open_spark.land("ingest.stripe.payments", rows)
        open_spark.update(raw)
        assert len(open_spark.rows(raw.physical("raw_payments"))) == len(landed) + len(rows)
