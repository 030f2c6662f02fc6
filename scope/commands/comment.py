"""`scope comment`: the Markdown of the pull-request comment, or the comment itself, from a manifest."""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.adapters.github import PullRequest, write_summary
from scope.commands.options import MANIFEST, add_summary
from scope.console import Console
from scope.documents.manifest import Manifest
from scope.documents.manifest_reader import read_manifest
from scope.errors import UsageError
from scope.escaping import code_span
from scope.files import write_atomic
from scope.ports import Git
from scope.render.markdown import COMMENT_LIMIT, MARKER, SUMMARY_LIMIT, render_comment

HELP = "write a manifest as the comment on its pull request"
EXAMPLES = """\
examples:
  scope comment                                   the Markdown for .scope/manifest.json
  scope comment --summary                         the same as the summary of a workflow's step
  scope comment --expect-head COMMIT --pull-request 12    only for that commit; adds or updates the comment
"""
# What makes the numbers: where a pull request changes it, its own version of it has made them.
_OWN = ("scope/", ".github/", "pyproject.toml", "uv.lock")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--manifest", metavar="FILE", help=f"the manifest, - for stdin ({MANIFEST})")
    parser.add_argument("--expect-head", metavar="COMMIT", help="refuse a manifest of another commit")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", metavar="FILE", help="where the Markdown goes (stdout)")
    add_summary(where)
    where.add_argument(
        "--pull-request", type=int, metavar="N", help="add or update the comment; needs GITHUB_TOKEN and GITHUB_REPOSITORY"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the Markdown to where it was asked for."""
    with GitRepository(Path(options.directory)) as git:
        manifest = read_manifest(Path(options.manifest) if options.manifest else git.root / MANIFEST)
        changed = own_changes(git, manifest, options.expect_head)
    text = render_comment(manifest, notes=_notes(changed), limit=SUMMARY_LIMIT if options.summary else COMMENT_LIMIT)
    if options.summary:
        write_summary(text)
    elif options.pull_request is not None:
        url = PullRequest.of_environment(options.pull_request, os.environ).put_comment(text, MARKER)
        console.say(f"Comment: {url}")
    elif options.output:
        write_atomic(Path(options.output), text.encode())
    else:
        sys.stdout.write(text)
    return 0


def own_changes(git: Git, manifest: Manifest, head: str | None) -> tuple[str, ...]:
    """Return what of scope itself, its rules and its workflows differs between base and head.

    With `head`, git is asked and not the manifest, which a changed scope could have written as it liked; a manifest of
    another commit raises `UsageError`.
    """
    if head is None:
        return _own(change.path for change in manifest.changes)
    if manifest.head.commit != head or manifest.head.dirty:
        made = f"commit {(manifest.head.commit or 'none')[:9]}{' with uncommitted work' if manifest.head.dirty else ''}"
        raise UsageError(f"The manifest was made of {made}, not of {head[:9]}. Run `scope plan --head {head[:9]}`.")
    here, there = git.commit("HEAD"), git.commit(head)
    base = git.merge_base(here, there) if here and there else None
    if there is None or base is None:
        raise UsageError(f"{head[:9]} isn't in this clone, or has no common history with it. Fetch it: `fetch-depth: 0`.")
    return _own(change.path for change in git.changes(git.root_tree(base), git.root_tree(there)))


def _own(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({part for path in paths for part in _OWN if path == part or path.startswith(part)}))


def _notes(changed: tuple[str, ...]) -> tuple[str, ...]:
    if not changed:
        return ()
    parts = ", ".join(code_span(part) for part in changed)
    return (f"This pull request changes {parts}: its own version of scope made these numbers, not the base's.",)
