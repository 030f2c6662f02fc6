"""`scope plan`: the deployments that the changes since a base reach, as a table and as the manifest."""

import argparse
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.console import Console
from scope.documents.manifest import Manifest, Warn, dumps
from scope.errors import UsageError
from scope.files import write_atomic
from scope.graph.closure import DeploymentIndex
from scope.planning.comparison import compare, effect_in
from scope.planning.plan import narrowed, plan

HELP = "what the changes since a base would deploy, and why"
EXAMPLES = """\
examples:
  scope plan                              this work tree against main
  scope plan --base origin/main --head HEAD
  scope plan --target prod --output -     the manifest on stdout
  scope plan --base deployed --target prod    against what each domain of prod really runs
  just scope base=main                    the same as the first
"""
MANIFEST = Path(".scope", "manifest.json")
SUMMARY = Path(".scope", "summary.md")
DEFAULT_BASE = "main"
# Not a ref: the commits that a target's records name, each domain its own.
DEPLOYED = "deployed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--base", default=DEFAULT_BASE, metavar="REF", help="compare with its merge base with the head (main)"
    )
    parser.add_argument(
        "--fallback", metavar="REF", help="with `--base deployed`: compare with this where the workspace can't be asked"
    )
    parser.add_argument("--head", metavar="REF", help="look at a commit, not at the work tree")
    parser.add_argument("--target", action="append", metavar="NAME", help="only this target; may be repeated (all)")
    parser.add_argument(
        "--domains", action="append", default=[], metavar="NAMES", help="only these domains, with spaces between them (all)"
    )
    parser.add_argument("--output", metavar="FILE", help=f"where the manifest goes, - for stdout ({MANIFEST})")
    parser.add_argument(
        "--fingerprints", action="store_true", help="compute the fingerprints of what deploys, and show them"
    )
    parser.add_argument(
        "--live",
        action="store_true",
        help="also ask the CLI for its plan of each deployment of the one target; this runs the repository's code",
    )
    parser.add_argument("--no-readers", action="store_true", help="don't look who reads the tables of what deploys")
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit with 5 when there is something to deploy")
    parser.add_argument(
        "--github", action="store_true", help="also write the outputs and the summary of a step of a GitHub workflow"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the manifest and show the plan; return the exit code."""
    notes: tuple[Warn, ...] = ()
    if options.base == DEPLOYED:
        from scope.commands.plan_deployed import planned  # it reaches for the workspace

        found = planned(options, console)
        if found.manifest is not None:
            return publish(found.manifest, found.root, found.matrix_jobs, options, console)
        notes = found.notes
    elif options.fallback:
        raise UsageError("`--fallback` stands in for records that can't be read. It goes with `--base deployed`.")
    with GitRepository(Path(options.directory)) as git:
        sides = compare(git, options.fallback or options.base, options.head, console.say)
        manifest = plan(
            sides,
            _targets(sides.head, options.target),
            effect_in(git),
            with_fingerprints=options.fingerprints,
            with_readers=not options.no_readers,
        )
        manifest = replace(manifest, warnings=(*notes, *manifest.warnings))
        return publish(manifest, git.root, sides.head.rules.matrix_jobs, options, console)


def publish(manifest: Manifest, root: Path, matrix_jobs: int, options: argparse.Namespace, console: Console) -> int:
    """Write the manifest to its file, narrowed to the domains asked for; show it, and return the exit code."""
    if options.live:
        from scope.commands.plan_live import with_live  # it reaches for the workspace

        manifest = with_live(manifest, options, console)
    manifest = narrowed(manifest, " ".join(options.domains).split(), matrix_jobs)
    content = dumps(manifest)
    _write(content, options.output, root / MANIFEST, console)
    _show(manifest, content, options, console)
    if options.github:
        write_for_github(manifest, content, root)
    return 5 if options.detailed_exitcode and manifest.deploy else 0


def write_for_github(manifest: Manifest, content: bytes, root: Path) -> None:
    """Write what the next jobs need, and the page that people look at: for this job's summary, and as a file for others'."""
    from scope.adapters.github import write_outputs, write_summary  # a network client, for workflows only
    from scope.render.markdown import SUMMARY_LIMIT, comment
    from scope.render.matrix import outputs

    write_outputs(outputs(manifest, content))
    page = comment(manifest, limit=SUMMARY_LIMIT)
    write_atomic(root / SUMMARY, page.encode())
    write_summary(page)


def _targets(head: DeploymentIndex, wanted: list[str] | None) -> tuple[str, ...]:
    unknown = sorted(set(wanted or ()) - set(head.targets))
    if unknown:
        raise UsageError(f"There is no target `{unknown[0]}`. targets/ has {', '.join(head.targets) or 'none'}.")
    return tuple(target for target in head.targets if not wanted or target in wanted)


def _write(content: bytes, output: str | None, default: Path, console: Console) -> None:
    if output == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    path = Path(output) if output else default
    write_atomic(path, content)
    console.say(f"Manifest: {path if output else MANIFEST} sha256:{hashlib.sha256(content).hexdigest()}")


def _show(manifest: Manifest, content: bytes, options: argparse.Namespace, console: Console) -> None:
    if options.format == "json":
        if options.output != "-":
            sys.stdout.buffer.write(content)
    elif not console.is_quiet:
        from scope.render.text import print_plan  # rich takes 60 ms

        stream = console.table_stream(machine_on_stdout=options.output == "-")
        print_plan(manifest, stream, color=console.has_color(stream))
