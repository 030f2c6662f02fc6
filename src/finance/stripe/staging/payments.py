"""Payments that moved money, with amounts in the currency's own unit."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession

from common.expectations import expect_all_or_drop
from finance.stripe.transforms.payments import settled


@dp.materialized_view(name="staging_payments", comment="Settled payments: what came in, and what of it was given back.")
@expect_all_or_drop(
    {
        "amount_is_known": "gross_amount IS NOT NULL",
        "currency_is_a_code": "currency RLIKE '^[A-Z]{3}$'",
        "day_is_known": "paid_on IS NOT NULL",
    }
)
def staging_payments() -> DataFrame:
    """Apply the rules of what counts as revenue."""
    return settled(SparkSession.active().read.table("base_payments"))
