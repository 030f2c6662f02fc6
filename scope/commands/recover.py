"""`scope recover`: after a dead run or a lost state, say what is wrong with a deployment, and put it right."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from scope.bootstrap import Asked, opened
from scope.console import Console
from scope.controller.recover import NO_WISHES, Wishes, diagnose, lines, recover, ways_out
from scope.errors import Refused, UsageError
from scope.escaping import visible
from scope.names import is_domain_name

HELP = "put a deployment right after a dead run or a lost state"
EXAMPLES = """\
examples:
  scope recover --target prod --domain finance                      says what it would do
  scope recover --target prod --domain finance --yes                does it
  scope recover --target prod --domain finance --yes --delete-id 17  and deletes a leftover that fits nowhere
  scope recover --target prod --domain finance --yes --take alerts.sales=81  takes over what is there already
"""
FORMATS = ("text",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("-t", "--target", default="dev", metavar="NAME", help="the target (dev)")
    parser.add_argument("--domain", required=True, metavar="NAME", help="the deployment's domain")
    parser.add_argument("--yes", action="store_true", help="do what was shown")
    parser.add_argument(
        "--delete-id",
        action="append",
        default=[],
        metavar="ID",
        help="delete this leftover; may be repeated",
    )
    parser.add_argument(
        "--keep-id",
        action="append",
        default=[],
        metavar="ID",
        help="forget about this leftover, and leave it as it is; may be repeated",
    )
    parser.add_argument(
        "--take",
        action="append",
        default=[],
        metavar="KEY[=ID]",
        help="take over what is there already under this key, such as schemas.finance_stripe; may be repeated",
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Show what is wrong, or put it right; return the exit code."""
    if not is_domain_name(options.domain):
        raise UsageError(f"`{options.domain}` can't be a domain's name: those are snake_case, such as finance.")
    wishes = Wishes(frozenset(options.delete_id), frozenset(options.keep_id), _taken(options.take))
    if wishes != NO_WISHES and not options.yes:
        raise UsageError("`--delete-id`, `--keep-id` and `--take` act at once. Look first, then add `--yes`.")
    both = (wishes.delete & wishes.keep) | (
        (wishes.delete | wishes.keep) & {found for found in wishes.take.values() if found}
    )
    if both:
        raise UsageError(f"Two things are asked for with {min(both)}. Say one: delete, keep, or take.")
    asked = Asked(options.target, needs_branch=options.yes)
    again = f"scope reconcile --target {options.target} --domain {options.domain}"
    with opened(Path(options.directory), asked, lambda _, message: console.say(visible(message))) as opened_run:
        name = opened_run.id(options.domain)
        if options.yes:
            result = recover(opened_run, options.domain, wishes)
            _print(result.done)
            if result.left:
                listed = "\n".join(f"  {item}: {ways_out(item)}" for item in result.left)
                raise Refused(f"{name} has leftovers that fit under no key, so nothing was done with them:\n{listed}")
            console.say(f"{name} is recovered. Now run: {again}" if result.done else f"{name}: nothing to recover.")
            return 0
        found = diagnose(opened_run, options.domain)
        for note in found.notes:
            console.say(visible(note))
        if found.is_healthy:
            console.say(f"{name}: nothing to recover.")
            return 0
        _print(tuple(lines(found)))
        console.say(f"To do this, add --yes. Then run: {again}")
        return 0


def _taken(given: Iterable[str]) -> dict[str, str | None]:
    """Return keys with their ids, where one was given. `UsageError` for what can't be a key."""
    found: dict[str, str | None] = {}
    for text in given:
        key, equals, one = text.partition("=")
        if key.count(".") != 1 or (equals and not one):
            raise UsageError(f"`--take {text}` isn't a kind and a key, such as schemas.finance_stripe, or alerts.sales=17.")
        found[key] = one or None
    return found


def _print(steps: tuple[str, ...]) -> None:
    for step in steps:
        sys.stdout.write(visible(step) + "\n")
