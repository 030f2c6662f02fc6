"""What the plays of Azure Pipelines and GitLab share: a repository, and a fake workspace behind its identities."""

from pathlib import Path

import pytest

from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.pipeline_machine import NOT_PLAYED, World, copy_repository, log_in
from tests.support.sandbox import Sandbox
from tests.support.workflow_actions import make_tools

RAW = "src/finance/stripe/raw/payments.py"


class Place:
    """The repository on its way through some runs; each has a world, with the logins that its jobs made."""

    def __init__(self, origin: Sandbox, folder: Path, workspace: FakeWorkspace, cli: DatabricksCli) -> None:
        self.origin = origin
        self.workspace = workspace
        self.folder = folder
        self.tools = folder / "tools"
        self.cli_digest = make_tools(self.tools, cli)
        self.logins: list[str] = []
        self._cli = cli
        self._runs = 0

    def new_world(self, *, quality: bool = True, rejected: frozenset[str] = frozenset()) -> World:
        self._runs += 1
        self.logins.clear()

        def identity(whose: str) -> dict[str, str]:
            self.logins.append(whose)
            return dict(log_in(self.workspace, self._cli))

        return World(self.origin, self.folder / f"run{self._runs}", self.tools, identity, quality, rejected)

    def variables(self, target: str) -> dict[str, str]:
        """Return what is set for an identity of a target; `target` may be that of a plan."""
        return {"DATABRICKS_HOST": self.workspace.url, "DATABRICKS_CLIENT_ID": f"client-of-{target}"}

    def change(self, path: str = RAW) -> str:
        self.origin.append(path, "\nMORE = True\n")
        return self.origin.commit("Change")

    def branch(self, name: str, path: str = RAW) -> str:
        """Make a branch of main, or go on with it, by a change; return its head."""
        known = self.origin.git("branch", "--list", name)
        self.origin.switch(name, create=not known)
        head = self.change(path)
        self.origin.switch("main")
        return head

    def remove_marketing(self) -> None:
        for folder in ("src", "resources", "specs/jobs", "specs/pipelines"):
            if self.origin.path(f"{folder}/marketing").is_dir():
                self.origin.delete(f"{folder}/marketing")
        self.origin.commit("Remove")


@pytest.fixture
def place(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Place:
    return Place(copy_repository(tmp_path / "origin", fake_workspace), tmp_path / "runs", fake_workspace, databricks_cli)


@pytest.fixture(scope="session", autouse=True)
def say_what_is_not_played() -> None:
    """Print, once, what the plays leave out (`pytest -s` shows it)."""
    print("\nNot played:", *NOT_PLAYED, sep="\n  - ")  # noqa: T201  for whoever reads the log
