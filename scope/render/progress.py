"""The progress of deployments as lines, and lines made harmless for GitHub's logs."""

import os
import threading
from pathlib import Path
from typing import Protocol, TextIO

from scope.documents.results import Result
from scope.escaping import escape_invisible, neutralize, shortened

# The terminal style of each outcome.
STYLES = {
    "deployed": "green",
    "destroyed": "green",
    "nothing": "dim",
    "superseded": "dim",
    "refused": "yellow",
    "locked": "yellow",
    "stopped": "yellow",
    "failed": "bold red",
}
# Of a failed deployment's log: this many of its last lines, if they are in its last bytes, each no longer than is read.
_LOG_LINES = 60
_LOG_BYTES = 100_000
_LOG_WIDTH = 1_000


class Reporter(Protocol):
    """Receives the progress of deployments, from several threads at once."""

    def progress(self, domain: str, message: str) -> None:
        """Report the current step of a deployment, or of the whole session if `domain` is empty."""
        ...

    def event(self, domain: str, message: str) -> None:
        """Report something that should stay visible."""
        ...

    def finished(self, result: Result) -> None:
        """Report the end of a deployment."""
        ...

    def close(self) -> None:
        """Release the stream."""
        ...


class SilentReporter:
    """Shows nothing, for `--quiet`."""

    def progress(self, domain: str, message: str) -> None:
        """Ignore it."""

    def event(self, domain: str, message: str) -> None:
        """Ignore it."""

    def finished(self, result: Result) -> None:
        """Ignore it."""

    def close(self) -> None:
        """Release nothing."""


class LineReporter:
    """Writes one line per step, for CI logs and pipes."""

    def __init__(self, target: str, stream: TextIO) -> None:
        """Write to a stream."""
        self._target = target
        self._stream = stream
        self._lock = threading.Lock()

    def progress(self, domain: str, message: str) -> None:
        """Write the step as a line of its own."""
        place = f"{self._target}/{domain}" if domain else self._target
        with self._lock:
            for line in message.splitlines():
                print(neutralize(f"{place}: {escape_invisible(line)}"), file=self._stream, flush=True)

    def event(self, domain: str, message: str) -> None:
        """Write the event as a line, like a step."""
        self.progress(domain, message)

    def finished(self, result: Result) -> None:
        """Write the outcome as a line; its message follows in the summary."""
        self.progress(result.domain, f"{result.outcome} after {result.seconds:.1f} s")

    def close(self) -> None:
        """Release nothing: each line is complete."""


def print_failed_log(result: Result, log: Path, stream: TextIO) -> None:
    """Write the last lines that the CLI printed for a failed deployment, made harmless."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return
    print(f"--- {result.id}: last lines of {log}", file=stream)
    for line in lines[-_LOG_LINES:]:
        print(neutralize(f"| {escape_invisible(shortened(line, _LOG_WIDTH))}"), file=stream)
