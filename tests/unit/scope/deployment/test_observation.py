"""Who may write where a target is deployed."""

import pytest

from scope.deployment.observation import writers
from scope.errors import Fault, RemoteError
from scope.workspace_model import Grant, User
from tests.support.fakes import InMemoryWorkspace

BASE = "/Workspace/deploy/prod"
ME = User("deployer", "deployer")


@pytest.fixture
def workspace() -> InMemoryWorkspace:
    prepared = InMemoryWorkspace()
    prepared.make_folder(BASE)
    return prepared


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


@pytest.mark.parametrize(
    "grant", [Grant("deployer", "CAN_MANAGE", is_group=True), Grant("admins", "CAN_EDIT", is_group=False)]
)
def test_who_is_only_called_like_the_deployer_or_the_admins_is_named(workspace: InMemoryWorkspace, grant: Grant) -> None:
    workspace.granted[BASE] = {grant}
    assert writers(workspace, BASE, ME) == (grant,)


def test_permissions_that_cannot_be_read_are_no_reason_to_stop(workspace: InMemoryWorkspace) -> None:
    assert writers(workspace, "/Workspace/nowhere", ME) == ()
    workspace.failing[BASE] = Fault.PERMISSION
    assert writers(workspace, BASE, ME) == ()
    workspace.failing[BASE] = Fault.SERVER
    with pytest.raises(RemoteError):
        writers(workspace, BASE, ME)
