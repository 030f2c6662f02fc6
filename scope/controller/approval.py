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


def require_approval(deployment: Deployment, plan: DestructivePlan, last_attempt: Attempt | None) -> Approval | None:
    """Show the list, and return its approval, or None if it needs none; raise `ApprovalRequired` if it has none.

    What an earlier attempt had approval for, this one may do the rest of.
    """
    for item in plan.items:
        deployment.event(item)
    if not plan.needs_approval:
        return None
    options = deployment.session.options
    if options.assume_yes:
        return Approval(plan.digest, plan.items)
    approval = plan.find_approval(options.approvals, last_attempt.approval if last_attempt is not None else None)
    if approval is not None:
        return approval
    lines = "\n".join(f"  {item}" for item in plan.items)
    raise ApprovalRequired(
        f"{deployment.id} needs approval: {'; '.join(plan.reasons)}. Nothing was changed.\n{lines}\n"
        f"To approve exactly this list, or what is left of it later, add: --approve-destructive {plan.digest}",
        plan.items,
        plan.digest,
    )
