"""What is missing on this machine, in the repository, or in a target, each with its fix."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from scope.controller.deploy_set import observe_all
from scope.controller.session import Session
from scope.deployment.ancestry import check_branch
from scope.deployment.observation import check_state, deployed_domains, writers
from scope.deployment.record import InvalidRecord
from scope.deployment.target import read_target
from scope.errors import Fault, Refused, RemoteError, ScopeError
from scope.graph.closure import DeploymentIndex
from scope.names import is_domain_name
from scope.ports import Git, Workspace
from scope.repository.snapshot import Snapshot

if TYPE_CHECKING:
    from scope.model import Grant, RemoteResource

# What the tested CLI understands; a newer package emits fields that an older CLI refuses.
PACKAGE = "databricks-bundles"
_PREFIX = ("variables", "catalog_prefix")


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, what was found, and, where something is wrong, what to do."""

    name: str
    state: State
    what: str


def ok(name: str, what: str) -> Check:
    """Return the line of a check that found nothing wrong."""
    return Check(name, State.OK, what)


def wrong(name: str, what: str) -> Check:
    """Return the line of a check that found something wrong; its text says what to do."""
    return Check(name, State.WRONG, what)


def checked(name: str, observe: Callable[[], str]) -> Check:
    """Return the line of a check that raises `ScopeError`, with the fix in its text, where something is wrong."""
    try:
        return ok(name, observe())
    except ScopeError as error:
        return wrong(name, str(error))


def repository_checks(git: Git, targets: Iterable[str]) -> Iterator[Check]:
    """Look at the clone, and at what the targets' files say."""
    if git.is_shallow:
        yield wrong(
            "git history",
            "This clone is shallow: merge bases and what is deployed may be missing. "
            "Run `git fetch --unshallow`, or use `fetch-depth: 0` in a workflow's checkout.",
        )
    else:
        yield ok("git history", "whole")
    snapshot = Snapshot(git, git.work_tree())
    for name in targets:
        yield checked(f"targets/{name}.yml", lambda name=name: read_target(snapshot, name).host)


def package_check(cli_version: str, package_version: str | None) -> Check:
    """Compare the CLI with the Python package that defines resources for it."""
    if package_version is None:
        return wrong(PACKAGE, "It isn't installed. Run `uv sync`, then start scope with `uv run scope`.")
    numbers = [tuple(int(part) for part in text.split("-")[0].split(".")[:2]) for text in (package_version, cli_version)]
    if numbers[0] > numbers[1]:
        return wrong(
            PACKAGE,
            f"{package_version} is newer than the CLI, {cli_version}, which may refuse what it emits. "
            "Upgrade both together, see docs/upgrading.md.",
        )
    return ok(PACKAGE, package_version)


def target_checks(session: Session) -> Iterator[Check]:
    """Look at a target: branch, folder, records, catalogs. Who the credentials are has been asked already."""
    settings, workspace = session.settings, session.workspace
    yield ok("credentials", f"{session.user.name} at {workspace.host}")
    if settings.is_production and session.head.commit is not None:
        commit = session.head.commit
        yield checked("branch", lambda: _branch(session, commit))
    base = settings.base(session.user)
    yield from _guarded("folder", lambda: _folder_checks(session, base))
    yield from _guarded("records", lambda: _record_checks(session, base))
    yield from _guarded("orphans", lambda: _orphan_checks(session, base))
    yield from _guarded("catalogs", lambda: _catalog_checks(session))


