"""Which deployments of a target are due: worked out from this checkout and the records, and only narrowed by a manifest."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scope.controller.session import Run
from scope.deployment.observation import AT_ONCE, Deployed, Due, deployed_domains, due, look
from scope.deployment.record import Odd
from scope.deployment.state import Condition, DeploymentState, FileState, ResourceState
from scope.documents.manifest import Manifest
from scope.errors import Fault, RemoteError, UsageError
from scope.model import Action


@dataclass(frozen=True, slots=True)
class Wanted:
    """A domain that was looked at: `due` is nothing where the workspace has what the head has."""

    deployed: Deployed
    due: Due | None

    @property
    def domain(self) -> str:
        """Return the domain's name."""
        return self.deployed.domain

    @property
    def action(self) -> Action:
        """Return what is to be done where something is due."""
        return "destroy" if self.due is not None and self.due.because == "removed" else "deploy"


def survey(run: Run, domains: Iterable[str]) -> tuple[Deployed, ...]:
    """Return what lies in the workspace of some domains, in their order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(pool.map(lambda domain: _looked(run, domain), domains))


def _looked(run: Run, domain: str) -> Deployed:
    """Look at a domain; one whose folder is closed to us is due, and fails by itself where the others go on."""
    paths = run.paths(domain)
    try:
        return look(run.workspace, run.settings.name, domain, paths)
    except RemoteError as error:
        if error.fault is not Fault.PERMISSION:
            raise
        nothing = DeploymentState(ResourceState(Condition.ABSENT), FileState(Condition.ABSENT))
        return Deployed(run.settings.name, domain, paths, Odd(str(error)), nothing, None)


def deploy_set(run: Run, domains: Iterable[str] = ()) -> tuple[Wanted, ...]:
    """Return the domains of the head and of the target, or some of them, sorted, each with why it is due, if it is."""
    head = set(run.closures.domains)
    asked = set(domains)
    there = () if asked and asked <= head else deployed_domains(run.workspace, run.settings.base(run.user), head)
    unknown = sorted(asked - head - set(there))
    if unknown:
        known = ", ".join(sorted(head | set(there))) or "none"
        raise UsageError(f"There is no domain `{unknown[0]}`, here or deployed in {run.settings.name}. There are {known}.")
    found = survey(run, sorted(asked or head | set(there)))
    return tuple(
        Wanted(item, due(item, run.closures.fingerprint(run.settings.name, item.domain), run.head.repository))
        for item in found
    )


def narrow(wanted: tuple[Wanted, ...], manifest: Manifest, run: Run, where: str) -> tuple[Wanted, ...]:
    """Return those that a manifest names too; `UsageError` where the manifest is of something else."""
    if run.settings.name not in manifest.targets:
        raise UsageError(f"{where} isn't for {run.settings.name}, but for {', '.join(manifest.targets) or 'no target'}.")
    if manifest.head.commit != run.head.commit:
        there = (manifest.head.commit or "no commit")[:9]
        here = (run.head.commit or "no commit")[:9]
        raise UsageError(f"{where} is of {there}, and {here} is checked out. Check that commit out, or make a new manifest.")
    if manifest.head.dirty and not run.head.is_dirty:
        raise UsageError(
            f"{where} has uncommitted work in it, and this deploys a commit. Make a new one with `--head HEAD`."
        )
    named = {item.domain: item for item in manifest.deploy if item.target == run.settings.name}
    for domain, item in named.items():
        planned = item.fingerprint.head  # a plan may leave it out
        if planned is not None and planned != run.closures.fingerprint(run.settings.name, domain):
            raise UsageError(
                f"{where}: {item.id} has another fingerprint than this checkout. Make a new manifest with this scope."
            )
    return tuple(item for item in wanted if item.domain in named)
