"""After a deploy: whether the workspace really has what was staged, and nothing else."""

from collections.abc import Collection, Iterable

from scope.deployment.state import DeploymentState, FileState, ResourceState, UploadState
from scope.deployment.target import Paths
from scope.errors import Fault, RemoteError
from scope.wording import abbreviate
from scope.workspace_model import ActionKind, BundlePlan, RemoteEntry
from scope.workspace_ports import Workspace

_SHOWN = 5
# Actions that leave a resource its id.
_KEEPING = frozenset({ActionKind.SKIP, ActionKind.UPDATE, ActionKind.RESIZE})


def check_upload(expected: Collection[str], before: DeploymentState, after: DeploymentState) -> None:
    """Raise `RemoteError` if the CLI's own list isn't what was to be uploaded, or its state can't be one after a deploy."""
    _check_state_files(before, after)
    expected, listed = frozenset(expected), after.files.local
    if listed != expected:
        missing, extra = sorted(expected - listed), sorted(listed - expected)
        parts = [f"without {abbreviate(missing, _SHOWN)}"] if missing else []
        parts += [f"with {abbreviate(extra, _SHOWN)} added"] if extra else []
        built = "If a build leaves it, name it in .gitignore; else check" if extra else "Check"
        raise RemoteError(
            Fault.INVALID, f"The CLI uploaded what was staged {' and '.join(parts)}. {built} `sync` in databricks.yml."
        )


def check_resources(plan: BundlePlan, before: ResourceState, after: ResourceState) -> None:
    """Raise `RemoteError` for resources that were deleted or recreated although the plan kept them.

    After a killed try the stage knows more than the workspace's state: what that try has deleted isn't in the plan any more.
    """
    planned = {action.key: action.action for action in plan.actions}
    unplanned = [
        f"{key.short} ({resource_id})"
        for key, resource_id in before.inventory.resources.items()
        if after.inventory.get(key) != resource_id and planned.get(key) in _KEEPING
    ]
    if unplanned:
        raise RemoteError(
            Fault.STATE,
            f"{abbreviate(unplanned, _SHOWN)} lost its id, although the plan kept it: something changed it "
            "during the deploy. Look at what is there now, then run it again.",
        )


def _check_state_files(before: DeploymentState, after: DeploymentState) -> None:
    if after.files.file_state is not FileState.READABLE or after.resources.file_state not in {
        FileState.READABLE,
        FileState.ABSENT,
    }:
        raise RemoteError(Fault.STATE, "The CLI said it succeeded, but left no state that can be read. Run it again.")
    if (after.files.seq or 0) <= (before.files.seq or 0):
        raise RemoteError(Fault.STATE, "The CLI said it succeeded, but uploaded nothing. Run it again.")
    was, now = before.resources, after.resources
    if was.file_state is FileState.READABLE and now.lineage != was.lineage:
        raise RemoteError(
            Fault.STATE, "The state's lineage changed during the deploy: something else wrote it. Run it again."
        )


def delete_strays(
    workspace: Workspace, paths: Paths, listed: UploadState, entries: Iterable[RemoteEntry]
) -> tuple[str, ...]:
    """Delete the files that no deploy lists, and return them; raise `RemoteError` if a listed file is missing.

    `entries` are those of the folder. A killed upload leaves such files, no later deploy removes them, and a pipeline's
    glob would run them.
    """
    prefix = f"{paths.files}/"
    remote = {entry.path.removeprefix(prefix) for entry in entries}
    missing = sorted(listed.remote - remote)
    if missing:
        names = abbreviate(missing, _SHOWN)
        raise RemoteError(Fault.STATE, f"{names} should be in {paths.files} and isn't there. Run it again.")
    strays = tuple(sorted(remote - listed.remote))
    for stray in strays:
        workspace.delete(prefix + stray)
    return strays
