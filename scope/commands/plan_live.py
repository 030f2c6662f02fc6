"""`scope plan --live`: what the CLI would do, beside what scope says."""

import argparse
from dataclasses import replace
from pathlib import Path

from scope.bootstrap import SessionRequest, open_session
from scope.console import Console
from scope.controller.bundle_plans import plan_bundles
from scope.documents.manifest import Manifest
from scope.errors import UsageError

_AT_ONCE = 4


def with_live(manifest: Manifest, options: argparse.Namespace, console: Console) -> Manifest:
    """Return the manifest with the CLI's plans. Raises `UsageError` where it isn't of one target and of what is here."""
    if options.head is not None:
        raise UsageError("`--live` plans what is checked out. Check that commit out, and leave `--head` away.")
    if not options.target or len(options.target) != 1:
        raise UsageError("`--live` asks one workspace. Add `--target NAME`.")
    asked = SessionRequest(options.target[0], max_parallel=_AT_ONCE, needs_branch=False)
    with open_session(Path(options.directory), asked, lambda _, message: console.say(message)) as run:
        return replace(manifest, live=plan_bundles(run, manifest, _AT_ONCE))
