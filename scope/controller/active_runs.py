"""Runs that are active while their deployment is about to change."""

import time

from scope.controller.deployment import Deployment
from scope.deployment.inventory import Inventory
from scope.errors import Refused
from scope.workspace_model import RemoteResource


def await_active_runs(deployment: Deployment, inventory: Inventory) -> None:
    """Warn of active runs, wait for their end, or refuse because of them, as `[tool.scope] active-runs` says."""
    session = deployment.session
    policy = session.index.rules.active_runs_in(deployment.id.target)
    resources = [RemoteResource(key.kind, resource_id, key.name) for key, resource_id in inventory.tagged.items()]
    deadline = time.monotonic() + session.options.active_wait
    while active := session.workspace.active(resources):
        names = ", ".join(str(resource) for resource in active)
        if policy == "warn":
            deployment.event(f"running now, and will go on with new files: {names}")
            return
        if policy == "refuse" or time.monotonic() >= deadline or session.stop.is_set():
            raise Refused(
                f"{deployment.id} has active runs: {names}. Nothing was uploaded. Wait for their end, then run this again; "
                "`[tool.scope] active-runs` says what happens then."
            )
        deployment.event(f"waiting for the end of {names}")
        session.stop.wait(session.options.active_poll)
