"""The progress of deployments as a live table, for a person at a terminal."""

import threading
import time
from collections.abc import Iterable
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from scope.documents.results import Result
from scope.escaping import escape_invisible
from scope.render.progress import STYLES

# For a clock and the start of a step beside a name.
_STEP_ROOM = 24


class LiveReporter:
    """Shows a row per deployment, redrawn as it advances."""

    def __init__(self, target: str, domains: Iterable[str], stream: TextIO, *, color: bool) -> None:
        """Draw on a terminal until closed."""
        self._target = target
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}
        self._steps: dict[str, Text] = {domain: Text("waiting", "dim") for domain in domains}
        self._ended: dict[str, float] = {}
        self._console = Console(file=stream, no_color=not color, highlight=False, markup=False)
        self._live = Live(get_renderable=self._draw, console=self._console, refresh_per_second=4)
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
            self._console.print(Text(f"{place}: {escape_invisible(line)}"))

    def finished(self, result: Result) -> None:
        """Show the outcome and stop the clock."""
        with self._lock:
            self._ended[result.domain] = result.seconds
            self._steps[result.domain] = Text(result.outcome, STYLES[result.outcome])

    def close(self) -> None:
        """Draw the final state."""
        self._live.stop()

    def _draw(self) -> Group:
        """Return the deployments, as many as the screen has room for: those that run first, for the others a count."""
        with self._lock:
            names = {domain: f"{self._target}/{domain}" for domain in self._steps}
            widest = max(map(cell_len, names.values()), default=0)
            ordered = sorted(self._steps, key=self._rank) if len(names) >= self._room else list(self._steps)
            lines: list[Text] = []
            left: list[str] = []
            for domain in ordered:
                row = self._draw_row(names[domain], widest, domain)
                if left or len(lines) + len(row) >= self._room:
                    left.append(domain)
                else:
                    lines += row
            if left:
                lines.append(Text(f"and {self._count(left)}", "dim"))
            return Group(*lines)

    @property
    def _room(self) -> int:
        # The cursor's line is the screen's last.
        return max(2, self._console.height - 1)

    def _rank(self, domain: str) -> int:
        return 2 if domain in self._ended else 0 if domain in self._started else 1

    def _count(self, domains: list[str]) -> str:
        ranks = [self._rank(domain) for domain in domains]
        words = ((0, "running"), (1, "waiting"), (2, "ended"))
        return ", ".join(f"{ranks.count(rank)} {word}" for rank, word in words if rank in ranks)

    def _draw_row(self, name: str, widest: int, domain: str) -> list[Text]:
        """Return a deployment's line; two if its name leaves no room for the rest. Only what a step says is ever cut."""
        started = self._started.get(domain)
        seconds = self._ended.get(domain, time.monotonic() - started if started is not None else 0)
        width, clock = self._console.width, f"{seconds:.0f} s"
        head, rows = Text(name.ljust(min(widest, max(1, width - _STEP_ROOM)))), []
        if head.cell_len + _STEP_ROOM > width:
            rows, head = [head], Text("  ")
        step = self._steps[domain].copy()
        line = Text.assemble(head, f"  {clock:>6}  ")
        step.truncate(max(1, width - line.cell_len), overflow="ellipsis")
        return [*rows, line.append_text(step)]
