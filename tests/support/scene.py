"""One deployment over in-memory doubles of workspace and CLI, with real git: for checks of a single step."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from scope.adapters.git import GitRepository
from scope.controller.deploy import deploy_domain
from scope.controller.deployment import Deployment
from scope.controller.destroy import destroy_domain
from scope.controller.operation import OperationResult
from scope.controller.recover import NO_RECOVER_OPTIONS, Recovered, RecoverOptions, recover
from scope.controller.session import Options, Revision, Session
from scope.controller.shared_read import SharedRead
from scope.deployment.record import Record, read_record
from scope.deployment.target import Paths, TargetSettings
from scope.errors import CliError, Fault
from scope.graph.closure import DomainIndex
from scope.repository.snapshot import Snapshot
from scope.workspace_model import RemoteResource, User
from tests.support.fakes import InMemoryCli, InMemoryWorkspace
from tests.support.sandbox import Sandbox

ROOT = "/Workspace/deploy/sales"
PATHS = Paths(ROOT)
SETTINGS = TargetSettings("dev", "x", "https://x.com", "d:1", "/Workspace/deploy/${var.domain}", "d:2", "development", None)
FILES = {
    "databricks.yml": "bundle: {name: x}\n",
    "targets/dev.yml": "targets: {dev: {}}\n",
    "src/pyproject.toml": "[project]\n",
    "src/sales/orders/facts.py": "ROWS = 1\n",
    "resources/__init__.py": "",
    "resources/sales/jobs.py": "",
}


@dataclass
class Scene:
    """A session over doubles, and its events."""

    session: Session
    workspace: InMemoryWorkspace
    cli: InMemoryCli
    events: list[str]

    def check_out(self, commit: str) -> None:
        git = self.session.git
        self.session = replace(self.session, index=DomainIndex(Snapshot(git, git.root_tree(commit))))

    def deploy(self, retry_seconds: float = 0) -> OperationResult:
        return deploy_domain(Deployment(self.allowing(retry_seconds=retry_seconds), "sales"))

    def allowing(self, *, retry_seconds: float = 0, approvals: frozenset[str] = frozenset()) -> Session:
        return replace(self.session, options=replace(self.session.options, retry_seconds=retry_seconds, approvals=approvals))

    def destroy(self, *approvals: str) -> OperationResult:
        return destroy_domain(Deployment(self.allowing(approvals=frozenset(approvals)), "sales"))

    def recover(self, options: RecoverOptions = NO_RECOVER_OPTIONS) -> Recovered:
        return recover(self.deployment, options)

    def fail_before_anything(self) -> None:
        """Let an attempt end that has recorded what it creates, and created nothing."""
        self.cli.before_deploy = _die
        with pytest.raises(CliError):
            self.deploy()
        self.cli.before_deploy = lambda: None

    def fail_before_the_state(self) -> None:
        """Let an attempt end that has created everything, with no state to tell."""
        self.cli.before_state = _die
        with pytest.raises(CliError):
            self.deploy()
        self.cli.before_state = lambda: None

    def begin_again(self) -> None:
        """Begin a session that has read nothing yet, as every command does."""
        self.session = replace(self.session, target=SharedRead(), claims=SharedRead(), tagged=SharedRead(), observations={})

    def let_another_create(self, key: str, name: str) -> RemoteResource:
        """Let another domain's deployment create and own a resource, before the next command of this one."""
        self.begin_again()
        other = InMemoryCli(self.workspace, "/Workspace/deploy/ads", {}, (), {key: name})
        other.deploy(other.plan())
        return next(resource for resource in self.workspace.unowned if resource.name == name)

    @property
    def deployment(self) -> Deployment:
        return Deployment(self.session, "sales")

    @property
    def record(self) -> Record:
        record = read_record(self.workspace, PATHS.state)
        assert isinstance(record, Record)
        return record

    @property
    def jobs(self) -> list[str]:
        return sorted(resource.name for resource in self.workspace.owned)


def _die() -> None:
    raise CliError(Fault.INVALID, "The CLI died.")


@contextmanager
def setting(sandbox: Sandbox) -> Iterator[Scene]:
    """Give a scene over a repository with one domain."""
    sandbox.write_all(FILES)
    commit = sandbox.commit("one")
    workspace, events = InMemoryWorkspace(), list[str]()
    cli = InMemoryCli(workspace, ROOT, {"a": "job a", "b": "job b"}, ("src/pyproject.toml", "src/sales/orders/facts.py"))
    with GitRepository(sandbox.root) as git:
        session = Session(
            root=sandbox.root,
            git=git,
            index=DomainIndex(Snapshot(git, git.root_tree(commit))),
            head=Revision(commit, is_dirty=False, branch="main", origin=None, repository=""),
            settings=SETTINGS,
            workspace=workspace,
            user=User("me", "me"),
            options=Options(lock_timeout=0, retry_seconds=0, active_poll=0.01),
            cli_version="1.13.0",
            # A destroy's stage defines nothing.
            make_cli=lambda stage, _domain: (
                cli.within(stage) if (stage / "src/sales").exists() else InMemoryCli(workspace, ROOT)
            ),
            event=lambda _domain, message: events.append(message),
        )
        yield Scene(session, workspace, cli, events)
