"""The CLI as a process: bounded in time and output, in a process group of its own, told what it may see."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from scope.adapters.bundle_cli import RESTRICTION, StagedCli, child_environment, restriction
from scope.errors import CliError, Fault
from scope.workspace_model import BundlePlan

PLAN = BundlePlan((), "l", 1, b'{"plan": {}}')


def cli(folder: Path, script: str, seconds: float = 60) -> StagedCli:
    path = folder / "databricks"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return StagedCli(path, folder, "prod", "sales", folder / "logs" / "sales.log", {"EXTRA": "1"}, seconds)


def classify_failure(staged: StagedCli) -> Fault:
    with pytest.raises(CliError) as caught:
        staged.deploy(PLAN)
    return caught.value.fault


def test_the_domain_is_always_said(tmp_path: Path) -> None:
    cli(tmp_path, 'echo "$@" "$EXTRA" > arguments').deploy(PLAN)
    words = "bundle --target prod --var domain=sales deploy --auto-approve --plan"
    assert (tmp_path / "arguments").read_text() == f"{words} {tmp_path}/.databricks/plan.json 1\n"


def test_a_plan_is_applied_by_its_own_bytes_which_nobody_else_can_read(tmp_path: Path) -> None:
    cli(tmp_path, "").deploy(PLAN)
    file = tmp_path / ".databricks" / "plan.json"
    assert file.read_bytes() == PLAN.content
    assert file.stat().st_mode & 0o077 == 0


def test_a_plan_that_hides_values_is_never_applied_from_its_file(tmp_path: Path) -> None:
    cli(tmp_path, 'echo "$@" > arguments').deploy(replace(PLAN, hides_values=True))
    assert (tmp_path / "arguments").read_text() == "bundle --target prod --var domain=sales deploy --auto-approve\n"


def test_what_is_printed_is_kept_in_the_log(tmp_path: Path) -> None:
    staged = cli(tmp_path, "echo one >&2; echo two >&2")
    staged.deploy(PLAN)
    assert staged.log.read_text().splitlines()[1:] == ["one", "two", "exit code 0"]


def test_a_cli_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    started = time.monotonic()
    staged = cli(tmp_path, "sleep 300 & echo $! > child; wait", seconds=0.5)
    assert classify_failure(staged) is Fault.TIMEOUT
    assert time.monotonic() - started < 30
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _is_alive(child):
        time.sleep(0.02)
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    try:
        # One that has ended, and that nobody has asked for its end, is a zombie.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_runs_in_a_process_group_of_its_own(tmp_path: Path) -> None:
    cli(tmp_path, "ps -o pgid= -p $$ > group || cut -d' ' -f5 /proc/$$/stat > group").deploy(PLAN)
    assert int((tmp_path / "group").read_text()) != os.getpgid(0)


def test_a_flood_is_read_to_its_end_and_kept_in_part(tmp_path: Path) -> None:
    staged = cli(tmp_path, "yes 'Error: words' | head -c 20000000 >&2; exit 1")
    assert classify_failure(staged) is Fault.INVALID
    assert staged.log.stat().st_size < 6_000_000


def test_one_that_was_killed_may_be_started_again(tmp_path: Path) -> None:
    assert classify_failure(cli(tmp_path, "kill -9 $$")) is Fault.KILLED


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    staged = cli(tmp_path, "")
    staged.path.unlink()
    assert classify_failure(staged) is Fault.UNKNOWN


def test_what_would_lead_it_elsewhere_is_not_passed_on() -> None:
    given = {"BUNDLE_ROOT": "/x", "BUNDLE_VAR_domain": "x", "DATABRICKS_BUNDLE_ROOT": "/x", "DATABRICKS_HOST": "h"}
    environment = child_environment(given)
    assert environment["DATABRICKS_HOST"] == "h"
    assert not [name for name in environment if "BUNDLE" in name]


@pytest.mark.parametrize("given", [{}, {"PYTHONDONTWRITEBYTECODE": "1"}])
def test_what_python_compiles_is_kept_for_the_next_start_unless_the_caller_says_otherwise(given: dict[str, str]) -> None:
    assert {name: value for name, value in child_environment(given).items() if name.startswith("PYTHON")} == given


def test_a_restriction_of_code_is_never_dropped_and_set_where_no_code_is_needed() -> None:
    assert child_environment({RESTRICTION: "0"})[RESTRICTION] == "0"
    assert restriction(needs_code=False) == {"DATABRICKS_BUNDLE_RESTRICTED_CODE_EXECUTION": "true"}
    assert restriction(needs_code=True) == {}
