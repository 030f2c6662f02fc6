"""Campaigns with types, one row each."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession

from common.expectations import expect, expect_or_drop
from marketing.hubspot.transforms.campaigns import deduplicated, typed


@dp.materialized_view(name="base_campaigns", comment="The newest state of each campaign, typed.")
@expect_or_drop("has_an_id", "campaign_id IS NOT NULL")
@expect("start_is_known", "starts_on IS NOT NULL")
@expect("end_is_readable", "has_readable_end")
def base_campaigns() -> DataFrame:
    """Cast what landed and keep the newest version of each campaign."""
    return deduplicated(typed(SparkSession.active().read.table("raw_campaigns")))
