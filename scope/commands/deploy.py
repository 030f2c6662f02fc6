"""`scope deploy`: bring a target's deployments to what is checked out, each on its own, several at once."""

import argparse
import hashlib
import os
import sys
from functools import partial
from pathlib import Path

from scope.bootstrap import LOGS, SessionRequest, open_session
from scope.console import Console
from scope.controller.deploy import deploy_domain
from scope.controller.deploy_set import Candidate, find_candidates, narrow
from scope.controller.deployment import Deployment
from scope.controller.destroy import destroy_domain
from scope.controller.operation import Operation, OperationResult
from scope.controller.pool import run_all
from scope.controller.session import Options, Session
from scope.deployment.observation import writers
from scope.documents.results import Outcome, Result, Results, dumps, exit_code
from scope.errors import Refused, UsageError
from scope.files import write_atomic
from scope.render.progress import LineReporter, Reporter, SilentReporter, print_failed_log

HELP = "deploy what is due in a target"
EXAMPLES = """\
examples:
  scope deploy --target dev --domain finance           your own copy, from the work tree
  scope deploy --target prod                           all that the records say is due, from the commit
  scope deploy --target prod --manifest .scope/manifest.json --max-parallel 8
  scope deploy --target prod --domain finance --approve-destructive 1f0c66d1a4e9b2c3
  just deploy dev finance                              the same as the first
"""
RESULTS = Path(".scope", "results.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("-t", "--target", default="dev", metavar="NAME", help="the target (dev)")
    parser.add_argument(
        "--domain", action="append", default=[], metavar="NAME", help="only this domain; may be repeated (all)"
    )
    parser.add_argument("--manifest", metavar="FILE", help="only what this manifest names; it can't add anything")
    parser.add_argument("--manifest-sha256", metavar="HEX", help="refuse the manifest if its digest is another")
    parser.add_argument("--allow-rollback", action="store_true", help="deploy over a newer commit")
    parser.add_argument("--prune", action="store_true", help="destroy the deployments of domains that are gone")
    add_run_arguments(parser)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of every command that changes deployments."""
    parser.add_argument(
        "--approve-destructive",
        action="append",
        default=[],
        metavar="DIGEST",
        help="approve exactly the list that was shown with this digest, or what is left of it; may be repeated",
    )
    parser.add_argument("--max-parallel", type=count, default=4, metavar="N", help="deployments at once (4)")
    parser.add_argument("--lock-timeout", type=seconds, default=300.0, metavar="SECONDS", help="wait for a lock (300)")
    parser.add_argument(
        "--retry-seconds", type=seconds, default=300.0, metavar="SECONDS", help="try again what may pass, for so long (300)"
    )
    parser.add_argument("--results", metavar="FILE", help=f"where the outcome goes as JSON ({RESULTS})")


def count(text: str) -> int:
    """Return a number of things at once, as an option has it."""
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a number from 1 to 64")
    return int(text)


def seconds(text: str) -> float:
    """Return a number of seconds, as an option has it."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} isn't a number of seconds")
    return float(text)


def run(options: argparse.Namespace, console: Console) -> int:
    """Deploy, and return the exit code."""
    if options.manifest_sha256 and not options.manifest:
        raise UsageError("`--manifest-sha256` is the digest of a manifest. Name the file with `--manifest`.")
    holder = RunReporter(console, options.target)
    asked = SessionRequest(options.target, run_options(options), options.max_parallel)
    with open_session(Path(options.directory), asked, holder.progress, holder.event) as session:
        _tell_writers(session)
        wanted = find_candidates(session, options.domain)
        if options.manifest:
            wanted = _narrowed(session, wanted, options)
        due = tuple(item for item in wanted if item.due is not None)
        operations = tuple(operation_for(session, item) for item in due)
        results = holder.run(session, operations, options.max_parallel)
        return finish(session, results, len(wanted) - len(due), options, console)


