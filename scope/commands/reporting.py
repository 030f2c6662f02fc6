"""What commands that change deployments report, during a run and at its end: to people, programs and CI."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from scope.adapters.ci import find_ci
from scope.commands.next_steps import find_next_steps
from scope.commands.options import RESULTS
from scope.console import Console
from scope.controller.operation import Operation
from scope.controller.pool import run_all
from scope.controller.session import Session
from scope.documents.document import dump
from scope.documents.results import Outcome, Result, Results, exit_code
from scope.escaping import escape_message
from scope.files import find_link, prepare_own_file, write_atomic
from scope.render.progress import LineReporter, Reporter, SilentReporter, print_failed_log
from scope.render.results_page import render_deploy_page


def say_progress(console: Console) -> Callable[[str, str], None]:
    """Return a session's listener that says each message on the console, with the domain it is about."""

    def say(domain: str, message: str) -> None:
        for line in message.splitlines():
            console.say(escape_message(f"{domain}: {line}" if domain else line))

    return say


class RunReporter:
    """Shows the progress of a run: as messages until its deployments are known, then through a reporter."""

    def __init__(self, console: Console, target: str) -> None:
        """Write to stderr, which leaves stdout to machines."""
        self._console = console
        self._target = target
        self._reporter: Reporter | None = None

    def progress(self, domain: str, message: str) -> None:
        """Pass a message on."""
        if self._reporter is not None:
            self._reporter.progress(domain, message)
        else:
            self._console.say(escape_message(message))

    def event(self, domain: str, message: str) -> None:
        """Pass on a message that should stay visible."""
        if self._reporter is not None:
            self._reporter.event(domain, message)
        else:
            self._console.say(escape_message(message))

    def run(self, session: Session, operations: tuple[Operation, ...], max_parallel: int) -> tuple[Result, ...]:
        """Run the operations, show their progress, and return their results."""
        if not operations:
            return ()
        for operation in operations:
            if operation.log is not None:
                (session.root / operation.log).unlink(missing_ok=True)
        self._reporter = self._choose(operations)
        try:
            return run_all(session, operations, max_parallel, self._reporter.finished)
        finally:
            self._reporter.close()
            self._reporter = None

    def _choose(self, operations: tuple[Operation, ...]) -> Reporter:
        if self._console.is_quiet:
            return SilentReporter()
        if sys.stderr.isatty():
            from scope.render.live_table import LiveReporter  # rich takes 60 ms

            color = self._console.has_color(sys.stderr)
            return LiveReporter(self._target, [operation.domain for operation in operations], sys.stderr, color=color)
        return LineReporter(self._target, sys.stderr)


def finish(
    session: Session, results: tuple[Result, ...], in_sync: int, options: argparse.Namespace, console: Console
) -> int:
    """Write the results for people and machines, and return the exit code."""
    code = exit_code(result.outcome for result in results)
    content = dump(
        Results(
            target=session.settings.name,
            commit=session.head.commit,
            dirty=session.head.is_dirty,
            run_url=session.run_url,
            exit_code=code,
            in_sync=in_sync,
            results=results,
        )
    )
    root = session.root
    ci = find_ci(os.environ)
    for result in results:
        if ci.may_print_logs and result.outcome == Outcome.FAILED and result.log is not None:
            log = root / result.log
            if find_link(log, root) is None:
                print_failed_log(result, log, sys.stderr)
    _show(session, results, in_sync, options, console, content)
    # The files come last: if one of them can't be written, people have been told the results.
    if ci.has_summary:
        ci.write_summary(render_deploy_page(session.settings.name, results, in_sync))
    write_atomic(Path(options.results) if options.results else prepare_own_file(root, RESULTS), content)
    return code


def _show(
    session: Session,
    results: tuple[Result, ...],
    in_sync: int,
    options: argparse.Namespace,
    console: Console,
    content: bytes,
) -> None:
    if options.format == "json":
        sys.stdout.buffer.write(content)
    # Quiet mode still reports failures.
    if console.is_quiet and not exit_code(result.outcome for result in results):
        return
    from scope.render.outcome import print_summary

    stream = console.table_stream(machine_on_stdout=options.format == "json")
    if not results and not in_sync:
        console.say(f"{session.settings.name}: nothing to deploy.")
    steps = find_next_steps(results, options)
    print_summary(results, in_sync, stream, color=console.has_color(stream), next_steps=steps)
