"""Makes the files of a template at a version, with `databricks bundle init` itself: no second engine reads it otherwise."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from scope.adapters.bundle_cli import child_environment
from scope.adapters.cli_output import classify_failure
from scope.adapters.git import GitRepository
from scope.adapters.processes import run_process
from scope.errors import Fault, ScopeError, UsageError
from scope.repository.template import TemplateFile

# Seconds that the CLI may take.
_PATIENCE = 600.0
_LONGEST = 1_000_000
# Bytes of one file.
_LARGEST = 4 * 1024 * 1024
# The CLI asks for a login whatever it does, and its own words don't say that any will do.
_LOGIN = "\nLog in to any workspace, then run this again: `databricks auth login --host URL`."


def render_template(git: GitRepository, cli: Path, version: str, answers: Mapping[str, str]) -> dict[str, TemplateFile]:
    """Return by path the files that the template of the answers' `repository` makes of them.

    `version` is a tag of it; both were checked. Raises `UsageError` if there is no such tag, `ScopeError` if the CLI fails.
    """
    with tempfile.TemporaryDirectory(prefix="scope-template-") as name:
        folder = Path(name)
        git.clone(answers["repository"], version, folder / "template")
        (folder / "answers.json").write_text(json.dumps(dict(answers)), encoding="utf-8")
        command = (
            str(cli), "bundle", "init", str(folder / "template"),
            "--output-dir", str(folder / "made"), "--config-file", str(folder / "answers.json"),
        )  # fmt: skip
        # Outside of any bundle, whose settings the CLI would take for the login.
        if words := _run(command, folder):
            hint = _LOGIN if classify_failure(words) is Fault.CREDENTIALS else ""
            raise ScopeError(f"`databricks bundle init` can't make the files of {version}: {words}{hint}")
        return _read_files(folder / "made")


def _run(command: Sequence[str], folder: Path) -> str | None:
    """Run a program; return what it said if it failed."""
    try:
        done = run_process(command, child_environment(), longest=_LONGEST, seconds=_PATIENCE, folder=folder)
    except OSError as error:
        raise UsageError(f"{command[0]} can't be run: {error.strerror}.") from None
    if done.code == 0:
        return None
    lines = done.errors.content.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.code}"


def _read_files(root: Path) -> dict[str, TemplateFile]:
    files = {}
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            if file.is_symlink() or file.stat().st_size > _LARGEST:
                raise ScopeError(
                    f"The template makes {file.relative_to(root)}, which is a link, or too large for a file of its kind."
                )
            is_executable = os.access(file, os.X_OK)
            files[file.relative_to(root).as_posix()] = TemplateFile(file.read_bytes(), is_executable=is_executable)
    return files
