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
    """Return the column as a whole number of up to 64 bits."""
    return text(name).try_cast("bigint")


def epoch_seconds(name: str) -> Column:
    """Return the column, seconds since 1970 in UTC, as a timestamp."""
    return F.timestamp_seconds(integer(name))


def date(name: str) -> Column:
    """Return the column, `YYYY-MM-DD`, as a date."""
    return text(name).try_cast("date")
