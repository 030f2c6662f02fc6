"""The note that an adoption leaves beside a deployment's state until the old state has let go: from where it adopts.

An adoption that was killed can only be told by it: the old root may lie anywhere, and both states hold the same resources.
"""

import json

from scope.workspace_ports import Workspace

NAME = "adoption.json"


def write_origin(workspace: Workspace, state_path: str, root: str) -> None:
    """Note that a deployment adopts from an old root. Its folder is there: the lock lies in it."""
    workspace.write(f"{state_path}/{NAME}", json.dumps({"from": root}).encode())


def read_origin(workspace: Workspace, state_path: str) -> str | None:
    """Return the old root that a deployment adopts from, or None if no adoption has begun, or it is complete."""
    content = workspace.read(f"{state_path}/{NAME}")
    try:
        root = json.loads(content or b"{}").get("from")
    except (ValueError, AttributeError, RecursionError):
        return None
    return root if isinstance(root, str) and root.startswith("/Workspace/") else None


def drop_origin(workspace: Workspace, state_path: str) -> None:
    """Note that the adoption is complete."""
    workspace.delete(f"{state_path}/{NAME}")
