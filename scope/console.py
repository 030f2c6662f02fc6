"""Messages to people: on stderr, coloured on terminals only, none in quiet mode."""

import os
import sys
from collections.abc import Iterable
from typing import NamedTuple, TextIO

from scope.installation import start_command


class Console(NamedTuple):
    """What the global options say about output."""

    is_quiet: bool = False
    no_color: bool = False

    def say(self, message: str) -> None:
        """Print a message, unless in quiet mode."""
        if not self.is_quiet:
            print(message, file=sys.stderr)

    def say_next(self, commands: Iterable[str]) -> None:
        """Print what to run next, unless in quiet mode."""
        self.say(list_next_steps(commands))

    def has_color(self, stream: TextIO) -> bool:
        """Return whether to use colour: on a terminal, unless plain text was asked for."""
        return stream.isatty() and not self.no_color and not os.environ.get("NO_COLOR")

    def table_stream(self, *, machine_on_stdout: bool) -> TextIO:
        """Return where a table goes: to stdout, unless machine output goes there."""
        return sys.stderr if machine_on_stdout else sys.stdout


def as_typed(command: str) -> str:
    """Return a command as the person has to type it, who may have no `scope` on the PATH but by `uv run` or `uvx`."""
    return f"{start_command()}{command.removeprefix('scope')}" if command.startswith("scope ") else command


def list_next_steps(commands: Iterable[str]) -> str:
    """Return what to run next, each command once and as a line to paste; an empty text if there is nothing to run.

    >>> print(list_next_steps(["scope status --target prod"]))
    Next:
      scope status --target prod
    """
    listed = dict.fromkeys(map(as_typed, commands))
    return "\n".join(("Next:", *(f"  {command}" for command in listed))) if listed else ""
