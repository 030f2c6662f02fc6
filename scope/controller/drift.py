"""What was changed in the workspace by hand: found by a plan in a stage, and by comparing the files with the closure."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from scope.controller.deployment import Deployment
from scope.controller.session import Session
from scope.controller.status import Status, Sync
from scope.deployment.state import without_extension
from scope.errors import ScopeError
from scope.model import ActionKind

_READS_AT_ONCE = 8


def with_drift(session: Session, statuses: Iterable[Status], max_parallel: int) -> tuple[Status, ...]:
    """Return the statuses with what a plan of each domain that should be in sync would change."""
    with ThreadPoolExecutor(max_parallel) as pool:
        return tuple(pool.map(lambda status: _with_differences(session, status, _planned_changes), statuses))


def with_verified_files(session: Session, statuses: Iterable[Status]) -> tuple[Status, ...]:
    """Return the statuses with the files that aren't what the head's closure has, where they should be."""
    return tuple(_with_differences(session, status, _differing_files) for status in statuses)


def _with_differences(session: Session, status: Status, compare: Callable[[Deployment], tuple[str, ...]]) -> Status:
    if status.sync not in {Sync.IN_SYNC, Sync.DRIFTED}:
        return status
    try:
        differences = compare(Deployment(session, status.domain))
    except ScopeError as error:
        return replace(status, sync=Sync.DRIFTED, why=f"it couldn't be compared: {error}")
    if not differences:
        return status
    return replace(
        status,
        sync=Sync.DRIFTED,
        why="changed in the workspace, not by a deploy",
        differences=(*status.differences, *differences),
    )


def _planned_changes(deployment: Deployment) -> tuple[str, ...]:
    with deployment.stage() as cli:
        plan = cli.plan()
    return tuple(f"{action.action} {action.key.short}" for action in plan.actions if action.action is not ActionKind.SKIP)


def _differing_files(deployment: Deployment) -> tuple[str, ...]:
    """Compare what lies in `files` with the closure. Of a notebook that git holds as JSON only the presence is compared."""
    workspace, contents = deployment.workspace, deployment.read_uploaded()
    prefix = f"{deployment.paths.files}/"
    remote = {entry.path.removeprefix(prefix) for entry in workspace.files(deployment.paths.files)}
    names = {path: path if path in remote else without_extension(path) for path in contents}
    missing = [f"missing {path}" for path, name in sorted(names.items()) if name not in remote]
    extra = [f"extra {name}" for name in sorted(remote - set(names.values()))]
    comparable = [path for path, name in names.items() if name in remote and not path.endswith(".ipynb")]
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        current = list(pool.map(lambda path: workspace.read(prefix + names[path]), comparable))
    edited = [f"edited {path}" for path, content in zip(comparable, current, strict=True) if content != contents[path]]
    return (*missing, *extra, *sorted(edited))
