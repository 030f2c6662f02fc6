"""Campaigns, column by column: what each layer does to them, as functions of DataFrames."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F

from common import columns
from common.duplicates import latest_by_key


def typed(raw: DataFrame) -> DataFrame:
    """Return the landed campaigns with names and types; nothing is left out."""
    return raw.select(
        columns.text("id").alias("campaign_id"),
        columns.text("name").alias("name"),
        F.upper(columns.text("currency")).alias("currency"),
        columns.decimal("budget").alias("budget"),
        columns.date("starts").alias("starts_on"),
        columns.date("ends").alias("ends_on"),
        (columns.text("ends").isNull() | columns.date("ends").isNotNull()).alias("has_readable_end"),
        columns.epoch_seconds("updated").alias("updated_at"),
    )


def deduplicated(campaigns: DataFrame) -> DataFrame:
    """Return the newest state of each campaign."""
    return latest_by_key(campaigns, "campaign_id", F.col("updated_at"), F.col("name"), F.col("ends_on"))


def scheduled(campaigns: DataFrame) -> DataFrame:
    """Return the campaigns that have a start and end no earlier; one without an end is still running.

    An end that can't be read is no end to be trusted either way, so such a campaign waits until the source is corrected.
    """
    in_order = F.col("ends_on").isNull() | (F.col("ends_on") >= F.col("starts_on"))
    return campaigns.where(F.col("starts_on").isNotNull() & F.col("has_readable_end") & in_order).select(
        "campaign_id", "name", "currency", "budget", "starts_on", "ends_on"
    )


def revenue_by_campaign(campaigns: DataFrame, revenue: DataFrame) -> DataFrame:
    """Return each campaign with the net revenue of its days in its currency; 0 where there was none.

    Revenue is not attributed: a day counts for every campaign that ran on it.
    """
    days = revenue.select("paid_on", F.col("currency").alias("paid_in"), "net_amount")
    during = (F.col("paid_on") >= F.col("starts_on")) & (F.col("ends_on").isNull() | (F.col("paid_on") <= F.col("ends_on")))
    return (
        campaigns.join(days, during & (F.col("paid_in") == F.col("currency")), "left")
        .groupBy("campaign_id", "name", "currency", "budget", "starts_on", "ends_on")
        .agg(F.coalesce(F.sum("net_amount"), F.lit(0)).cast("decimal(38,3)").alias("revenue"))
    )
