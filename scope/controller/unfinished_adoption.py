"""What is left to do after an adoption that was killed: its lock on the old root, and resources that both states hold."""

import shlex

from scope.controller.deletion_line import write_deletion_line
from scope.controller.deployment import Deployment
from scope.controller.session import Session
from scope.deployment.adoption import read_origin
from scope.deployment.lock import NAME as LOCK
from scope.deployment.lock import LockInfo, read_lock
from scope.deployment.state import FileState, parse_resources
from scope.deployment.target import DeploymentId, Paths
from scope.errors import Fault, RemoteError
from scope.wording import pluralize


def describe_unfinished(deployment: Deployment) -> str | None:
    """Return what is left of an adoption, with the lines to paste, or None if there is nothing.

    The old root is the one that was noted; before anything was noted, only the default one can be looked at.
    """
    if deployment.domain not in deployment.session.domains:
        return None
    workspace, session = deployment.workspace, deployment.session
    noted = read_origin(workspace, deployment.paths.state)
    root = noted or session.base
    try:
        old = parse_resources(workspace.read(f"{Paths(root).state}/resources.json"))
        lock_info = read_lock(workspace, Paths(root).state)
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION or noted is not None:
            raise
        return None  # the default root is anybody's
    own = parse_resources(workspace.read(f"{deployment.paths.state}/resources.json")).inventory
    shared = [key for key, resource_id in old.inventory.resources.items() if own.get(key) == resource_id]
    if shared:
        count = pluralize(len(shared), "resource")
        said = f"The adoption of {deployment.id} from {root} isn't complete: both states have {count} of it."
    elif old.file_state is not FileState.ABSENT and lock_info is not None:
        said = f"{root} has a bundle's state, and is locked: an adoption is going on there, or died."
    elif old.inventory and noted is not None and not own:
        said = f"The adoption of {deployment.id} from {root} was ended before anything was adopted."
    else:
        return None
    return f"{said} {describe_way_on(session, root, lock_info, deployment.id)}"


def describe_way_on(session: Session, root: str, lock_info: LockInfo | None, deployment: DeploymentId) -> str:
    """Return what to do, and the lines to paste."""
    adopt = f"scope adopt --target {deployment.target} --domain {deployment.domain} --from {shlex.quote(root)} --yes"
    if lock_info is None:
        return f"Don't deploy it before that is done. Run: {adopt}"
    return (
        f"Its lock is held by {lock_info}. If that run is dead, free it, since no deployment of scope lies there. Run:\n"
        f"  {free_line(session, root)}\nThen finish the adoption, before you deploy anything. Run:\n  {adopt}"
    )


def free_line(session: Session, root: str) -> str:
    """Return the line for a shell that deletes the lock of an old root."""
    return write_deletion_line(session.workspace.host, [f"{Paths(root).state}/{LOCK}"])
