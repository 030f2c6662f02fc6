"""Checks the times of a schedule: Quartz expressions and time zones."""

import re
from calendar import monthrange, weekday
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

from generator.errors import quoted, suggestion

EXAMPLE = "`0 30 6 * * ?` is every day at 06:30"

_LAST_DAY = re.compile(r"L(?:-(?P<before>[0-9]+))?W?")
_WORKDAY = re.compile(r"(?P<day>[0-9]+)W")
_NTH_WEEKDAY = re.compile(r"(?P<day>[A-Z0-9]+)(?:#(?P<week>[1-5])|L)")
# Year and month → the first day that is meant; there is none if it lies beyond the month's last day.
_DayRule = Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of an expression: its range, and the names of its values from the lowest on."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    # Whether a range may end before it begins, as `22-4` does.
    wraps: bool = True

    def values(self, text: str) -> frozenset[int]:
        """Return the values that a text stands for. Raises ValueError with the reason why it can't."""
        return frozenset(value for item in text.split(",") for value in self._item_values(item))

    def value(self, text: str) -> int:
        """Return the value of a number or a name. Raises ValueError."""
        value = self.names.index(text) + self.lowest if text in self.names else _number(text)
        if not self.lowest <= value <= self.highest:
            names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
            raise ValueError(f"the {self.name} {quoted(text)} isn't {self.lowest} to {self.highest}{names}")
        return value

    def _item_values(self, item: str) -> Iterable[int]:
        base, slash, step_text = item.partition("/")
        first_text, dash, last_text = base.partition("-")
        first, last = self.lowest, self.highest
        if base != "*" and (base or not slash):
            first = self.value(first_text)
            last = self.value(last_text) if dash else self.highest if slash else first
        step = _number(step_text)
        if slash and not 1 <= step <= self.highest:
            raise ValueError(f"{quoted(item)} has no step of 1 to {self.highest} after the `/`")
        if last < first and not self.wraps:
            raise ValueError(f"{quoted(item)} ends before it begins")
        count = self.highest - self.lowest + 1
        end = last if last >= first else last + count
        return ((value - self.lowest) % count + self.lowest for value in range(first, end + 1, step if slash else 1))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() else -1


_CLOCK = (_Field("second", 0, 59), _Field("minute", 0, 59), _Field("hour", 0, 23))
_DAY_OF_MONTH = _Field("day of month", 1, 31)
_MONTH = _Field("month", 1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"))
_DAY_OF_WEEK = _Field("day of week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
_YEAR = _Field("year", 1970, 2099, wraps=False)


def expression_fault(expression: str, this_year: int | None = None) -> str:
    """Return why a text is not a Quartz expression that fires from this year on, or an empty text if it is one.

    >>> expression_fault("0 30 6 * * ?")
    ''
    >>> expression_fault("0 30 6 * * *")
    'has no `?`: of day of month and day of week, one is `?`.'
    """
    fields = expression.upper().split()
    if len(fields) == 5:
        return f"has five fields; Databricks wants Quartz's six, seconds first: {EXAMPLE}."
    if len(fields) not in (6, 7):
        return f"has {len(fields)} fields; Quartz has six or seven, seconds first: {EXAMPLE}."
    clock, (day_of_month, month, day_of_week), year = fields[:3], fields[3:6], fields[6] if len(fields) == 7 else "*"
    question_marks = [day_of_month, day_of_week].count("?")
    if question_marks != 1:
        return f"has {'two' if question_marks else 'no'} `?`: of day of month and day of week, one is `?`."
    try:
        for field, text in zip(_CLOCK, clock, strict=True):
            field.values(text)
        months, years = _MONTH.values(month), _YEAR.values(year)
        rule = _day_of_month_rule(day_of_month) if day_of_week == "?" else _day_of_week_rule(day_of_week)
    except ValueError as error:
        return f"is not a Quartz expression: {error}."
    now = this_year or datetime.now(UTC).year
    if max(years) < now:
        return f"never fires again: its last year is {max(years)}."
    dates = ((year, month) for year in years if year >= now for month in months)
    return "" if any(rule(*date) <= monthrange(*date)[1] for date in dates) else "never fires: no date is like that."


def _day_of_month_rule(text: str) -> _DayRule:
    if last := _LAST_DAY.fullmatch(text):
        before = int(last["before"] or 0)
        if before > 30:
            raise ValueError(f"{quoted(text)} is more than 30 days before the last one")
        return lambda _year, _month: before + 1
    workday = _WORKDAY.fullmatch(text)
    day = _DAY_OF_MONTH.value(workday["day"]) if workday else min(_DAY_OF_MONTH.values(text))
    return lambda _year, _month: day


def _day_of_week_rule(text: str) -> _DayRule:
    nth = _NTH_WEEKDAY.fullmatch(text)
    day = _DAY_OF_WEEK.value(nth["day"]) if nth else min(_DAY_OF_WEEK.values("SAT" if text == "L" else text))
    week = int(nth["week"] or 1) if nth else 1
    # Python's week begins on Monday with 0, Quartz's on Sunday with 1.
    return lambda year, month: (day - 2 - weekday(year, month, 1)) % 7 + 1 + 7 * (week - 1)


def timezone_fault(name: str) -> str:
    """Return why a text is not a time zone's name, or an empty text if it is one."""
    zones = _zones()
    if name in zones:
        return ""
    return f"is not an IANA time zone.{suggestion(name, sorted(zones))} Names are like Europe/Zurich or UTC."


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
