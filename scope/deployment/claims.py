"""What the deployments of a workspace have, or may be creating now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scope.deployment.target import DeploymentId
from scope.model import ResourceKey


@dataclass(frozen=True, slots=True)
class Claims:
    """The deployments that have each resource, by kind and id, or may be creating it now, by kind and name.

    `read_at` is by the workspace's clock: of what was created before it, every owner is known.
    """

    read_at: datetime
    owned: Mapping[tuple[str, str], frozenset[DeploymentId]] = field(default_factory=dict)
    pending: Mapping[tuple[str, str], frozenset[DeploymentId]] = field(default_factory=dict)

    def find_owner(self, asker: DeploymentId, key: ResourceKey, resource_id: str) -> DeploymentId | None:
        """Return another deployment than the asker that has a resource, if one has."""
        return min(self.owned.get((key.kind, resource_id), frozenset()) - {asker}, default=None)

    def is_contested(self, asker: DeploymentId, key: ResourceKey, name: str) -> bool:
        """Return whether another deployment than the asker may be the one that created what has a name."""
        return bool(self.pending.get((key.kind, name), frozenset()) - {asker})
