"""Killed at any request, with the CLI and everything: what a user does next ends right. Nothing is lost, doubled, orphaned
or taken.

`SCOPE_KILLS` says at how many of each operation's requests: a number, evenly spread over those that write (3); `writes`,
which is all of those, since a kill at a read leaves what the write before it left; or `all`. `SCOPE_KILL_AT=17` is that one.
"""

import json
import os
import re
import shlex
import subprocess
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.cli import CliResult, DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace, new_token
from tests.support.killing import Running, run_and_kill
from tests.support.law.contents import Held, held
from tests.support.operations import OPERATIONS, Operation, approve, ids, strangers

_KILLS = os.environ.get("SCOPE_KILLS", "3")
_AT = os.environ.get("SCOPE_KILL_AT")
# The kills of one operation are in so many tests, which run beside each other.
_TESTS = 3
# So many times a user does what is printed.
_ROUNDS = 6


@dataclass(frozen=True)
class Undisturbed:
    """An operation that nothing disturbed: how many requests it made, and what the workspace had then."""

    operation: Operation
    writes: tuple[bool, ...]
    """For each request that it made, whether it changed something."""
    held: Held
    lost: int
    """How many of the ids that were there when it began are gone."""

    def numbers(self) -> list[int]:
        """Return the requests to kill it at, counted from 1."""
        if _AT is not None:
            return [int(_AT)]
        numbers = [number for number, is_write in enumerate(self.writes, 1) if is_write or _KILLS == "all"]
        if _KILLS in {"all", "writes"}:
            return numbers
        count = min(int(_KILLS), len(numbers))
        return [numbers[(2 * place + 1) * len(numbers) // (2 * count)] for place in range(count)]


@pytest.fixture(scope="module")
def undisturbed(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    fake_workspace_url: str,
    databricks_cli: DatabricksCli,
) -> Undisturbed:
    workspace = FakeWorkspace(fake_workspace_url, new_token())
    operation = OPERATIONS[request.param](tmp_path_factory.mktemp("operation"), workspace, databricks_cli)
    platform, command = operation.prepare()
    before = ids(platform.workspace.snapshot())
    done = Running.start(platform, *command).finish()
    assert done is not None
    assert done.exit_code == 0, done
    writes = tuple(one.writes for one in platform.workspace.requests())
    check(platform, held(platform))
    return Undisturbed(operation, writes, held(platform), len(before - ids(platform.workspace.snapshot())))


@pytest.mark.parametrize("part", range(_TESTS))
@pytest.mark.parametrize("undisturbed", OPERATIONS, indirect=True)
def test_what_was_killed_at_any_request_is_put_right_by_what_is_printed(undisturbed: Undisturbed, part: int) -> None:
    failures: list[str] = []
    for number in undisturbed.numbers()[part::_TESTS]:
        log: list[str] = []
        try:
            kill_and_repair(undisturbed, number, log)
        except (AssertionError, TimeoutError):
            failures.append(
                "\n".join([f"Killed at request {number} of {len(undisturbed.writes)}:", *log, traceback.format_exc()])
            )
    assert not failures, "\n\n".join(failures)


def kill_and_repair(undisturbed: Undisturbed, number: int, log: list[str]) -> None:
    platform, command = undisturbed.operation.prepare()
    begun = platform.workspace.snapshot()
    ended = run_and_kill(platform, number, *command)
    last = platform.workspace.requests()[-3:]
    log.append(f"killed {command[0]} after {'; '.join(map(str, last))}; it ended as {ended}")
    # Half of the people repeat what they did; of the others, the hourly workflow does.
    if command[0] == "deploy" and number % 2:
        command = ("reconcile", *command[1:])
    repair(platform, command, log)
    check(platform, undisturbed.held)
    snapshot = platform.workspace.snapshot()
    assert len(ids(begun) - ids(snapshot)) == undisturbed.lost, "what was to keep its id was made anew"
    assert strangers(snapshot) == strangers(begun), "what others have was changed"


def repair(platform: Platform, command: tuple[str, ...], log: list[str]) -> None:
    """Run a command until it succeeds, each time after the lines that it printed, and approving what it showed."""
    for _ in range(_ROUNDS):
        done = platform.scope(*command)
        log.append(str(done))
        if done.exit_code == 0:
            return
        if command[0] != "adopt":
            command = (*command, *(word for word in approve(platform) if word not in command))
        said = done.stdout + done.stderr
        lines = dict.fromkeys(re.findall(r"Run: (scope recover [^\n]*|\(cd / .*\))", said))
        log.extend(f"$ {line}\n{paste(platform, line)}" for line in lines)
    raise AssertionError("What is printed doesn't put it right.")


def paste(platform: Platform, line: str) -> CliResult:
    """Run a printed line as a user would: of `recover`, first what it would do, then with `--yes`."""
    if line.startswith("scope "):
        words = shlex.split(line.removeprefix("scope "))
        return platform.scope(*words, *(["--yes"] if "--yes" not in words else []))
    done = subprocess.run(
        ["sh", "-c", line], env=platform.environment(), check=False, capture_output=True, text=True, timeout=60
    )
    return CliResult((line,), done.returncode, done.stdout, done.stderr)


def check(platform: Platform, expected: Held) -> None:
    """Assert that the head is deployed, that states and records say so, and that a second run has nothing to do."""
    platform.workspace.clear_requests()
    again = platform.scope("reconcile", "--target", "prod", "--prune", "--lock-timeout", "0")
    assert again.exit_code == 0, again
    assert "already in sync" in again.stdout
    assert platform.workspace.writes() == []
    status = platform.scope("status", "--target", "prod", "--verify", "--format", "json", "--detailed-exitcode")
    assert status.exit_code == 0, status
    assert all(item["locked_by"] is None for item in status.json["domains"])
    files, resources = held(platform)
    assert files == expected[0]
    for kind, items in expected[1].items():
        # As text, an assertion shows where they differ.
        assert "\n".join(resources[kind]) == "\n".join(items)
    snapshot = platform.workspace.snapshot()
    states = {
        path: json.loads(content)["state"] or {}
        for path, content in snapshot.below(BASE).items()
        if path.endswith("state/resources.json")
    }
    entries = [
        (key.split(".")[1], entry["__id__"]) for one in states.values() for key, entry in one.items() if key.count(".") == 2
    ]
    assert len(entries) == len(set(entries)), "two states have it"
    assert set(entries) == ids(snapshot) - strangers(snapshot).keys(), "no state has it, or it is gone"
    for item in status.json["domains"]:
        check_record(platform, item["domain"], states[f"{item['domain']}/state/resources.json"])


def check_record(platform: Platform, name: str, state: Mapping[str, Any]) -> None:
    record = platform.record(name)
    assert record["applied"]["attempt"] == record["attempted"]
    assert record["attempted"]["commit"] == platform.sandbox.head
    untagged = {
        key: entry["__id__"]
        for key, entry in state.items()
        if key.count(".") == 2 and key.split(".")[1] not in {"jobs", "pipelines"}
    }
    assert record["inventory"] == untagged
    resources = platform.workspace.snapshot().resources
    metadata = f"{BASE}/{name}/state/metadata.json"
    tagged = {
        (kind, key)
        for kind in ("jobs", "pipelines")
        for key, item in resources.get(kind, {}).items()
        if (item.get("settings") or item.get("spec") or item).get("deployment", {}).get("metadata_file_path") == metadata
    }
    assert tagged == {
        (key.split(".")[1], entry["__id__"])
        for key, entry in state.items()
        if key.count(".") == 2 and key.split(".")[1] in {"jobs", "pipelines"}
    }
