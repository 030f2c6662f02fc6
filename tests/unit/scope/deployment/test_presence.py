"""Which folders at the base of the roots hold a deployment: those with something in them that only a deployment leaves."""

import pytest

from scope.deployment.presence import deployed_domains, has_leftovers
from scope.errors import Fault, RemoteError
from tests.support.fakes import InMemoryWorkspace

BASE = "/Workspace/deploy/prod"


@pytest.fixture
def workspace() -> InMemoryWorkspace:
    prepared = InMemoryWorkspace()
    prepared.make_folder(BASE)
    return prepared


def put(workspace: InMemoryWorkspace, path: str) -> None:
    workspace.make_folder(f"{BASE}/{path}".rpartition("/")[0])
    workspace.write(f"{BASE}/{path}", b"")


@pytest.mark.parametrize(
    ("path", "is_deployment"),
    [
        # What tells of a deployment
        ("sales/state/scope.json", True),
        ("sales/state/resources.json", True),
        ("sales/state/deployment.json", True),
        ("sales/state/metadata.json", True),
        ("sales/state/deploy.lock", True),
        # What a deployment leaves without them
        ("sales/files/src/pyproject.toml", True),
        ("sales/files/src/sales/orders/facts.py", True),
        # A domain may be called like a part of a deployment
        ("files/state/scope.json", True),
        ("state/files/src/state/facts.py", True),
        # What an old plain bundle has in the folder above
        ("files/src/sales/orders/facts.py", False),
        ("files/src/pyproject.toml", False),
        ("files/databricks.yml", False),
        ("artifacts/.internal/runtime.whl", False),
        ("state/resources.json", False),
        ("state/deploy.lock", False),
        ("resources/board.lvdash.json", False),
        # Somebody's own folders
        ("notes/files/a.py", False),
        ("notes/files/src/sales/facts.py", False),
        ("notes/state/resources.unreadable-0.json", False),
        ("notes/a.py", False),
        ("Odd/state/scope.json", False),
    ],
)
def test_a_folder_is_a_deployment_by_what_only_a_deployment_leaves_in_it(
    workspace: InMemoryWorkspace, path: str, is_deployment: bool
) -> None:
    put(workspace, path)
    assert bool(deployed_domains(workspace, BASE)) is is_deployment


def test_an_empty_folder_is_none(workspace: InMemoryWorkspace) -> None:
    workspace.make_folder(f"{BASE}/validated/files")
    workspace.make_folder(f"{BASE}/validated/state")
    assert deployed_domains(workspace, BASE) == ()
    assert deployed_domains(workspace, "/Workspace/nowhere") == ()


def test_those_that_are_known_anyway_are_not_looked_at(workspace: InMemoryWorkspace) -> None:
    for name in ("sales", "sales_eu"):
        put(workspace, f"{name}/state/scope.json")
    assert deployed_domains(workspace, BASE) == ("sales", "sales_eu")
    workspace.failing[f"{BASE}/sales"] = Fault.SERVER
    assert deployed_domains(workspace, BASE, {"sales"}) == ("sales_eu",)


def test_what_may_not_be_looked_into_may_be_one(workspace: InMemoryWorkspace) -> None:
    workspace.make_folder(f"{BASE}/hidden")
    workspace.failing[f"{BASE}/hidden"] = Fault.PERMISSION
    assert deployed_domains(workspace, BASE) == ("hidden",)
    with pytest.raises(RemoteError):
        has_leftovers(workspace, f"{BASE}/hidden")
