"""What other deployments of a target own: since an attempt to create a resource, it may have got another owner."""

from functools import cached_property

from scope.controller.deploy_set import observe_all
from scope.controller.deployment import Deployment
from scope.deployment.observation import deployed_domains
from scope.deployment.target import DeploymentId


class ResourceOwners:
    """The ids in the states of a target's other deployments. They are read when the first question comes."""

    def __init__(self, deployment: Deployment) -> None:
        """Ask on behalf of one deployment."""
        self._deployment = deployment

    def owner_of(self, kind: str, resource_id: str) -> DeploymentId | None:
        """Return the other deployment whose state has a resource, if one has."""
        return self._owners.get((kind, resource_id))

    @cached_property
    def _owners(self) -> dict[tuple[str, str], DeploymentId]:
        session = self._deployment.session
        domains = deployed_domains(session.workspace, session.base, {self._deployment.domain})
        return {
            (key.kind, resource_id): observed.id
            for observed in observe_all(session, domains)
            for key, resource_id in observed.state.resources.inventory.items()
        }
