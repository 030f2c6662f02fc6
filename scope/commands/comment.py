"""`scope comment`: the Markdown of the pull-request comment, or the comment itself, from a manifest."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.adapters.github import PullRequest, run_url, write_summary
from scope.commands.options import MANIFEST, add_manifest_digest, add_summary
from scope.console import Console
from scope.documents.manifest import Manifest
from scope.documents.manifest_reader import read_manifest
from scope.errors import UsageError
from scope.escaping import code_span
from scope.files import write_atomic
from scope.render.markdown import COMMENT_LIMIT, MARKER, SUMMARY_LIMIT, render_comment

HELP = "write a manifest as the comment on its pull request"
EXAMPLES = """\
examples:
  scope comment                                   the Markdown for .scope/manifest.json
  scope comment --summary                         the same as the summary of a workflow's step
  scope comment --expect-head COMMIT --pull-request 12    only for that commit; adds or updates the comment
"""
# The base's scope makes the numbers of a pull request, and the changed one those of the deploy after the merge.
_OWN = ("scope/", "pyproject.toml", "uv.lock")
_WORKFLOWS = (".github/",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--manifest", metavar="FILE", help=f"the manifest, - for stdin ({MANIFEST})")
    add_manifest_digest(parser)
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
        path = Path(options.manifest) if options.manifest else git.root / MANIFEST
    manifest = read_manifest(path, options.manifest_sha256)
    if options.expect_head is not None:
        _require_head(manifest, options.expect_head)
    limit = SUMMARY_LIMIT if options.summary else COMMENT_LIMIT
    text = render_comment(manifest, notes=tuple(_notes(manifest)), run=run_url(os.environ), limit=limit)
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


def _require_head(manifest: Manifest, head: str) -> None:
    if manifest.head.commit != head or manifest.head.dirty:
        made = f"commit {(manifest.head.commit or 'none')[:9]}{' with uncommitted work' if manifest.head.dirty else ''}"
        raise UsageError(f"The manifest was made of {made}, not of {head[:9]}. Run `scope plan --head {head[:9]}`.")


def _notes(manifest: Manifest) -> Iterator[str]:
    """Yield what a reader should know of how the numbers came about."""
    if own := _changed(manifest, _OWN):
        yield (
            f"This pull request changes {own}. The numbers are by the version of scope that it was branched from; after the "
            "merge, the changed one works out what deploys."
        )
    if workflows := _changed(manifest, _WORKFLOWS):
        yield (
            f"This pull request changes {workflows}. GitHub runs the workflows of a pull request as it has changed them, "
            "this comment's too: review that part before you trust these numbers."
        )


def _changed(manifest: Manifest, parts: tuple[str, ...]) -> str:
    paths = [change.path.lstrip('"') for change in manifest.changes]
    return ", ".join(code_span(part) for part in parts if any(path == part or path.startswith(part) for path in paths))
