"""What the deployments of a workspace have, or are about to create: a resource of theirs isn't anybody else's.

All targets of the repository that lie in the same workspace count: a name, and an identity, are often theirs in common.
"""

from concurrent.futures import ThreadPoolExecutor

from scope.controller.deployment import Deployment
from scope.controller.session import Session
from scope.deployment.claims import Claims
from scope.deployment.observation import AT_ONCE, Observed, deployed_domains, observe
from scope.deployment.orphans import Search
from scope.deployment.target import DeploymentId, Paths, TargetSettings, normalize_host, read_target
from scope.errors import Fault, RemoteError, UsageError
from scope.model import NamedResource


def search_for(deployment: Deployment) -> Search:
    """Return where a deployment looks for its own. Others are asked once per session, when the first question comes."""
    session = deployment.session

    def claims_on(resource: NamedResource) -> Claims:
        return session.claims.get(
            lambda: read_claims(session),
            lambda claims: resource.created_at is None or resource.created_at < claims.read_at,
        )

    return Search(session.workspace, deployment.id, deployment.paths, claims_on)


def read_claims(session: Session) -> Claims:
    """Read the records and states of every deployment of the repository's targets in this workspace."""
    read_at = session.workspace.now()
    with session.git_lock:
        targets = [settings for name in session.index.targets if (settings := _settings_of(session, name)) is not None]
    owned: dict[tuple[str, str], set[DeploymentId]] = {}
    pending: dict[tuple[str, str], set[DeploymentId]] = {}
    for observed in _observe_all(session, targets):
        for key, resource_id in observed.state.resources.inventory.items():
            owned.setdefault((key.kind, resource_id), set()).add(observed.id)
        if observed.valid_record is not None:
            # Its state may be lost, and what it owns is still its own.
            for key, resource_id in observed.valid_record.inventory.items():
                owned.setdefault((key.kind, resource_id), set()).add(observed.id)
        for key, name in observed.pending_creates.names.items():
            pending.setdefault((key.kind, name), set()).add(observed.id)
    return Claims(
        read_at,
        {place: frozenset(ids) for place, ids in owned.items()},
        {place: frozenset(ids) for place, ids in pending.items()},
    )


def _settings_of(session: Session, target: str) -> TargetSettings | None:
    """Return a target's settings if it lies in the session's workspace."""
    if target == session.settings.name:
        return session.settings
    try:
        settings = read_target(session.index.snapshot, target)
    except UsageError:
        return None  # without a host or a root of its own, nothing was ever deployed there from here
    return settings if normalize_host(settings.host) == normalize_host(session.workspace.host) else None


def _observe_all(session: Session, targets: list[TargetSettings]) -> list[Observed]:
    places: list[tuple[DeploymentId, Paths]] = []
    for settings in targets:
        try:
            domains = deployed_domains(session.workspace, settings.base(session.user))
            places += [
                (DeploymentId(settings.name, domain), Paths(settings.resolve(session.user, domain))) for domain in domains
            ]
        except UsageError:
            continue  # its root can't be known, so scope has never deployed it
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda place: _observe(session, *place), places)
        return [observed for observed in answers if observed is not None]


def _observe(session: Session, deployment: DeploymentId, paths: Paths) -> Observed | None:
    try:
        return observe(session.workspace, deployment, paths)
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        # What this identity can't even read, it hasn't deployed.
        return None
