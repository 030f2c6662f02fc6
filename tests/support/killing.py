"""`scope` in a process that is killed at one of its requests with all that it has started, as a runner that disappears."""

import contextlib
import multiprocessing
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.support.cli import CliResult
from tests.support.deploying import Platform, wait_for

# Forked from a process that has imported what scope needs: starting Python and importing it takes as long as a deploy.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.support.scope_command", "scope.bootstrap", "scope.controller.move", "databricks.sdk"])


@dataclass(frozen=True, slots=True)
class Running:
    """A scope command in a process of its own."""

    process: BaseProcess
    results: Connection

    @classmethod
    def start(cls, platform: Platform, *arguments: str) -> "Running":
        results, answers = _FORKS.Pipe(duplex=False)
        call = (answers, platform.sandbox.root, arguments, platform.environment())
        process = _FORKS.Process(target=_run, args=call, daemon=True)
        process.start()
        answers.close()
        return cls(process, results)

    def finish(self) -> CliResult | None:
        """Wait for its end, and return how it ended: None if it was killed."""
        try:
            result: CliResult | None = self.results.recv()
        except EOFError:
            result = None
        self.process.join()
        return result

    def kill(self) -> None:
        """Kill it and all that it has started, so that nothing can clean up."""
        pid = self.process.pid
        assert pid is not None
        children = children_of(pid)
        self.process.kill()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def run_and_kill(platform: Platform, number: int, *arguments: str, after_work: bool = True) -> CliResult | None:
    """Run a scope command and kill it once the workspace has done what its n-th request asks, before the answer arrives.

    With `after_work` false, it is killed before the workspace does that. Returns None, or how it ended, if it made fewer
    requests.
    """
    rule = platform.workspace.hold(skip=number - 1, after_work=after_work)
    running = Running.start(platform, *arguments)
    wait_for("the request", lambda: not running.process.is_alive() or rule.state()["holding"])
    running.kill()
    result = running.finish()
    platform.workspace.clear_rules()
    return result


def _run(answers: Connection, root: Path, arguments: tuple[str, ...], env: dict[str, str]) -> None:
    from tests.support.scope_command import run_scope  # was imported before the fork

    answers.send(run_scope(root, *arguments, env=env))


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run, and theirs."""
    pids: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, children.read_text().split()):
                pids += [child, *children_of(child)]
    return pids
