"""What each layer does to payments, on the fixture and on cases of its own."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.support.engines import Engine

MODULE = "finance.stripe.transforms.payments"
BASE = "payment_id string, customer_id string, amount_minor bigint, currency string, status string, created_at timestamp"


def test_base_gives_landed_text_its_types(engine: Engine) -> None:
    payments = engine.module(MODULE)
    typed = payments.typed(engine.landed("finance/stripe/payments.json").where("id = 'pay_3'"))
    names = ("payment_id", "customer_id", "amount_minor", "currency", "status", "created_at")
    moment = datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC)
    assert engine.rows(typed, *names) == [("pay_3", None, Decimal(500), "JPY", "succeeded", moment)]


def test_base_makes_null_of_what_it_cannot_read(engine: Engine) -> None:
    payments = engine.module(MODULE)
    typed = payments.typed(engine.landed("finance/stripe/payments.json").where("status = 'failed' OR updated = 'soon'"))
    assert engine.rows(typed, "payment_id", "amount_minor", "updated_at") == [
        ("pay_5", None, datetime(2026, 1, 2, tzinfo=UTC)),
        (None, Decimal(100), None),
    ]


def test_base_keeps_the_newest_state_of_each_payment(engine: Engine) -> None:
    payments = engine.module(MODULE)
    newest = payments.deduplicated(payments.typed(engine.landed("finance/stripe/payments.json")))
    assert engine.rows(newest.where("payment_id < 'pay_3'"), "payment_id", "status") == [
        ("pay_1", "succeeded"),
        ("pay_2", "refunded"),
    ]


def test_a_refund_beats_the_payment_of_the_same_second(engine: Engine) -> None:
    payments = engine.module(MODULE)
    both = engine.frame(
        "payment_id string, amount_minor bigint, status string, updated_at bigint",
        [("pay_1", 1, "succeeded", 1), ("pay_1", 1, "refunded", 1)],
    )
    assert engine.rows(payments.deduplicated(both), "status") == [("refunded",)]


def test_a_time_that_is_unknown_is_older_than_any_other(engine: Engine) -> None:
    payments = engine.module(MODULE)
    both = engine.frame(
        "payment_id string, amount_minor bigint, status string, updated_at bigint",
        [("pay_1", 1, "succeeded", None), ("pay_1", 1, "pending", 1)],
    )
    assert engine.rows(payments.deduplicated(both), "status") == [("pending",)]


def test_staging_counts_only_payments_that_moved_money(engine: Engine) -> None:
    payments = engine.module(MODULE)
    statuses = ("succeeded", "refunded", "pending", "failed", None)
    base = engine.frame(
        BASE, [(f"pay_{status}", None, 100, "EUR", status, datetime(2026, 1, 1, tzinfo=UTC)) for status in statuses]
    )
    assert engine.rows(payments.settled(base), "payment_id", "gross_amount", "refunded_amount") == [
        ("pay_refunded", Decimal(1), Decimal(1)),
        ("pay_succeeded", Decimal(1), Decimal(0)),
    ]


def test_final_adds_up_by_day_and_never_across_currencies(engine: Engine) -> None:
    payments = engine.module(MODULE)
    landed = engine.landed("finance/stripe/payments.json").where("id LIKE 'pay%'")
    final = payments.revenue_by_day(payments.settled(payments.deduplicated(payments.typed(landed))))
    names = ("paid_on", "currency", "payments", "gross_amount", "refunded_amount", "net_amount")
    assert engine.rows(final, *names) == [
        (date(2026, 1, 1), "EUR", 2, Decimal("42.5"), 30, Decimal("12.5")),
        (date(2026, 1, 1), "JPY", 1, 500, 0, 500),
        (date(2026, 1, 2), "JPY", 1, 500, 0, 500),
    ]
