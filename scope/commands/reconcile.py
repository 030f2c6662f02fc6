"""`scope reconcile`: bring a target to what is checked out: status, manifest, and the same deploy."""

import argparse
import sys
from pathlib import Path

from scope.bootstrap import SessionRequest, open_session
from scope.commands.deploy import operation_for
from scope.commands.options import add_domains, add_rollout, add_target, session_options
from scope.commands.reporting import RunReporter, finish
from scope.console import Console
from scope.controller.deploy_set import Candidate, find_candidates, warn_of_unseen
from scope.controller.deployment import Deployment
from scope.controller.plan_records import plan_records
from scope.controller.session import Session
from scope.controller.status import Sync, assess_all
from scope.documents.document import dump
from scope.documents.manifest import Manifest
from scope.escaping import escape_invisible
from scope.files import prepare_own_file, write_atomic
from scope.planning.comparison import effect_classifier
from scope.wording import write_command

HELP = "bring a target to what is checked out, whatever failed, was skipped or reverted before"
EXAMPLES = """\
examples:
  scope reconcile --target prod --dry-run              shows what differs, and why
  scope reconcile --target prod
  scope reconcile --target prod --drift                and undoes what was changed by hand in the workspace
  scope reconcile --target prod --prune                and destroys what is gone from the repository
"""
MANIFEST = Path(".scope", "reconcile.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_target(parser)
    add_domains(parser)
    parser.add_argument("--dry-run", action="store_true", help="write and show the manifest, and deploy nothing")
    parser.add_argument(
        "--drift", action="store_true", help="also look closely at what is in sync, and undo changes by hand"
    )
    parser.add_argument("--detailed-exitcode", action="store_true", help="with --dry-run: exit with 5 when anything is due")
    add_rollout(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Reconcile, and return the exit code."""
    reporter = RunReporter(console, options.target)
    request = SessionRequest(
        options.target,
        session_options(options),
        options.max_parallel,
        needs_branch=not options.dry_run,
        needs_cli=options.drift or not options.dry_run,
        domains=tuple(options.domain),
    )
    with open_session(Path(options.directory), request, reporter.progress, reporter.event) as session:
        wanted = find_candidates(session, options.domain)
        if options.drift and _distrust_drifted(session, wanted, options):
            wanted = find_candidates(session, options.domain)
        wanted = warn_of_unseen(session, wanted)
        manifest = plan_records(session, wanted, effect_classifier(session.git))
        content = dump(manifest)
        write_atomic(prepare_own_file(session.root, MANIFEST), content)
        _show(manifest, content, options, console)
        if options.dry_run:
            if manifest.deploy and options.format != "json":
                console.say_next([write_command("reconcile", options.target, options.domain)])
            return 5 if options.detailed_exitcode and manifest.deploy else 0
        due = tuple(item for item in wanted if item.due is not None)
        results = reporter.run(session, tuple(operation_for(session, item) for item in due), options.max_parallel)
        return finish(session, results, len(wanted) - len(due), options, console)


def _distrust_drifted(session: Session, wanted: tuple[Candidate, ...], options: argparse.Namespace) -> bool:
    """Make due what was changed by hand, unless it is a dry run; return whether anything became due."""
    from scope.controller.drift import with_drift  # only this looks so closely
    from scope.controller.recover import invalidate
    from scope.controller.verified_files import with_verified_files

    # What is due is deployed in any case.
    in_sync = tuple(item for item in wanted if item.due is None)
    statuses = with_drift(session, assess_all(session, in_sync), options.max_parallel)
    statuses = with_verified_files(session, in_sync, statuses)
    drifted = [item for item in statuses if item.sync is Sync.DRIFTED and item.differences]
    for item in drifted:
        words = f"changed by hand: {', '.join(item.differences)}"
        session.progress(item.domain, escape_invisible(words))
        if not options.dry_run:
            invalidate(Deployment(session, item.domain), words)
    return bool(drifted) and not options.dry_run


def _show(manifest: Manifest, content: bytes, options: argparse.Namespace, console: Console) -> None:
    """Show the plan: to people always beside what follows, to machines only where nothing follows."""
    is_machine = options.format == "json"
    if is_machine and options.dry_run:
        sys.stdout.buffer.write(content)
    elif not console.is_quiet and manifest.deploy:
        from scope.render.text import print_plan  # rich takes 60 ms

        stream = console.table_stream(machine_on_stdout=is_machine)
        print_plan(manifest, stream, color=console.has_color(stream))
    elif options.dry_run:
        console.say(f"{options.target} is in sync: nothing to do.")
