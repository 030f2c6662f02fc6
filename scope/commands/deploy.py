"""`scope deploy`: bring a target's deployments to what is checked out, each on its own, several at once."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scope.bootstrap import LOGS, SessionRequest, open_session
from scope.commands.options import add_domains, add_manifest_digest, add_rollout, add_target, complete_with, session_options
from scope.commands.reporting import RunReporter, finish
from scope.console import Console
from scope.controller.deploy_set import Candidate, find_candidates, narrow, warn_of_unseen
from scope.controller.deployment import Deployment
from scope.controller.move import deploy_with_moves, destroy_with_moves, keep_gone
from scope.controller.operation import Operation
from scope.controller.session import Session
from scope.deployment.observation import writers
from scope.errors import UsageError

if TYPE_CHECKING:
    from scope.documents.manifest import Manifest

HELP = "deploy what is due in a target"
EXAMPLES = """\
examples:
  scope deploy --target dev --domain finance           your own copy, from the work tree
  scope deploy --target prod                           all that the records say is due, from the commit
  scope deploy --target prod --manifest .scope/manifest.json --max-parallel 8
  scope deploy --target prod --domain finance --approve-destructive 1f0c66d1a4e9b2c3
  just deploy dev finance                              the same as the first
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_target(parser)
    add_domains(parser)
    manifest = parser.add_argument("--manifest", metavar="FILE", help="only what this manifest names; it can't add anything")
    complete_with(manifest, "files")
    add_manifest_digest(parser)
    add_rollout(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Deploy, and return the exit code."""
    if options.manifest_sha256 is not None and not options.manifest:
        raise UsageError("`--manifest-sha256` is the digest of a manifest. Name the file with `--manifest`.")
    reporter = RunReporter(console, options.target)
    request = SessionRequest(options.target, session_options(options), options.max_parallel, domains=tuple(options.domain))
    with open_session(Path(options.directory), request, reporter.progress, reporter.event) as session:
        _tell_writers(session)
        manifest = _read_manifest(options)
        gone = _find_destroyed(manifest, options.target)
        wanted = warn_of_unseen(session, find_candidates(session, options.domain, gone))
        # What a manifest destroys may be gone already: by a run before, or since it goes on under another name.
        in_sync = len({*options.domain} & gone - {item.domain for item in wanted})
        if manifest is not None:
            wanted = narrow(wanted, manifest, session, options.manifest)
        due = tuple(item for item in wanted if item.due is not None)
        operations = tuple(operation_for(session, item) for item in due)
        results = reporter.run(session, operations, options.max_parallel)
        return finish(session, results, in_sync + len(wanted) - len(due), options, console)


def _tell_writers(session: Session) -> None:
    """Say who else may write the target's folder: staging's and prod's are the deployer's alone."""
    if session.settings.is_production:
        base = session.base
        for grant in writers(session.workspace, base, session.user):
            session.progress(
                "", f"{grant.principal} may write {base} too ({grant.level}), and so what runs. Take that right away."
            )


def _read_manifest(options: argparse.Namespace) -> "Manifest | None":
    if not options.manifest:
        return None
    from scope.documents.manifest_reader import read_manifest  # only with a manifest

    return read_manifest(Path(options.manifest), options.manifest_sha256)


def _find_destroyed(manifest: "Manifest | None", target: str) -> frozenset[str]:
    """Return the domains that a manifest destroys in a target."""
    items = manifest.deploy if manifest is not None else ()
    return frozenset(item.domain for item in items if item.target == target and item.action == "destroy")


def operation_for(session: Session, item: Candidate) -> Operation:
    """Return the work that brings a due deployment to the head."""
    log = str(LOGS / session.settings.name / f"{item.domain}.log")
    because = item.due.because if item.due is not None else None
    deployment = Deployment(session, item.domain)
    if item.action == "deploy":
        return Operation(item.domain, "deploy", because, partial(deploy_with_moves, deployment), log)
    if session.options.prune:
        return Operation(item.domain, "destroy", because, partial(destroy_with_moves, deployment, keeps_order=True), log)
    return Operation(item.domain, "destroy", because, partial(keep_gone, deployment), None)
