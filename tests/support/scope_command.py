"""`scope` as a user runs it: a process of its own, in a sandbox repository."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.cli import CliResult
from tests.support.sandbox import git_environment


def run_scope(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, seconds: float = 120) -> CliResult:
    """Run a scope command in a folder to its end; an exit code that isn't 0 is a result, not an error."""
    done = subprocess.run(
        [sys.executable, "-m", "scope.cli", *arguments],
        cwd=folder,
        env={**git_environment(), "HOME": os.devnull, **(env or {})},
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=seconds,
    )
    return CliResult(arguments, done.returncode, done.stdout, done.stderr)
