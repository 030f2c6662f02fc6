"""What other deployments of a target own: since an attempt to make a thing, it may have found another owner."""

from functools import cached_property

from scope.controller.deploy_set import observe_all
from scope.controller.session import Session
from scope.deployment.observation import deployed_domains


class ResourceOwners:
    """The ids in the states of a target's other deployments. They are read when the first question comes."""

    def __init__(self, session: Session, domain: str) -> None:
        """Ask on behalf of one domain's deployment."""
        self._run = session
        self._domain = domain

    def owner(self, kind: str, resource_id: str) -> str | None:
        """Return the domain of the other deployment whose state has a resource, if one has."""
        return self._owners.get((kind, resource_id))

    @cached_property
    def _owners(self) -> dict[tuple[str, str], str]:
        session = self._run
        domains = deployed_domains(session.workspace, session.settings.base(session.user), {self._domain})
        return {
            (key.split(".")[1], found): item.domain
            for item in observe_all(session, domains)
            for key, found in item.state.resources.ids
        }
