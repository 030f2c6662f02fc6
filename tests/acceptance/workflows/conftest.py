"""What the plays share: a repository on GitHub, its settings, and a fake workspace behind its environments."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import DatabricksCli
from tests.support.fake_forges import FakeGitHub, serving
from tests.support.fake_workspace import FakeWorkspace
from tests.support.pipeline_machine import log_in
from tests.support.sandbox import REPOSITORY, Sandbox, tracked_files
from tests.support.workflow_actions import make_tools
from tests.support.workflow_player import JobResult, Player, Settings

PULL_REQUEST = 7


class Platform:
    """This repository as it lies on GitHub, and what happens to it there."""

    def __init__(self, origin: Sandbox, folder: Path, settings: Settings, github: FakeGitHub) -> None:
        """Play in `folder`."""
        self.origin = origin
        self.folder = folder
        self.settings = settings
        self.github = github
        self.runs = 0
        # What else happens to a run's artifacts, just before a job.
        self.between: dict[str, Callable[[Path], object]] = {}

    def pull_request(
        self,
        branch: str,
        *,
        fork: bool = False,
        author: str = "somebody",
        number: int = PULL_REQUEST,
        base_ref: str = "main",
    ) -> JobResult:
        """Play what a pull request from a branch to main starts."""
        origin = self.origin
        base, head = origin.git("rev-parse", "main"), origin.git("rev-parse", branch)
        tree = origin.git("merge-tree", "--write-tree", "main", branch)
        merged = origin.git("commit-tree", tree, "-p", base, "-p", head, "-m", "Merge")
        origin.git("update-ref", f"refs/pull/{number}/merge", merged)
        event = {
            "pull_request": {
                "number": number,
                "base": {"sha": base, "ref": base_ref},
                "head": {"sha": head, "ref": branch, "repo": {"full_name": "somebody/r" if fork else "o/r"}},
                "user": {"login": author},
            },
            "repository": {"private": True},
        }
        return self._play("ci.yml", "pull_request", merged, f"refs/pull/{number}/merge", event)

    def push(self, name: str = "deploy.yml", *, before: str = "0" * 40, private: bool = True) -> JobResult:
        """Play what a push to main starts."""
        event = {"before": before, "repository": {"private": private}}
        return self._play(name, "push", self.origin.git("rev-parse", "main"), "refs/heads/main", event)

    def by_hand(self, name: str, **inputs: Any) -> JobResult:  # noqa: ANN401  a workflow's inputs
        """Play a workflow started by hand on main."""
        event = {"repository": {"private": True}}
        return self._play(name, "workflow_dispatch", self.origin.git("rev-parse", "main"), "refs/heads/main", event, inputs)

    def _play(
        self,
        workflow: str,
        event_name: str,
        sha: str,
        ref: str,
        event: Mapping[str, Any],
        inputs: Mapping[str, Any] | None = None,
    ) -> JobResult:
        self.runs += 1
        github = {"event_name": event_name, "event": event, "sha": sha, "ref": ref, "run_id": str(self.runs)}
        player = Player(self.origin, self.folder / f"run{self.runs}", self.settings, github)
        player.between = self.between
        return player.play(workflow, inputs)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with serving(FakeGitHub) as server:
        yield server


@pytest.fixture
def tools(tmp_path: Path, databricks_cli: DatabricksCli) -> tuple[Path, str]:
    """Give the folder of a runner's programs, and the digest of the CLI's archive."""
    folder = tmp_path / "tools"
    return folder, make_tools(folder, databricks_cli)


@pytest.fixture
def platform(
    tmp_path: Path, github: FakeGitHub, fake_workspace: FakeWorkspace, tools: tuple[Path, str], databricks_cli: DatabricksCli
) -> Platform:
    """Give this repository, with everything of it that a run needs, pointed at an empty fake workspace."""
    origin = Sandbox.of_repository(tmp_path / "origin", leaving_out=("tests/",))
    origin.point_at(fake_workspace)
    # The sandbox writes contents only.
    for path in tracked_files(REPOSITORY):
        if os.access(REPOSITORY / path, os.X_OK) and origin.path(path).is_file():
            origin.path(path).chmod(0o755)
    origin.commit("Point at the workspace")
    folder, digest = tools
    return Platform(origin, tmp_path / "runs", settings(fake_workspace, databricks_cli, github, folder, digest), github)


def settings(workspace: FakeWorkspace, cli: DatabricksCli, github: FakeGitHub, tools: Path, digest: str) -> Settings:
    """Return the settings of a repository that was set up as docs/github-actions.md says."""
    environment = {"DATABRICKS_HOST": workspace.url, "DATABRICKS_CLIENT_ID": "00000000-0000-0000-0000-000000000001"}

    return Settings(
        variables={"DATABRICKS_CLI_SHA256": digest},
        environments=dict.fromkeys(("staging", "staging-plan", "prod", "prod-plan"), environment) | {"prod-approval": {}},
        identity=lambda _environment: log_in(workspace, cli),
        tools=tools,
        api=github.url,
    )


@pytest.fixture(scope="session", autouse=True)
def say_what_is_not_played() -> Callable[[], None]:
    """Print, once, what the plays leave out (`pytest -s` shows it)."""
    from tests.support.workflow_actions import NOT_PLAYED

    print("\nNot played:", *NOT_PLAYED, sep="\n  - ")  # noqa: T201  for whoever reads the log
    return lambda: None
