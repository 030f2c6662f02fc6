"""The real Databricks CLI and the fake workspace, and the attempt to build them while the demo goes on."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scope.adapters.bundle_cli import check_version
from scope.errors import ScopeError
from tests.support.cli import REPOSITORY, CliMissingError, DatabricksCli, find_databricks, find_fake_workspace
from tests.support.fake_workspace import FakeWorkspace
from tests.support.shared_pythons import ADDRESS

TARGETS_FOLDER = "/Workspace/deploy/.bundle/data-platform"
"""Where staging and prod are deployed, a folder for each domain of each."""


@dataclass(frozen=True, slots=True)
class RealPlatform:
    """The CLI as a process, and one workspace of a server on loopback."""

    workspace: FakeWorkspace
    cli: DatabricksCli

    def environment(self) -> Mapping[str, str]:
        """Return the variables that lead `scope` here."""
        return self.cli.environment(self.workspace, self.cli.handing_over(REPOSITORY))

    def die_once(self) -> None:
        """Let the CLI be killed in the midst of marketing's next deploy: everything is made, and no state says so."""
        self.workspace.kill("POST", under=f"{TARGETS_FOLDER}/prod/marketing/state/resources.json")


def is_there() -> bool:
    """Return whether the fake workspace and a CLI that `scope` works with are on this machine."""
    try:
        check_version(find_databricks())
        find_fake_workspace()
    except (CliMissingError, ScopeError):
        return False
    return True


def find_shared_pythons() -> Path | None:
    """Return the address of the Pythons that a test run shares with the demo it has started; None for a person's."""
    return Path(os.environ[ADDRESS]) if ADDRESS in os.environ else None


@contextmanager
def building() -> Iterator["subprocess.Popen[bytes] | None"]:
    """Build what isn't there in the background, if Go is; what isn't ready at the end is stopped."""
    if is_there() or shutil.which("go") is None:
        yield None
        return
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            [REPOSITORY / "tests/cli/install"], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


def wait_until_there(build: "subprocess.Popen[bytes] | None", seconds: float) -> bool:
    """Return whether both are there, at the latest after so many seconds; a build that failed is no reason to wait."""
    deadline = time.monotonic() + seconds
    while build is not None and build.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    return is_there()
