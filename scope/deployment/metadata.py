"""What the CLI's own `metadata.json` tells: it is written last, so it names a commit that was really deployed."""

import json
import re

from scope.deployment.target import Paths
from scope.ports import Workspace

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def read_cli_commit(workspace: Workspace, paths: Paths) -> str | None:
    """Return the commit of the CLI's last deploy that ended, or None if it isn't told."""
    content = workspace.read(paths.metadata)
    try:
        commit = json.loads(content or b"")["config"]["bundle"]["git"]["commit"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return commit if isinstance(commit, str) and _COMMIT.fullmatch(commit) else None
