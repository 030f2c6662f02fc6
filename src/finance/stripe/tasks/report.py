"""A job's task: writes the revenue of the last days to the run's output.

Runs as a Python script with the runtime package's wheel in its environment. Its arguments carry the table prefixes, see
`common.tables`.
"""

import sys
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F

from common.tables import table

DAYS = 7


class Revenue(NamedTuple):
    """One day's revenue in one currency."""

    paid_on: date
    currency: str
    payments: int
    net_amount: Decimal


def main() -> None:
    """Write the report of the newest days that have payments; end with an error if there are none at all."""
    revenue = SparkSession.builder.getOrCreate().read.table(table("finance.stripe.final_payments"))
    days = revenue.select("paid_on").distinct().orderBy(F.desc("paid_on")).limit(DAYS)
    rows = revenue.join(days, "paid_on").select(*Revenue._fields).collect()
    if not rows:
        sys.exit("No revenue at all: `finance.stripe.final_payments` is empty. Refresh its pipeline first.")
    sys.stdout.write(report(Revenue(*row) for row in rows))


def report(revenue: Iterable[Revenue]) -> str:
    """Return one line per day and currency, newest day first."""
    newest_first = sorted(revenue, key=lambda line: (-line.paid_on.toordinal(), line.currency))
    return "".join(
        f"{line.paid_on.isoformat()}  {line.net_amount:>16,.2f} {line.currency}  {line.payments:>7,} payments\n"
        for line in newest_first
    )


if __name__ == "__main__":
    main()
