"""Messages to people: on stderr, coloured on terminals only, none in quiet mode."""

import os
import sys
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Console:
    """What the global options say about output."""

    is_quiet: bool = False
    no_color: bool = False

    def say(self, message: str) -> None:
        """Print a message, unless in quiet mode."""
        if not self.is_quiet:
            print(message, file=sys.stderr)

    def has_color(self, stream: TextIO) -> bool:
        """Return whether to use colour: on a terminal, unless plain text was asked for."""
        return stream.isatty() and not self.no_color and not os.environ.get("NO_COLOR")

    def table_stream(self, *, machine_on_stdout: bool) -> TextIO:
        """Return where a table goes: to stdout, unless machine output goes there."""
        return sys.stderr if machine_on_stdout else sys.stdout
