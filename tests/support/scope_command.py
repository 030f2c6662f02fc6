"""`scope` as a user runs it in a folder: in this process, or in one of its own."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

from scope.cli import main
from tests.support.cli import CliResult
from tests.support.sandbox import git_environment


def run_scope(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, as_terminal: bool = False) -> CliResult:
    """Run a scope command to its end; an exit code that isn't 0 is a result, not an error.

    `as_terminal` puts what it writes to stderr where a person reads it: into stdout, in the order in which it came.

    It runs in this process: to start Python and import scope takes longer than most commands do. A test of what a process
    alone has (its environment at the start, its temporary folder, what programs print into its streams) takes
    `run_scope_process`.
    """
    # As Python opens them in the locale of `git_environment`.
    stdout, stderr = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True) for _ in range(2)
    )
    with (
        contextlib.chdir(folder),
        patch.dict(os.environ, _whole(env), clear=True),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stdout if as_terminal else stderr),
    ):
        try:
            exit_code = main(arguments)
        except SystemExit as error:
            exit_code = int(error.code or 0)
    return CliResult(arguments, exit_code, _written(stdout), _written(stderr))


def run_scope_process(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, seconds: float = 120
) -> CliResult:
    """Run a scope command to its end, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "scope.cli", *arguments],
        cwd=folder,
        env=_whole(env),
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=seconds,
    )
    return CliResult(arguments, done.returncode, done.stdout, done.stderr)


def _whole(env: Mapping[str, str] | None) -> dict[str, str]:
    return {**git_environment(), "HOME": os.devnull, **(env or {})}


def _written(stream: io.TextIOWrapper) -> str:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8", errors="replace")
