"""`scope notify`: tell the webhook of `[tool.scope]` what happened in a workflow's run."""

import argparse
import os
from pathlib import Path

from scope.adapters.ci import find_ci
from scope.adapters.git import GitRepository
from scope.console import Console
from scope.escaping import escape_invisible, shortened
from scope.repository.baseline import resolve_head
from scope.repository.layout import CONFIG
from scope.repository.settings import load_rules
from scope.repository.snapshot import Snapshot

HELP = "post a message to the webhook of [tool.scope]"
EXAMPLES = """\
examples:
  scope notify 'The deploy of prod failed.'     adds a link to the workflow's run
"""
_LONGEST = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("message", metavar="MESSAGE", help="what happened, in a sentence")


def run(options: argparse.Namespace, console: Console) -> int:
    """Post the message; without a webhook, say so and succeed."""
    with GitRepository(Path(options.directory)) as git:
        webhook = load_rules(Snapshot(git, resolve_head(git, "HEAD").tree).read(CONFIG)).webhook
        name = git.root.name
    message = shortened(escape_invisible(options.message), _LONGEST)
    ci = find_ci(os.environ)
    lines = [f"{ci.repository or name}: {message}", *filter(None, [ci.run_url])]
    console.say("\n".join(lines))
    if webhook is None:
        console.say(f"Nobody is told: {CONFIG} has no `webhook` in [tool.scope].")
        return 0
    from scope.adapters.webhook import post_message  # a network client

    post_message(webhook, "\n".join(lines))
    console.say("The webhook took the message.")
    return 0
