"""The tool as a distribution: built from this checkout, and started by `uvx` where it isn't installed."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import CliResult
from tests.support.sandbox import REPOSITORY, git_environment

# What `uv` needs of the person's environment, and what says how it reaches the registry.
_KEPT = ("PATH", "HOME", "TMPDIR", "UV_CACHE_DIR", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_OFFLINE", "SSL_CERT_FILE")


@dataclass(frozen=True, slots=True)
class InstalledTool:
    """A wheel and a source distribution of this checkout."""

    wheel: Path
    sdist: Path

    @classmethod
    def build(cls, folder: Path) -> "InstalledTool":
        """Build both into an empty folder."""
        done = run_uv(REPOSITORY, "build", "--quiet", "--out-dir", str(folder))
        assert done.exit_code == 0, done
        (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
        return cls(wheel, sdist)

    def requirement(self, extra: str = "") -> str:
        """Return the wheel as a requirement, with an extra where one is named."""
        return f"data-platform-tooling{f'[{extra}]' if extra else ''} @ {self.wheel.as_uri()}"

    def run(
        self,
        folder: Path,
        *command: str,
        extra: str = "",
        python: str = sys.executable,
        env: Mapping[str, str] | None = None,
    ) -> CliResult:
        """Run a command of the tool in a folder by `uvx`."""
        return run_uv(
            folder, "tool", "run", "--quiet", "--python", python, "--from", self.requirement(extra), *command, env=env
        )


def run_uv(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> CliResult:
    """Run `uv` in a folder, without the environment of this test run."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    done = subprocess.run(
        ["uv", *arguments],
        cwd=folder,
        env={**git_environment(), **kept, "UV_PYTHON_DOWNLOADS": "never", **(env or {})},
        capture_output=True,
        check=False,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    return CliResult(arguments, done.returncode, done.stdout, done.stderr)
