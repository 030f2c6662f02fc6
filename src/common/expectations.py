"""Expectations on the rows of a dataset: those of Databricks' pipelines there, filters of the same effect elsewhere.

Open-source Spark's pipelines have no expectations. There, `…_or_drop` leaves the row out and `…_or_fail` ends the update, so
that tables hold the same rows; nothing is counted, so `expect` alone does nothing. See docs/open-source-spark.md.

    @dp.materialized_view(name="base_payments")
    @expect_or_drop("has_an_id", "payment_id IS NOT NULL")
    def base_payments() -> DataFrame:

A row meets an expectation if its condition, in SQL, is true: null isn't.
"""

from collections.abc import Callable, Mapping
from functools import wraps

from pyspark import pipelines as dp
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F

Query = Callable[[], DataFrame]
Decorator = Callable[[Query], Query]


def expect(name: str, condition: str) -> Decorator:
    """Count the rows that don't meet a condition, and keep them."""
    return expect_all({name: condition})


def expect_or_drop(name: str, condition: str) -> Decorator:
    """Count the rows that don't meet a condition, and leave them out."""
    return expect_all_or_drop({name: condition})


def expect_or_fail(name: str, condition: str) -> Decorator:
    """End the update at a row that doesn't meet a condition."""
    return expect_all_or_fail({name: condition})


def expect_all(conditions: Mapping[str, str]) -> Decorator:
    """Count the rows that don't meet each of some conditions, by name, and keep them."""
    return _databricks_own("expect_all", conditions) or (lambda query: query)


def expect_all_or_drop(conditions: Mapping[str, str]) -> Decorator:
    """Count the rows that don't meet each of some conditions, by name, and leave them out."""
    return _databricks_own("expect_all_or_drop", conditions) or _applied_to_rows(_drop, conditions)


def expect_all_or_fail(conditions: Mapping[str, str]) -> Decorator:
    """End the update at a row that doesn't meet all of some conditions, by name."""
    return _databricks_own("expect_all_or_fail", conditions) or _applied_to_rows(_fail, conditions)


def _databricks_own(kind: str, conditions: Mapping[str, str]) -> Decorator | None:
    own = getattr(dp, kind, None)
    return own(dict(conditions)) if own else None


def _applied_to_rows(apply: Callable[[DataFrame, str, str], DataFrame], conditions: Mapping[str, str]) -> Decorator:
    def decorate(query: Query) -> Query:
        @wraps(query)
        def checked() -> DataFrame:
            rows = query()
            for name, condition in conditions.items():
                rows = apply(rows, name, condition)
            return rows

        return checked

    return decorate


def _drop(rows: DataFrame, _name: str, condition: str) -> DataFrame:
    return rows.where(condition)


def _fail(rows: DataFrame, name: str, condition: str) -> DataFrame:
    message = f"The expectation `{name}` isn't met: {condition}"
    # Null where the condition is true; anything else ends the query.
    return rows.where(F.assert_true(F.expr(condition), message).isNull())
