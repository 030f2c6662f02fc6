"""What a run asks of the workspace grows with the number of its deployments, and not with its square."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from scope.controller.approval import ApprovalRequired
from scope.controller.deploy_set import find_candidates
from scope.controller.deployment import Deployment
from scope.controller.move import deploy_with_moves, destroy_with_moves
from scope.controller.observations import observe_all
from scope.controller.session import Session
from scope.documents.results import Outcome
from scope.errors import CliError, Fault
from scope.graph.closure import DomainIndex
from scope.repository.snapshot import Snapshot
from scope.workspace_model import NamedResource, RemoteResource
from tests.support.fakes import InMemoryCli, InMemoryWorkspace
from tests.support.sandbox import Sandbox
from tests.support.scene import Scene

BASE = "/Workspace/deploy"


@dataclass
class CountingWorkspace(InMemoryWorkspace):
    """Counts requests as the real one sends them: what reads all jobs and pipelines looks at each."""

    requests: list[str] = field(default_factory=list)

    def _check(self, path: str) -> None:
        self.requests.append(path)
        super()._check(path)

    def resources_of(self, metadata_path: str, names: frozenset[str] | None = None) -> tuple[RemoteResource, ...]:
        self._count_listing(names)
        return super().resources_of(metadata_path, names)

    def owned_below(self, folder: str, names: frozenset[str] | None = None) -> tuple[tuple[str, RemoteResource], ...]:
        self._count_listing(names)
        return super().owned_below(folder, names)

    def named(self, kind: str, full_name: str) -> tuple[NamedResource, ...] | None:
        self.requests.append(full_name)
        return super().named(kind, full_name)

    def _count_listing(self, names: frozenset[str] | None) -> None:
        self.requests += ["listing"] * (len(self.owned) if names is None else len(names))


@dataclass(frozen=True)
class Many:
    """A target of many domains, each with a job and a schema."""

    scene: Scene
    workspace: CountingWorkspace
    dies: list[bool]

    @property
    def session(self) -> Session:
        return self.scene.session

    def count(self, work: Callable[[], object]) -> int:
        """Return how many requests a command of its own sends."""
        self.scene.begin_again()
        self.workspace.time += timedelta(hours=1)
        self.workspace.requests.clear()
        work()
        return len(self.workspace.requests)

    def deploy(self) -> None:
        for candidate in find_candidates(self.session):
            if candidate.due is not None:
                deploy_with_moves(Deployment(self.session, candidate.domain))

    def die(self) -> None:
        self.dies[:] = [True]
        for domain in self.session.index.domains:
            with pytest.raises(CliError):
                deploy_with_moves(Deployment(self.session, domain))
        self.dies[:] = []

    def destroy(self, approvals: frozenset[str] = frozenset()) -> frozenset[str]:
        """Destroy every domain, and return the digests of what still needs approval."""
        session = replace(self.session, options=replace(self.session.options, approvals=approvals))
        domains = session.index.domains
        observe_all(session, domains)
        needed = set[str]()
        for domain in domains:
            try:
                assert destroy_with_moves(Deployment(session, domain)).outcome is Outcome.DESTROYED
            except ApprovalRequired as error:
                needed.add(error.digest)
        return frozenset(needed)


def many(scene: Scene, sandbox: Sandbox, number: int) -> Many:
    domains = [f"d{one:02}" for one in range(number)]
    sandbox.write_all({f"src/{name}/orders/facts.py": "" for name in domains})
    sandbox.write_all({f"resources/{name}/jobs.py": "" for name in domains})
    commit, workspace, dies = sandbox.commit("many"), CountingWorkspace(), list[bool]()

    def die() -> None:
        if dies:
            raise CliError(Fault.INVALID, "The CLI died.")

    def make_cli(folder: Path, name: str) -> InMemoryCli:
        root = f"{BASE}/{name}"
        if not (folder / f"src/{name}").exists():
            return InMemoryCli(workspace, root)  # a destroy's stage defines nothing
        files = ("src/pyproject.toml", f"src/{name}/orders/facts.py")
        schemas = {f"schemas.{name}": f"{name}.orders"}
        return InMemoryCli(workspace, root, {f"{name}_job": f"{name} job"}, files, schemas, before_state=die)

    git = scene.session.git
    index = DomainIndex(Snapshot(git, git.root_tree(commit)))
    head = replace(scene.session.head, commit=commit)
    scene.session = replace(scene.session, index=index, head=head, workspace=workspace, make_cli=make_cli)
    return Many(scene, workspace, dies)


def lose_record(workspace: CountingWorkspace) -> None:
    for path in workspace.held:
        if path.endswith("/scope.json"):
            workspace.held[path] = b"{"


def clean(many: Many) -> int:
    many.deploy()
    return many.count(many.deploy)


def after_deaths(many: Many) -> int:
    many.die()
    return many.count(many.deploy)


def after_lost_records(many: Many) -> int:
    many.deploy()
    lose_record(many.workspace)
    return many.count(many.deploy)


def before_a_destroy(many: Many) -> int:
    many.deploy()
    return many.count(many.destroy)


@pytest.mark.parametrize("case", [clean, after_deaths, after_lost_records, before_a_destroy])
def test_twice_as_many_deployments_cost_twice_as_many_requests(
    case: Callable[[Many], int], scene: Scene, sandbox: Sandbox
) -> None:
    # Those of a smaller number are among those of a larger one.
    costs = [case(many(scene, sandbox, number)) for number in (2, 4, 8)]
    assert costs[2] - costs[1] == 2 * (costs[1] - costs[0]), costs
