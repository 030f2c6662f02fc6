"""What deployments tell while they go on, as lines; and lines made harmless for GitHub's logs."""

import threading
from pathlib import Path
from typing import Protocol, TextIO

from scope.documents.results import Result
from scope.escaping import escape_invisible

# How each outcome looks on a terminal.
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
_LOG_LINES = 60


class Reporter(Protocol):
    """Who is told how the deployments get on; from several threads at once."""

    def progress(self, domain: str, message: str) -> None:
        """Take in what a deployment does now; without a domain it is about the whole run."""
        ...

    def event(self, domain: str, message: str) -> None:
        """Take in what should stay to be read."""
        ...

    def finished(self, result: Result) -> None:
        """Take in the end of a deployment."""
        ...

    def close(self) -> None:
        """Leave the stream to what comes next."""
        ...


class SilentReporter:
    """Shows nothing; for those who asked for quiet."""

    def progress(self, domain: str, message: str) -> None:
        """Pass over it."""

    def event(self, domain: str, message: str) -> None:
        """Pass over it."""

    def finished(self, result: Result) -> None:
        """Pass over it."""

    def close(self) -> None:
        """Do nothing."""


class LineReporter:
    """One line per step: for CI's logs and pipes."""

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
                print(neutral(f"{place}: {escape_invisible(line)}"), file=self._stream, flush=True)

    def event(self, domain: str, message: str) -> None:
        """Write it as a line, like everything else."""
        self.progress(domain, message)

    def finished(self, result: Result) -> None:
        """Write the end as a line; what it says in full comes in the summary."""
        self.progress(result.domain, f"{result.outcome} after {result.seconds:.1f} s")

    def close(self) -> None:
        """Do nothing: lines need no end."""


def print_failed_log(result: Result, log: Path, stream: TextIO) -> None:
    """Write the end of what the CLI printed for a failed deployment, so that nothing in it acts on who reads it."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    print(f"--- {result.id}: the end of {log}", file=stream)
    for line in lines[-_LOG_LINES:]:
        print(neutral(f"| {escape_invisible(line)}"), file=stream)


def neutral(line: str) -> str:
    """Return a line in which GitHub finds no workflow command: neither `::x::` at its start, nor `##[x]` anywhere."""
    text = line.replace("##[", "## [")
    return f"| {text}" if text.lstrip().startswith("::") else text
