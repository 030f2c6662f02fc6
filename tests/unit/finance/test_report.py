"""The report that the job writes."""

import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from common.tables import KEYS
from tests.support.engines import LocalEngine

MODULE = "finance.stripe.tasks.report"


def test_it_lists_the_newest_day_first_and_each_currency_by_itself(local_engine: LocalEngine) -> None:
    task = local_engine.module(MODULE)
    lines = [
        task.Revenue(date(2026, 1, 1), "EUR", 1, Decimal("12.500")),
        task.Revenue(date(2026, 1, 2), "JPY", 1200, Decimal(-1234567)),
        task.Revenue(date(2026, 1, 2), "EUR", 2, Decimal(0)),
    ]
    assert task.report(lines).splitlines() == [
        "2026-01-02              0.00 EUR        2 payments",
        "2026-01-02     -1,234,567.00 JPY    1,200 payments",
        "2026-01-01             12.50 EUR        1 payments",
    ]


def test_it_reads_the_table_of_its_target_and_shows_the_newest_days(
    local_engine: LocalEngine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(date(2026, 1, day), "EUR", 1, day) for day in range(1, 11)]
    revenue(local_engine, rows)
    monkeypatch.setattr(sys, "argv", ["report.py", *arguments()])
    task = local_engine.module(MODULE)
    task.main()
    days = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert days == [f"2026-01-{day:02}" for day in range(10, 10 - task.DAYS, -1)]


def test_no_revenue_at_all_fails_the_run_and_says_what_to_do(
    local_engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    revenue(local_engine, [])
    monkeypatch.setattr(sys, "argv", ["report.py", *arguments()])
    with pytest.raises(SystemExit, match=r"is empty\. Refresh its pipeline first"):
        local_engine.module(MODULE).main()


def arguments() -> list[str]:
    return [f"--{key}={value}" for key, value in zip(KEYS, ("finance", "dev_", "ada_", "", ""), strict=True)]


def revenue(engine: LocalEngine, rows: Sequence[tuple[object, ...]]) -> None:
    """Give the engine the table that the arguments lead to."""
    frame = engine.frame("paid_on date, currency string, payments bigint, net_amount bigint", rows)
    engine.create_table("dev_finance.ada_stripe.final_payments", frame)
