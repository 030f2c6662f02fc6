"""`scope comment`: the Markdown of the pull-request comment, or the comment itself, from a manifest."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from scope.adapters.ci import find_ci
from scope.adapters.git import GitRepository
from scope.commands.options import MANIFEST, add_manifest_digest, add_summary
from scope.console import Console
from scope.documents.manifest import Manifest
from scope.documents.manifest_reader import read_manifest
from scope.errors import UsageError
from scope.escaping import code_span
from scope.files import write_atomic
from scope.installation import DISTRIBUTION
from scope.render.dialects import DIALECTS, Dialect
from scope.render.markdown import MARKER, render_comment
from scope.repository.layout import CONFIG

HELP = "write a manifest as the comment on its pull or merge request"
EXAMPLES = """\
examples:
  scope comment                                   the Markdown for .scope/manifest.json
  scope comment --summary                         the same as the summary of a CI job
  scope comment --expect-head COMMIT --pull-request 12    only for that commit; adds or updates the comment
  scope comment --pull-request                    on the pull or merge request that the CI job is for
"""
# Where scope itself comes from, if this repository holds it, or its project says which version.
_CODE = ("scope/",)
_PROJECT = ("pyproject.toml", "uv.lock")
# The pull request that a CI job is for: its number is in the environment.
_OF_THE_JOB = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--manifest", metavar="FILE", help=f"the manifest, - for stdin ({MANIFEST})")
    add_manifest_digest(parser)
    parser.add_argument("--expect-head", metavar="COMMIT", help="refuse a manifest of another commit")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", metavar="FILE", help="where the Markdown goes (stdout)")
    add_summary(where)
    where.add_argument(
        "--pull-request",
        type=_parse_number,
        nargs="?",
        const=_OF_THE_JOB,
        metavar="N",
        help="add or update the comment on this pull or merge request (the one that the CI job is for); needs a token in "
        "GITHUB_TOKEN, SYSTEM_ACCESSTOKEN or GITLAB_TOKEN",
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the Markdown to where it was asked for."""
    with GitRepository(Path(options.directory)) as git:
        root = git.root
    path = Path(options.manifest) if options.manifest else root / MANIFEST
    manifest = read_manifest(path, options.manifest_sha256)
    if options.expect_head is not None:
        _require_head(manifest, options.expect_head)
    ci = find_ci(os.environ)
    dialect = DIALECTS[ci.kind]
    text = render_comment(
        manifest,
        notes=tuple(_notes(manifest, dialect, find_own_paths(root))),
        run=ci.run_url,
        artifacts=ci.artifacts_url,
        dialect=dialect,
        limit=dialect.summary_limit if options.summary else dialect.comment_limit,
    )
    if options.summary:
        ci.write_summary(text)
    elif options.pull_request is not None:
        url = ci.put_comment(text, MARKER, options.pull_request or None)
        console.say(f"Comment: {url}")
    elif options.output:
        write_atomic(Path(options.output), text.encode())
    else:
        sys.stdout.write(text)
    return 0


def _parse_number(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} isn't the number of a pull or merge request")
    return int(text)


def _require_head(manifest: Manifest, head: str) -> None:
    if manifest.head.commit != head or manifest.head.dirty:
        made = f"commit {(manifest.head.commit or 'none')[:9]}{' with uncommitted work' if manifest.head.dirty else ''}"
        raise UsageError(f"The manifest was made of {made}, not of {head[:9]}. Run `scope plan --head {head[:9]}`.")


def find_own_paths(root: Path) -> tuple[str, ...]:
    """Return the paths of a repository whose change changes scope: none where it is installed from elsewhere."""
    project = root / CONFIG
    names_it = project.is_file() and DISTRIBUTION in project.read_text(encoding="utf-8", errors="replace")
    code = _CODE if (root / "scope" / "cli.py").is_file() else ()
    return (*code, *(_PROJECT if names_it else ()))


def _notes(manifest: Manifest, dialect: Dialect, own_paths: tuple[str, ...]) -> Iterator[str]:
    """Yield what a reader should know of how the numbers came about."""
    # The base's scope makes the numbers of a pull request, and the changed one those of the deploy after the merge.
    if own := _changed(manifest, own_paths):
        yield (
            f"This {dialect.request} changes {own}. The numbers are by the version of scope that it was branched from; "
            "after the merge, the changed one works out what deploys."
        )
    if workflows := _changed(manifest, dialect.pipeline_paths):
        yield (
            f"This {dialect.request} changes {workflows}. {dialect.host} runs the {dialect.pipelines} of a {dialect.request}"
            " as it has changed them, this comment's too: review that part before you trust these numbers."
        )


def _changed(manifest: Manifest, parts: tuple[str, ...]) -> str:
    paths = [change.path.lstrip('"') for change in manifest.changes]
    return ", ".join(code_span(part) for part in parts if any(path == part or path.startswith(part) for path in paths))
