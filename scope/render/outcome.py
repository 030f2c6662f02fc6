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
_LINKED_WHOLE = 3
_NUMBERS = ("created", "changed", "deleted", "files", "seconds")
_COLUMNS = (Column("deployment"), Column("outcome"), *(Column(name, is_number=True) for name in _NUMBERS), Column("why"))


def print_summary(
    results: Iterable[Result], in_sync: int, stream: TextIO, *, color: bool, next_steps: Iterable[str] = ()
) -> None:
    """Write the outcome of each deployment, what was destroyed first, the messages of those that have one, what to run."""
    shown = sorted(results, key=lambda item: item.action == "deploy")
    terminal = Terminal(stream, color=color)
    if shown:
        # With many deployments, where each of their resources is would bury how they ended.
        most = _LINKS_SHOWN if len(shown) <= _LINKED_WHOLE else 0
        terminal.table(_COLUMNS, [_to_row(item, most) for item in shown])
    for item in shown:
        if item.message:
            terminal.say(f"{item.id}: {escape_message(item.message)}")
    if in_sync:
        terminal.say(f"{pluralize(in_sync, 'deployment')} already in sync.")
    done = [item for item in shown if item.outcome == "deployed"]
    if done:
        terminal.say(f"{pluralize(sum(item.uploaded for item in done), 'file')} uploaded.")
    terminal.next_steps(next_steps)


def _to_row(item: Result, most: int) -> Row:
    numbers = (str(item.created), str(item.changed), str(item.deleted), str(item.uploaded), f"{item.seconds:.1f}")
    return Row(
        (item.id, Text(item.outcome, STYLES[item.outcome]), *numbers, item.because or ""),
        commands=tuple(_list_links(item, most)),
    )


def _list_links(item: Result, most: int) -> Iterator[str]:
    """Yield the addresses of some resources, and of the folder, whole: a terminal opens them."""
    resources, folder = item.links[:-1], item.links[-1:]
    for link in (*resources[:most], *folder):
        yield f"{link.url}  {escape_invisible(link.name)}"
    if len(resources) > most > 0:
        yield f"and {pluralize(len(resources) - most, 'more resource')}"
