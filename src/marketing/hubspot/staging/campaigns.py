"""Campaigns whose days are known."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession

from common.expectations import expect
from marketing.hubspot.transforms.campaigns import scheduled


@dp.materialized_view(name="staging_campaigns", comment="Campaigns that have begun or will, with the days they run.")
@expect("budget_is_not_negative", "budget >= 0")
def staging_campaigns() -> DataFrame:
    """Apply the rules of what counts as a campaign."""
    return scheduled(SparkSession.active().read.table("base_campaigns"))
