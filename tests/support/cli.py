"""The real Databricks CLI as the tests run it: found in `.bin/` or on the PATH, in an environment of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import GIT_CONFIG, scratch_folder
from tests.support.shared_pythons import ADDRESS, START

REPOSITORY = Path(__file__).parents[2]
BIN = REPOSITORY / ".bin"
"""Where `just install-cli` puts the fake workspace, and the CLI where the PATH has none."""

WITHOUT_GARBAGE_COLLECTION = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}
"""Variables with which a Go program collects garbage only where it would need more memory than this."""


class CliMissingError(Exception):
    """The CLI or the fake workspace isn't on this machine."""


def find_databricks() -> Path:
    """Return the CLI to test with; raise `CliMissingError` with what to do."""
    program = shutil.which("databricks", path=os.pathsep.join([str(BIN), os.environ.get("PATH", "")]))
    if program is None:
        raise CliMissingError("End-to-end tests need the Databricks CLI: run `just install-cli`.")
    return Path(program)


def find_fake_workspace() -> Path:
    """Return the fake workspace's program; raise `CliMissingError` with what to do."""
    program = shutil.which("fakeworkspace", path=str(BIN))
    if program is None:
        raise CliMissingError("End-to-end tests need the fake workspace: run `just install-cli`.")
    return Path(program)


@dataclass(frozen=True, slots=True)
class CliResult:
    """What a program printed and how it ended; a negative exit code is a signal's number."""

    arguments: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:  # noqa: ANN401  JSON
        return json.loads(self.stdout)

    def __str__(self) -> str:
        return f"{' '.join(self.arguments)}\nexit code {self.exit_code}\nstdout:\n{self.stdout}\nstderr:\n{self.stderr}"


@dataclass(frozen=True, slots=True)
class DatabricksCli:
    """The CLI, with a home folder of its own; nothing of the person's configuration or of CI's environment reaches it."""

    path: Path
    home: Path
    pythons: Path | None = None
    """Where the `tests.support.shared_pythons` are, for those who want them."""
    collects_garbage: bool = True
    """False takes a fifth off what a command computes, and more memory: none lives long enough to need much."""

    def environment(self, workspace: FakeWorkspace, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the whole environment for the CLI, or for a program that starts it from its PATH."""
        return {
            "PATH": os.pathsep.join([str(self.path.parent), os.environ.get("PATH", "")]),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TMPDIR": scratch_folder(),
            "DATABRICKS_HOST": workspace.url,
            "DATABRICKS_TOKEN": workspace.token,
            "DATABRICKS_CONFIG_FILE": os.devnull,
            # By itself the CLI sends 15 requests a second.
            "DATABRICKS_RATE_LIMIT": "1000",
            "DATABRICKS_CLI_DISABLE_TELEMETRY": "true",
            "DATABRICKS_CLI_DISABLE_UPDATE_CHECK": "true",
            # Kill rules find the process by it.
            "DATABRICKS_CLI_TEST_PID": "1",
            "GIT_CONFIG_GLOBAL": GIT_CONFIG,
            "GIT_CONFIG_NOSYSTEM": "1",
            **({} if self.collects_garbage else WITHOUT_GARBAGE_COLLECTION),
            **(extra or {}),
        }

    def handing_over(self, *path: Path) -> dict[str, str]:
        """Return variables that let the shared Pythons do what is started, if there are any; `path` ends the PYTHONPATH."""
        if self.pythons is None:
            return {"PYTHONPATH": os.pathsep.join(map(str, path))} if path else {}
        return {"PYTHONPATH": os.pathsep.join(map(str, (START, *path))), ADDRESS: str(self.pythons)}

    def run(
        self,
        *arguments: str,
        cwd: Path,
        workspace: FakeWorkspace,
        env: Mapping[str, str] | None = None,
        seconds: float = 120,
    ) -> CliResult:
        """Run a command to its end; an exit code that isn't 0 is a result, not an error."""
        done = subprocess.run(
            [self.path, *arguments],
            cwd=cwd,
            env=self.environment(workspace, {**self.handing_over(), **(env or {})}),
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=seconds,
        )
        return CliResult(arguments, done.returncode, done.stdout, done.stderr)

    def bundle(
        self,
        command: str,
        *arguments: str,
        cwd: Path,
        workspace: FakeWorkspace,
        target: str = "dev",
        domain: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> CliResult:
        """Run `databricks bundle COMMAND` for a target, with `--var domain=` where one is named."""
        variables: Sequence[str] = () if domain is None else ("--var", f"domain={domain}")
        return self.run("bundle", command, "-t", target, *variables, *arguments, cwd=cwd, workspace=workspace, env=env)
