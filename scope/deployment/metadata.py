"""What the CLI's own `metadata.json` tells: it is written last, so it names a commit that was really deployed."""

import json
from collections.abc import Mapping

from scope.deployment.record import repository_name
from scope.deployment.target import Paths
from scope.names import is_commit_name
from scope.workspace_ports import Workspace


def read_cli_commit(workspace: Workspace, paths: Paths) -> str | None:
    """Return the commit of the CLI's last deploy that ended, or None if it isn't told."""
    commit = _read_git(workspace, paths).get("commit")
    return commit if isinstance(commit, str) and is_commit_name(commit) else None


def read_cli_repository(workspace: Workspace, paths: Paths) -> str | None:
    """Return the repository, as records name it, of the CLI's last deploy that ended, or None if it isn't told."""
    origin = _read_git(workspace, paths).get("origin_url")
    return repository_name(origin) or None if isinstance(origin, str) else None


def _read_git(workspace: Workspace, paths: Paths) -> Mapping[str, object]:
    content = workspace.read(paths.metadata)
    try:
        git = json.loads(content or b"")["config"]["bundle"]["git"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return git if isinstance(git, Mapping) else {}
