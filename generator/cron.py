"""Checks the times that a schedule names: Quartz expressions and time zones."""

import re
from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError

from generator.errors import suggestion

_YEAR = re.compile(r"\*|(19[7-9]|20[0-9])[0-9]([-,](19[7-9]|20[0-9])[0-9])*(/[0-9]+)?")
EXAMPLE = "`0 30 6 * * ?` is every day at 06:30"


def expression_fault(expression: str) -> str:
    """Return why a text is not a Quartz expression that ever fires; nothing if it is one.

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
    days = (fields[3], fields[5])
    if days.count("?") != 1:
        return f"has {'two' if days == ('?', '?') else 'no'} `?`: of day of month and day of week, one is `?`."
    if len(fields) == 7 and not _YEAR.fullmatch(fields[6]):
        return f"has {fields[6]} for a year; it is a year, a list or a range of years from 1970 to 2099, or `*`."
    if "?" in "".join(fields[:3]) + fields[4]:
        return "has a `?` that stands for neither day of month nor day of week."
    try:
        # The same rules, other spellings: cronsim counts week days from 0, has no `?` and no `15W`.
        simulated = [*fields[:3], _days_of_month(fields[3]), fields[4], _days_of_week(fields[5])]
        next(CronSim(" ".join(simulated), datetime(2024, 1, 1, tzinfo=UTC)))
    except (CronSimError, ValueError) as error:
        return f"is not a Quartz expression ({str(error).lower()}): {EXAMPLE}."
    except StopIteration:
        return "never fires: no date is like that."
    return ""


def timezone_fault(name: str) -> str:
    """Return why a text is not a time zone's name; nothing if it is one."""
    zones = _zones()
    if name in zones:
        return ""
    return f"is not an IANA time zone.{suggestion(name, sorted(zones))} Names are like Europe/Zurich or UTC."


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _days_of_month(field: str) -> str:
    if field == "?":
        return "*"
    if re.fullmatch(r"L-([12]?[0-9]|30)", field):
        return "L"
    return re.sub(r"^([1-9]|[12][0-9]|3[01])W$", r"\1", field)


def _days_of_week(field: str) -> str:
    if field in ("?", "L"):
        return "*"
    steps = field.split(",")
    return ",".join(re.sub(r"(?<![0-9#/])([0-9]+)", lambda number: _weekday(number[1]), step) for step in steps)


def _weekday(number: str) -> str:
    if not 1 <= int(number) <= 7:
        raise ValueError(f"day of week {number} is not 1 (SUN) to 7 (SAT)")
    return str(int(number) - 1)
