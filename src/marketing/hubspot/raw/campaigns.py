"""Campaigns as HubSpot's export lands them."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F

from common.tables import external_table


@dp.table(name="raw_campaigns", comment="Campaigns as landed: every version, all text, with the time of landing.")
def raw_campaigns() -> DataFrame:
    """Read what the ingestion added since the last update; see docs/unity-catalog.md for the source table."""
    landed = SparkSession.active().readStream.table(external_table("ingest.hubspot.campaigns"))
    return landed.withColumn("landed_at", F.current_timestamp())
