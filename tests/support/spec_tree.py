"""Small repositories of specs for tests of the generator, and the generator as a person runs it."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.build import Built, build_all
from generator.checkout import Checkout
from generator.cli import main
from generator.errors import SpecError

REPOSITORY = Path(__file__).parents[2]
BUNDLE_FILES = ("databricks.yml", "pyproject.toml", "targets/dev.yml", "targets/staging.yml", "targets/prod.yml")
PIPELINE = "specs/pipelines/finance/stripe/final_payments.yml"
JOB = "specs/jobs/finance/stripe/final_payments.yml"
IDENTITY = "domain: finance\nsource: stripe\nlayer: final\nasset: payments\n"
SCHEDULES = "nightly:\n  cron:\n    expression: 0 30 2 * * ?\n    timezone: UTC\n"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it printed."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class SpecTree:
    """A repository with this one's bundle and the specs of a test."""

    root: Path

    @property
    def checkout(self) -> Checkout:
        return Checkout(self.root)

    def write(self, path: str, content: str | bytes) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return place

    def build(self) -> Built:
        return build_all(self.checkout)

    def problems(self) -> list[str]:
        """Return what is wrong with the specs, one text each; nothing if they are sound."""
        try:
            self.build()
        except SpecError as error:
            return [str(problem) for problem in error.problems]
        return []

    def run(self, *arguments: str, cwd: str = ".", env: Mapping[str, str] | None = None) -> Ran:
        """Run `generator` as a person does, in a folder of the repository; with an environment, as a process of its own."""
        if env is None:
            return _ran_here(self.root / cwd, arguments)
        done = subprocess.run(
            [sys.executable, "-m", "generator.cli", *arguments],
            cwd=self.root / cwd,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **env},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def modules(self) -> dict[str, bytes]:
        """Return all files below resources/ with their bytes."""
        paths = sorted((self.root / "resources").rglob("*"))
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def _ran_here(folder: Path, arguments: tuple[str, ...]) -> Ran:
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            exit_code = main(arguments)
        except SystemExit as error:
            exit_code = int(error.code or 0)
    return Ran(exit_code, stdout.getvalue(), stderr.getvalue())


def spec_tree(root: Path, files: Mapping[str, str | bytes] | None = None) -> SpecTree:
    """Make a repository: the bundle, finance/stripe and marketing/hubspot as folders of code, and these files."""
    tree = SpecTree(root)
    for path in BUNDLE_FILES:
        tree.write(path, (REPOSITORY / path).read_bytes())
    for layer in ("raw", "base", "staging", "final"):
        tree.write(f"src/finance/stripe/{layer}/payments.py", '"""Payments."""\n')
    tree.write("src/marketing/hubspot/final/campaign_revenue.py", '"""Revenue."""\n')
    tree.write("resources/_models/schedules.yml", SCHEDULES)
    for path, content in (files or {}).items():
        tree.write(path, content)
    return tree
