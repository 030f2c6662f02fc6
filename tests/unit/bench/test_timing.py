"""A command is timed alone: its own memory, its processors' time, and nothing of a run that failed."""

import sys
from pathlib import Path

import pytest

from tests.bench import timing
from tests.bench.timing import BenchError, Command, Cost, Costs, measure, run

_ENV = {"PATH": "/usr/bin:/bin"}


def command(code: str) -> Command:
    return Command("it", [sys.executable, "-I", "-S", "-c", code], Path("/"), _ENV)


def test_memory_and_time_are_those_of_the_command_and_not_of_who_starts_it() -> None:
    ballast = bytearray(b"x" * 100 * 1024**2)
    cost, _ = run(command("pass"))
    assert cost.memory < 50 < len(ballast) / 1024**2
    assert cost.cpu > 0


def test_processes_that_the_command_waits_for_count() -> None:
    alone, _ = run(command("pass"))
    work = "x = bytearray(b'x' * 60 * 1024**2); sum(range(3_000_000))"
    cost, _ = run(command(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"))
    assert cost.memory > 60
    assert cost.cpu > alone.cpu


def test_minimum_median_and_peak_are_taken_over_all_runs() -> None:
    costs = Costs((Cost(3, 1, 10, 7), Cost(1, 2, 30, 5), Cost(2, 3, 20, 6)))
    assert (costs.minimum, costs.median, costs.cpu, costs.memory, costs.requests) == (1, 2, 1, 30, 5)


def test_all_commands_run_once_before_any_runs_again_each_after_what_prepares_it() -> None:
    order: list[str] = []

    def named(name: str) -> Command:
        return Command(name, ["true"], Path("/"), _ENV, lambda: order.append(name), lambda _: name.upper())

    timed = measure([named("a"), named("b")], 2)
    assert order == ["a", "b", "a", "b"]
    assert {name: (item.answer, len(item.costs.runs)) for name, item in timed.items()} == {"a": ("A", 2), "b": ("B", 2)}


def test_a_command_that_takes_long_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "LONG", 0)
    timed = measure([Command("long", ["true"], Path("/"), _ENV)], 3)
    assert len(timed["long"].costs.runs) == 1


def test_a_command_that_fails_is_no_figure_but_an_error_with_its_words() -> None:
    with pytest.raises(BenchError, match="it ended with 3: no such luck"):
        run(command("import sys; print('no such luck', file=sys.stderr); sys.exit(3)"))


def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(BenchError, match="could not be started"):
        run(Command("it", ["/no/such/program"], Path("/"), _ENV))
