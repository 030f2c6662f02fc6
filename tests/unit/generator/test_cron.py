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
    ],
)
def test_what_quartz_takes_is_taken(expression: str) -> None:
    assert expression_fault(expression) == ""


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("0 2 * * *", "has five fields"),
        ("* * * *", "has 4 fields"),
        ("", "has 0 fields"),
        ("0 0 6 * * *", "has no `?`"),
        ("0 0 6 ? * ?", "has two `?`"),
        ("0 ? 6 * * ?", "has a `?` that stands for neither"),
        ("0 60 6 * * ?", "bad minute"),
        ("0 0 24 * * ?", "bad hour"),
        ("0 0 6 32 * ?", "bad day-of-month"),
        ("0 0 6 1 13 ?", "bad month"),
        ("0 0 6 ? * 0", "day of week 0 is not 1 (sun) to 7 (sat)"),
        ("0 0 6 ? * 8", "day of week 8 is not"),
        ("0 0 6 ? * FOO", "bad day-of-week"),
        ("0 0 6 1 1 ? 1969", "has 1969 for a year"),
        ("0 0 6 31 2 ?", "not a Quartz expression"),
        ("every morning", "has 2 fields"),
        ("0 0 6 * * ? ; rm -rf /", "has 10 fields"),
    ],
)
def test_what_quartz_refuses_is_refused_with_the_reason(expression: str, reason: str) -> None:
    assert reason in expression_fault(expression)


@pytest.mark.parametrize("name", ["UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires", "Asia/Kolkata"])
def test_a_zone_that_exists_is_taken(name: str) -> None:
    assert timezone_fault(name) == ""


@pytest.mark.parametrize("name", ["", "Europe/Zurch", "CET+1", "../../etc/passwd", "europe/zurich", "UTC\n"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    assert "is not an IANA time zone" in timezone_fault(name)
