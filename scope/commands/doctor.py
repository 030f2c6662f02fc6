"""`scope doctor`: what is missing on this machine and in a target, each line with its fix."""

import argparse
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

from scope.adapters.bundle_cli import check_version, find_cli
from scope.adapters.git import GitRepository
from scope.bootstrap import SessionRequest, open_session
from scope.commands.options import add_target
from scope.commands.reporting import say_progress
from scope.console import Console
from scope.controller.doctor import (
    PACKAGE,
    Check,
    CheckState,
    check_package,
    check_repository,
    check_target,
    ok,
    run_check,
    wrong,
)
from scope.documents.document import dump_answer
from scope.errors import ScopeError
from scope.escaping import escape_invisible
from scope.graph.layouts import open_index
from scope.repository.snapshot import Snapshot

HELP = "what is missing on this machine and in a target, and how to get it"
EXAMPLES = """\
examples:
  scope doctor                          this machine, this clone, the targets' files
  scope doctor --target prod            and that workspace: credentials, folder, records, catalogs
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_target(parser, is_optional=True)


def run(options: argparse.Namespace, console: Console) -> int:
    """Print each check; return 1 if one failed."""
    checks: list[Check] = []
    for check in _checks(options, console):
        checks.append(check)
        if options.format == "text" and not (console.is_quiet and check.state is CheckState.OK):
            sys.stdout.write(escape_invisible(f"{check.state:<8}{check.name}: {check.message}") + "\n")
            sys.stdout.flush()
    is_wrong = any(check.state is CheckState.WRONG for check in checks)
    if options.format == "json":
        sys.stdout.buffer.write(dump_answer({"checks": [dataclasses.asdict(check) for check in checks]}))
    return 1 if is_wrong else 0


def _checks(options: argparse.Namespace, console: Console) -> Iterator[Check]:
    with GitRepository(Path(options.directory)) as git:
        index = open_index(Snapshot(git, git.work_tree()))
        yield from _machine_checks(git.root)
        targets = (options.target,) if options.target else index.rules.in_order(index.targets)
        yield from check_repository(git, index, targets)
    if not options.target:
        return
    request = SessionRequest(options.target, needs_branch=False, needs_cli=False)
    try:
        with open_session(Path(options.directory), request, say_progress(console)) as session:
            yield from check_target(session)
    except ScopeError as error:
        yield wrong("workspace", str(error))


def _machine_checks(root: Path) -> Iterator[Check]:
    try:
        version = check_version(find_cli(root))
    except ScopeError as error:
        yield wrong("Databricks CLI", str(error))
    else:
        yield ok("Databricks CLI", version)
        yield check_package(version, _package_version())
    yield run_check("environment", _environment)


def _environment() -> str:
    from scope.stage.folder import require_venv

    require_venv()
    return sys.prefix


def _package_version() -> str | None:
    from importlib import metadata  # it brings the whole of `email`, and `--help` shows no version

    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return None
