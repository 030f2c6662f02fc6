"""`scope recover`: diagnose and repair a deployment after a killed run or a lost state."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from scope.bootstrap import SessionRequest, open_session
from scope.commands.options import add_domain, add_target, add_yes
from scope.commands.reporting import say_progress
from scope.console import Console
from scope.controller.deployment import Deployment
from scope.controller.diagnosis import describe, diagnose, resolution_hint
from scope.controller.pool import stopping
from scope.controller.recover import NO_RECOVER_OPTIONS, RecoverOptions, recover
from scope.controller.unfinished_adoption import describe_unfinished
from scope.errors import Refused, UsageError
from scope.escaping import escape_invisible, escape_message
from scope.model import ResourceKey
from scope.names import require_domain_names
from scope.wording import unknown_name

HELP = "repair a deployment after a killed run or a lost state"
EXAMPLES = """\
examples:
  scope recover --target prod --domain finance                      shows what it would do
  scope recover --target prod --domain finance --yes                does it
  scope recover --target prod --domain finance --yes --delete-id 17  and deletes a leftover that fits nowhere
  scope recover --target prod --domain finance --yes --import alerts.sales=81  imports what exists already
"""
FORMATS = ("text",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_target(parser)
    add_domain(parser)
    add_yes(parser)
    parser.add_argument(
        "--delete-id",
        action="append",
        default=[],
        metavar="ID",
        help="delete this leftover; may be repeated",
    )
    parser.add_argument(
        "--forget-id",
        action="append",
        default=[],
        metavar="ID",
        help="forget about this leftover, and leave it as it is; may be repeated",
    )
    parser.add_argument(
        "--import",
        dest="imports",
        action="append",
        default=[],
        metavar="KEY[=ID]",
        help="import what exists already under this key, such as schemas.finance_stripe; may be repeated",
    )
    parser.add_argument(
        "--new-repository",
        action="store_true",
        help="the record's other repository is this one, which has another address now",
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Show the diagnosis, or repair the deployment; return the exit code."""
    require_domain_names([options.domain])
    wanted = RecoverOptions(
        frozenset(options.delete_id),
        frozenset(options.forget_id),
        _parse_imports(options.imports),
        options.new_repository,
    )
    if wanted != NO_RECOVER_OPTIONS and not options.yes:
        raise UsageError(
            "`--delete-id`, `--forget-id`, `--import` and `--new-repository` act at once. Look first, then add `--yes`."
        )
    both = (wanted.delete & wanted.forget) | (
        (wanted.delete | wanted.forget) & {resource_id for resource_id in wanted.imports.values() if resource_id}
    )
    if both:
        raise UsageError(f"Two things are asked for with {min(both)}. Say one: delete, forget, or import.")
    request = SessionRequest(options.target, needs_branch=options.yes, domains=(options.domain,))
    with open_session(Path(options.directory), request, say_progress(console)) as session:
        deployment = Deployment(session, options.domain)
        domains = session.domains
        if options.domain not in domains and deployment.is_nowhere(deployment.observe()):
            raise UsageError(unknown_name("domain", options.domain, domains, f"here or deployed in {options.target}"))
        name, again = deployment.id, deployment.id.command("reconcile")
        if options.yes:
            with stopping(session):
                result = recover(deployment, wanted)
            _print(result.done)
            if result.unmatched:
                listed = "\n".join(f"  {item}: {resolution_hint(item)}" for item in result.unmatched)
                raise Refused(f"{name} has leftovers that fit under no key, so nothing was done with them:\n{listed}")
            unfinished = describe_unfinished(deployment)
            if unfinished is not None:
                raise Refused(unfinished)
            console.say(f"{name} is recovered." if result.done else f"{name}: nothing to recover.")
            console.say_next([again])
            return 0
        diagnosis, unfinished = diagnose(deployment), describe_unfinished(deployment)
        for event in diagnosis.notes:
            console.say(escape_invisible(event))
        if diagnosis.is_healthy and unfinished is None:
            console.say(f"{name}: nothing to recover.")
        if not diagnosis.is_healthy:
            _print(tuple(describe(diagnosis)))
            console.say_next([name.command("recover", "--yes")])
        if unfinished is not None:
            console.say(escape_message(unfinished))
        elif diagnosis.is_healthy:
            console.say_next([again])
        return 0


def _parse_imports(given: Iterable[str]) -> dict[ResourceKey, str | None]:
    """Return keys with their ids, where one was given. `UsageError` for what can't be a key."""
    imports: dict[ResourceKey, str | None] = {}
    for text in given:
        short, equals, resource_id = text.partition("=")
        problem = f"`--import {text}` isn't a kind and a key, such as schemas.finance_stripe, or alerts.sales=17."
        try:
            key = ResourceKey.parse(f"resources.{short}")
        except ValueError:
            raise UsageError(problem) from None
        if key.is_child or (equals and not resource_id):
            raise UsageError(problem)
        imports[key] = resource_id or None
    return imports


def _print(steps: tuple[str, ...]) -> None:
    for step in steps:
        sys.stdout.write(escape_invisible(step) + "\n")
