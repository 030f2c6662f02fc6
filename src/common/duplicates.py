"""Removes duplicates: sources send a record again whenever it changes, and sometimes when it doesn't."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F

_RANK = "_rank_within_key"


def latest_by_key(records: DataFrame, key: str, *newest_by: Column) -> DataFrame:
    """Return one record per `key`: the one with the greatest first `newest_by`, of equals the greatest second, and so on.

    Null counts as oldest. Give enough columns that two records which differ never tie: the same input gives the same output.
    """
    order = Window.partitionBy(key).orderBy(*(column.desc_nulls_last() for column in newest_by))
    ranked = records.withColumn(_RANK, F.row_number().over(order))
    # Not `drop`: open-source Spark looks for its table at once, which an update that creates the table doesn't have yet.
    return ranked.where(F.col(_RANK) == 1).select(F.expr(f"* EXCEPT ({_RANK})"))
