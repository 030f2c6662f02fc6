"""Revenue by day and currency: what other domains and reports read."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession

from common.expectations import expect_or_fail
from finance.stripe.transforms.payments import revenue_by_day


@dp.materialized_view(name="final_payments", comment="Revenue by day and currency.")
@expect_or_fail("refunds_within_gross", "refunded_amount <= gross_amount")
def final_payments() -> DataFrame:
    """Add up the settled payments."""
    return revenue_by_day(SparkSession.active().read.table("staging_payments"))
