"""Taking over the resources of a plain bundle, which has one state for everything, into one deployment per domain.

Nothing is made or deleted: the entries of a domain are copied into a state of its own, a plan must show nothing but updates,
the domain is deployed, and only then the old state lets go of them. Each step can be repeated; while two states hold the
same resources, both roots are locked. The old root itself is never destroyed: the new ones usually lie in it.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scope.controller.deploy import deploy_domain, held_lock, made_stage
from scope.controller.session import Session, Stopped
from scope.deployment.lock import Lock, acquire
from scope.deployment.record import NAME as RECORD
from scope.deployment.record import Record, new_attempt, write_record
from scope.deployment.state import FileState, ResourceState, parse_resources
from scope.deployment.target import Paths
from scope.documents.results import Outcome
from scope.errors import Locked, Refused, UsageError
from scope.model import ActionKind, BundlePlan
from scope.ports import Workspace
from scope.stage.checks import check_stage

# The form of `resources.json` that entries can be moved in: the tested CLI's.
_VERSIONS = frozenset({2, 3})
_HARMLESS = frozenset({ActionKind.SKIP, ActionKind.UPDATE})
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Adoption:
    """What one domain takes over: keys with their ids, and the state to write for it: none if an earlier try wrote it."""

    domain: str
    ids: tuple[tuple[str, str], ...]
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Survey:
    """What all domains take over, and what stays behind because no domain defines it."""

    adoptions: tuple[Adoption, ...]
    left: tuple[str, ...]


class OldState:
    """The state of the plain bundle, as its file has it: entries are moved as they are, whatever is in them."""

    def __init__(self, workspace: Workspace, root: str) -> None:
        """Read the state below a root; `UsageError` where there is none that can be taken apart."""
        self.paths = Paths(root)
        content = workspace.read(f"{self.paths.state}/resources.json")
        if content is None:
            raise UsageError(f"There is no bundle's state in {self.paths.state}. Name the old bundle's root with `--from`.")
        if workspace.read(f"{self.paths.state}/{RECORD}") is not None:
            raise UsageError(f"{root} is a deployment of scope already, not a plain bundle. There is nothing to adopt.")
        self.parsed = parse_resources(content)
        self.tree: dict[str, Any] = json.loads(content) if self.parsed.file_state is FileState.READABLE else {}
        if self.tree.get("state_version") not in _VERSIONS:
            raise Refused(
                f"{self.paths.state}/resources.json isn't a state that can be taken apart: it is {self.parsed.file_state}, "
                f"version {self.tree.get('state_version')}. Deploy the old bundle once with the tested CLI, then try again."
            )

    @property
    def entries(self) -> Mapping[str, Any]:
        """Return what the state holds, by key."""
        return self.tree["state"]

    def of(self, keys: frozenset[str]) -> dict[str, Any]:
        """Return the entries of some resources, their permissions and grants with them."""
        return {key: entry for key, entry in self.entries.items() if _top(key) in keys}

    def split(self, entries: Mapping[str, Any]) -> bytes:
        """Return a state of its own for some of the entries."""
        tree = {**self.tree, "lineage": str(uuid.uuid4()), "serial": 1, "state": dict(entries)}
        return json.dumps(tree, indent=1).encode()

    def without(self, keys: frozenset[str]) -> bytes:
        """Return this state after some resources have left it."""
        kept = {key: entry for key, entry in self.entries.items() if _top(key) not in keys}
        return json.dumps({**self.tree, "serial": self.tree["serial"] + 1, "state": kept}, indent=1).encode()


def observe_all(session: Session, old_root: str, domains: tuple[str, ...], progress: Callable[[str], None]) -> Survey:
    """Return what would be adopted; changes nothing. `Refused` where a plan shows anything but updates."""
    return _survey(session, OldState(session.workspace, _checked_root(session, old_root)), domains, progress)


def _survey(session: Session, old: OldState, domains: tuple[str, ...], progress: Callable[[str], None]) -> Survey:
    found: list[Adoption] = []
    owners: dict[str, str] = {}
    for domain in domains:
        progress(f"planning {session.id(domain)}")
        adoption = _plan(session, domain, old)
        if adoption is None:
            continue
        for key, _ in adoption.ids:
            if owners.setdefault(key, domain) != domain:
                raise Refused(f"{key} is defined by {owners[key]} and by {domain}: only one can take it over.")
        found.append(adoption)
    left = tuple(sorted({_top(key) for key in old.entries} - owners.keys()))
    return Survey(tuple(found), left)


def adopt(session: Session, old_root: str, domains: tuple[str, ...], progress: Callable[[str], None]) -> Survey:
    """Adopt, domain by domain, under the old root's lock. It can be ended anywhere and begun again."""
    root = _checked_root(session, old_root)
    OldState(session.workspace, root)  # where there is none, no lock is made either
    lock = acquire(
        session.workspace,
        Paths(root).state,
        session.lock_user("adoption"),
        timeout=session.options.lock_timeout,
        on_wait=lambda holder: progress(f"waiting for the lock of {root}, held by {holder}"),
        should_stop=session.stop.is_set,
    )
    try:
        found = _survey(session, OldState(session.workspace, root), domains, progress)
        for adoption in found.adoptions:
            if session.stop.is_set():
                raise Stopped(f"Stopped before {session.id(adoption.domain)} was adopted. Run it again to go on.")
            _adopt_domain(session, adoption, OldState(session.workspace, root), lock)
            progress(f"{session.id(adoption.domain)} has taken over {len(adoption.ids)} resources")
    finally:
        lock.release()
    return found


