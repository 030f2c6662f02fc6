"""The end of a deployment: everything it owns and its whole folder, shown before, and looked for afterwards.

It works although the domain's folders are gone from the repository: the CLI needs the bundle's frame only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from scope.controller.apply import apply_plan
from scope.controller.approval import require_approval
from scope.controller.deployment import Deployment
from scope.controller.diagnosis import resolution_hint
from scope.controller.operation import OperationResult
from scope.controller.order import find_newer
from scope.controller.orphans import find_leftovers
from scope.controller.retries import with_retries
from scope.deployment.approval import Approval, review_destroy
from scope.deployment.lock import Lock
from scope.deployment.observation import Observed, check_readable
from scope.deployment.state import FileState, read_state
from scope.documents.results import Counts, Outcome
from scope.errors import Fault, Refused, RemoteError
from scope.wording import abbreviate, suggest
from scope.workspace_model import ActionKind, BundlePlan, RemoteResource
from scope.workspace_ports import BundleCli

_ABSENT = "there is no such deployment"


def destroy_domain(deployment: Deployment, *, keeps_order: bool = False) -> OperationResult:
    """Remove a deployment with all its resources. Raises `ScopeError` for what fails or needs approval.

    With `keeps_order`, one that was deployed or tried at a newer commit stays.
    """
    observed = deployment.observe()
    if deployment.is_nowhere(observed):
        known = deployment.session.domains
        hint = "" if deployment.domain in known else suggest(deployment.domain, known)
        return OperationResult(Outcome.NOTHING, message=f"{_ABSENT}.{hint}" if hint else _ABSENT)
    with deployment.stage(deployment.frame_files) as cli, deployment.lock() as lock:
        observed = replace(deployment.observe(), lock_info=None)
        deployment.check_repository(observed)
        newer = find_newer(deployment, observed) if keeps_order else None
        if newer is not None:
            return OperationResult(Outcome.SUPERSEDED, message=f"{newer[:9]} is newer, and was deployed or tried already")
        check_readable(observed)
        destruction = _Destruction(deployment, cli, lock, observed)
        with_retries(deployment, destruction.try_once)
    return OperationResult(Outcome.DESTROYED, Counts(deleted=destruction.deleted))


@dataclass
class _Destruction:
    """The tries at the end of one deployment, and how much the first of them had to delete."""

    deployment: Deployment
    cli: BundleCli
    lock: Lock
    observed: Observed | None
    deleted: int = field(default=0)

    def try_once(self) -> None:
        """Go from the plan to a deployment that is gone, once."""
        deployment = self.deployment
        # What was observed under the lock holds for the first try.
        observed, self.observed = self.observed or deployment.observe(), None
        plan = self._plan(observed)
        leftovers = find_leftovers(deployment, observed)
        _require_known(deployment, leftovers.unknown)
        approval = self._require_approval(observed, plan, leftovers.ours)
        deployment.session.check_stop("Stopped before anything was changed.")
        if deployment.workspace.entries(deployment.paths.root) is not None:
            self.lock.check()
            _record_attempt(deployment, observed, approval)
            # While the record still names them.
            _delete(deployment, leftovers.ours)
            if plan.actions:
                apply_plan(deployment, self.cli, plan, observed.state)
                _check_empty(deployment)
            # The lock and the record are in it, so it goes last.
            deployment.workspace.delete(deployment.paths.root, recursive=True)
        _verify_gone(deployment)

    def _plan(self, observed: Observed) -> BundlePlan:
        """Return the plan by which a stage that defines nothing deletes all that the state has."""
        if observed.state.resources.file_state is not FileState.READABLE:
            return BundlePlan((), None, None)
        self.deployment.progress("planning")
        plan = self.cli.plan()
        kept = [action.key.short for action in plan.actions if action.action is not ActionKind.DELETE]
        if kept:
            raise Refused(
                f"{self.deployment.id} can't be destroyed: {abbreviate(kept)} would stay, since databricks.yml or a "
                "target's file defines it for every domain. Move it into a domain's folder, deploy that, then try again."
            )
        return plan

    def _require_approval(
        self, observed: Observed, plan: BundlePlan, leftovers: Iterable[RemoteResource]
    ) -> Approval | None:
        folder = observed.paths.root if observed.has_leftovers else None
        listed = review_destroy(self.deployment.occasion, plan, observed.state.resources, leftovers, folder)
        # A second try finds some of the work done.
        self.deleted = self.deleted or len(listed.items)
        return require_approval(self.deployment, listed, observed.unfinished_attempt)


def _require_known(deployment: Deployment, resources: Iterable[RemoteResource]) -> None:
    """Raise `Refused` for resources that may be the deployment's own: afterwards nothing would tell of them."""
    lines = "\n".join(f"  {resource}: {resolution_hint(resource)}" for resource in resources)
    if lines:
        raise Refused(
            f"An attempt of {deployment.id} may have created these, or somebody else has. Say which, then destroy it:\n"
            f"{lines}\nRun: {deployment.id.recover_command} --yes, with one of these options for each."
        )


def _record_attempt(deployment: Deployment, observed: Observed, approval: Approval | None) -> None:
    """Write that the CLI is about to start. What was applied, and what is owned, stays on record until all is gone."""
    attempt = deployment.new_attempt("destroy", creates=observed.pending_creates, approval=approval)
    inventory = observed.valid_record.inventory if observed.valid_record is not None else None
    deployment.write_record(deployment.new_record(attempt, observed.applied, inventory))


def _check_empty(deployment: Deployment) -> None:
    remaining = read_state(deployment.workspace, deployment.paths.state).resources.inventory.resources
    if remaining:
        names = abbreviate([key.short for key in remaining])
        raise RemoteError(Fault.SERVER, f"{names} is still in the state after {deployment.id} was destroyed. Run it again.")


def _delete(deployment: Deployment, resources: Iterable[RemoteResource]) -> None:
    for resource in resources:
        deployment.event(f"deleting the {resource}")
        # As the CLI does: what is in a schema goes with it.
        deployment.workspace.delete_resource(resource, force=True)


def _verify_gone(deployment: Deployment) -> None:
    """Delete what was created meanwhile, too; raise `RemoteError` if anything is left."""
    late, root = deployment.find_tagged(), deployment.paths.root
    _delete(deployment, late)
    resources = deployment.find_tagged() if late else ()
    if resources or deployment.workspace.entries(root) is not None:
        remaining = ", ".join(map(str, resources)) or root
        raise RemoteError(Fault.SERVER, f"{remaining} is still there after {deployment.id} was destroyed. Run it again.")
