"""Whose a resource is that was found by its name: a name is no proof, since anybody may create another one.

Ours is what lies in the deployment's own folder, and what one of our identities created after an attempt to create it had
begun, unless another deployment has it. Where the workspace tells neither, only a person can say.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from scope.deployment.inventory import Inventory
from scope.deployment.target import Paths
from scope.model import ResourceKey
from scope.times import parse_time
from scope.workspace_model import NamedResource


class Origin(StrEnum):
    """Whose a resource is: this deployment's, certainly somebody else's, or nobody can tell."""

    OURS = "ours"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PendingCreates:
    """The resources that attempts which did not complete may have created.

    `names` has their names by key, `since` the workspace's time, in ISO 8601, at which the first attempt to create each
    began, and `creators` the identities of these attempts.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"strict": True, "extra": "forbid"}

    names: Inventory = field(default_factory=Inventory)
    since: Inventory = field(default_factory=Inventory)
    creators: tuple[str, ...] = ()

    def with_planned(self, planned: Mapping[ResourceKey, str], creator: str, now: datetime) -> "PendingCreates":
        """Return these and what an attempt that begins now plans to create."""
        if not planned:
            return self
        # Under another name it is another resource, which nobody tried to create before.
        since = {key: self.since.get(key) if self.names.get(key) == name else None for key, name in planned.items()}
        times = {key: time or now.isoformat() for key, time in since.items()}
        creators = self.creators if creator in self.creators else (*self.creators, creator)
        return PendingCreates(Inventory({**self.names, **planned}), Inventory({**self.since, **times}), creators)

    def without(self, keys: Collection[ResourceKey]) -> "PendingCreates":
        """Return these but for some keys."""
        return PendingCreates(
            Inventory((key, name) for key, name in self.names.items() if key not in keys),
            Inventory((key, time) for key, time in self.since.items() if key not in keys),
            self.creators,
        )


def find_origin(resource: NamedResource, key: ResourceKey, pending: PendingCreates, paths: Paths) -> Origin:
    """Return whose a resource is that has the name of one that a deployment was to create. Nobody else may have it."""
    if lies_in(resource, paths):
        return Origin.OURS
    since = parse_time(pending.since.get(key))
    if resource.creator is not None and resource.creator not in pending.creators:
        return Origin.FOREIGN
    if resource.created_at is not None and since is not None and resource.created_at < since:
        return Origin.FOREIGN
    is_told = resource.creator is not None and resource.created_at is not None and since is not None
    return Origin.OURS if is_told else Origin.UNKNOWN


def lies_in(resource: NamedResource, paths: Paths) -> bool:
    """Return whether a resource lies in a deployment's own folder, where only the deployer may write."""
    return resource.folder is not None and f"{resource.folder}/".startswith(f"{paths.root}/")


def describe_origin(resource: NamedResource) -> str:
    """Return who created a resource, and when, as far as the workspace tells."""
    by = f" by {resource.creator}" if resource.creator else ""
    at = f" at {resource.created_at:%Y-%m-%d %H:%M:%S} UTC" if resource.created_at else ""
    return f"created{by}{at}" if by or at else "whose creator the workspace doesn't tell"
