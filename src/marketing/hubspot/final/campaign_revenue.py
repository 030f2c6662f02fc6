"""Revenue during each campaign, from finance's revenue by day."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession

from common.expectations import expect
from common.tables import table
from marketing.hubspot.transforms.campaigns import revenue_by_campaign


@dp.materialized_view(name="final_campaign_revenue", comment="Each campaign with the revenue of the days it ran.")
@expect("has_a_budget", "budget IS NOT NULL")
def final_campaign_revenue() -> DataFrame:
    """Join campaigns with the revenue of their days."""
    spark = SparkSession.active()
    revenue = spark.read.table(table("finance.stripe.final_payments"))
    return revenue_by_campaign(spark.read.table("staging_campaigns"), revenue)
