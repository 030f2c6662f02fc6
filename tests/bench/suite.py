"""Times the test suite in a fresh clone of this repository, as on a machine without the Databricks CLI, and with it."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from tests.bench.timing import BenchError, Command, Timed, measure
from tests.support.browser import find_browser
from tests.support.cli import BIN, find_databricks, find_fake_workspace
from tests.support.sandbox import REPOSITORY

WITHOUT_CLI = "just test, without the CLI"
WITH_CLI = "just test, with the CLI"
_SUMMARY = re.compile(r"^=+ (\d+ passed.*) in [\d.]+s.* =+$", re.MULTILINE)


def measure_suite(folder: Path) -> dict[str, Timed]:
    """Return what the tests that are committed take, once each, and how many passed.

    Raises `BenchError` where one fails, `CliMissingError` or `BrowserMissingError` where the machine lacks what they need.
    """
    find_databricks()
    find_fake_workspace()
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="suite-", dir=folder) as home:
        clone, programs = Path(home, "clone"), Path(home, "programs")
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
        subprocess.run([str(REPOSITORY / ".ci" / "new-machine"), str(programs)], check=True)
        # `uv run` has named the environment of the bench.
        person = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CI", "CHROMIUM"}}
        # Packages are downloaded by then, so that the network isn't measured.
        subprocess.run(["uv", "sync", "--locked", "--quiet"], cwd=clone, env=person, check=True)
        alone = measure([_test(WITHOUT_CLI, clone, person | {"PATH": str(programs)})], 1)
        (clone / BIN.name).symlink_to(BIN)
        # In CI, a test fails where its tool is missing.
        complete = measure([_test(WITH_CLI, clone, person | {"CI": "true", "CHROMIUM": str(browser)})], 1)
        return alone | complete


def _test(name: str, clone: Path, env: dict[str, str]) -> Command:
    return Command(name, ["just", "test"], clone, env, read=read_summary)


def read_summary(printed: str) -> str:
    """Return how many tests passed and were skipped, as pytest's last line says."""
    found = _SUMMARY.search(printed)
    if found is None:
        raise BenchError(f"The tests end without a summary: {printed[-2000:]}")
    return found[1]
