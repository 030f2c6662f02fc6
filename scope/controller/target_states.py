"""The states of a target's other deployments: who has a resource that one would create, or that one seems to have lost."""

from concurrent.futures import ThreadPoolExecutor

from scope.controller.session import Session
from scope.deployment.observation import AT_ONCE, deployed_domains
from scope.deployment.target import Paths


def state_path(session: Session, domain: str) -> str:
    """Return the path of a deployment's `resources.json`."""
    return f"{Paths(session.settings.resolve(session.user, domain)).state}/resources.json"


def read_other_states(session: Session, domain: str) -> dict[str, bytes]:
    """Return the content of each other deployment's `resources.json`, by domain, as it is now."""
    domains = deployed_domains(session.workspace, session.base, {domain})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        contents = pool.map(lambda name: session.workspace.read(state_path(session, name)), domains)
        return {name: content for name, content in zip(domains, contents, strict=True) if content is not None}


def recall_other_states(session: Session, domain: str) -> dict[str, bytes]:
    """Return the same as it was when this run first asked: what a deploy compares with must not cost it a read of each."""
    states = session.states.get(lambda: read_other_states(session, ""))
    return {name: content for name, content in states.items() if name != domain}
