"""What each layer does to campaigns, and how finance's revenue meets them."""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.support.engines import Engine

MODULE = "marketing.hubspot.transforms.campaigns"


def scheduled(engine: Engine) -> Any:  # noqa: ANN401  the engine's own DataFrame
    campaigns = engine.module(MODULE)
    return campaigns.scheduled(campaigns.deduplicated(campaigns.typed(engine.landed("marketing/hubspot/campaigns.json"))))


def revenue(engine: Engine) -> Any:  # noqa: ANN401  the engine's own DataFrame
    days = engine.frame(
        "paid_on date, currency string, net_amount string",
        [
            (date(2025, 12, 31), "EUR", "1"),
            (date(2026, 1, 1), "EUR", "10.25"),
            (date(2026, 1, 1), "JPY", "1000"),
            (date(2026, 1, 2), "EUR", "100"),
        ],
    )
    return days.select("paid_on", "currency", days["net_amount"].cast("decimal(20,3)").alias("net_amount"))


def test_staging_keeps_the_newest_state_of_campaigns_whose_days_are_known(engine: Engine) -> None:
    assert engine.rows(scheduled(engine), "campaign_id", "name", "starts_on", "ends_on") == [
        ("always", "Always", date(2026, 1, 1), None),
        ("spring", "Spring!", date(2026, 1, 1), date(2026, 1, 1)),
    ]


def test_an_end_that_cannot_be_read_is_not_taken_for_no_end(engine: Engine) -> None:
    typed = engine.module(MODULE).typed(engine.landed("marketing/hubspot/campaigns.json"))
    assert engine.rows(typed.where("campaign_id IN ('always', 'unreadable')"), "campaign_id", "has_readable_end") == [
        ("always", True),
        ("unreadable", False),
    ]


def test_a_budget_that_is_not_a_plain_number_is_null(engine: Engine) -> None:
    assert engine.rows(scheduled(engine), "campaign_id", "budget") == [("always", None), ("spring", Decimal("12.5"))]


def test_revenue_counts_on_the_days_of_the_campaign_and_in_its_currency(engine: Engine) -> None:
    final = engine.module(MODULE).revenue_by_campaign(scheduled(engine), revenue(engine))
    assert engine.rows(final, "campaign_id", "revenue") == [
        ("always", Decimal("110.25")),
        ("spring", Decimal("10.25")),
    ]


def test_a_campaign_without_revenue_is_listed_with_zero(engine: Engine) -> None:
    final = engine.module(MODULE).revenue_by_campaign(scheduled(engine), revenue(engine).where("currency = 'JPY'"))
    assert engine.rows(final, "campaign_id", "revenue") == [("always", 0), ("spring", 0)]
