"""`scope results`: whether the jobs of a workflow's matrix have done all that a manifest says."""

import argparse
import hashlib
from pathlib import Path

from scope.adapters.github import write_summary
from scope.console import Console
from scope.documents.manifest_reader import loads, read_bytes
from scope.documents.matrix_results import DeploymentOutcome, deployment_outcomes, read_results
from scope.documents.results import exit_code
from scope.errors import UsageError
from scope.escaping import code_span, escape_invisible, markdown_text

HELP = "hold the results of a workflow's jobs against the manifest"
EXAMPLES = """\
examples:
  scope results --manifest manifest.json results     results/results-<matrix id>/results.json of each job
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("folder", metavar="FOLDER", help="where each job's results are, in results-<matrix id>/results.json")
    parser.add_argument("--manifest", required=True, metavar="FILE", help="the manifest that the jobs deployed")
    parser.add_argument("--manifest-sha256", metavar="HEX", help="refuse the manifest if its digest is another")
    parser.add_argument("--summary", action="store_true", help="also add it to the file that GITHUB_STEP_SUMMARY names")


def run(options: argparse.Namespace, console: Console) -> int:
    """Say what became of every deployment of the manifest; return the exit code."""
    content = read_bytes(Path(options.manifest))
    digest = hashlib.sha256(content).hexdigest()
    if options.manifest_sha256 and digest != options.manifest_sha256:
        raise UsageError(f"{options.manifest} has the digest {digest}, not {options.manifest_sha256}.")
    manifest = loads(content, options.manifest)
    folder = Path(options.folder)
    found = {entry.id: read_results(folder / f"results-{entry.id}" / "results.json") for entry in manifest.matrix.include}
    lines = deployment_outcomes(manifest, found)
    if options.summary:
        write_summary(_markdown(lines))
    for line in lines:
        if not line.is_done:
            console.say(f"{line.name}: {line.outcome}. {escape_invisible(line.message or '')}".rstrip())
    console.say(_count(lines))
    return exit_code(line.outcome for line in lines)


def _count(lines: tuple[DeploymentOutcome, ...]) -> str:
    done = sum(line.is_done for line in lines)
    return f"{done} of {len(lines)} deployments are done."


def _markdown(lines: tuple[DeploymentOutcome, ...]) -> str:
    rows = [f"- {code_span(line.name)}: **{line.outcome}**{_details(line)}\n" for line in lines if not line.is_done]
    return f"### {_count(lines)}\n\n{''.join(rows)}"


def _details(line: DeploymentOutcome) -> str:
    message = f" {markdown_text(line.message.splitlines()[0])}" if line.message else ""
    return f"{message} To approve: {code_span(line.digest)}" if line.digest else message