def _guarded(name: str, observe: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from tuple(observe())
    except ScopeError as error:
        yield wrong(name, str(error))


def _branch(session: Session, commit: str) -> str:
    check_branch(session.git, session.settings, commit)
    return f"`{session.settings.branch}` has {commit[:9]}" if session.settings.branch else "any"


def _folder_checks(session: Session, base: str) -> Iterator[Check]:
    """Look at who may write the target's folder, or the nearest one above that is there: its rights are inherited."""
    found: tuple[str, tuple[Grant, ...]] | None = None
    folder = base
    while found is None and folder.count("/") > 1:
        try:
            found = folder, session.workspace.grants(folder)
        except RemoteError as error:
            if error.fault is Fault.PERMISSION:
                yield wrong("folder", f"{session.user.name} may not see who may write {folder}. Give it CAN_MANAGE there.")
                return
            if error.fault is not Fault.MISSING:
                raise
            folder = folder.rpartition("/")[0]
    if found is None:
        yield ok("folder", f"{base} isn't there yet; the first deploy makes it")
        return
    folder, grants = found
    where = folder if folder == base else f"{folder}, in which {base} will be made,"
    own = {grant.level for grant in grants if grant.principal == session.user.name}
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


def _record_checks(session: Session, base: str) -> Iterator[Check]:
    found = observe_all(session, deployed_domains(session.workspace, base))
    recover = f"Run: scope recover --target {session.settings.name} --domain"
    for item in found:
        name = f"record of {item.domain}"
        if isinstance(item.record, InvalidRecord):
            yield wrong(name, f"It can't be believed: {item.record.why}. {recover} {item.domain}")
        try:
            check_state(item)
        except Refused as error:
            yield wrong(name, str(error))
        if item.holder is not None:
            yield wrong(name, f"It is locked by {item.holder}. If that run is dead: {recover} {item.domain}")
    yield ok("records", f"{len(found)} deployed domain{'s' * (len(found) != 1)}")


def _orphan_checks(session: Session, base: str) -> Iterator[Check]:
    """Look for jobs and pipelines that say they were deployed here, and that no state knows: whole folders may be gone."""
    found: dict[str, list[RemoteResource]] = {}
    for path, resource in session.workspace.owned_below(base):
        domain = path.removeprefix(f"{base}/").partition("/")[0]
        if is_domain_name(domain) and path == session.paths(domain).metadata:
            found.setdefault(domain, []).append(resource)
    count = 0
    for item in observe_all(session, sorted(found)):
        orphans = [resource for resource in found[item.domain] if resource.id not in item.state.resources.known_ids]
        count += len(orphans)
        if orphans:
            yield wrong(
                f"orphans of {item.domain}",
                f"No state knows {', '.join(map(str, orphans))}. "
                f"Run: scope recover --target {session.settings.name} --domain {item.domain}",
            )
    if not count:
        yield ok("orphans", "none")


def _catalog_checks(session: Session) -> Iterator[Check]:
    """Look for the catalog of each domain of the head: it is named after the domain, and made by nobody but its owner."""
    prefix = _prefix(session.index, session.settings.name)
    if prefix is None:
        yield Check("catalogs", State.UNKNOWN, "The variable `catalog_prefix` isn't a plain text, so none was looked for.")
        return
    missing = [
        name for name in (f"{prefix}{domain}" for domain in session.index.domains) if not _has(session.workspace, name)
    ]
    for name in missing:
        yield wrong(
            f"catalog {name}",
            f"It isn't there, or {session.user.name} may not see it. Make it, or grant USE CATALOG and CREATE SCHEMA: "
            "see docs/unity-catalog.md.",
        )
    if not missing:
        yield ok("catalogs", ", ".join(f"{prefix}{domain}" for domain in session.index.domains) or "none needed")


def _has(workspace: Workspace, name: str) -> bool:
    try:
        return bool(workspace.ids_named("catalogs", name))
    except RemoteError as error:
        if error.fault is Fault.PERMISSION:
            return False
        raise


def _prefix(index: DeploymentIndex, target: str) -> str | None:
    import yaml  # noqa: PLC0415  only what looks at a target reads its files

    def read(path: str) -> Mapping[str, object]:
        tree = yaml.safe_load(index.snapshot.read(path) or b"")
        return tree if isinstance(tree, dict) else {}

    def find(tree: object, *keys: str) -> object:
        for key in keys:
            tree = tree.get(key) if isinstance(tree, dict) else None
        return tree

    found = find(read(f"targets/{target}.yml"), "targets", target, *_PREFIX)
    if found is None:
        found = find(read("databricks.yml"), *_PREFIX, "default")
    if isinstance(found, dict):
        found = found.get("default")
    if found is None:
        return ""
    return found if isinstance(found, str) and "${" not in found else None
