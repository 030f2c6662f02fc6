"""The progress of deployments as a live table, for a person at a terminal."""

import threading
import time
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from scope.documents.results import Result
from scope.escaping import escape_invisible
from scope.render.progress import STYLES


class LiveReporter:
    """Shows one row per deployment, redrawn as it advances."""

    def __init__(self, target: str, domains: Iterable[str], stream: TextIO, *, color: bool) -> None:
        """Draw on a terminal until closed."""
        self._target = target
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}
        self._steps: dict[str, Text] = {domain: Text("waiting", "dim") for domain in domains}
        self._ended: dict[str, float] = {}
        console = Console(file=stream, no_color=not color, highlight=False, markup=False)
        self._live = Live(get_renderable=self._draw_table, console=console, refresh_per_second=4)
        self._live.start()

    def progress(self, domain: str, message: str) -> None:
        """Show the step next to the domain."""
        with self._lock:
            self._started.setdefault(domain, time.monotonic())
            self._steps[domain] = Text(escape_invisible(message.partition("\n")[0]))

    def event(self, domain: str, message: str) -> None:
        """Write a line above the table."""
        place = f"{self._target}/{domain}" if domain else self._target
        for line in message.splitlines():
            self._live.console.print(Text(f"{place}: {escape_invisible(line)}"))

    def finished(self, result: Result) -> None:
        """Show the outcome and stop the clock."""
        with self._lock:
            self._ended[result.domain] = result.seconds
            self._steps[result.domain] = Text(result.outcome, STYLES[result.outcome])

    def close(self) -> None:
        """Draw the final state."""
        self._live.stop()

    def _draw_table(self) -> Table:
        with self._lock:
            table = Table(box=None, show_header=False, pad_edge=False)
            for domain, step in self._steps.items():
                started = self._started.get(domain)
                seconds = self._ended.get(domain, time.monotonic() - started if started is not None else 0)
                table.add_row(f"{self._target}/{domain}", f"{seconds:.0f} s", step)
            return table
