"""Where the deployments of a target lie, whichever layout the repository has."""

from collections.abc import Collection

from scope.deployment.bundle_target import BundleTarget, read_bundle_target
from scope.deployment.presence import deployed_domains
from scope.deployment.target import TargetSettings, read_target
from scope.graph.index import DeploymentIndex
from scope.graph.layouts import choose
from scope.names import is_domain_name
from scope.workspace_model import User
from scope.workspace_ports import Workspace


def read_settings(index: DeploymentIndex, target: str, domains: Collection[str] = ()) -> TargetSettings:
    """Return a target's settings in a tree, of all its domains or some; `UsageError` with the place of what is wrong."""
    return choose(index, lambda one: read_target(one.snapshot, target), lambda one: read_bundle_target(one, target, domains))


def find_places(
    workspace: Workspace, settings: TargetSettings, user: User, repository: str, domains: Collection[str]
) -> None:
    """Find out where those of some domains lie that the head doesn't have: of a bundle that is gone, its record tells.

    Raises `UsageError` for bundles that would be deployed over each other.
    """
    if isinstance(settings, BundleTarget):
        settings.require_distinct_roots(user)
        if any(domain not in settings.bundles for domain in domains):
            settings.find_gone(workspace, user, repository, settings.bundles)


def find_domains(
    workspace: Workspace, settings: TargetSettings, user: User, repository: str, skip: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the domains that are deployed in a target, and those that may be, without those in `skip`, sorted.

    Raises `RemoteError` if the folder that they lie in may not be listed.
    """
    if isinstance(settings, BundleTarget):
        head = (domain for domain in settings.bundles if domain not in skip)
        return tuple(sorted({*head, *settings.find_gone(workspace, user, repository, skip)}))
    return deployed_domains(workspace, settings.base(user), skip)


def domain_at(settings: TargetSettings, user: User, root: str) -> str | None:
    """Return the domain whose deployment has a root, or None if no domain's has."""
    if isinstance(settings, BundleTarget):
        roots = {settings.resolve(user, domain): domain for domain in {*settings.bundles, *settings.gone}}
        return roots.get(root)
    name = root.removeprefix(f"{settings.base(user)}/")
    return name if is_domain_name(name) else None


def has_place(settings: TargetSettings, domain: str) -> bool:
    """Return whether it is known where a domain's deployment lies: of a bundle that is gone, only once it was found."""
    return not isinstance(settings, BundleTarget) or domain in settings.bundles or domain in settings.gone
