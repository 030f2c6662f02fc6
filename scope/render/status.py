"""The status of a target as a table for the terminal: one row per domain, with the reason and the details."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scope.controller.status import Report, Status, Sync
from scope.escaping import escape_invisible
from scope.wording import abbreviate, pluralize

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
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def print_status(report: Report, stream: TextIO, *, color: bool, now: datetime | None = None) -> None:
    """Write the table to a stream: as wide as its terminal, or unwrapped if it isn't one."""
    is_terminal = stream.isatty()
    console = Console(
        file=stream,
        width=None if is_terminal else 10_000,
        no_color=not color,
        highlight=False,
        soft_wrap=not is_terminal,
        markup=False,
    )
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("domain", "status", "commit", "age", "by"):
        table.add_column(name, no_wrap=True)
    table.add_column("details", overflow="fold")
    for item in report.domains:
        commit = (item.commit or "")[:9] + ("+" if item.dirty else "")
        table.add_row(
            item.domain,
            Text(str(item.sync).replace("-", " "), _STYLES[item.sync]),
            commit,
            format_age(item.started_at, now or datetime.now(UTC)),
            Text(escape_invisible(item.actor or "")),
            Text(escape_invisible("; ".join(_list_details(item)))),
        )
    if report.domains:
        console.print(table)
    in_sync = sum(item.sync is Sync.IN_SYNC for item in report.domains)
    console.print(f"{report.target} at {report.host}: {in_sync} of {len(report.domains)} domains in sync.")


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
