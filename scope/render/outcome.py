"""The outcome of a deploy as a table for the terminal."""

from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.text import Text

from scope.documents.results import Result
from scope.escaping import escape_invisible, escape_message
from scope.render.progress import STYLES
from scope.render.table import Column, Row
from scope.render.terminal import Terminal
from scope.wording import pluralize

_LINKS_SHOWN = 3
_NUMBERS = ("created", "changed", "deleted", "files", "seconds")
_COLUMNS = (Column("deployment"), Column("outcome"), *(Column(name, is_number=True) for name in _NUMBERS), Column("why"))


def print_summary(
    results: Iterable[Result], in_sync: int, stream: TextIO, *, color: bool, next_steps: Iterable[str] = ()
) -> None:
    """Write the outcome of each deployment, what was destroyed first, the messages of those that have one, what to run."""
    shown = sorted(results, key=lambda item: item.action == "deploy")
    terminal = Terminal(stream, color=color)
    if shown:
        terminal.table(_COLUMNS, tuple(map(_to_row, shown)))
    for item in shown:
        if item.message:
            terminal.say(f"{item.id}: {escape_message(item.message)}")
    if in_sync:
        terminal.say(f"{pluralize(in_sync, 'deployment')} already in sync.")
    done = [item for item in shown if item.outcome == "deployed"]
    if done:
        terminal.say(f"{pluralize(sum(item.uploaded for item in done), 'file')} uploaded.")
    terminal.next_steps(next_steps)


def _to_row(item: Result) -> Row:
    numbers = (str(item.created), str(item.changed), str(item.deleted), str(item.uploaded), f"{item.seconds:.1f}")
    return Row(
        (item.id, Text(item.outcome, STYLES[item.outcome]), *numbers, item.because or ""), commands=tuple(_list_links(item))
    )


def _list_links(item: Result) -> Iterator[str]:
    """Yield the addresses of some resources, and of the folder, whole: a terminal opens them."""
    resources, folder = item.links[:-1], item.links[-1:]
    for link in (*resources[:_LINKS_SHOWN], *folder):
        yield f"{link.url}  {escape_invisible(link.name)}"
    if len(resources) > _LINKS_SHOWN:
        yield f"and {pluralize(len(resources) - _LINKS_SHOWN, 'more resource')}"
