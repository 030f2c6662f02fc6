"""`scope update`: take a repository that was made by `databricks bundle init` to another version of the tool."""

import argparse
import sys
from functools import partial
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.console import Console
from scope.errors import UsageError
from scope.files import require_no_link, write_atomic
from scope.repository.snapshot import Snapshot
from scope.repository.template import ANSWERS, FileUpdate, Outcome, check_version, plan_update, read_answers

HELP = "take a repository that was made by `databricks bundle init` to another version"
EXAMPLES = """\
examples:
  scope update v0.2.0     the tag of the template's repository; `git diff` shows what it changed
"""
FORMATS = ("text",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("version", metavar="VERSION", help="the tag of the version to take the repository to")


def run(options: argparse.Namespace, console: Console) -> int:
    """Update the files that came from the template, all of them or none; return 1 if some have conflicts."""
    # What only this command needs.
    from scope.adapters.bundle_cli import find_cli
    from scope.adapters.bundle_template import render_template

    check_version(options.version)
    with GitRepository(Path(options.directory)) as git:
        commit = git.commit("HEAD")
        if commit is None or git.work_tree() != git.root_tree(commit):
            raise UsageError(
                "There is uncommitted work. Commit it first: what an update changes is then what `git diff` shows."
            )
        mine = Snapshot(git, git.root_tree(commit))
        answers = read_answers(mine.read(ANSWERS))
        cli = find_cli(git.root)
        before = answers["version"]
        old = render_template(git, cli, before, answers)
        new = render_template(git, cli, options.version, {**answers, "version": options.version})
        merge = partial(git.merge_texts, ("this repository", f"the template {before}", f"the template {options.version}"))
        updates = plan_update(old, new, mine.read, merge)
    for update in updates:
        require_no_link(git.root / update.path, git.root)
    for update in updates:
        _write(git.root / update.path, update)
    return _report(updates, before, options.version, console)


def _write(file: Path, update: FileUpdate) -> None:
    if update.file is not None:
        write_atomic(file, update.file.content)
        if update.file.is_executable:
            file.chmod(0o755)
    elif update.outcome is Outcome.REMOVED:
        file.unlink()


def _report(updates: tuple[FileUpdate, ...], before: str, after: str, console: Console) -> int:
    if not updates:
        sys.stdout.write(f"Nothing to update from {before} to {after}.\n")
        return 0
    width = max(len(update.outcome) for update in updates)
    for update in updates:
        sys.stdout.write(f"{update.outcome:{width}}  {update.path}{f': {update.why}' if update.why else ''}\n")
    conflicts = [update.path for update in updates if update.outcome is Outcome.CONFLICT]
    if conflicts:
        console.say(
            f"Resolve the conflicts, which stand between <<<<<<< and >>>>>>> in {', '.join(conflicts)}, before you go on. "
            "`git restore .` takes all of the update back."
        )
    console.say_next(["uv sync", "just generate", "scope plan --base HEAD"])
    return 1 if conflicts else 0
