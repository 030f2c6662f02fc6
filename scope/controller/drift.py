"""What was changed in the workspace by hand, as a plan in a stage finds it."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from scope.controller.deployment import Deployment
from scope.controller.session import Session
from scope.controller.status import Status, Sync
from scope.errors import ScopeError
from scope.wording import write_command
from scope.workspace_model import ActionKind

DRIFTED = "changed in the workspace, not by a deploy"


def with_drift(session: Session, statuses: Collection[Status], max_parallel: int) -> tuple[Status, ...]:
    """Return the statuses with what a plan of each domain that should be in sync would change."""
    session.rate.sharers = min(max_parallel, sum(status.sync is Sync.IN_SYNC for status in statuses))
    with ThreadPoolExecutor(max_parallel) as pool:
        return tuple(pool.map(lambda status: _with_differences(session, status), statuses))


def _with_differences(session: Session, status: Status) -> Status:
    if status.sync is not Sync.IN_SYNC:
        return status
    try:
        differences = _planned_changes(Deployment(session, status.domain))
    except ScopeError as error:
        doctor = write_command("doctor", session.settings.name)
        return replace(status, sync=Sync.DRIFTED, why=f"it couldn't be compared: {error}", next=doctor)
    if not differences:
        return status
    undo = undo_command(session, status.domain)
    return replace(status, sync=Sync.DRIFTED, why=DRIFTED, differences=differences, next=undo)


def undo_command(session: Session, domain: str) -> str:
    """Return the line to paste that undoes what was changed by hand."""
    return session.id(domain).command("reconcile", "--drift")


def _planned_changes(deployment: Deployment) -> tuple[str, ...]:
    with deployment.stage() as cli:
        plan = cli.plan()
    return tuple(f"{action.action} {action.key.short}" for action in plan.actions if action.action is not ActionKind.SKIP)
