"""Payments, column by column: what each layer does to them, as functions of DataFrames."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F

from common import columns, money
from common.duplicates import latest_by_key

# A payment counts once it is settled, and a refund takes it back.
SUCCEEDED = "succeeded"
REFUNDED = "refunded"


def typed(raw: DataFrame) -> DataFrame:
    """Return the landed payments with names and types; nothing is left out."""
    return raw.select(
        columns.text("id").alias("payment_id"),
        columns.text("customer").alias("customer_id"),
        columns.integer("amount").alias("amount_minor"),
        F.upper(columns.text("currency")).alias("currency"),
        F.lower(columns.text("status")).alias("status"),
        columns.epoch_seconds("created").alias("created_at"),
        columns.epoch_seconds("updated").alias("updated_at"),
    )


def deduplicated(payments: DataFrame) -> DataFrame:
    """Return the newest state of each payment; within one second a refund comes last."""
    newest_by = (F.col("updated_at"), F.col("status") == REFUNDED, F.col("status"), F.col("amount_minor"))
    return latest_by_key(payments, "payment_id", *newest_by)


def settled(payments: DataFrame) -> DataFrame:
    """Return the payments that moved money: what came in, and what of it was given back."""
    amount = money.amount(F.col("amount_minor"), F.col("currency"))
    return payments.where(F.col("status").isin(SUCCEEDED, REFUNDED)).select(
        "payment_id",
        "customer_id",
        "currency",
        F.to_date("created_at").alias("paid_on"),
        amount.alias("gross_amount"),
        F.when(F.col("status") == REFUNDED, amount).otherwise(F.lit(0).cast(money.AMOUNT)).alias("refunded_amount"),
    )


def revenue_by_day(payments: DataFrame) -> DataFrame:
    """Return one row per day and currency; amounts of different currencies are never added up."""
    return (
        payments.groupBy("paid_on", "currency")
        .agg(
            F.count("payment_id").alias("payments"),
            F.sum("gross_amount").alias("gross_amount"),
            F.sum("refunded_amount").alias("refunded_amount"),
        )
        .withColumn("net_amount", F.col("gross_amount") - F.col("refunded_amount"))
    )
