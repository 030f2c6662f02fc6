"""What a person sees of deployments that go on: a table on a terminal, lines elsewhere, and nothing in them acts."""

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from scope.documents.results import Result
from scope.render.live_table import LiveReporter
from scope.render.progress import LineReporter, Reporter, print_failed_log
from tests.support.screens import WIDTHS

DEPLOYED = Result(
    "prod/sales", "prod", "sales", "deploy", "changed", "deployed", None, None, 1, 0, 0, 0, (), None, 4.2, None
)
HOSTILE = "named \x1b[2Jodd\u202e ::error::x"


@contextmanager
def terminal() -> Iterator[tuple[io.TextIOWrapper, list[str]]]:
    """Give a stream that is a terminal, and afterwards what was written to it."""
    reader, writer = os.openpty()
    said: list[str] = []
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        yield stream, said
        stream.flush()
        os.set_blocking(reader, False)
        content = b""
        while chunk := _read(reader):
            content += chunk
    os.close(reader)
    said.append(content.decode())


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 65_536)
    except BlockingIOError:
        return b""


def happen(reporter: Reporter) -> None:
    """Let one deployment end, one say something odd, and one not begin."""
    reporter.progress("sales", "staging 22 files")
    reporter.event("sales", f"binding job {HOSTILE}\nand more")
    reporter.progress("ads", "planning")
    reporter.finished(DEPLOYED)


def test_a_terminal_shows_each_deployment_with_its_step_and_keeps_the_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with terminal() as (stream, said):
        reporter = LiveReporter("prod", ["ads", "sales", "sales_eu"], stream, color=False)
        happen(reporter)
        reporter.close()
    written = said[0]
    assert written.endswith("\x1b[?25h")  # the cursor is back
    assert "\x1b[2J" not in written
    assert "\u202e" not in written
    rows = [" ".join(line.split()) for line in re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", "", written).splitlines()]
    assert [row for row in rows if row][-3:] == [
        "prod/ads 0 s planning",
        "prod/sales 4 s deployed",
        "prod/sales_eu 0 s waiting",
    ]
    assert rows.count("prod/sales: and more") == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_what_runs_is_on_the_screen_however_many_deployments_there_are(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TERM": "xterm", "LINES": "12", "COLUMNS": str(width)}.items():
        monkeypatch.setenv(name, value)
    domains = [f"domain_{number:02}" for number in range(40)] + ["z" * 45]
    with terminal() as (stream, said):
        reporter = LiveReporter("staging", domains, stream, color=False)
        for domain in domains[:10]:
            reporter.finished(replace(DEPLOYED, id=f"staging/{domain}", domain=domain))
        for domain in (domains[38], domains[40]):
            reporter.progress(domain, "uploading " + "x" * 200)
        reporter.close()
    rows = re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", "", said[0]).replace("\r", "").splitlines()
    last = rows[-12:]
    words = " ".join(" ".join(last).split())
    assert re.search(r"staging/domain_38 0 s uploading x+…", words)
    assert re.search(r"staging/z{45} 0 s uploading x+…", words)
    assert re.search(r"and \d+ waiting, 10 ended$", words)
    assert max(map(len, last)) <= width


def test_elsewhere_each_step_is_a_line_without_commands_in_it() -> None:
    stream = io.StringIO()
    happen(LineReporter("prod", stream))
    lines = stream.getvalue().splitlines()
    assert [lines[0], *lines[2:]] == [
        "prod/sales: staging 22 files",
        "prod/sales: and more",
        "prod/ads: planning",
        "prod/sales: deployed after 4.2 s",
    ]
    assert lines[1].startswith("prod/sales: binding job named ")
    assert lines[1].isprintable()


def test_the_end_of_a_long_log_is_shown_and_each_line_shortened(tmp_path: Path) -> None:
    log = tmp_path / "sales.log"
    log.write_bytes(b"first\n" + b"x" * 5_000_000 + b"\n" + b"\xff\x1b[2J" + b"y" * 50_000 + b"\nlast\n")
    result = replace(DEPLOYED, outcome="failed")
    shown = io.StringIO()
    print_failed_log(result, log, shown)
    lines = shown.getvalue().splitlines()
    assert len(lines) == 4
    assert all(len(line) < 1_100 for line in lines[1:])
    assert lines[2].startswith("| \N{REPLACEMENT CHARACTER}\\x1b[2Jyyy")
    assert lines[3] == "| last"
