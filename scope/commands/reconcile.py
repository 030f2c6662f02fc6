"""`scope reconcile`: bring a target to what is checked out: status, manifest, and the same deploy."""

import argparse
from pathlib import Path

from scope.commands.deploy import Teller, add_run_arguments, finish, job_for, run_options
from scope.console import Console
from scope.deploy_set import deploy_set
from scope.files import write_whole
from scope.manifest import Manifest, dumps
from scope.opening import Asked, opened
from scope.plan_records import plan_records
from scope.sides import effect_in

HELP = "bring a target to what is checked out, whatever failed, was skipped or reverted before"
EXAMPLES = """\
examples:
  scope reconcile --target prod --dry-run              shows what differs, and why
  scope reconcile --target prod
  scope reconcile --target prod --prune                and destroys what is gone from the repository
"""
MANIFEST = Path(".scope", "reconcile.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("-t", "--target", default="dev", metavar="NAME", help="the target (dev)")
    parser.add_argument(
        "--domain", action="append", default=[], metavar="NAME", help="only this domain; may be repeated (all)"
    )
    parser.add_argument("--dry-run", action="store_true", help="write and show the manifest, and deploy nothing")
    parser.add_argument("--detailed-exitcode", action="store_true", help="with --dry-run: exit with 5 when anything is due")
    parser.add_argument("--allow-rollback", action="store_true", help="deploy over a newer commit")
    parser.add_argument("--prune", action="store_true", help="destroy the deployments of domains that are gone")
    add_run_arguments(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Reconcile, and return the exit code."""
    teller = Teller(console, options.target)
    asked = Asked(
        options.target,
        run_options(options),
        options.max_parallel,
        needs_branch=not options.dry_run,
        needs_cli=not options.dry_run,
    )
    with opened(Path(options.directory), asked, teller.tell, teller.note) as opened_run:
        wanted = deploy_set(opened_run, options.domain)
        manifest = plan_records(opened_run, wanted, effect_in(opened_run.git))
        content = dumps(manifest)
        write_whole(opened_run.root / MANIFEST, content)
        _show(manifest, content, options, console)
        if options.dry_run:
            return 5 if options.detailed_exitcode and manifest.deploy else 0
        due = tuple(item for item in wanted if item.due is not None)
        results = teller.run(opened_run, tuple(job_for(opened_run, item) for item in due), options.max_parallel)
        return finish(opened_run, results, len(wanted) - len(due), options, console)


def _show(manifest: Manifest, content: bytes, options: argparse.Namespace, console: Console) -> None:
    """Show the plan: to people always beside what follows, to machines only where nothing follows."""
    is_machine = options.format == "json"
    if is_machine and options.dry_run:
        import sys  # noqa: PLC0415  as the next

        sys.stdout.buffer.write(content)
    elif not console.is_quiet and manifest.deploy:
        from scope.render.text import print_plan  # noqa: PLC0415  rich takes 60 ms

        stream = console.table_stream(machine_on_stdout=is_machine)
        print_plan(manifest, stream, color=console.has_color(stream))
    elif options.dry_run:
        console.say(f"{options.target} is in sync: nothing to do.")
