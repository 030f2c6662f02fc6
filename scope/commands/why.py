"""`scope why`: what deploys a domain, what a path would deploy, or why nothing."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.commands.options import add_base, add_head
from scope.console import Console
from scope.errors import UsageError
from scope.escaping import escape_invisible
from scope.planning.comparison import compare, effect_in
from scope.planning.plan import plan
from scope.planning.why import Answer, Way, why_domain, why_path
from scope.wording import unknown_name

HELP = "why a domain deploys, or what a path would deploy, or why nothing"
EXAMPLES = """\
examples:
  scope why finance                  what deploys finance since main, and how
  scope why src/common/money.py      what would a change of this file deploy?
  scope why docs/layers.md           … and why nothing?
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("subject", metavar="PATH|DOMAIN", help="a domain's name, or a path from the repository's root")
    add_base(parser)
    add_head(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Print the answer on stdout; return the exit code."""
    with GitRepository(Path(options.directory)) as git:
        subject = options.subject.removeprefix("./").rstrip("/")
        # A path asks about the head alone, so no base is needed for it.
        is_path = "/" in subject or "." in subject
        sides = compare(git, "HEAD" if is_path else options.base, options.head, console.say)
        if is_path:
            if subject.startswith("/") or ".." in subject.split("/"):
                raise UsageError(f"`{options.subject}` isn't a path from the repository's root.")
            answer = why_path(sides.head, subject)
        elif subject in {*sides.head.domains, *sides.base.domains}:
            answer = why_domain(plan(sides, sides.head.targets, effect_in(git)), subject)
        elif sides.head.snapshot.entry(subject) is not None:
            answer = why_path(sides.head, subject)
        else:
            raise UsageError(unknown_name("domain or file", subject, sides.head.domains))
    if options.format == "json":
        sys.stdout.write(json.dumps(asdict(answer), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(answer, is_path=is_path))
    return 0


def _lines(answer: Answer, *, is_path: bool) -> Iterator[str]:
    subject = escape_invisible(answer.subject)
    if not answer.ways:
        yield f"{subject} {'would deploy' if is_path else 'deploys'} nothing: {answer.reason}."
        return
    if is_path:
        domains = sorted({way.domain for way in answer.ways})
        yield f"{subject} would deploy {', '.join(domains)}{f' ({answer.reason})' if answer.reason else ''}:"
    else:
        yield f"{subject} deploys because of:"
    for way in answer.ways:
        yield f"  {escape_invisible(way.path)}  [{', '.join(way.targets)}]"
        yield from _steps(way)


def _steps(way: Way) -> Iterator[str]:
    for step in way.steps:
        yield f"    ← {escape_invisible(step.node.removeprefix('file:'))}  ({step.edge})"
