"""Times commands, each as a fresh process, in rounds: what disturbs the machine for a while disturbs all of them."""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_CLOCK = Path(__file__).with_name("clock.py")
# Seconds after which a command hangs.
_LIMIT = 3600
# Seconds of a run that isn't done again: noise is small beside it.
LONG = 30


class BenchError(Exception):
    """What was to be timed doesn't do its work."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: seconds of the clock and of the processors, MiB of its largest process, requests it sent."""

    wall: float
    cpu: float
    memory: float = 0
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class Costs:
    """What several runs of one command took."""

    runs: tuple[Cost, ...]

    @property
    def minimum(self) -> float:
        """Seconds of the shortest run."""
        return min(run.wall for run in self.runs)

    @property
    def median(self) -> float:
        """Seconds of the run in the middle."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """The fewest seconds of the processors."""
        return min(run.cpu for run in self.runs)

    @property
    def memory(self) -> float:
        """MiB of the largest process of any run."""
        return max(run.memory for run in self.runs)

    @property
    def requests(self) -> int | None:
        """The fewest requests, where they were counted."""
        return min((run.requests for run in self.runs if run.requests is not None), default=None)


@dataclass(frozen=True, slots=True)
class Command:
    """A command to time, what is done before each run and not timed, and what its output says, in a few words.

    `read` raises `BenchError` where the output is wrong: a wrong answer isn't timed. `count` tells how many requests to a
    workspace the run sent.
    """

    name: str
    words: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    prepare: Callable[[], object] = int
    read: Callable[[str], str] = field(default=lambda _: "")
    count: Callable[[], int | None] = field(default=lambda: None)


@dataclass(frozen=True, slots=True)
class Timed:
    """What a command took, and what it answered."""

    costs: Costs
    answer: str


def measure(commands: Sequence[Command], runs: int) -> dict[str, Timed]:
    """Return what each command took, by name: all commands once, then all again, so many times; one that is long, once."""
    costs: dict[str, list[Cost]] = {command.name: [] for command in commands}
    answers: dict[str, str] = {}
    for number in range(runs):
        for command in commands:
            if any(cost.wall > LONG for cost in costs[command.name]):
                continue
            tell(f"run {number + 1} of {runs}: {command.name}")
            command.prepare()
            cost, answers[command.name] = run(command)
            costs[command.name].append(cost)
    return {name: Timed(Costs(tuple(taken)), answers[name]) for name, taken in costs.items()}


def run(command: Command) -> tuple[Cost, str]:
    """Run a command once; return what it took, and what it answered. Raises `BenchError` with what it printed."""
    with tempfile.TemporaryDirectory(prefix="bench-clock-") as name:
        out, err = Path(name, "out"), Path(name, "err")
        clock = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_CLOCK), str(out), str(err), *command.words],
            cwd=command.cwd,
            env=dict(command.env),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            printed, _ = clock.communicate(timeout=_LIMIT)
        except BaseException as error:
            os.killpg(clock.pid, signal.SIGKILL)
            clock.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise BenchError(f"{command.name} took longer than {_LIMIT} s.") from None
            raise
        if clock.returncode != 0:
            raise BenchError(f"{command.name} could not be started: {' '.join(command.words)}")
        taken = json.loads(printed)
        text = out.read_text(encoding="utf-8", errors="replace")
        if taken["exit_code"] != 0:
            wrong = err.read_text(encoding="utf-8", errors="replace") or text
            raise BenchError(f"{command.name} ended with {taken['exit_code']}: {wrong.strip()[-2000:]}")
        return Cost(taken["wall"], taken["cpu"], taken["memory"] / 1024, command.count()), command.read(text)


def tell(message: str) -> None:
    """Say on stderr what goes on."""
    print(f"bench: {message}", file=sys.stderr, flush=True)
