"""The end of a deployment: everything it owns and its whole folder, shown before, and looked for afterwards.

It works although the domain's folders are gone from the repository: the CLI needs the bundle's frame only.
"""

from collections.abc import Iterable

from scope.controller.approval import require_approval
from scope.controller.deployment import Deployment
from scope.controller.operation import OperationResult
from scope.controller.orphans import find_leftovers
from scope.controller.retries import with_retries
from scope.deployment.approval import Approval, review_destroy
from scope.deployment.lock import Lock
from scope.deployment.observation import Observed, check_readable
from scope.deployment.state import FileState
from scope.documents.results import Counts, Outcome
from scope.errors import Fault, RemoteError
from scope.model import RemoteResource
from scope.ports import BundleCli
from scope.repository.layout import is_own_file


def destroy_domain(deployment: Deployment) -> OperationResult:
    """Remove a deployment with all its resources. Raises `ScopeError` for what fails or needs approval."""
    observed = deployment.observe()
    if observed.is_absent and observed.lock_info is None and not deployment.find_tagged():
        return OperationResult(Outcome.NOTHING, message="there is no such deployment")
    with deployment.stage(_frame_files(deployment)) as cli, deployment.lock() as lock:
        observed = deployment.observe()
        check_readable(observed)
        folder = observed.paths.root if observed.has_leftovers else None
        orphans = find_leftovers(deployment, observed)
        plan = review_destroy(deployment.id, observed.state.resources, orphans, folder)
        approval = require_approval(deployment, plan, observed.last_attempt)
        with_retries(deployment, lambda: _try_once(deployment, cli, lock, observed, approval))
    return OperationResult(Outcome.DESTROYED, Counts(deleted=len(plan.items)))


def _frame_files(deployment: Deployment) -> tuple[str, ...]:
    """Return the staged files that aren't the domain's own."""
    return tuple(path for path in deployment.staged if not is_own_file(path, deployment.domain))


def _try_once(deployment: Deployment, cli: BundleCli, lock: Lock, observed: Observed, approval: Approval | None) -> None:
    """Go from the record of the attempt to a deployment that is gone, once."""
    deployment.session.check_stop("Stopped before anything was changed.")
    if deployment.workspace.entries(deployment.paths.root) is not None:
        lock.check()
        _record_attempt(deployment, observed, approval)
        # While the record still names them.
        _delete(deployment, find_leftovers(deployment, observed))
        if observed.state.resources.file_state is FileState.READABLE:
            deployment.progress("destroying")
            cli.destroy()
        # Where the CLI finds no state it leaves the folder: the lock and the record are in it.
        deployment.workspace.delete(deployment.paths.root, recursive=True)
    _delete(deployment, deployment.find_tagged())
    _verify_gone(deployment)


def _record_attempt(deployment: Deployment, observed: Observed, approval: Approval | None) -> None:
    """Write that the CLI is about to start. What was applied, and what is owned, stays on record until all is gone."""
    attempt = deployment.new_attempt("destroy", creates=observed.pending_creates, approval=approval)
    inventory = observed.valid_record.inventory if observed.valid_record is not None else None
    deployment.write_record(deployment.new_record(attempt, observed.applied, inventory))


def _delete(deployment: Deployment, resources: Iterable[RemoteResource]) -> None:
    for resource in resources:
        deployment.event(f"deleting the {resource}")
        # As the CLI does: what is in a schema goes with it.
        deployment.workspace.delete_resource(resource, force=True)


def _verify_gone(deployment: Deployment) -> None:
    resources, root = deployment.find_tagged(), deployment.paths.root
    if resources or deployment.workspace.entries(root) is not None:
        remaining = ", ".join(map(str, resources)) or root
        raise RemoteError(Fault.SERVER, f"{remaining} is still there after {deployment.id} was destroyed. Run it again.")
