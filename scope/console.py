"""Where words for people go: stderr, in colour on a terminal only, nothing when quiet."""

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
        """Tell a person something, unless they asked for quiet."""
        if not self.is_quiet:
            print(message, file=sys.stderr)

    def has_color(self, stream: TextIO) -> bool:
        """Return whether a stream is a terminal on which nobody asked for plain text."""
        return stream.isatty() and not self.no_color and not os.environ.get("NO_COLOR")

    def table_stream(self, *, machine_on_stdout: bool) -> TextIO:
        """Return where a table goes: to stdout, unless machine output goes there."""
        return sys.stderr if machine_on_stdout else sys.stdout
