"""What is missing on this machine, in the repository, or in a target, each with its fix."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from scope.controller.deployment import Deployment
from scope.controller.observations import list_unseen, observe_target, recall_target
from scope.controller.session import Session
from scope.deployment.ancestry import check_branch
from scope.deployment.observation import check_state, writers
from scope.deployment.places import domain_at, read_settings
from scope.deployment.record import InvalidRecord
from scope.errors import Fault, Refused, RemoteError, ScopeError
from scope.graph.index import DeploymentIndex
from scope.graph.table_names import find_values
from scope.installation import describe_missing
from scope.ports import Git
from scope.wording import pluralize
from scope.workspace_ports import Workspace

if TYPE_CHECKING:
    from scope.workspace_model import Grant, RemoteResource

# What the tested CLI understands; a newer package emits fields that an older CLI refuses.
PACKAGE = "databricks-bundles"


class CheckState(StrEnum):
    """The result of a check."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was checked, and the result; if something is wrong, with what to do."""

    name: str
    state: CheckState
    message: str


def ok(name: str, message: str) -> Check:
    """Return the line of a check that found nothing wrong."""
    return Check(name, CheckState.OK, message)


def wrong(name: str, message: str) -> Check:
    """Return the line of a check that found something wrong; its message says what to do."""
    return Check(name, CheckState.WRONG, message)


def run_check(name: str, inspect: Callable[[], str]) -> Check:
    """Return the line of a check that raises `ScopeError`, with the fix in its message, if something is wrong."""
    try:
        return ok(name, inspect())
    except ScopeError as error:
        return wrong(name, str(error))


def check_repository(git: Git, index: DeploymentIndex, targets: Iterable[str]) -> Iterator[Check]:
    """Check the clone, and what the targets' files say."""
    if git.is_shallow:
        yield wrong(
            "git history",
            "This clone is shallow: merge bases and deployed commits may be missing. "
            "Run `git fetch --unshallow`, or use `fetch-depth: 0` in a workflow's checkout.",
        )
    else:
        yield ok("git history", "whole")
    for name in targets:
        yield run_check(f"target {name}", lambda name=name: read_settings(index, name).host or "none of its own")


def check_package(cli_version: str, package_version: str | None) -> Check:
    """Compare the CLI with the Python package that defines resources for it."""
    if package_version is None:
        return wrong(PACKAGE, describe_missing("databricks.bundles"))
    numbers = [tuple(int(part) for part in text.split("-")[0].split(".")[:2]) for text in (package_version, cli_version)]
    if numbers[0] > numbers[1]:
        return wrong(
            PACKAGE,
            f"{package_version} is newer than the CLI, {cli_version}, which may refuse what it emits. "
            "Upgrade both together, see docs/upgrading.md.",
        )
    return ok(PACKAGE, package_version)


def check_target(session: Session) -> Iterator[Check]:
    """Check a target: branch, folder, records, orphans, catalogs. The credentials were checked before."""
    settings, workspace = session.settings, session.workspace
    yield ok("credentials", f"{session.user.name} at {workspace.host}")
    if settings.is_production and session.head.commit is not None:
        commit = session.head.commit
        yield run_check("branch", lambda: _check_branch(session, commit))
    yield from _guard("folder", lambda: _check_folder(session))
    yield from _guard("records", lambda: _check_records(session))
    yield from _guard("orphans", lambda: _check_orphans(session))
    yield from _guard("catalogs", lambda: _check_catalogs(session))


