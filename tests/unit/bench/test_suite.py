"""What the test suite answers to the bench, and on which machine it believes itself to be."""

import subprocess
from pathlib import Path

import pytest

from tests.bench.suite import read_summary
from tests.bench.timing import BenchError
from tests.support.sandbox import REPOSITORY


def test_the_answer_is_how_many_tests_passed_and_were_skipped() -> None:
    printed = "SKIPPED [24] tests/conftest.py:93: in 3 s\n==== 6470 passed, 853 skipped in 171.50s (0:02:51) ====\n"
    assert read_summary(printed) == "6470 passed, 853 skipped"


def test_tests_that_end_without_a_summary_are_no_figure() -> None:
    with pytest.raises(BenchError, match="without a summary: 3 passed"):
        read_summary("3 passed")


def test_a_new_machine_has_every_program_but_the_cli_go_and_browsers(tmp_path: Path) -> None:
    first, second, programs = tmp_path / "first", tmp_path / "a second", tmp_path / "programs"
    for folder, names in (
        (first, ("git", "databricks", "fakeworkspace", "go", "gofmt", "chromium", "chromium-browser", "gone")),
        (second, ("git", "node", "google-chrome-stable")),
    ):
        folder.mkdir()
        for name in names:
            (folder / name).write_text("", encoding="utf-8")
            (folder / name).chmod(0o755)
    (first / "gone").chmod(0o644)
    path = f"{first}:{second}:/no/such/folder"
    subprocess.run(
        ["/bin/bash", str(REPOSITORY / ".ci/new-machine"), str(programs)], env={"PATH": f"{path}:/usr/bin:/bin"}, check=True
    )
    links = {link.name: link.readlink() for link in programs.iterdir()}
    mine = {name: goal for name, goal in links.items() if goal.is_relative_to(tmp_path)}
    assert mine == {"git": first / "git", "node": second / "node"}
