"""What a session has seen of its target's deployments: read once, for all that is worked out from it.

Which domains are due, who has a resource, what seems to have moved: all of these ask for every deployment's record and
state. Read for each deployment anew, they would cost the square of their number.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from scope.controller.session import Session
from scope.deployment.observation import Observations, Observed, observe_if_permitted
from scope.deployment.places import find_domains, has_place
from scope.deployment.presence import AT_ONCE
from scope.deployment.target import Paths
from scope.errors import Fault, RemoteError


def state_path(session: Session, domain: str) -> str:
    """Return the path of a deployment's `resources.json`."""
    return f"{_paths(session, domain).state}/resources.json"


def observe_all(session: Session, domains: Iterable[str]) -> tuple[Observed, ...]:
    """Observe the deployments of some domains, in their order. The session remembers the first observation of each."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        observations = tuple(
            pool.map(
                lambda domain: observe_if_permitted(session.workspace, session.id(domain), _paths(session, domain)), domains
            )
        )
    for observed in observations:
        session.observations.setdefault(observed.id.domain, observed)
    return observations


def observe_target(session: Session) -> Observations:
    """Observe the domains of the head and of the target as they are now, for this caller and for all that recall them."""
    return session.target.get(lambda: _observe_target(session), lambda _: False)


def recall_target(session: Session, later_than: datetime | None = None) -> Observations:
    """Return what the session has observed last: after some time by the workspace's clock, if one is given."""
    return session.target.get(lambda: _observe_target(session), lambda last: later_than is None or later_than < last.read_at)


def recall_others(session: Session, domain: str) -> tuple[Observed, ...]:
    """Return what the session has observed of the target's other deployments, sorted."""
    return tuple(one for name, one in recall_target(session).by_domain.items() if name != domain)


def find_place(session: Session, domain: str) -> bool:
    """Return whether a domain has a place in the target, after a look at what is deployed there if that must tell."""
    if not has_place(session.settings, domain):
        recall_target(session)
    return has_place(session.settings, domain)


def list_unseen(observations: Observations) -> Iterator[str]:
    """Yield a sentence for each folder that nobody knows the content of, since it may not be looked into."""
    if observations.unlisted is not None:
        yield observations.unlisted
    for observed in observations.by_domain.values():
        if observed.unseen is not None:
            yield observed.unseen


def _observe_target(session: Session) -> Observations:
    read_at, head, unlisted = session.workspace.now(), session.domains, None
    try:
        deployed = find_domains(session.workspace, session.settings, session.user, session.head.repository, head)
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        deployed = ()
        unlisted = f"{session.base} may not be listed, so domains that are gone from the repository aren't found: {error}"
    observed = observe_all(session, sorted({*head, *deployed}))
    return Observations(read_at, {one.id.domain: one for one in observed}, unlisted)


def _paths(session: Session, domain: str) -> Paths:
    return Paths(session.settings.resolve(session.user, domain))
