"""Removes duplicates: sources send a record again whenever it changes, and sometimes when it doesn't."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F

_RANK = "_rank_within_key"


def latest_by_key(records: DataFrame, key: str, newest_by: str, *, then_by: str) -> DataFrame:
    """Return one record per `key`: the one with the greatest `newest_by`, of equals the one with the greatest `then_by`.

    Null counts as oldest. `then_by` should differ between records, so that the same input gives the same output.
    """
    order = Window.partitionBy(key).orderBy(F.col(newest_by).desc_nulls_last(), F.col(then_by).desc_nulls_last())
    return records.withColumn(_RANK, F.row_number().over(order)).where(F.col(_RANK) == 1).drop(_RANK)
