"""What is printed to run next, pasted as it is printed: at most three lines from any state of a domain to exit code 0."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli import CliResult, DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.killing import run_and_kill

STATUS = ("scope", "status", "--target", "prod", "--detailed-exitcode")
MOST_STEPS = 3


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"], "ads": ["clicks"]})


def paste(platform: Platform, line: str) -> CliResult:
    """Run a line as it was printed."""
    program, *words = shlex.split(line)
    if program == "scope":
        return platform.scope(*words)
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=platform.sandbox.root,
        env=platform.environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return CliResult((line,), done.returncode, done.stdout, done.stderr)


def printed(done: CliResult) -> list[str]:
    """Return the lines to paste that a command printed: indented, and nothing else on them."""
    return re.findall(r"^ +((?:scope|git|\(cd /) .*)$", f"{done.stdout}\n{done.stderr}", re.MULTILINE)


def follow(platform: Platform, *extra: str) -> list[str]:
    """Paste what status prints, and what that prints, until all is in sync; return what was pasted."""
    status = paste(platform, shlex.join([*STATUS, *extra]))
    pasted: list[str] = []
    assert status.exit_code == 5, status
    lines = printed(status)
    while lines:
        (line,) = lines
        pasted.append(line)
        assert len(pasted) <= MOST_STEPS, pasted
        done = paste(platform, line)
        lines = printed(done)
        assert lines or done.exit_code == 0, done
    status = paste(platform, shlex.join([*STATUS, *extra]))
    assert status.exit_code == 0, (pasted, status)
    return pasted


# Before the lock is there; with it; at the upload; after the record of what was applied.
@pytest.mark.parametrize("number", [6, 12, 20, 28])
def test_a_killed_deploy_is_put_right_by_what_each_step_prints(platform: Platform, number: int) -> None:
    assert platform.deploy().exit_code == 0
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Change sales")
    run_and_kill(platform, number, "deploy", "--target", "prod")
    assert follow(platform)


def test_a_refused_deletion_is_approved_by_the_line_that_is_printed(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    for folder in ("src/ads", "resources/ads"):
        platform.sandbox.delete(folder)
    platform.push("Remove ads")
    pasted = follow(platform)
    assert len(pasted) == 2
    assert pasted[0] == "scope deploy --target prod --domain ads --prune"
    assert re.fullmatch(re.escape(pasted[0]) + r" --approve-destructive [0-9a-f]{16}", pasted[1])


def lose_state(platform: Platform) -> None:
    platform.workspace.delete(f"{BASE}/sales/state/resources.json")


def edit(platform: Platform) -> None:
    platform.workspace.write(f"{BASE}/sales/files/src/sales/orders/base/facts.py", b"EDITED = 1\n")


def add_file(platform: Platform) -> None:
    platform.workspace.write(f"{BASE}/sales/state/evil.sh", b"evil\n")


def go_back(platform: Platform) -> None:
    first = platform.sandbox.head
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Change sales")
    assert platform.deploy().exit_code == 0
    platform.sandbox.git("checkout", "--quiet", first)


def diverge(platform: Platform) -> None:
    go_back(platform)
    platform.sandbox.append("src/sales/orders/base/facts.py", "LESS = 1\n")
    platform.push("Change sales otherwise")


def break_record(platform: Platform) -> None:
    platform.workspace.write(f"{BASE}/sales/state/scope.json", b"{")


@pytest.mark.parametrize("happen", [lose_state, edit, add_file, go_back, diverge, break_record])
def test_whatever_happened_status_prints_the_way_back(platform: Platform, happen: Callable[[Platform], None]) -> None:
    assert platform.deploy().exit_code == 0
    happen(platform)
    assert follow(platform, "--verify")
