"""`scope results`: check that a workflow's jobs completed every deployment in the manifest."""

import argparse
import os
from pathlib import Path

from scope.adapters.ci import find_ci
from scope.commands.options import add_manifest_digest, add_summary
from scope.console import Console
from scope.documents.manifest_reader import read_manifest
from scope.documents.matrix_results import deployment_outcomes, read_results
from scope.documents.results import exit_code
from scope.escaping import escape_invisible
from scope.render.results_page import count_done, render_matrix_page
from scope.wording import write_command

HELP = "check that the workflow's jobs completed every deployment in the manifest"
EXAMPLES = """\
examples:
  scope results --manifest manifest.json results     results/results-<matrix id>/results.json of each job
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("folder", metavar="FOLDER", help="where each job's results are, in results-<matrix id>/results.json")
    parser.add_argument("--manifest", required=True, metavar="FILE", help="the manifest that the jobs deployed")
    add_manifest_digest(parser)
    add_summary(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Report every deployment that isn't done; return the exit code."""
    manifest = read_manifest(Path(options.manifest), options.manifest_sha256)
    folder = Path(options.folder)
    results = {entry.id: read_results(folder / f"results-{entry.id}" / "results.json") for entry in manifest.matrix.include}
    outcomes = deployment_outcomes(manifest, results)
    if options.summary:
        find_ci(os.environ).write_summary(render_matrix_page(outcomes))
    for item in outcomes:
        if not item.is_done:
            console.say(f"{item.name}: {item.outcome}. {escape_invisible(item.message or '')}".rstrip())
    console.say(count_done(outcomes))
    targets = dict.fromkeys(item.name.partition("/")[0] for item in outcomes if not item.is_done)
    if targets:
        console.say_next(write_command("status", target) for target in targets)
    return exit_code(item.outcome for item in outcomes)
