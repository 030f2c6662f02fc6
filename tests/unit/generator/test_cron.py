"""A schedule's times are Quartz expressions that fire, in time zones that exist."""

import pytest

from generator.cron import expression_fault, timezone_fault


@pytest.mark.parametrize(
    "expression",
    [
        "0 30 6 * * ?",
        "0 0/15 * * * ?",
        "0 0 6 ? * MON-FRI",
        "0 0 6 ? * 2-6",
        "0 0 6 ? * 1,7",
        "0 0 6 ? * 6L",
        "0 0 6 ? * 6#3",
        "0 0 6 L * ?",
        "0 0 6 L-3 * ?",
        "0 0 6 LW * ?",
        "0 0 6 15W * ?",
        "0 0 6 1 JAN ? 2027",
        "0 0 6 1 1 ? 2027-2030",
        "0 0 6 29 2 ?",
        "0 0 6 ? * mon",
        "10,40 5-10 0/2 1 */3 ? *",
        "0 0 9 ? * FRIL",
        "0 0 9 ? * friL",
        "0 0 9 ? * L",
        "0 0 9 ? * FRI#2",
        "0 0 9 ? * MON,WED-FRI",
        "0 0 22-4 * * ?",
        "0 0 22-4/2 * * ?",
        "50-10 50-10 8 * * ?",
        "0 0 8 ? * FRI-MON",
        "0 0 8 ? * 6-2",
        "0 0 3 1 NOV-FEB ?",
        "0 0 3 1 11-2 ?",
        "0 0 3 28-3 * ?",
        "0 /15 * * * ?",
        "0 0 6 L-3W * ?",
        "0 0 6 L-30 * ?",
        "0 0 6 29 2 ? 2028",
        "0 0 6 ? 2 3#5 2028",
        "0 0 0 1 1 ? 2020,2030",
        "0 0 0 1 1 ? 2020-2030/10",
        "0 0 0 1 1 ? 2020/10",
        "0 0 0 1 1 ? */2",
        "0 0 0 1 1 ? 2099",
    ],
)
def test_what_quartz_takes_is_taken(expression: str) -> None:
    assert expression_fault(expression, 2026) == ""


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("0 2 * * *", "has five fields"),
        ("* * * *", "has 4 fields"),
        ("", "has 0 fields"),
        ("0 0 6 * * *", "has no `?`"),
        ("0 0 6 ? * ?", "has two `?`"),
        ("0 ? 6 * * ?", "the minute `?` isn't 0 to 59"),
        ("0 60 6 * * ?", "the minute `60` isn't 0 to 59"),
        ("0 0 24 * * ?", "the hour `24` isn't 0 to 23"),
        ("0 0 6 32 * ?", "the day of month `32` isn't 1 to 31"),
        ("0 0 6 1 13 ?", "the month `13` isn't 1 to 12 or JAN to DEC"),
        ("0 0 6 ? * 0", "the day of week `0` isn't 1 to 7 or SUN to SAT"),
        ("0 0 6 ? * 8", "the day of week `8` isn't"),
        ("0 0 6 ? * FOO", "the day of week `FOO` isn't"),
        ("0 0 6 1 1 ? 1969", "the year `1969` isn't 1970 to 2099"),
        ("0 0 6 31 2 ?", "never fires: no date is like that."),
        ("0 0 6 30-31 2 ?", "never fires: no date is like that."),
        ("0 0 6 L-30 2 ?", "never fires: no date is like that."),
        ("0 0 6 29 2 ? 2026-2027", "never fires: no date is like that."),
        ("0 0 6 ? 2 6#5 2027", "never fires: no date is like that."),
        ("0 0 0 1 1 ? 2020", "never fires again: its last year is 2020."),
        ("0 0 0 1 1 ? 2020-2025", "never fires again: its last year is 2025."),
        ("0 0 0 1 1 ? 2030-2020", "`2030-2020` ends before it begins"),
        ("0 0 6 ? * 6#6", "the day of week `6#6` isn't"),
        ("0 0 6 ? * FRIDAY", "the day of week `FRIDAY` isn't"),
        ("0 0 6 32W * ?", "the day of month `32` isn't"),
        ("0 0 6 L-31 * ?", "`L-31` is more than 30 days before the last one"),
        ("0 0/60 6 * * ?", "`0/60` has no step of 1 to 59 after the `/`"),
        ("0 0/ 6 * * ?", "`0/` has no step of 1 to 59 after the `/`"),
        ("0 0,, 6 * * ?", "the minute `` isn't"),
        ("0 5-? 6 * * ?", "the minute `?` isn't"),
        ("0 0 6 \u0661 * ?", "the day of month `\u0661` isn't"),
        ("every morning", "has 2 fields"),
        ("0 0 6 * * ? ; rm -rf /", "has 10 fields"),
    ],
)
def test_what_quartz_refuses_is_refused_with_the_reason(expression: str, reason: str) -> None:
    assert reason in expression_fault(expression, 2026)


def test_a_year_is_compared_with_the_current_one() -> None:
    assert "never fires again" in expression_fault("0 0 0 1 1 ? 2024")
    assert expression_fault("0 0 0 31 12 ? 2098") == ""


@pytest.mark.parametrize("name", ["UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires", "Asia/Kolkata"])
def test_a_zone_that_exists_is_taken(name: str) -> None:
    assert timezone_fault(name) == ""


@pytest.mark.parametrize("name", ["", "Europe/Zurch", "CET+1", "../../etc/passwd", "europe/zurich", "UTC\n"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    assert "is not an IANA time zone" in timezone_fault(name)
