"""What a deploy uploads: what differs, and never less than makes the workspace what a full upload would."""

import os
import random
from pathlib import Path

import pytest

from tests.support.cli import DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.upload_history import History

_FIRST = int(os.environ.get("SCOPE_UPLOADS_SEED", "0"))
_COUNT = int(os.environ.get("SCOPE_UPLOADS_HISTORIES", "3"))


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})


def uploads(platform: Platform) -> list[str]:
    """Return the files that were written to the workspace since the requests were cleared."""
    requests = platform.workspace.requests()
    return [request.workspace_path for request in requests if request.method == "POST" and "import" in request.path]


@pytest.mark.parametrize("target", ["prod", "dev"])
def test_one_changed_file_of_hundreds_is_all_that_is_uploaded(platform: Platform, target: str) -> None:
    for number in range(300):
        header = "# Databricks notebook source\n" if number % 3 == 0 else ""
        platform.sandbox.write(f"src/sales/orders/part{number % 7}/m{number}.py", f"{header}ROWS = {number}\n")
    platform.push("Add many")
    assert platform.deploy("--domain", "sales", target=target).exit_code == 0
    assert len(uploads(platform)) > 300
    before = platform.workspace.snapshot().files
    changed = "src/sales/orders/part4/m4.py"
    platform.sandbox.append(changed, "MORE = 1\n")
    if target == "prod":
        platform.push("Change one")
    platform.workspace.clear_requests()
    done = platform.deploy("--domain", "sales", target=target)
    assert done.exit_code == 0, done
    written = uploads(platform)
    assert len(written) <= 10
    assert [path.partition("/files/")[2] for path in written if "/files/" in path] == [changed]
    assert platform.results()[f"{target}/sales"]["uploaded"] == 1
    after = platform.workspace.snapshot().files
    differing = [path for path in before.keys() | after.keys() if "/files/" in path and before.get(path) != after.get(path)]
    assert [path.partition("/files/")[2] for path in differing] == [changed]
    assert after[differing[0]] == platform.sandbox.path(changed).read_bytes()


@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _COUNT))
def test_whatever_happened_the_workspace_is_what_a_full_upload_makes_it(platform: Platform, seed: int) -> None:
    history = History(platform, random.Random(seed))  # noqa: S311  a history, not a secret
    for _ in range(6):
        history.add()
    try:
        history.deploy()
        for _ in range(4):
            history.play()
            history.deploy()
    except BaseException:
        print("\n".join(history.log))  # noqa: T201  what led to the failure
        raise
