"""`scope check`: boundaries and dangling references in the whole repository."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scope.adapters.forks import Forks
from scope.adapters.git import GitRepository
from scope.adapters.kept_findings import KeptFindings
from scope.commands.options import add_base, add_head
from scope.console import Console
from scope.documents.document import dump_answer
from scope.escaping import escape_invisible
from scope.graph.layouts import open_index
from scope.graph.uses_cache import UsesCache
from scope.model import CiKind, Finding
from scope.planning.checks import check_removed_tables, check_repository, find_removed_tables, find_unknown_reads
from scope.planning.comparison import Comparison, compare
from scope.render.annotations import render_annotations
from scope.repository.baseline import resolve_head
from scope.repository.snapshot import Snapshot
from scope.wording import abbreviate, pluralize

HELP = "find what would break in a stage: imports, references, names"
EXAMPLES = """\
examples:
  scope check                    the work tree
  scope check --base main        … and tables that are removed while somebody reads them
  scope check --head HEAD        a commit
  scope check --format github    annotations for a pull request
  scope check --format azure     the same in Azure Pipelines
  scope check --format gitlab    a report on code quality, for GitLab
"""
FORMATS = ("text", "json", *CiKind)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_base(parser, default=None)
    add_head(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Print the findings on stdout; return 1 where there are any."""
    with GitRepository(Path(options.directory)) as git, KeptFindings(git.root) as kept:
        head = resolve_head(git, options.head)
        cache = UsesCache(kept.usable, Forks(git, kept))
        index = open_index(Snapshot(git, head.tree), cache)
        index.check_names()
        findings = check_repository(index)
        if options.base:
            comparison = compare(git, options.base, options.head, console.say, cache)
            removed = {
                finding for one in comparison.each for finding in check_removed_tables(one.base, one.head, one.changes)
            }
            findings = (*findings, *sorted(removed))
            _say_unknown(comparison, console)
    sys.stdout.buffer.write(_render(findings, options.format))
    console.say(f"scope check: {pluralize(len(findings), 'finding') if findings else 'no findings'}.")
    return 1 if findings else 0


def _say_unknown(comparison: Comparison, console: Console) -> None:
    """Tell where tables that are removed may be read as well."""
    for one in comparison.each:
        tables = find_removed_tables(one.base, one.head, one.changes)
        unknown = find_unknown_reads(one.head, tables)
        if unknown:
            places = abbreviate([escape_invisible(f"{place.path}:{place.line}") for place in unknown])
            console.say(
                f"Whether somebody else reads {abbreviate(sorted(tables))} isn't known in full: the tables of "
                f"{pluralize(len(unknown), 'place')} are known only at run time: {places}."
            )


def _render(findings: Sequence[Finding], form: str) -> bytes:
    if form == "json":
        return dump_answer({"findings": [finding._asdict() for finding in findings]})
    if form in FORMATS[2:]:
        return render_annotations(findings, CiKind(form)).encode()
    return "".join(f"{escape_invisible(str(finding))}\n" for finding in findings).encode()
