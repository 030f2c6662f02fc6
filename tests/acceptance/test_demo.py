"""`just demo`: from the first deploy to a removed domain, on a machine with and without the Databricks CLI."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from tests.support.cli import BIN, REPOSITORY, DatabricksCli
from tests.support.sandbox import git_environment

README = REPOSITORY / "README.md"
_SHOWN = re.compile(r"(<!-- just demo -->\n+```console\n)(.*?)(```)", re.DOTALL)
# What differs from run to run, and from machine to machine.
_VARYING = (
    (re.compile(r"/\S*?scope-(?:demo|stage)-\w+"), "FOLDER"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "HOST"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{9,64}\b|\b\d{5,}\b"), "ID"),
    (re.compile(r"\b\d+\.\d s\b|\bin \d+ s\b"), "N s"),
    (re.compile(r"(?<= )\d+\.\d(?= )"), "N"),
    (re.compile(r"─+"), "─"),
    (re.compile(r" {2,}"), "  "),
)


def run_demo(folder: Path, *options: str, path: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the demo with its temporary files in a folder."""
    environment = {**git_environment(), "TMPDIR": str(folder), "HOME": os.devnull}
    return subprocess.run(
        [sys.executable, "-m", "tests.demo", *options],
        cwd=REPOSITORY,
        env=environment if path is None else {**environment, "PATH": path},
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


def normalized(text: str) -> Iterator[str]:
    """Yield the lines of an output without what varies; of deployments that go on at once, the lines are sorted."""
    for pattern, constant in _VARYING:
        text = pattern.sub(constant, text)
    for is_progress, lines in groupby(text.splitlines(), lambda line: line.startswith("prod/")):
        listed = list(lines)
        yield from sorted(listed) if is_progress else listed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "temporary").mkdir()
    return tmp_path / "temporary"


def test_the_demo_runs_without_the_cli_and_says_so(folder: Path) -> None:
    done = run_demo(folder, "--embedded")
    assert (done.returncode, done.stderr) == (0, "")
    assert "embedded stand-in" in done.stdout.splitlines()[0]
    assert "was killed by SIGKILL" in done.stdout
    assert list(folder.iterdir()) == []


def test_the_demo_finds_by_itself_that_there_is_no_cli(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if (BIN / "fakeworkspace").exists():
        monkeypatch.setattr("tests.support.cli.BIN", folder / "none")
    from tests.demo import real

    monkeypatch.setenv("PATH", "/nowhere")
    with real.building() as build:
        assert build is None
        assert not real.wait_until_there(build, 0)


@pytest.mark.usefixtures("databricks_cli")
def test_the_demo_prints_what_the_readme_shows(folder: Path, databricks_cli: DatabricksCli, *, update_golden: bool) -> None:
    done = run_demo(folder, path=os.pathsep.join([str(databricks_cli.path.parent), os.environ["PATH"]]))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert list(folder.iterdir()) == []
    text = README.read_text(encoding="utf-8")
    printed = done.stdout.replace(str(folder), "/tmp")  # noqa: S108  as on most machines
    if update_golden:
        README.write_text(_SHOWN.sub(lambda match: match[1] + printed + match[3], text), encoding="utf-8")
        return
    shown = _SHOWN.search(text)
    assert shown is not None
    assert list(normalized(printed)) == list(normalized(shown[2]))
