"""The approval that a destructive plan needs, of a deploy and of a destroy alike."""

from scope.controller.deployment import Deployment
from scope.deployment.approval import Approval, DestructivePlan
from scope.deployment.record import Attempt
from scope.errors import ScopeError


class ApprovalRequired(ScopeError):  # noqa: N818  an answer, not an error of the program
    """A list of deletions must be approved first."""

    exit_code = 3

    def __init__(self, message: str, items: tuple[str, ...], digest: str) -> None:
        """Keep the list and its digest beside the message."""
        super().__init__(message)
        self.items = items
        self.digest = digest


def require_approval(deployment: Deployment, plan: DestructivePlan, unfinished: Attempt | None) -> Approval | None:
    """Show the list, and return its approval, or None if it needs none; raise `ApprovalRequired` if it has none.

    What an attempt that did not complete had approval for, this one may do the rest of, if it is at the same commit.
    """
    for item in plan.items:
        deployment.event(item)
    if not plan.needs_approval:
        return None
    options = deployment.session.options
    if options.assume_yes:
        return Approval(plan.digest, plan.items)
    is_repeated = unfinished is not None and unfinished.commit == deployment.session.head.commit
    approval = plan.find_approval(options.approvals, unfinished.approval if unfinished is not None and is_repeated else None)
    if approval is not None:
        return approval
    lines = "\n".join(f"  {item}" for item in plan.items)
    raise ApprovalRequired(
        f"{deployment.id} needs approval: {'; '.join(plan.reasons)}. Nothing was changed.\n{lines}\n"
        "To approve exactly this list, for this commit and this state, or the rest of it if this fails half-way, add: "
        f"--approve-destructive {plan.digest}",
        plan.items,
        plan.digest,
    )
