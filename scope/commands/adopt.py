"""`scope adopt`: adopt the resources of a plain bundle into the deployments of its domains, without recreating any."""

import argparse
import shlex
import sys
from functools import partial
from pathlib import Path

from scope.bootstrap import SessionRequest, open_session
from scope.commands.options import add_domains, add_lock_timeout, add_target, add_yes
from scope.commands.reporting import say_progress
from scope.console import Console
from scope.controller.adopt import AdoptionPlan, adopt, describe_rest, plan_adoption
from scope.controller.pool import stopping
from scope.controller.session import Options
from scope.errors import UsageError
from scope.escaping import escape_invisible, escape_message
from scope.wording import unknown_name, write_command

HELP = "adopt the resources of a plain bundle, ids unchanged"
EXAMPLES = """\
examples:
  scope adopt --target prod                            shows what would be adopted from the target's own folder
  scope adopt --target prod --yes
  scope adopt --target prod --from /Workspace/deploy/.bundle/old/prod --domain finance --yes
"""
FORMATS = ("text",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_target(parser)
    parser.add_argument(
        "--from",
        dest="old_root",
        metavar="ROOT",
        help="the old bundle's root_path (the folder that the target's roots lie in)",
    )
    add_domains(parser)
    add_lock_timeout(parser)
    add_yes(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Show what would be adopted, or adopt it; return the exit code."""
    request = SessionRequest(
        options.target, Options(lock_timeout=options.lock_timeout), max_parallel=1, domains=tuple(options.domain)
    )
    with open_session(Path(options.directory), request, say_progress(console)) as session:
        unknown = sorted(set(options.domain) - set(session.domains))
        if unknown:
            raise UsageError(unknown_name("domain", unknown[0], session.domains))
        domains = tuple(options.domain or session.domains)
        root = options.old_root or session.base
        if not options.yes:
            _print(plan_adoption(session, root, domains, partial(session.progress, "")), "would adopt")
            console.say("Nothing was changed.")
            origin = ("--from", shlex.quote(root)) if options.old_root else ()
            console.say_next([write_command("adopt", options.target, options.domain, [*origin, "--yes"])])
            return 0
        with stopping(session):
            _print(adopt(session, root, domains, partial(session.progress, "")), "has adopted")
        console.say(escape_message(describe_rest(session, root)))
    return 0


def _print(plan: AdoptionPlan, verb: str) -> None:
    if not plan.adoptions:
        sys.stdout.write("Nothing to adopt.\n")
    for item in plan.adoptions:
        sys.stdout.write(f"{item.domain} {verb} {len(item.inventory)} resources\n")
        for key, resource_id in item.inventory.items():
            sys.stdout.write(escape_invisible(f"  {key.short} {resource_id}") + "\n")
    if plan.unmatched:
        sys.stdout.write(f"{len(plan.unmatched)} stay in the old bundle, because no domain defines them:\n")
        for key in plan.unmatched:
            sys.stdout.write(escape_invisible(f"  {key.short}") + "\n")