def _tell_writers(session: Session) -> None:
    """Say who else may write the target's folder: staging's and prod's are the deployer's alone."""
    if session.settings.is_production:
        base = session.base
        for grant in writers(session.workspace, base, session.user):
            session.progress(
                "", f"{grant.principal} may write {base} too ({grant.level}), and so what runs. Take that right away."
            )


def run_options(options: argparse.Namespace) -> Options:
    """Return what the command line allows."""
    return Options(
        lock_timeout=options.lock_timeout,
        retry_seconds=options.retry_seconds,
        approvals=frozenset(options.approve_destructive),
        prune=getattr(options, "prune", False),
        allow_rollback=getattr(options, "allow_rollback", False),
        assume_yes=getattr(options, "yes", False),
    )


def _narrowed(session: Session, wanted: tuple[Candidate, ...], options: argparse.Namespace) -> tuple[Candidate, ...]:
    from scope.documents.manifest_reader import loads, read_bytes  # 60 ms, and only with a manifest

    content = read_bytes(Path(options.manifest))
    digest = hashlib.sha256(content).hexdigest()
    if options.manifest_sha256 and digest != options.manifest_sha256.lower().removeprefix("sha256:"):
        raise UsageError(
            f"{options.manifest} has the digest {digest}, not {options.manifest_sha256}: it isn't the one that was "
            "planned. Take the manifest of that plan, or make a new one."
        )
    return narrow(wanted, loads(content, options.manifest), session, options.manifest)


def operation_for(session: Session, item: Candidate) -> Operation:
    """Return the work that brings a due deployment to the head."""
    log = str(LOGS / session.settings.name / f"{item.domain}.log")
    because = item.due.because if item.due is not None else None
    deployment = Deployment(session, item.domain)
    if item.action == "deploy":
        return Operation(item.domain, "deploy", because, partial(deploy_domain, deployment), log)
    if session.options.prune:
        return Operation(item.domain, "destroy", because, partial(destroy_domain, deployment), log)
    return Operation(item.domain, "destroy", because, partial(_refuse_prune, session, item), None)


def _refuse_prune(session: Session, item: Candidate) -> OperationResult:
    listed = "".join(f"\n  delete {key.short}" for key in item.observed.state.resources.inventory.resources)
    raise Refused(
        f"The domain `{item.domain}` is gone from the repository and still deployed in {session.settings.name}. "
        f"To destroy it and what it owns, add --prune:{listed}"
    )


class RunReporter:
    """Tells people how a run gets on: before its deployments are known by messages, then by a reporter."""

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
            self._console.say(message)

    def event(self, domain: str, message: str) -> None:
        """Pass on what should stay to be read."""
        if self._reporter is not None:
            self._reporter.event(domain, message)
        else:
            self._console.say(message)

    def run(self, session: Session, operations: tuple[Operation, ...], max_parallel: int) -> tuple[Result, ...]:
        """Do the jobs, shown as they get on, and return their results."""
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
    """Write the outcome for people and machines, and return the exit code."""
    code = exit_code(result.outcome for result in results)
    content = dumps(
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
    for result in results:
        if result.outcome == Outcome.FAILED and result.log is not None:
            print_failed_log(result, root / result.log, sys.stderr)
    _show(session, results, in_sync, options, console, content)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        from scope.render.outcome import markdown_summary  # rich takes 60 ms

        with Path(summary).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(markdown_summary(session.settings.name, results, in_sync))
    # Last: whatever keeps a file from being written, people have been told.
    write_atomic(Path(options.results) if options.results else root / RESULTS, content)
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
    # What didn't go well is said even to those who asked for quiet.
    if console.is_quiet and not exit_code(result.outcome for result in results):
        return
    from scope.render.outcome import print_summary

    stream = console.table_stream(machine_on_stdout=options.format == "json")
    if not results and not in_sync:
        console.say(f"{session.settings.name}: nothing to deploy.")
    print_summary(results, in_sync, stream, color=console.has_color(stream))
