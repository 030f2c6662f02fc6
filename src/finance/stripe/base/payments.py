"""Payments with types, one row each."""

from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession

from common.expectations import expect, expect_or_drop
from finance.stripe.transforms.payments import deduplicated, typed


@dp.materialized_view(name="base_payments", comment="The newest state of each payment, typed.")
@expect_or_drop("has_an_id", "payment_id IS NOT NULL")
@expect("amount_is_a_number", "amount_minor IS NOT NULL")
@expect("time_is_known", "created_at IS NOT NULL AND updated_at IS NOT NULL")
def base_payments() -> DataFrame:
    """Cast what landed and keep the newest version of each payment."""
    return deduplicated(typed(SparkSession.active().read.table("raw_payments")))
