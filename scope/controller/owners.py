"""What the deployments of a workspace have, or are about to create: a resource of theirs isn't anybody else's.

All targets of the repository that lie in the same workspace count: a name, and an identity, are often theirs in common.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from scope.controller.deployment import Deployment
from scope.controller.observations import recall_target
from scope.controller.session import Session
from scope.deployment.claims import Claims
from scope.deployment.observation import Observed, observe_if_permitted
from scope.deployment.orphans import Search
from scope.deployment.places import find_domains, read_settings
from scope.deployment.presence import AT_ONCE
from scope.deployment.target import DeploymentId, Paths, TargetSettings, normalize_host
from scope.errors import Fault, RemoteError, UsageError
from scope.workspace_model import NamedResource


def search_for(deployment: Deployment) -> Search:
    """Return where a deployment looks for its own. Others are asked once per session, when the first question comes."""
    session = deployment.session

    def claims_on(resource: NamedResource) -> Claims:
        return session.claims.get(
            lambda: read_claims(session, resource.created_at),
            lambda claims: resource.created_at is None or resource.created_at < claims.read_at,
        )

    return Search(session.workspace, deployment.id, deployment.paths, claims_on)


def read_claims(session: Session, later_than: datetime | None = None) -> Claims:
    """Return what every deployment of the repository's targets in this workspace has, as it was after some time.

    What this identity may not even look into, it hasn't deployed: that claims nothing.
    """
    others_read_at, own = session.workspace.now(), recall_target(session, later_than)
    owned: dict[tuple[str, str], set[DeploymentId]] = {}
    pending: dict[tuple[str, str], set[DeploymentId]] = {}
    for observed in (*own.by_domain.values(), *_observe_other_targets(session)):
        for key, resource_id in observed.state.resources.inventory.items():
            owned.setdefault((key.kind, resource_id), set()).add(observed.id)
        if observed.valid_record is not None:
            # Its state may be lost, and what it owns is still its own.
            for key, resource_id in observed.valid_record.inventory.items():
                owned.setdefault((key.kind, resource_id), set()).add(observed.id)
        for key, name in observed.pending_creates.names.items():
            pending.setdefault((key.kind, name), set()).add(observed.id)
    return Claims(
        min(others_read_at, own.read_at),
        {place: frozenset(ids) for place, ids in owned.items()},
        {place: frozenset(ids) for place, ids in pending.items()},
    )


def _observe_other_targets(session: Session) -> tuple[Observed, ...]:
    with session.git_lock:
        names = [name for name in session.index.targets if name != session.settings.name]
        targets = [settings for name in names if (settings := _settings_of(session, name)) is not None]
    places = [place for settings in targets for place in _find_places(session, settings)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(lambda place: observe_if_permitted(session.workspace, *place), places))


def _settings_of(session: Session, target: str) -> TargetSettings | None:
    """Return a target's settings if it lies in the session's workspace."""
    try:
        settings = read_settings(session.index, target)
    except UsageError:
        return None  # without a host or a root of its own, nothing was ever deployed there from here
    return settings if normalize_host(settings.host) == normalize_host(session.workspace.host) else None


def _find_places(session: Session, settings: TargetSettings) -> Iterator[tuple[DeploymentId, Paths]]:
    """Yield the deployments of a target, as far as they can be found."""
    try:
        domains = find_domains(session.workspace, settings, session.user, session.head.repository)
    except UsageError:
        return  # its root can't be known, so scope has never deployed it
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        return
    for domain in domains:
        yield DeploymentId(settings.name, domain), Paths(settings.resolve(session.user, domain))