def _guard(name: str, inspect: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from tuple(inspect())
    except ScopeError as error:
        yield wrong(name, str(error))


def _check_branch(session: Session, commit: str) -> str:
    check_branch(session.git, session.settings, commit)
    return f"`{session.settings.branch}` has {commit[:9]}" if session.settings.branch else "any"


def _check_folder(session: Session) -> Iterator[Check]:
    """Check who may write the target's folder, or the nearest one above that exists: its rights are inherited."""
    base = folder = session.base
    grants: tuple[Grant, ...] | None = None
    while grants is None and folder.count("/") > 1:
        try:
            grants = session.workspace.grants(folder)
        except RemoteError as error:
            if error.fault is Fault.PERMISSION:
                yield wrong("folder", f"{session.user.name} may not see who may write {folder}. Give it CAN_MANAGE there.")
                return
            if error.fault is not Fault.MISSING:
                raise
            folder = folder.rpartition("/")[0]
    if grants is None:
        yield ok("folder", f"{base} isn't there yet; the first deploy creates it")
        return
    where = folder if folder == base else f"{folder} (in which {base} will be created)"
    own = {grant.level for grant in grants if grant.is_of(session.user)}
    others = writers(session.workspace, folder, session.user) if session.settings.is_production else ()
    for grant in others:
        yield wrong(
            "folder",
            f"{grant.principal} may write {where} too ({grant.level}), and so what runs in {session.settings.name}. "
            "Take that right away: only the deployer needs it.",
        )
    if not others:
        level = ", ".join(sorted(own)) or "by a group, or as the folder's owner"
        yield ok(
            "folder", f"{where}: {session.user.name} ({level})" + (", nobody else" if session.settings.is_production else "")
        )


def _check_records(session: Session) -> Iterator[Check]:
    observations = observe_target(session)
    for warning in list_unseen(observations):
        yield wrong("unseen", warning)
    deployed = [one for one in observations.by_domain.values() if not one.is_absent and one.unseen is None]
    for observed in deployed:
        name, recover = f"record of {observed.id.domain}", f"Run: {observed.id.recover_command}"
        if isinstance(observed.record, InvalidRecord):
            yield wrong(name, f"It is invalid: {observed.record.why}. {recover}")
        try:
            check_state(observed)
        except Refused as error:
            yield wrong(name, str(error))
        if observed.lock_info is not None:
            yield wrong(name, f"It is locked by {observed.lock_info}. If that run is dead: {recover}")
    yield ok("records", pluralize(len(deployed), "deployed domain"))


def _check_orphans(session: Session) -> Iterator[Check]:
    """Look for jobs and pipelines that say they were deployed here, and that no state knows: whole folders may be gone.

    Those that have moved to another domain say so after its next deploy.
    """
    tagged: dict[str, list[RemoteResource]] = {}
    for path, resource in session.workspace.owned_below(session.base):
        domain = domain_at(session.settings, session.user, path.removesuffix("/state/metadata.json"))
        if domain is not None and path == Deployment(session, domain).paths.metadata:
            tagged.setdefault(domain, []).append(resource)
    by_domain = recall_target(session).by_domain
    owners = {id_: one.id.domain for one in by_domain.values() for id_ in one.state.resources.known_ids}
    has_orphans = False
    for domain, resources in sorted(tagged.items()):
        observed = by_domain.get(domain)
        if observed is not None and observed.unseen is not None:
            continue  # its state may know them
        for resource in resources:
            owner = owners.get(resource.id, domain)
            if owner != domain:
                yield ok("moved", f"{resource} has moved from {domain} to {owner}, and says so after the next deploy there")
        orphans = [resource for resource in resources if resource.id not in owners]
        if orphans:
            has_orphans = True
            names = ", ".join(map(str, orphans))
            yield wrong(f"orphans of {domain}", f"No state knows {names}. Run: {session.id(domain).recover_command}")
    if not has_orphans:
        yield ok("orphans", "none")


def _check_catalogs(session: Session) -> Iterator[Check]:
    """Check the catalogs of the head's domains, which only their owners create."""
    if not session.index.names_catalogs:
        return
    index, target = session.index, session.settings.name
    naming, values = index.rules.naming, find_values(index.snapshot, index.rules, target)
    unknown = [name for name, value in values.items() if value is None and f"${{var.{name}}}" in naming.catalog]
    if unknown:
        what = "has its value from the environment" if unknown[0] in index.rules.variables else "isn't a plain text"
        yield Check("catalogs", CheckState.UNKNOWN, f"The variable `{unknown[0]}` {what}, so none was checked.")
        return
    sources = {domain: index.sources(domain) for domain in session.domains}
    catalogs = naming.list_catalogs(
        sources, {f"var.{name}": value for name, value in values.items()} | {"bundle.target": target}
    )
    missing = [name for name in catalogs if not _has(session.workspace, name)]
    for name in missing:
        yield wrong(
            f"catalog {name}",
            f"It isn't there, or {session.user.name} may not see it. Create it, or grant USE CATALOG and CREATE SCHEMA: "
            "see docs/unity-catalog.md.",
        )
    if not missing:
        yield ok("catalogs", ", ".join(catalogs) or "none needed")


def _has(workspace: Workspace, name: str) -> bool:
    try:
        return bool(workspace.named("catalogs", name))
    except RemoteError as error:
        if error.fault is Fault.PERMISSION:
            return False
        raise
