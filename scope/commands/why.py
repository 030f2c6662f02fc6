"""`scope why`: what deploys a domain, what a path would deploy, or why nothing."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.commands.options import add_base, add_head, complete_with
from scope.console import Console
from scope.documents.document import dump_answer
from scope.escaping import escape_invisible
from scope.graph.nodes import label
from scope.planning.comparison import compare, effect_classifier
from scope.planning.plan import plan
from scope.planning.subject import SubjectKind, find_subject
from scope.planning.why import (
    Answer,
    DomainCause,
    TableAnswer,
    TablePlace,
    explain_domain,
    explain_path,
    explain_table,
)
from scope.wording import pluralize

HELP = "why a domain deploys, what a path would deploy, or who writes and reads a table"
# Places that are listed for people.
_MOST_UNKNOWN = 10
EXAMPLES = """\
examples:
  scope why finance                  what deploys finance since main, and how
  scope why src/common/money.py      what would a change of this file deploy?
  scope why docs/layers.md           … and why nothing?
  scope why finance.stripe.final_payments    who writes this table, and who reads it?
  scope why --new tools/new.cfg      what would adding this file deploy?
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    subject = parser.add_argument(
        "subject",
        metavar="PATH|DOMAIN|TABLE",
        help="a path from the repository's root, a domain's name, or a table's, with or without catalog and schema",
    )
    complete_with(subject, "subjects")
    parser.add_argument("--new", action="store_true", help="the path is of a file that doesn't exist yet")
    add_base(parser)
    add_head(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Print the answer on stdout; return the exit code."""
    with GitRepository(Path(options.directory)) as git:
        # A path or a table asks about the head alone, so no base is needed for it.
        is_bare = "/" not in options.subject and "." not in options.subject and not options.new
        comparison = compare(git, options.base if is_bare else "HEAD", options.head, console.say)
        subject = find_subject(comparison, options.subject, is_new=options.new)
        match subject.kind:
            case SubjectKind.TABLE:
                answer = explain_table(comparison.head, subject.name)
            case SubjectKind.DOMAIN:
                targets = comparison.head.rules.in_order(comparison.head.targets)
                answer = explain_domain(plan(comparison, targets, effect_classifier(git)), subject.name)
            case SubjectKind.DELETED:
                console.say(f"{escape_invisible(subject.name)} is deleted; as it was:")
                answer = explain_path(comparison.base, subject.name)
            case SubjectKind.PATH:
                answer = explain_path(comparison.head, subject.name)
    if options.format == "json":
        sys.stdout.buffer.write(dump_answer(asdict(answer)))
    elif isinstance(answer, TableAnswer):
        sys.stdout.writelines(f"{line}\n" for line in _describe_table(answer))
    else:
        is_path = subject.kind is not SubjectKind.DOMAIN
        sys.stdout.writelines(f"{line}\n" for line in _lines(answer, is_path=is_path))
    return 0


def _describe_table(answer: TableAnswer) -> Iterator[str]:
    for verb, places in (("written", answer.writers), ("read", answer.readers)):
        yield f"{answer.subject} is {verb} by{':' if places else ' no file that is known.'}"
        yield from map(_describe_place, places)
    if answer.near:
        yield f"Did you mean {answer.near}?"
    if answer.unknown:
        yield f"The tables of {pluralize(answer.unknown, 'other place')} are known only at run time, so there may be more:"
        yield from map(_describe_place, answer.unknown_places[:_MOST_UNKNOWN])
    if answer.unknown > _MOST_UNKNOWN:
        yield f"  … and {answer.unknown - _MOST_UNKNOWN:,} more; `--format json` lists them all."


def _describe_place(place: TablePlace) -> str:
    return f"  {place.domain}: {escape_invisible(place.path)}{f':{place.line}' if place.line else ''}"


def _lines(answer: Answer, *, is_path: bool) -> Iterator[str]:
    subject = escape_invisible(answer.subject)
    if not answer.causes:
        yield f"{subject} {'would deploy' if is_path else 'deploys'} nothing: {answer.reason}."
        return
    if is_path:
        domains = sorted({cause.domain for cause in answer.causes})
        yield f"{subject} would deploy {', '.join(domains)}{f' ({answer.reason})' if answer.reason else ''}:"
    else:
        yield f"{subject} deploys because of:"
    for cause in answer.causes:
        yield f"  {escape_invisible(cause.change)}  [{', '.join(cause.targets)}]"
        yield from _describe_path(cause)
    for move in answer.moves:
        said = f'as "{move.line}" says' if move.declared else f'it seems; declare it in moves.toml: "{move.line}"'
        yield escape_invisible(f"{move.source} moves to {move.destination}, {said}")


def _describe_path(cause: DomainCause) -> Iterator[str]:
    for step in cause.path:
        yield f"    ← {escape_invisible(label(step.node))}  ({step.edge})"
