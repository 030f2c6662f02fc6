"""`scope destroy`: remove deployments with all that they own, or list what is deployed."""

import argparse
import sys
from functools import partial
from pathlib import Path

from scope.bootstrap import LOGS, SessionRequest, open_session
from scope.commands.options import add_domains, add_operations, add_target, add_yes, session_options
from scope.commands.reporting import RunReporter, finish
from scope.console import Console
from scope.controller.deployment import Deployment
from scope.controller.move import destroy_with_moves
from scope.controller.observations import list_unseen, observe_all, observe_target
from scope.controller.operation import Operation
from scope.controller.session import Session
from scope.escaping import escape_invisible, escape_message
from scope.names import require_domain_names

HELP = "remove a deployment and all its resources"
EXAMPLES = """\
examples:
  scope destroy --target dev                           lists your own deployments
  scope destroy --target dev --domain finance          shows what would be deleted
  scope destroy --target dev --domain finance --yes    deletes it
  just destroy dev finance                             the same as the second
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_target(parser)
    add_domains(parser, by_default="none: list what is deployed")
    add_yes(parser)
    add_operations(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Destroy, or list, and return the exit code."""
    require_domain_names(options.domain)
    reporter = RunReporter(console, options.target)
    request = SessionRequest(
        options.target,
        session_options(options),
        options.max_parallel,
        needs_branch=bool(options.domain),
        domains=tuple(options.domain),
    )
    with open_session(Path(options.directory), request, reporter.progress, reporter.event) as session:
        if not options.domain:
            return _list(session, console)
        domains = tuple(dict.fromkeys(options.domain))
        observe_all(session, domains)
        operations = tuple(
            Operation(
                domain,
                "destroy",
                None,
                partial(destroy_with_moves, Deployment(session, domain)),
                str(LOGS / options.target / f"{domain}.log"),
            )
            for domain in domains
        )
        results = reporter.run(session, operations, options.max_parallel)
        return finish(session, results, 0, options, console)


def _list(session: Session, console: Console) -> int:
    """Write one line per deployment: domain, commit, time, by whom, tab-separated."""
    observations = observe_target(session)
    deployments = [item for item in observations.by_domain.values() if not item.is_absent and item.unseen is None]
    for item in deployments:
        attempt = item.last_attempt
        commit = (attempt.commit or "")[:9] + ("+" if attempt.dirty else "") if attempt else "unknown"
        fields = (item.id.domain, commit, attempt.started_at if attempt else "", attempt.actor if attempt else "")
        sys.stdout.write("\t".join(map(escape_invisible, fields)) + "\n")
    for warning in list_unseen(observations):
        console.say(escape_message(warning))
    console.say(f"{len(deployments)} deployed in {session.settings.name} at {session.settings.host}.")
    return 0
