"""The plan that was approved is the plan that is applied: the CLI gets it as a file, and plans nothing by itself.

A plain `bundle deploy` plans again after the upload: what somebody changed meanwhile it would recreate and delete unasked.
"""

from scope.controller.deployment import Deployment
from scope.deployment.state import DeploymentState, FileState
from scope.documents.results import Counts
from scope.errors import Fault, RemoteError
from scope.workspace_model import ActionKind, BundlePlan
from scope.workspace_ports import BundleCli

_CREATED = frozenset({ActionKind.CREATE, ActionKind.RECREATE})
_CHANGED = frozenset({ActionKind.UPDATE, ActionKind.UPDATE_ID, ActionKind.RESIZE})
_DELETED = frozenset({ActionKind.DELETE, ActionKind.RECREATE})


def apply_plan(deployment: Deployment, cli: BundleCli, plan: BundlePlan, before: DeploymentState) -> None:
    """Apply exactly a plan that the stage has made. `Fault.STALE_PLAN` if the state isn't the one that it is for.

    `before` is the state as it was read last.
    """
    counts = count(plan)
    deployment.progress(f"deploying: {counts.created} to create, {counts.changed} to change, {counts.deleted} to delete")
    if plan.lineage is None and before.resources.file_state is not FileState.ABSENT:
        # Of such a plan the CLI checks nothing.
        raise RemoteError(Fault.STALE_PLAN, f"{deployment.id} was deployed by something else since it was planned.")
    if plan.hides_values and cli.plan().actions != plan.actions:
        raise RemoteError(Fault.STALE_PLAN, f"{deployment.id} was changed since it was planned.")
    _upload_wheels(deployment, cli, plan)
    cli.deploy(plan)


def _upload_wheels(deployment: Deployment, cli: BundleCli, plan: BundlePlan) -> None:
    """Upload the built files that a plan refers to: applying a plan from a file, the CLI doesn't."""
    folder = f"{deployment.paths.wheels}/"
    for path in plan.wheels:
        if not path.startswith(folder):
            continue  # another deployment's, which it may refer to
        content = cli.wheel(path.removeprefix(folder))
        if content is not None:
            deployment.workspace.make_folder(deployment.paths.wheels)
            deployment.workspace.write(path, content)
        elif deployment.workspace.read(path) is None:
            raise RemoteError(
                Fault.INVALID, f"The plan of {deployment.id} refers to {path}, which was neither built nor is there."
            )


def count(plan: BundlePlan) -> Counts:
    """Count the resources that a plan changes; their permissions and grants are part of them."""
    kinds = [action.action for action in plan.actions if not action.key.is_child]
    return Counts(*(sum(kind in some for kind in kinds) for some in (_CREATED, _CHANGED, _DELETED)))
