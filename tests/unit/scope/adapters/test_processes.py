"""What other programs print: kept in part, never waited for, and not able to fill the memory or outlive scope."""

import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from scope.adapters import processes
from scope.adapters.bundle_cli import StagedCli, check_version
from scope.adapters.git import GitRepository
from scope.adapters.processes import Excerpt, run_process
from scope.errors import CliError, ScopeError, UsageError
from scope.workspace_model import BundlePlan

PLAN = BundlePlan((), None, None)
FLOOD = "yes 'Error: failed to fetch the resource' | head -c {size} | tr -d '\\n'"


def script(folder: Path, text: str, name: str = "databricks") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def staged(folder: Path, text: str) -> StagedCli:
    return StagedCli(script(folder, text), folder, "prod", "sales", folder / "sales.log")


def is_alive(pid: int) -> bool:
    try:
        # One that has ended, and that nobody has asked for its end, is a zombie.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"printf 'Databricks CLI v1.\377\376.0\n'", "doesn't print a version"),
        (r"printf 'Databricks CLI v0.200.0 \377\n'", "is version 0.200.0, and 1.12 or newer is needed"),
        ("yes v0.200.0 | head -c 200000000", "prints far more than a version"),
        ("head -c 200000000 /dev/zero | tr '\\0' 1", "prints far more than a version"),
        ("head -c 9000 /dev/zero | tr '\\0' 1", "doesn't print a version"),
        ("echo v0.2.0; yes x | head -c 100000000 >&2", "is version 0.2.0, and"),
        ("exec yes", "prints far more than a version"),
        ("printf 'v0.1.0-\\033[2Jx'", "is version 0.1.0-, and"),
    ],
)
def test_whatever_it_prints_as_its_version_is_one_short_message(tmp_path: Path, text: str, words: str) -> None:
    started = time.process_time()
    with pytest.raises(UsageError) as caught:
        check_version(script(tmp_path, text))
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))
    assert str(caught.value).isprintable()
    assert time.process_time() - started < 10


def test_bytes_beside_the_version_do_not_matter(tmp_path: Path) -> None:
    assert (
        check_version(script(tmp_path, r"printf '\377 Databricks CLI v1.13.0-dev+25d80af \377\n'")) == "1.13.0-dev+25d80af"
    )


def test_a_flood_of_errors_costs_neither_time_nor_memory_nor_disk(tmp_path: Path) -> None:
    cli = staged(tmp_path, f"echo 'Error: it broke' >&2; {FLOOD.format(size=300_000_000)} >&2; echo the end >&2; exit 1")
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(CliError) as caught:
            cli.deploy(PLAN)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    # The second half of the line alone took minutes to classify.
    assert time.process_time() - started < 20
    assert "failed: it broke" in str(caught.value)
    assert len(str(caught.value)) < 1000 + len(str(tmp_path))
    log = cli.log.read_bytes()
    assert len(log) < 5_500_000
    assert re.search(rb"\n\xe2\x80\xa6 \d+ bytes left out \xe2\x80\xa6\n.*the end\nexit code 1\n$", log, re.DOTALL)


def test_the_log_of_many_floods_stays_bounded_and_has_the_end_of_each(tmp_path: Path) -> None:
    cli = staged(tmp_path, "head -c 6000000 /dev/zero >&2; echo the end >&2")
    for _ in range(5):
        cli.deploy(PLAN)
    assert cli.log.stat().st_size < 6_000_000
    assert cli.log.read_bytes().count(b"the end\nexit code 0\n") == 5


def test_a_plan_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="printed more than 100 MB and was stopped"):
        staged(tmp_path, "exec cat /dev/zero").plan()


def test_a_deploy_that_talks_is_not_ended_for_it(tmp_path: Path) -> None:
    staged(tmp_path, "head -c 150000000 /dev/zero; touch done").deploy(PLAN)
    assert (tmp_path / "done").exists()


def test_what_a_program_left_behind_may_go_on_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PIPE_SECONDS", 0.2)
    cli = staged(tmp_path, f"(sleep 1.5; echo late >&2; touch {tmp_path}/written) & exit 0")
    cli.deploy(PLAN)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (tmp_path / "written").exists():
        time.sleep(0.05)
    assert cli.log.read_text().endswith("\nexit code 0\n")


def test_ctrl_c_ends_the_program_before_anything_else_is_done(tmp_path: Path) -> None:
    path = script(tmp_path, f"sleep 300 & echo $! > {tmp_path}/child; wait")
    code = (
        "import signal, sys; from scope.adapters.processes import run_process\n"
        # A shell that starts tests in the background has it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try: run_process([sys.argv[1]], {}, longest=None)\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as scope:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not ((tmp_path / "child").exists() and (tmp_path / "child").read_text()):
            time.sleep(0.05)
        scope.send_signal(signal.SIGINT)
        assert scope.communicate(timeout=30)[0] == "interrupted\n"
    # It was told to end; on a busy machine that takes it a moment.
    child, deadline = int((tmp_path / "child").read_text()), time.monotonic() + 20
    while time.monotonic() < deadline and is_alive(child):
        time.sleep(0.05)
    assert not is_alive(child)


def test_ctrl_c_before_anything_is_read_ends_the_program_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def interrupt(reading: processes._Reading, _text: bytes) -> list[threading.Thread]:
        started.append(reading._process)
        raise KeyboardInterrupt

    monkeypatch.setattr(processes._Reading, "start", interrupt)
    with pytest.raises(KeyboardInterrupt):
        processes.run_process([str(script(tmp_path, "sleep 300"))], {}, longest=None)
    with started[0] as process:  # closes its pipes
        assert process.poll() is not None


def test_what_git_says_is_shortened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "yes 'remote: words' | head -c 50000000 >&2; exit 1", "git")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ScopeError) as caught:
        GitRepository(tmp_path)
    assert len(str(caught.value)) < 2_100


def test_a_program_gets_its_input_while_it_answers() -> None:
    text = bytes(range(256)) * 4_000
    assert run_process(["cat"], os.environ, longest=2_000_000, text=text).answer == text


def test_where_no_process_can_be_watched_it_is_asked_for_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    assert run_process([str(script(tmp_path, "sleep 0.1; exit 3"))], {}, longest=None, seconds=60).code == 3
    assert run_process([str(script(tmp_path, "sleep 300"))], os.environ, longest=None, seconds=0.1).code is None


def test_a_program_is_ended_once_it_has_printed_enough() -> None:
    ended = run_process(
        ["yes"], os.environ, longest=10_000_000, is_enough=lambda answer: answer.count(b"\n") > 3, seconds=60
    )
    assert ended.is_too_long
    assert ended.code is None
    assert ended.answer.startswith(b"y\ny\ny\ny\n")


def test_a_program_need_not_read_its_input() -> None:
    assert run_process(["true"], os.environ, longest=10, text=b"x" * 1_000_000).code == 0


@pytest.mark.parametrize("size", [1, 3, 10, 64])
def test_an_excerpt_has_both_ends_and_says_what_is_missing(size: int) -> None:
    content = bytes(range(48, 112))
    excerpt = Excerpt(20)
    for start in range(0, len(content), size):
        excerpt.add(content[start : start + size])
    assert excerpt.content == content[:10] + "\n… 44 bytes left out …\n".encode() + content[-10:]
    assert excerpt.end == content[-10:]


def test_a_short_excerpt_is_whole() -> None:
    excerpt = Excerpt(20)
    excerpt.add(b"a" * 20)
    assert excerpt.content == b"a" * 20
