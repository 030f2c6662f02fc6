"""One deployment, reconciled with the head step by step: stage, lock, re-check, and what `_Reconciliation.try_once` lists.

It can be killed anywhere and run again: the attempt is recorded before the CLI starts, what was applied only after it was
verified, and what an unclean attempt left behind is found and bound before anything is created a second time.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from scope.controller.active_runs import await_active_runs
from scope.controller.apply import apply_plan, count
from scope.controller.approval import require_approval
from scope.controller.deployment import Deployment
from scope.controller.links import list_links
from scope.controller.operation import OperationResult
from scope.controller.order import find_newer
from scope.controller.orphans import History, bind_orphans
from scope.controller.retries import with_retries
from scope.controller.undeclared_moves import refuse_undeclared_moves
from scope.controller.upload import Upload, begin_upload, finish_upload
from scope.deployment.approval import Approval, review_plan
from scope.deployment.evidence import PendingCreates
from scope.deployment.inventory import Inventory
from scope.deployment.lock import Lock
from scope.deployment.observation import Observed, check_state, check_values, find_due
from scope.deployment.orphans import planned_creates_by_name
from scope.deployment.record import Applied, Attempt, Record
from scope.deployment.state import DeploymentState, ResourceState, parse_resources, read_state
from scope.deployment.verification import check_resources, check_upload
from scope.documents.results import Counts, Outcome
from scope.errors import Fault, RemoteError
from scope.workspace_model import BundlePlan
from scope.workspace_ports import BundleCli

# The workspace's clock is known to the second, and late rather than early: what was created by now was created before this.
_CLOCK_LAG = timedelta(seconds=2)


def deploy_domain(deployment: Deployment) -> OperationResult:
    """Deploy one domain of the head. Raises `ScopeError` for what fails or is refused."""
    deployment.require_self_contained()
    fingerprint = deployment.fingerprint
    with deployment.stage() as cli, deployment.lock() as lock:
        # The lock is this run's by now.
        observed = replace(deployment.observe(), lock_info=None)
        values = deployment.values
        due = find_due(observed, fingerprint, deployment.session.head.repository, values)
        if due is None:
            return OperationResult(Outcome.NOTHING, message="another run deployed it meanwhile")
        deployment.check_repository(observed)
        newer = find_newer(deployment, observed)
        if newer is not None:
            return OperationResult(Outcome.SUPERSEDED, message=f"{newer[:9]} is newer, and was deployed or tried already")
        check_state(observed)
        check_values(observed, values)
        reconciliation = _Reconciliation(
            deployment,
            cli,
            lock,
            observed,
            fingerprint,
            # Whoever it was that the record doesn't know of may have left orphans too.
            is_unclean=due.because in {"failed-attempt", "untrusted-record"},
            creates=observed.pending_creates,
            unfinished=observed.unfinished_attempt,
        )
        with_retries(deployment, reconciliation.try_once)
    links = list_links(deployment.workspace.host, deployment.paths.root, reconciliation.inventory)
    return OperationResult(Outcome.DEPLOYED, reconciliation.counts or Counts(), links=links)


@dataclass
class _Reconciliation:
    """The tries at one deployment, and what they have come to know."""

    deployment: Deployment
    cli: BundleCli
    lock: Lock
    observed: Observed
    fingerprint: str | None
    is_unclean: bool
    creates: PendingCreates
    unfinished: Attempt | None
    counts: Counts | None = field(default=None)
    inventory: Inventory = field(default_factory=Inventory)
    is_first_try: bool = True

    def try_once(self) -> None:
        """Go from the plan to the record of what was applied, once."""
        was_unclean = self.is_unclean
        if was_unclean:
            # An earlier try may have uploaded some of it, and somebody edited that since.
            self.cli.forget_uploads()
        plan = self._plan()
        refuse_undeclared_moves(self.deployment, plan, self.cli.state_file())
        plan = self._bind_orphans(plan)
        state = parse_resources(self.cli.state_file())
        approval = self._require_approval(plan, state)
        await_active_runs(self.deployment, state.inventory)
        self.deployment.session.check_stop("Stopped before anything was changed.")
        self.lock.check()
        record = self._record_attempt(plan, approval)
        before = read_state(self.deployment.workspace, self.deployment.paths.state)
        upload = begin_upload(self.deployment, self.cli, None if was_unclean else self.observed.applied, before.files)
        apply_plan(self.deployment, self.cli, plan, before)
        after = self._verify(plan, before, upload, was_unclean=was_unclean)
        self.lock.check()
        self._record_applied(record, after)
        self.inventory = after.resources.inventory

    def _plan(self) -> BundlePlan:
        self.deployment.progress("planning")
        plan = self.cli.plan()
        # A second try finds some of the work done.
        self.counts = self.counts or count(plan)
        return plan

    def _bind_orphans(self, plan: BundlePlan) -> BundlePlan:
        approval = self.unfinished.approval if self.unfinished is not None else None
        # A deletion that wasn't permitted leaves something that the state has forgotten, and that no attempt created.
        is_told = approval is None and (not self.is_first_try or self.observed.valid_record is not None)
        history = History(self.observed, self.is_unclean, self.is_first_try, is_told, self.creates)
        self.is_first_try = False
        return bind_orphans(self.deployment, self.cli, plan, history)

    def _require_approval(self, plan: BundlePlan, state: ResourceState) -> Approval | None:
        max_deletions = self.deployment.session.index.rules.max_deletions
        destructive = review_plan(self.deployment.occasion, plan, state, max_deletions)
        return require_approval(self.deployment, destructive, self.unfinished)

    def _record_attempt(self, plan: BundlePlan, approval: Approval | None) -> Record:
        """Write that the CLI is about to start. From here until it is verified, the attempt is unclean."""
        # What an earlier try may have created stays ours.
        session = self.deployment.session
        planned = planned_creates_by_name(plan)
        self.creates = self.creates.with_planned(planned, session.user.name, session.workspace.now())
        attempt = self.deployment.new_attempt(
            "deploy", fingerprint=self.fingerprint, creates=self.creates, approval=approval
        )
        record = self.deployment.begin_record(attempt, self.observed)
        self.unfinished = attempt
        self.deployment.write_record(record)
        self.is_unclean = True
        return record

    def _verify(self, plan: BundlePlan, before: DeploymentState, upload: Upload, *, was_unclean: bool) -> DeploymentState:
        """Return the state after the deploy; raise `RemoteError` unless the workspace has exactly what was staged."""
        deployment = self.deployment
        deployment.progress("verifying")
        after = read_state(deployment.workspace, deployment.paths.state)
        check_upload(deployment.uploaded, before, after)
        check_resources(plan, before.resources, after.resources)
        uploaded = finish_upload(deployment, self.cli, upload, after.files)
        self.counts = replace(self.counts or Counts(), uploaded=uploaded)
        if was_unclean:
            known_ids = after.resources.known_ids
            names = frozenset(self.creates.names.tagged.values())
            unknown = [resource for resource in deployment.find_tagged(names) if resource.id not in known_ids]
            if unknown:
                names = ", ".join(str(resource) for resource in unknown)
                raise RemoteError(
                    Fault.STATE,
                    f"{names} belong to {deployment.id} without its state knowing them. "
                    f"Run: {deployment.id.recover_command}",
                )
        return after

    def _record_applied(self, record: Record, after: DeploymentState) -> None:
        applied = Applied(
            record.attempted,
            finished_at=(self.deployment.workspace.now() + _CLOCK_LAG).isoformat(),
            lineage=after.resources.lineage,
            serial=after.resources.serial,
            upload_seq=after.files.seq or 0,
            upload_digest=after.files.digest or "",
        )
        self.deployment.write_record(replace(record, applied=applied, inventory=after.resources.inventory.untagged))
