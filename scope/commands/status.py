"""`scope status`: what each domain of a target runs, compared with the checkout."""

import argparse
import os
import sys
from pathlib import Path

from scope.bootstrap import SessionRequest, open_session
from scope.commands.options import add_domains, add_max_parallel, add_summary, add_target
from scope.commands.reporting import say_progress
from scope.console import Console
from scope.controller.deploy_set import find_candidates
from scope.controller.status import Report, assess_all
from scope.documents.document import dump

HELP = "what each domain of a target runs: in sync, behind, ahead, dirty, drifted, foreign, never deployed, gone"
EXAMPLES = """\
examples:
  scope status --target prod
  scope status --target prod --drift --verify          plans each domain, and compares the files in the workspace
  scope status --target prod --format json --detailed-exitcode
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_target(parser)
    add_domains(parser)
    parser.add_argument("--drift", action="store_true", help="plan what is in sync: changes by hand show as drifted")
    parser.add_argument("--verify", action="store_true", help="compare the files in the workspace with what was uploaded")
    add_max_parallel(parser)
    add_summary(parser)
    parser.add_argument("--detailed-exitcode", action="store_true", help="exit with 5 when not all is in sync")


def run(options: argparse.Namespace, console: Console) -> int:
    """Show how each domain stands; return the exit code."""
    request = SessionRequest(options.target, max_parallel=options.max_parallel, needs_branch=False, needs_cli=options.drift)
    with open_session(Path(options.directory), request, say_progress(console)) as session:
        candidates = find_candidates(session, options.domain)
        statuses = assess_all(session, candidates)
        # Only these look so closely.
        if options.drift:
            from scope.controller.drift import with_drift

            statuses = with_drift(session, statuses, options.max_parallel)
        if options.verify:
            from scope.controller.verified_files import with_verified_files

            statuses = with_verified_files(session, candidates, statuses)
        head = session.head
        report = Report(session.settings.name, session.workspace.host, head.commit, head.is_dirty, statuses)
    if options.summary:
        from scope.adapters.ci import find_ci  # for CI only
        from scope.render.dialects import DIALECTS
        from scope.render.status_page import render_status_page

        ci = find_ci(os.environ)
        ci.write_summary(render_status_page(report, DIALECTS[ci.kind]))
    if options.format == "json":
        sys.stdout.buffer.write(dump(report))
    elif not console.is_quiet:
        from scope.render.status import print_status  # rich takes 60 ms

        print_status(report, sys.stdout, color=console.has_color(sys.stdout))
    return 5 if options.detailed_exitcode and not report.is_in_sync else 0
