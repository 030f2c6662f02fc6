"""`scope plan --base deployed`: the manifest from the records of a target, or a note why they can't be read."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from scope.bootstrap import SessionRequest, open_session
from scope.console import Console
from scope.controller.deploy_set import find_candidates
from scope.controller.plan_records import plan_records
from scope.documents.manifest import Manifest, Warn
from scope.errors import NoCredentials, RemoteError, UsageError
from scope.planning.comparison import effect_in
from scope.repository.ownership import Rules


@dataclass(frozen=True, slots=True)
class Planned:
    """The manifest, where it goes and how many jobs a matrix may have; or, without a manifest, what to tell instead."""

    manifest: Manifest | None
    root: Path
    matrix_jobs: int = Rules.matrix_jobs
    notes: tuple[Warn, ...] = ()


def planned(options: argparse.Namespace, console: Console) -> Planned:
    """Return the manifest and the repository's folder; without a manifest the note to show with the fallback's."""
    if options.head is not None:
        raise UsageError("`--base deployed` looks at what is checked out. Check that commit out, and leave `--head` away.")
    if not options.target or len(options.target) != 1:
        raise UsageError("`--base deployed` needs one target: each has its own records. Add `--target NAME`.")
    asked = SessionRequest(options.target[0], needs_branch=False, needs_cli=False)
    try:
        with open_session(Path(options.directory), asked, lambda _, message: console.say(message)) as run:
            manifest = plan_records(run, find_candidates(run), effect_in(run.git))
            return Planned(manifest, run.root, run.index.rules.matrix_jobs)
    except (RemoteError, NoCredentials) as error:
        if not options.fallback:
            raise
        note = (
            f"What is deployed in {options.target[0]} couldn't be read, so this is compared with {options.fallback}: {error}"
        )
        console.say(f"Note: {note}")
        warning = Warn("records-unreadable", f"targets/{options.target[0]}.yml", 0, note)
        return Planned(None, Path(options.directory), notes=(warning,))
