"""Amounts of money: from a currency's minor units, as payment systems count, to decimals."""

from decimal import Decimal

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812  every Spark code base calls it F

# Minor units are hundredths but for these (ISO 4217).
DIGITS_DEFAULT = 2
DIGITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
# Enough for the sum of a company's payments, exact for every currency above.
AMOUNT = "decimal(20,3)"


def minor_unit(currency: str) -> Decimal:
    """Return what one minor unit of the currency is worth.

    >>> minor_unit("EUR"), minor_unit("JPY")
    (Decimal('0.01'), Decimal('1'))
    """
    return Decimal(1).scaleb(-DIGITS.get(currency, DIGITS_DEFAULT))


def amount(minor_units: Column, currency: Column) -> Column:
    """Return the amount in the currency's own unit. Exact: multiplied as decimals, never divided as floats."""
    units = minor_units.cast("decimal(20,0)")
    value = units * F.lit(minor_unit("EUR"))
    for digits in sorted(set(DIGITS.values())):
        codes = sorted(code for code, count in DIGITS.items() if count == digits)
        value = F.when(currency.isin(*codes), units * F.lit(minor_unit(codes[0]))).otherwise(value)
    return value.cast(AMOUNT)
