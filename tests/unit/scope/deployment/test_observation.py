"""What is deployed in a target, and who may write there."""

import pytest

from scope.deployment.observation import deployed_domains, writers
from scope.errors import Fault, RemoteError
from scope.model import Grant, User
from tests.support.fakes import InMemoryWorkspace

BASE = "/Workspace/deploy/prod"
ME = User("deployer", "deployer")


@pytest.fixture
def workspace() -> InMemoryWorkspace:
    prepared = InMemoryWorkspace()
    prepared.make_folder(BASE)
    return prepared


def test_a_folder_alone_is_no_deployment(workspace: InMemoryWorkspace) -> None:
    workspace.make_folder(f"{BASE}/validated/files")
    for name, file in (
        ("sales", "scope.json"),
        ("sales_eu", "resources.json"),
        ("locked", "deploy.lock"),
        ("set_aside", "resources.unreadable-0.json"),
        ("Odd", "scope.json"),
    ):
        workspace.make_folder(f"{BASE}/{name}/state")
        workspace.write(f"{BASE}/{name}/state/{file}", b"")
    workspace.make_folder(f"{BASE}/stateless/files")
    workspace.write(f"{BASE}/stateless/files/a.py", b"")
    assert deployed_domains(workspace, BASE) == ("locked", "sales", "sales_eu", "stateless")
    assert deployed_domains(workspace, BASE, {"sales"}) == ("locked", "sales_eu", "stateless")
    assert deployed_domains(workspace, "/Workspace/nowhere") == ()


def test_all_but_the_deployer_and_the_admins_who_may_write_are_named(workspace: InMemoryWorkspace) -> None:
    users = Grant("users", "CAN_EDIT", is_group=True)
    workspace.granted[BASE] = {
        users,
        Grant("deployer", "CAN_MANAGE", is_group=False),
        Grant("admins", "CAN_MANAGE", is_group=True),
        Grant("readers", "CAN_READ", is_group=True),
        Grant("runners", "CAN_RUN", is_group=True),
    }
    assert writers(workspace, BASE, ME) == (users,)


def test_permissions_that_cannot_be_read_are_no_reason_to_stop(workspace: InMemoryWorkspace) -> None:
    assert writers(workspace, "/Workspace/nowhere", ME) == ()
    workspace.failing[BASE] = Fault.PERMISSION
    assert writers(workspace, BASE, ME) == ()
    workspace.failing[BASE] = Fault.SERVER
    with pytest.raises(RemoteError):
        writers(workspace, BASE, ME)
