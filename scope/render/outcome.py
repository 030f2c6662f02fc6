"""The outcome of a deploy as a table for the terminal."""

from collections.abc import Iterable
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scope.documents.results import Result
from scope.escaping import escape_message
from scope.render.progress import STYLES
from scope.wording import pluralize


def print_summary(results: Iterable[Result], in_sync: int, stream: TextIO, *, color: bool) -> None:
    """Write the outcome of each deployment, and the messages of those that have one."""
    shown = tuple(results)
    is_terminal = stream.isatty()
    width = None if is_terminal else 10_000
    console = Console(file=stream, width=width, no_color=not color, highlight=False, soft_wrap=not is_terminal, markup=False)
    if shown:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name in ("deployment", "outcome", "why"):
            table.add_column(name, no_wrap=True)
        for name in ("created", "changed", "deleted", "files", "seconds"):
            table.add_column(name, justify="right", no_wrap=True)
        for item in shown:
            counts = (str(item.created), str(item.changed), str(item.deleted), str(item.uploaded), f"{item.seconds:.1f}")
            table.add_row(item.id, Text(item.outcome, STYLES[item.outcome]), item.because or "", *counts)
        console.print(table)
    for item in shown:
        if item.message:
            console.print(Text(f"{item.id}: {escape_message(item.message)}"))
    if in_sync:
        console.print(f"{pluralize(in_sync, 'deployment')} already in sync.")
