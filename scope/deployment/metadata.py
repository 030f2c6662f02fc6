"""What the CLI's own `metadata.json` tells: it is written last, so it names a commit that was really deployed."""

import json

from scope.deployment.target import Paths
from scope.names import is_commit_name
from scope.ports import Workspace


def read_cli_commit(workspace: Workspace, paths: Paths) -> str | None:
    """Return the commit of the CLI's last deploy that ended, or None if it isn't told."""
    content = workspace.read(paths.metadata)
    try:
        commit = json.loads(content or b"")["config"]["bundle"]["git"]["commit"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return commit if isinstance(commit, str) and is_commit_name(commit) else None
