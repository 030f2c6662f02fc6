"""The root that the controller works out is the one that the CLI resolves, and a stage can't be led to another."""

from pathlib import Path

import pytest

from scope.adapters.git import GitRepository
from scope.adapters.workspace import DatabricksWorkspace
from scope.deployment.target import read_target
from scope.repository.snapshot import Snapshot
from tests.support.builders import domain, skeleton
from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import FakeWorkspace, new_service_principal_token
from tests.support.sandbox import Sandbox

ROOTS = (
    None,
    "~/mine/${bundle.target}/${var.domain}",
    "/Users/${workspace.current_user.userName}/${var.domain}",
    "/Workspace/Users/${workspace.current_user.short_name}/${bundle.name}/${var.domain}",
)


@pytest.mark.parametrize("root", ROOTS, ids=["as it is", "home", "users", "short name"])
@pytest.mark.parametrize("who", ["person", "principal"])
def test_the_root_is_the_one_that_the_cli_resolves(
    tmp_path: Path,
    fake_workspace: FakeWorkspace,
    databricks_cli: DatabricksCli,
    monkeypatch: pytest.MonkeyPatch,
    root: str | None,
    who: str,
) -> None:
    workspace = fake_workspace if who == "person" else FakeWorkspace(fake_workspace.url, new_service_principal_token())
    sandbox = Sandbox.create(tmp_path / "platform", skeleton() | domain("sales"))
    sandbox.point_at(workspace)
    if root is not None:
        path = sandbox.path("targets/dev.yml")
        lines = [
            f"{line.partition('root_path')[0]}root_path: {root}" if "root_path:" in line else line
            for line in path.read_text().splitlines()
        ]
        path.write_text("\n".join(lines) + "\n")
    sandbox.commit("Say the root")
    sandbox.link_venv()
    monkeypatch.setenv("DATABRICKS_TOKEN", workspace.token)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", "/dev/null")
    user = DatabricksWorkspace(workspace.url).user()
    with GitRepository(sandbox.root) as git:
        settings = read_target(Snapshot(git, git.root_tree(sandbox.head)), "dev")
    resolved = databricks_cli.bundle("validate", "-o", "json", cwd=sandbox.root, workspace=workspace, domain="sales")
    assert resolved.exit_code == 0, resolved
    assert settings.resolve(user, "sales") == resolved.json["workspace"]["root_path"]