def _adopt_domain(session: Session, adoption: Adoption, old: OldState, old_lock: Lock) -> None:
    domain = adoption.domain
    old_lock.check()
    if adoption.content is not None:
        with held_lock(session, domain):
            _write_state(session, domain, session.paths(domain), adoption.content)
    # From here on the domain is like one whose first deploy didn't end: any deploy of it goes on.
    done = deploy_domain(session, domain)
    if done.outcome is Outcome.SUPERSEDED:
        raise Refused(f"{session.id(domain)} wasn't adopted: {done.message}. Check out a newer commit, then run it again.")
    old_lock.check()
    session.workspace.write(f"{old.paths.state}/resources.json", old.without(frozenset(key for key, _ in adoption.ids)))


def _write_state(session: Session, domain: str, paths: Paths, content: bytes) -> None:
    """Give a domain its own state, and a record that says that nothing is deployed from here yet.

    The state comes first: a record alone would let a deploy make everything a second time.
    """
    if not session.workspace.create(f"{paths.state}/resources.json", content):
        raise Locked(f"{session.id(domain)} was deployed meanwhile. Nothing of it was adopted. Look again.")
    attempt = new_attempt(
        "deploy",
        commit=session.head.commit,
        fingerprint=None,
        dirty=session.head.is_dirty,
        actor=session.user.name,
        run_url=session.run_url,
        cli_version=session.cli_version,
    )
    write_record(
        session.workspace, paths.state, Record(session.head.repository, session.settings.name, domain, attempt, None)
    )


def _plan(session: Session, domain: str, old: OldState) -> Adoption | None:
    """Return what a domain takes over; nothing where it defines nothing that the old state holds.

    The first plan only tells which keys the domain defines. The second goes by a state that lies in the stage alone.
    """
    with session.git_lock:
        findings = check_stage(session.index, session.settings.name, domain)
        staged = tuple(session.index.staged(session.settings.name, domain))
    if findings:
        lines = "\n".join(f"  {finding}" for finding in findings)
        raise Refused(f"The stage of {session.id(domain)} doesn't stand on its own:\n{lines}")
    paths = session.paths(domain)
    own = parse_resources(session.workspace.read(f"{paths.state}/resources.json"))
    if own.file_state not in {FileState.ABSENT, FileState.READABLE}:
        raise Refused(f"{paths.state}/resources.json can't be read. Run: {_recover(session, domain)}")
    with made_stage(session, domain, staged) as folder:
        cli = session.make_cli(folder, domain)
        defined = frozenset(_top(action.key) for action in cli.plan().actions if action.action is not ActionKind.DELETE)
        entries = old.of(defined)
        if not entries:
            return None
        ids = tuple((key, found) for key, found in old.parsed.ids if key in entries and key == _top(key))
        if own.file_state is FileState.READABLE:
            _check_same(session, domain, own, ids)
            return Adoption(domain, ids, None)
        content = old.split(entries)
        _seed(folder, session.settings.name, content)
        plan = cli.plan()
    _check_harmless(session, domain, plan)
    return Adoption(domain, ids, content)


def _seed(folder: Path, target: str, content: bytes) -> None:
    """Put a state into a stage: where the workspace has none, the CLI goes by it."""
    path = folder / ".databricks" / "bundle" / target / "resources.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _check_same(session: Session, domain: str, own: ResourceState, ids: tuple[tuple[str, str], ...]) -> None:
    """Raise `Refused` where a domain has resources of its own under the keys that it would take over."""
    others = [key for key, found in ids if own.id_of(key) != found]
    if others:
        raise Refused(
            f"{session.id(domain)} is deployed already, with other resources than the old bundle's: {_some(others)}. "
            "Destroy that deployment first, then adopt."
        )


def _check_harmless(session: Session, domain: str, plan: BundlePlan) -> None:
    # Permissions and grants are set on what is there: the first that a state knows of are a "create", and harmless.
    found = [
        f"{action.action} {action.short_key}"
        for action in plan.actions
        if action.action not in _HARMLESS and not (action.action is ActionKind.CREATE and action.key != _top(action.key))
    ]
    if found:
        raise Refused(
            f"{session.id(domain)} can't be adopted: only updates are allowed, and its plan has {_some(found)}. Nothing was "
            "changed. Make the repository define what is deployed, or deploy the old bundle once more, then try again."
        )


def _checked_root(session: Session, root: str) -> str:
    plain = root.rstrip("/")
    if not plain.startswith("/"):
        raise UsageError(f"`{root}` isn't an absolute path of the workspace, such as {session.settings.base(session.user)}.")
    if not plain.startswith("/Workspace/"):
        plain = f"/Workspace{plain}"
    parts = plain.split("/")[1:]
    if {"", ".", ".."} & set(parts) or len(parts) < 3:
        raise UsageError(f"`{root}` isn't a plain path of a bundle's root below /Workspace.")
    return plain


def _recover(session: Session, domain: str) -> str:
    return f"scope recover --target {session.settings.name} --domain {domain}"


def _top(key: str) -> str:
    """Return the resource that a key is about: its permissions and grants have a part more."""
    return ".".join(key.split(".")[:3])


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
