"""Columns of landed text, cast to what they mean.

What can't be cast becomes null and stays in sight: an expectation of the base layer counts or drops it. A cast that
fails would stop the whole update for one bad row.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F


def text(name: str) -> Column:
    """Return the column without surrounding blanks; a blank text is null."""
    trimmed = F.trim(F.col(name))
    return F.when(trimmed != "", trimmed)


def integer(name: str) -> Column:
    """Return the column as a whole number of up to 18 digits; `12.0` isn't one."""
    return _cast_if_shaped(name, r"^[+-]?[0-9]{1,18}$", "bigint")


def decimal(name: str) -> Column:
    """Return the column as a number with up to 17 digits before the point and up to 3 behind it."""
    return _cast_if_shaped(name, r"^[+-]?[0-9]{1,17}(\.[0-9]{1,3})?$", "decimal(20,3)")


def epoch_seconds(name: str) -> Column:
    """Return the column, seconds since 1970 in UTC, as a timestamp."""
    return F.timestamp_seconds(integer(name))


def date(name: str) -> Column:
    """Return the column, `YYYY-MM-DD`, as a date; a day that no calendar has is null."""
    value = text(name)
    return F.when(value.rlike(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), F.try_to_timestamp(value, F.lit("yyyy-MM-dd")).cast("date"))


def _cast_if_shaped(name: str, shape: str, kind: str) -> Column:
    """Cast only what has the shape: what a cast accepts otherwise (`12.5`, ` 1e3`) differs between engines and settings."""
    value = text(name)
    return F.when(value.rlike(shape), value.cast(kind))
