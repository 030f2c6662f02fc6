"""Other programs as processes: read to their end, ended with this one, and never trusted with how much they print."""

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

from scope.errors import ScopeError

_Result = TypeVar("_Result")

# How much is kept of what a program says to people, in two halves: its first error, and how it ended.
_LONGEST_ERRORS = 256_000
# How long a process may take to end when it is asked to, and how long a pipe is read that somebody else still holds.
_PATIENCE = 10.0
_PIPE_SECONDS = 5.0


class Ended(NamedTuple):
    """How a process ended.

    `code` is negative for a signal, and None if the process was stopped: it took too long, or, if `is_too_long`, printed
    enough or more than was asked for.
    """

    code: int | None
    answer: bytes
    errors: "Excerpt"
    is_too_long: bool


class Excerpt:
    """The beginning and the end of a long output."""

    def __init__(self, longest: int = _LONGEST_ERRORS) -> None:
        """Keep at most so many bytes."""
        self._half = longest // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0

    def add(self, chunk: bytes) -> None:
        """Take what comes next."""
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[max(0, room) :]
        # In steps, since each one moves the rest.
        if len(self._tail) > 2 * self._half:
            self._cut()

    @property
    def end(self) -> bytes:
        """Return the last bytes, without those of the beginning."""
        self._cut()
        return bytes(self._tail)

    @property
    def content(self) -> bytes:
        """Return what was kept; a line says how much is missing between its two parts."""
        end = self.end
        gap = f"\n… {self._left_out} bytes left out …\n" if self._left_out else ""
        return bytes(self._head) + gap.encode() + end

    def _cut(self) -> None:
        surplus = max(0, len(self._tail) - self._half)
        del self._tail[:surplus]
        self._left_out += surplus


_running: set["subprocess.Popen[bytes]"] = set()
_is_ending = threading.Event()


def end_running() -> None:
    """Kill every program that is running, with all that it started, and any that begins yet: this process ends at once."""
    _is_ending.set()
    for process in tuple(_running):
        _signal(process, signal.SIGKILL)


def run_process(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    longest: int | None,
    is_enough: Callable[[bytes | bytearray], bool] = lambda _: False,
    seconds: float | None = None,
    folder: Path | None = None,
    text: bytes = b"",
    on_errors: Callable[[bytes], None] = lambda _: None,
    has_terminal: bool = False,
) -> Ended:
    """Run a program to its end, in a process group of its own, so that a Ctrl-C meant for scope doesn't end it half-way.

    It is stopped after so many seconds, and as soon as what it has printed on stdout is enough, or more than `longest`
    bytes; with None, stdout is read and thrown away. `on_errors` gets everything from stderr as it comes. A program that
    `has_terminal` may ask there for a passphrase, and shares our group. Raises `OSError` if it can't be started.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE if text else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=not has_terminal,
    )
    try:
        _running.add(process)
        if _is_ending.is_set():
            _signal(process, signal.SIGKILL)
        reading = _Reading(process, longest, is_enough, on_errors)
        threads = reading.start(text)
        code = _wait(process, seconds)
        # A process that the program left behind may still hold a pipe.
        deadline = time.monotonic() + _PIPE_SECONDS
        for thread in threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        reading.stop()
        return Ended(None if reading.is_too_long else code, bytes(reading.answer), reading.errors, reading.is_too_long)
    except BaseException:
        # Somebody pressed Ctrl-C, and what follows may release the lock that this process works under.
        _end(process)
        raise
    finally:
        _running.discard(process)


def count_cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def run_together(works: Sequence[Callable[[], _Result]]) -> list[_Result]:
    """Return what some functions return that wait for programs, called all at once. Raises the first one's `ScopeError`."""
    results: dict[int, _Result] = {}
    errors: dict[int, ScopeError] = {}

    def run(number: int) -> None:
        try:
            results[number] = works[number]()
        except ScopeError as error:
            errors[number] = error

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(1, len(works))]
    for thread in threads:
        thread.start()
    run(0)
    for thread in threads:
        thread.join()
    for _, error in sorted(errors.items()):
        raise error
    return [results[number] for number in range(len(works))]


def _wait(process: "subprocess.Popen[bytes]", seconds: float | None) -> int | None:
    """Return the exit code, or None for a process that had to be stopped after so many seconds."""
    try:
        return process.wait(timeout=seconds if seconds is None or not _watch(process, seconds) else 0)
    except subprocess.TimeoutExpired:
        _end(process)
        return None


def _watch(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Wait for the end of a process, but no longer than so many seconds; return whether that could be done.

    `Popen.wait` with a timeout only looks every 50 ms, which each command of the CLI would take longer.
    """
    if sys.platform != "linux":
        return False
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(pidfd, selectors.EVENT_READ)
            selector.select(seconds)
    finally:
        os.close(pidfd)
    return True


class _Reading:
    """The pipes of one process. Both are read to their ends, so that it never waits for us."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        longest: int | None,
        is_enough: Callable[[bytes | bytearray], bool],
        on_errors: Callable[[bytes], None],
    ) -> None:
        self.answer = bytearray()
        self.errors = Excerpt()
        self.is_too_long = False
        self._process = process
        self._longest = longest
        self._is_enough = is_enough
        self._on_errors = on_errors
        self._is_over = False
        self._lock = threading.Lock()

    def start(self, text: bytes) -> list[threading.Thread]:
        """Start a thread for each pipe; the process may read as slowly as it likes, too."""
        process = self._process
        threads = [
            threading.Thread(target=self._read, args=(process.stdout, self._take_answer), daemon=True),
            threading.Thread(target=self._read, args=(process.stderr, self._take_errors), daemon=True),
        ]
        if text:
            threads.append(threading.Thread(target=self._write, args=(process.stdin, text), daemon=True))
        for thread in threads:
            thread.start()
        return threads

    def stop(self) -> None:
        """Take nothing more: whoever asked has its answer, and has closed its log."""
        with self._lock:
            self._is_over = True

    def _read(self, stream: IO[bytes], take: Callable[[bytes], None]) -> None:
        with stream:
            # As it comes, so that a log can be followed; many lines at once if there are many.
            while chunk := os.read(stream.fileno(), 65_536):
                with self._lock:
                    if self._is_over:
                        return
                    take(chunk)

    @staticmethod
    def _write(stream: IO[bytes], text: bytes) -> None:
        # It may end without reading all of it, and says by its exit code whether that is a failure.
        with suppress(BrokenPipeError), stream:
            stream.write(text)

    def _take_answer(self, chunk: bytes) -> None:
        if self._longest is None or self.is_too_long:
            return
        if fits := len(self.answer) + len(chunk) <= self._longest:
            self.answer += chunk
        if not fits or self._is_enough(self.answer):
            self.is_too_long = True
            _signal(self._process, signal.SIGKILL)

    def _take_errors(self, chunk: bytes) -> None:
        self.errors.add(chunk)
        try:
            self._on_errors(chunk)
        except OSError:
            # A full disk costs the log, and not the deploy: a pipe that nobody reads would stop it half-way.
            self._on_errors = lambda _: None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Stop a process and its children: SIGTERM, and SIGKILL after ten seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        _signal(process, number)
        deadline = time.monotonic() + _PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if process.poll() is not None:
            return


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError, PermissionError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
