"""`scope check`: boundaries and dangling references in the whole repository."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.check import check_repository
from scope.closure import Closures, Sources
from scope.console import Console
from scope.errors import UsageError
from scope.model import Finding
from scope.render.annotations import annotations
from scope.render.inert import visible
from scope.snapshot import Snapshot

HELP = "find what would break in a stage: imports, references, names"
EXAMPLES = """\
examples:
  scope check                    the work tree
  scope check --head HEAD        a commit
  scope check --format github    annotations for a pull request
"""
FORMATS = ("text", "json", "github")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--head", metavar="REF", help="check a commit, not the work tree")


def run(options: argparse.Namespace, console: Console) -> int:
    """Print the findings on stdout; return 1 where there are any."""
    with GitRepository(Path(options.directory)) as git:
        commit = git.commit(options.head) if options.head else None
        if options.head and commit is None:
            raise UsageError(
                f"The head `{options.head}` isn't in this clone. Fetch it first: `git fetch origin {options.head}`."
            )
        tree = git.root_tree(commit) if commit else git.work_tree()
        findings = check_repository(Closures(Snapshot(git, tree), Sources()))
    sys.stdout.write(_rendered(findings, options.format))
    plural = "s" if len(findings) > 1 else ""
    console.say(f"scope check: {len(findings)} finding{plural}." if findings else "scope check: nothing found.")
    return 1 if findings else 0


def _rendered(findings: Sequence[Finding], form: str) -> str:
    if form == "json":
        return json.dumps([asdict(finding) for finding in findings], indent=2) + "\n"
    if form == "github":
        return annotations(findings)
    return "".join(f"{visible(str(finding))}\n" for finding in findings)
