"""`scope adopt`: take the resources of a plain bundle over into the deployments of the domains, without making any anew."""

import argparse
import sys
from functools import partial
from pathlib import Path

from scope.bootstrap import SessionRequest, open_session
from scope.commands.options import add_domains, add_lock_timeout, add_target, add_yes
from scope.commands.reporting import say_progress
from scope.console import Console
from scope.controller.adopt import AdoptionPlan, adopt, plan_adoption
from scope.controller.pool import stopping
from scope.controller.session import Options
from scope.errors import UsageError
from scope.escaping import escape_invisible
from scope.wording import unknown_name

HELP = "take over the resources of a plain bundle, ids unchanged"
EXAMPLES = """\
examples:
  scope adopt --target prod                            says what would be taken over from the target's own folder
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
    request = SessionRequest(options.target, Options(lock_timeout=options.lock_timeout), max_parallel=1)
    with open_session(Path(options.directory), request, say_progress(console)) as found:
        unknown = sorted(set(options.domain) - set(found.index.domains))
        if unknown:
            raise UsageError(unknown_name("domain", unknown[0], found.index.domains))
        domains = tuple(options.domain or found.index.domains)
        root = options.old_root or found.base
        if not options.yes:
            _print(plan_adoption(found, root, domains, partial(found.progress, "")), "would adopt")
            console.say("Nothing was changed. To do this, add --yes.")
            return 0
        with stopping(found):
            _print(adopt(found, root, domains, partial(found.progress, "")), "has adopted")
        console.say(
            f"What is left in {root} is kept. When no run uses its `files` any more and nothing is left in its state, "
            "delete its `files`, `artifacts` and `state` folders; never the folder itself: the deployments may lie in it."
        )
    return 0


def _print(found: AdoptionPlan, verb: str) -> None:
    if not found.adoptions:
        sys.stdout.write("Nothing to adopt.\n")
    for item in found.adoptions:
        sys.stdout.write(f"{item.domain} {verb} {len(item.inventory)} resources\n")
        for key, resource_id in item.inventory.items():
            sys.stdout.write(escape_invisible(f"  {key.short} {resource_id}") + "\n")
    if found.unmatched:
        sys.stdout.write(f"{len(found.unmatched)} stay behind, because no domain defines them:\n")
        for key in found.unmatched:
            sys.stdout.write(escape_invisible(f"  {key.short}") + "\n")
