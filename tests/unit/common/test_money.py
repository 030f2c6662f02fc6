"""Amounts are exact, in every currency."""

from decimal import Decimal

import pytest

from tests.support.engines import Engine


@pytest.mark.parametrize(
    ("units", "currency", "amount"),
    [
        (1250, "EUR", "12.500"),
        (-1, "USD", "-0.010"),
        (500, "JPY", "500.000"),
        (1234, "KWD", "1.234"),
        (1, None, "0.010"),
        # More digits than a float holds.
        (999_999_999_999_999_999, "KWD", "999999999999999.999"),
        (90_071_992_547_409_931, "EUR", "900719925474099.310"),
    ],
)
def test_minor_units_become_an_exact_amount(engine: Engine, units: int, currency: str | None, amount: str) -> None:
    money = engine.module("common.money")
    frame = engine.frame("units bigint, currency string", [(units, currency)])
    amounts = frame.select(money.amount(frame["units"], frame["currency"]).cast("string").alias("amount"))
    assert engine.rows(amounts, "amount") == [(amount,)]


@pytest.mark.parametrize(("currency", "worth"), [("EUR", "0.01"), ("JPY", "1"), ("TND", "0.001")])
def test_a_minor_unit_is_worth_what_the_currency_says(engine: Engine, currency: str, worth: str) -> None:
    assert engine.module("common.money").minor_unit(currency) == Decimal(worth)
