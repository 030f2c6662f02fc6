"""Which deployments of a target are due: worked out from this checkout and the records, and only narrowed by a manifest."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scope.controller.session import Session
from scope.deployment.observation import AT_ONCE, Due, Observed, deployed_domains, find_due, observe
from scope.deployment.record import InvalidRecord
from scope.deployment.state import DeploymentState, FileState, ResourceState, UploadState
from scope.documents.manifest import Manifest
from scope.errors import Fault, RemoteError, UsageError
from scope.model import Action


@dataclass(frozen=True, slots=True)
class Candidate:
    """A domain that was looked at: `due` is nothing where the workspace has what the head has."""

    deployed: Observed
    due: Due | None

    @property
    def domain(self) -> str:
        """Return the domain's name."""
        return self.deployed.domain

    @property
    def action(self) -> Action:
        """Return what is to be done where something is due."""
        return "destroy" if self.due is not None and self.due.because == "removed" else "deploy"


def observe_all(session: Session, domains: Iterable[str]) -> tuple[Observed, ...]:
    """Return what lies in the workspace of some domains, in their order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(lambda domain: _looked(session, domain), domains))


def _looked(session: Session, domain: str) -> Observed:
    """Look at a domain; one whose folder is closed to us is due, and fails by itself where the others go on."""
    paths = session.paths(domain)
    try:
        return observe(session.workspace, session.settings.name, domain, paths)
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        nothing = DeploymentState(ResourceState(FileState.ABSENT), UploadState(FileState.ABSENT))
        return Observed(session.settings.name, domain, paths, InvalidRecord(str(error)), nothing, None)


def deploy_set(session: Session, domains: Iterable[str] = ()) -> tuple[Candidate, ...]:
    """Return the domains of the head and of the target, or some of them, sorted, each with why it is due, if it is."""
    head = set(session.index.domains)
    asked = set(domains)
    there = () if asked and asked <= head else deployed_domains(session.workspace, session.settings.base(session.user), head)
    unknown = sorted(asked - head - set(there))
    if unknown:
        known = ", ".join(sorted(head | set(there))) or "none"
        raise UsageError(
            f"There is no domain `{unknown[0]}`, here or deployed in {session.settings.name}. There are {known}."
        )
    found = observe_all(session, sorted(asked or head | set(there)))
    return tuple(
        Candidate(
            item, find_due(item, session.index.fingerprint(session.settings.name, item.domain), session.head.repository)
        )
        for item in found
    )


def narrow(wanted: tuple[Candidate, ...], manifest: Manifest, session: Session, where: str) -> tuple[Candidate, ...]:
    """Return those that a manifest names too; `UsageError` where the manifest is of something else."""
    if session.settings.name not in manifest.targets:
        raise UsageError(f"{where} isn't for {session.settings.name}, but for {', '.join(manifest.targets) or 'no target'}.")
    if manifest.head.commit != session.head.commit:
        there = (manifest.head.commit or "no commit")[:9]
        here = (session.head.commit or "no commit")[:9]
        raise UsageError(f"{where} is of {there}, and {here} is checked out. Check that commit out, or make a new manifest.")
    if manifest.head.dirty and not session.head.is_dirty:
        raise UsageError(
            f"{where} has uncommitted work in it, and this deploys a commit. Make a new one with `--head HEAD`."
        )
    named = {item.domain: item for item in manifest.deploy if item.target == session.settings.name}
    for domain, item in named.items():
        planned = item.fingerprint.head  # a plan may leave it out
        if planned is not None and planned != session.index.fingerprint(session.settings.name, domain):
            raise UsageError(
                f"{where}: {item.id} has another fingerprint than this checkout. Make a new manifest with this scope."
            )
    return tuple(item for item in wanted if item.domain in named)
