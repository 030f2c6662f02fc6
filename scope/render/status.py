"""The status of a target as a table for the terminal: one row per domain, with the reasons below it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from rich.text import Text

from scope.console import as_typed
from scope.controller.status import Report, Status, Sync
from scope.escaping import escape_invisible
from scope.render.table import Column, Row
from scope.render.terminal import Terminal
from scope.wording import abbreviate, pluralize, write_command

_STYLES = {
    Sync.IN_SYNC: "green",
    Sync.BEHIND: "yellow",
    Sync.AHEAD: "yellow",
    Sync.DIRTY: "bold red",
    Sync.DRIFTED: "magenta",
    Sync.FOREIGN: "magenta",
    Sync.NEVER_DEPLOYED: "cyan",
    Sync.GONE: "bold red",
    Sync.UNREADABLE: "bold red",
}
_COLUMNS = tuple(map(Column, ("domain", "status", "commit", "age", "by")))
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def print_status(report: Report, stream: TextIO, *, color: bool, now: datetime | None = None) -> None:
    """Write the table to a stream, what is gone first: as wide as its terminal, or unwrapped if it isn't one."""
    terminal = Terminal(stream, color=color)
    at = now or datetime.now(UTC)
    actors = {item.actor for item in report.domains if item.actor}
    # A service principal's id is long, and nearly always the same in all rows.
    columns = _COLUMNS if len(actors) > 1 else _COLUMNS[:-1]
    if report.domains:
        terminal.table(
            columns, [row for group in _group(report) for row in _to_rows(group, report.target, at, len(columns))]
        )
        terminal.say()
    if len(actors) == 1:
        terminal.say(f"Deployed by {escape_invisible(actors.pop())}.")
    in_sync = sum(item.sync is Sync.IN_SYNC for item in report.domains)
    terminal.say(f"{report.target} at {report.host}: {in_sync} of {len(report.domains)} domains in sync.")


def _group(report: Report) -> list[list[Status]]:
    """Return the domains by what is to be said of them: what is gone first, what is in sync last."""
    groups: dict[tuple[object, ...], list[Status]] = {}
    for item in sorted(report.domains, key=lambda item: (item.sync is not Sync.GONE, item.sync is Sync.IN_SYNC)):
        key = (item.sync, tuple(_list_details(item)), _is_plain_deploy(item, report.target))
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def _is_plain_deploy(item: Status, target: str) -> bool:
    return item.next == write_command("deploy", target, [item.domain])


def _to_rows(group: list[Status], target: str, now: datetime, columns: int) -> Iterator[Row]:
    """Yield a row for each of some domains of which the same is to be said, and that below the last one."""
    *others, last = (_list_cells(item, now)[:columns] for item in group)
    yield from map(Row, others)
    notes = list(map(escape_invisible, _list_details(group[0])))
    commands = dict.fromkeys(escape_invisible(item.next) for item in group if item.next is not None)
    if others and notes:
        notes[0] = f"these {len(group)}: {notes[0]}"
    if _is_plain_deploy(group[0], target):
        commands = {write_command("deploy", target, [item.domain for item in group]): None}
    yield Row(last, notes=tuple(notes), commands=tuple(map(as_typed, commands)))


def _list_cells(item: Status, now: datetime) -> tuple[str | Text, ...]:
    return (
        item.domain,
        Text(str(item.sync).replace("-", " "), _STYLES[item.sync]),
        (item.commit or "")[:9] + ("+" if item.dirty else ""),
        format_age(item.started_at, now),
        escape_invisible(item.actor or ""),
    )


def _list_details(item: Status) -> Iterator[str]:
    if item.commits:
        yield pluralize(item.commits, "commit")
    if item.changes:
        yield abbreviate(item.changes)
    if item.why:
        yield item.why
    if item.differences:
        yield abbreviate(item.differences)
    if item.unexplained:
        yield f"unexplained {abbreviate(item.unexplained)}"
    if item.unverified:
        yield item.unverified
    if item.locked_by:
        yield f"locked by {item.locked_by}"


def format_age(started_at: str | None, now: datetime) -> str:
    """Return how long ago a time was, in the largest unit that fits.

    >>> format_age("2026-01-01T00:00:00Z", datetime(2026, 1, 3, tzinfo=UTC))
    '2 d'
    """
    try:
        then = datetime.fromisoformat(started_at) if started_at else None
    except ValueError:
        return "?"
    if then is None:
        return ""
    seconds = (now - then).total_seconds() if then.tzinfo is not None else 0
    return next((f"{int(seconds // size)} {unit}" for size, unit in _UNITS if seconds >= size), "now")
