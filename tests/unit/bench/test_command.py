"""The command: what it measures, keeps and writes, and what it does without."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import results
from tests.bench.generator import UNCHANGED
from tests.bench.report import BEGIN, END
from tests.bench.timing import BenchError, Cost, Costs, Timed
from tests.support.browser import BrowserMissingError
from tests.support.cli import CliMissingError

_ONE = {UNCHANGED: Timed(Costs((Cost(0.5, 0.4, 20),)), "")}


def raising(error: Exception) -> Callable[..., dict[str, Timed]]:
    def measure(*_: object) -> dict[str, Timed]:
        raise error

    return measure


def test_what_is_measured_is_printed_and_kept_and_shown_with_what_is_measured_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "measure_builds", lambda *_: _ONE)
    assert bench.main(["--only", "generator", "--keep", str(tmp_path), "--specs", "2000"]) == 0
    assert (
        "| `generator build --all`, 2,000 specs unchanged | ≤ 1 s | 4.5 s | 0.5 s | - | - | met |" in capsys.readouterr().out
    )
    assert bench.main(["--only", "generator", "--keep", str(tmp_path), "--specs", "10"]) == 0
    assert results.load(tmp_path / "results.json").sizes(results.GENERATOR) == ["10 specs", "2000 specs"]
    assert "| 0.5 s |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("part", "measure", "error"),
    [
        ("deploys", "measure_domains", CliMissingError("There is no CLI.")),
        ("tests", "measure_suite", CliMissingError("There is no CLI.")),
        ("tests", "measure_suite", BrowserMissingError("There is no browser.")),
    ],
)
def test_without_the_cli_or_a_browser_the_other_parts_are_measured(
    part: str,
    measure: str,
    error: Exception,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bench, measure, raising(error))
    monkeypatch.setattr(bench, "measure_builds", lambda *_: _ONE)
    assert bench.main(["--only", part, "generator", "--keep", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert f"bench: {part} are left out. {error}\n" in printed.err
    assert UNCHANGED in printed.out


def test_a_wrong_answer_ends_the_run_with_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "measure_builds", raising(BenchError("It is wrong.")))
    assert bench.main(["--only", "generator"]) == 1
    assert capsys.readouterr() == ("", "bench: It is wrong.\n")


def test_tables_are_written_into_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"Before.\n{BEGIN}\n{END}\nAfter.\n", encoding="utf-8")
    monkeypatch.setattr(bench, "DOCUMENT", document)
    monkeypatch.setattr(bench, "measure_builds", lambda *_: _ONE)
    assert bench.main(["--only", "generator", "--write"]) == 0
    text = document.read_text(encoding="utf-8")
    assert UNCHANGED in text
    assert text.startswith(f"Before.\n{BEGIN}\n\n")
    assert text.endswith(f"\n{END}\nAfter.\n")


def test_a_document_without_a_place_for_tables_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "DOCUMENT", tmp_path / "performance.md")
    monkeypatch.setattr(bench, "measure_builds", raising(AssertionError("measured")))
    assert bench.main(["--only", "generator", "--write"]) == 1
    assert "There is no line" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--sizes", "5k"], ["--runs", "0"], ["--runs", "-1"], ["--only", "all"], ["--specs", "x"]]
)
def test_what_cannot_be_measured_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        bench.main(words)
    assert error.value.code == 2
    assert "just bench: error:" in capsys.readouterr().err
