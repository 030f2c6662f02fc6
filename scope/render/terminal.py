"""Lines for a person: as wide as the terminal, or unwrapped where nobody looks at them as they come."""

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from scope.console import list_next_steps
from scope.render.table import Column, Row, indent, lay_out


class Terminal:
    """Writes to a stream what is laid out already: rich adds the colours, and breaks no line."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        is_terminal = stream.isatty()
        # In a pipe nothing has a width, so each line is whole for `grep`.
        self._console = Console(
            file=stream,
            color_system="auto" if color else None,
            highlight=False,
            markup=False,
            emoji=False,
            width=None if is_terminal else 10_000,
        )
        self.width = self._console.width if is_terminal else None

    def say(self, line: str | Text = "") -> None:
        """Write a sentence as it is: a line to paste in it must stay in one piece."""
        self._console.print(line, soft_wrap=True)

    def title(self, line: str | Text) -> None:
        """Write a sentence without anything to paste in it, wrapped between words."""
        self._console.print(line, overflow="ignore", crop=False)

    def explain(self, note: str | Text) -> None:
        """Write an indented explanation, wrapped."""
        for line in indent(note, self.width, by=2):
            self.say(line)

    def table(self, columns: Sequence[Column], rows: Sequence[Row], items: str = "") -> None:
        """Write a table."""
        for line in lay_out(columns, rows, self.width, items):
            self.say(line)

    def next_steps(self, commands: Iterable[str]) -> None:
        """Write what to run next, each as a line to paste; nothing if there is nothing to run."""
        if said := list_next_steps(commands):
            self.say()
            self.say(said)
