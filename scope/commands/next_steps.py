"""What to run after deployments that aren't done: for each the line to paste, of which at most three lead to an end."""

import argparse
from collections.abc import Iterable, Iterator

from scope.deployment.target import DeploymentId
from scope.documents.results import DONE, Outcome, Result
from scope.wording import write_command


def find_next_steps(results: Iterable[Result], options: argparse.Namespace) -> Iterator[str]:
    """Yield the commands, in the order of the results; one for all that only need to be tried again."""
    again: list[str] = []
    for result in results:
        deployment = DeploymentId(result.target, result.domain)
        if result.outcome in DONE:
            continue
        # Of a message, which may quote anybody, nothing else is taken for a command; and without --yes it only looks.
        if result.outcome == Outcome.LOCKED or f"Run: {deployment.recover_command}" in (result.message or ""):
            yield deployment.recover_command
        elif result.digest is not None:
            yield deployment.command(options.command, *_flags(options), "--approve-destructive", result.digest)
        elif result.outcome == Outcome.REFUSED and result.because == "removed" and not options.prune:
            yield deployment.command(options.command, *_flags(options), "--prune")
        elif result.outcome != Outcome.REFUSED:
            again.append(result.domain)
    if again:
        yield write_command(options.command, options.target, again, _flags(options))


def _flags(options: argparse.Namespace) -> Iterator[str]:
    """Yield what was allowed already: what was approved and failed half-way needs the same approval for the rest."""
    for flag in ("prune", "allow_rollback", "drift", "yes"):
        if getattr(options, flag, False):
            yield f"--{flag.replace('_', '-')}"
    for digest in options.approve_destructive:
        yield from ("--approve-destructive", digest)
