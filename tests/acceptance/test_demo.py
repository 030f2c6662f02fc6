"""`just demo`: from the first deploy to a removed domain, on a machine with and without the Databricks CLI."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import BIN, REPOSITORY, DatabricksCli
from tests.support.printed import normalized
from tests.support.sandbox import git_environment

README = REPOSITORY / "README.md"
_SHOWN = re.compile(r"(<!-- just demo -->\n+```console not-run\n)(.*?)(```)", re.DOTALL)


def run_demo(folder: Path, *options: str, **extra: str) -> "subprocess.CompletedProcess[str]":
    """Run the demo with its temporary files in a folder, and with more variables."""
    return subprocess.run(
        [sys.executable, "-m", "tests.demo", *options],
        cwd=REPOSITORY,
        env={**git_environment(), "TMPDIR": str(folder), "HOME": os.devnull, **extra},
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


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
    path = os.pathsep.join([str(databricks_cli.path.parent), os.environ["PATH"]])
    done = run_demo(folder, **databricks_cli.handing_over(), PATH=path)
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
