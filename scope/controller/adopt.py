"""Adopting the resources of a plain bundle, which has one state for everything, into one deployment per domain.

Nothing is created or deleted: the entries of a domain are copied into a state of its own, a plan must show nothing but
updates, the domain is deployed, and only then the old state lets go of them. Each step can be repeated; while two states
hold the same resources, both roots are locked. The old root itself is never destroyed: the new ones usually lie in it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from scope.controller.deletion_line import write_deletion_line
from scope.controller.deploy import deploy_domain
from scope.controller.deployment import Deployment
from scope.controller.plain_state import PlainState
from scope.controller.session import Session
from scope.controller.unfinished_adoption import free_line
from scope.deployment.adoption import drop_origin, read_origin, write_origin
from scope.deployment.inventory import Inventory
from scope.deployment.lock import Lock, acquire
from scope.deployment.record import Record, read_record
from scope.deployment.state import FileState, ResourceState, parse_resources
from scope.deployment.target import RECEIPT, Paths
from scope.documents.results import Outcome
from scope.errors import Locked, Refused, UsageError
from scope.model import ResourceKey
from scope.wording import abbreviate, pluralize
from scope.workspace_model import ActionKind, BundlePlan

_HARMLESS = frozenset({ActionKind.SKIP, ActionKind.UPDATE})
_SHOWN = 10
# What a bundle's deploy makes in its root, by scope too, but for dashboards, which lie in `resources`.
_PARTS = frozenset({"artifacts", "files", "state", RECEIPT})


@dataclass(frozen=True, slots=True)
class Adoption:
    """What one domain adopts, and the state to write for it: none if an earlier try wrote it."""

    deployment: Deployment
    inventory: Inventory
    state: bytes | None

    @property
    def domain(self) -> str:
        """Return the domain's name."""
        return self.deployment.domain


@dataclass(frozen=True, slots=True)
class AdoptionPlan:
    """What all domains adopt, and what stays behind because no domain defines it."""

    adoptions: tuple[Adoption, ...]
    unmatched: tuple[ResourceKey, ...]


def plan_adoption(
    session: Session, old_root: str, domains: tuple[str, ...], progress: Callable[[str], None]
) -> AdoptionPlan:
    """Plan the adoption; changes nothing. `Refused` if a plan shows anything but updates."""
    return _plan_all(session, _open_state(session, _checked_root(session, old_root)), domains, progress)


def adopt(session: Session, old_root: str, domains: tuple[str, ...], progress: Callable[[str], None]) -> AdoptionPlan:
    """Adopt, domain by domain, under the old root's lock. It can be ended anywhere and begun again."""
    root = _checked_root(session, old_root)
    _open_state(session, root)  # without one, no lock is created either
    state = Paths(root).state
    hint = free_line(session, root)
    lock = acquire(
        session.workspace,
        state,
        session.lock_user("adoption"),
        if_dead=f"free it, since no deployment of scope lies there, then run this again. Run: {hint}",
        timeout=session.options.lock_timeout,
        on_wait=lambda info: progress(f"waiting for the lock of {root}, held by {info}"),
        should_stop=session.stop.is_set,
    )
    with session.holding(lock.path, f"free it. Run: {hint}"):
        try:
            plan = _plan_all(session, _open_state(session, root), domains, progress)
            for adoption in plan.adoptions:
                deployment = adoption.deployment
                session.check_stop(f"Stopped before {deployment.id} was adopted. Run it again to go on.")
                _write_state(adoption, root, lock)
                _deploy(deployment)
                _let_go(session, _open_state(session, root), adoption, lock)
                progress(f"{deployment.id} has adopted {len(adoption.inventory)} resources")
            _drop_notes(session, root, domains)
        finally:
            lock.release()
    return plan


def describe_rest(session: Session, old_root: str) -> str:
    """Return what is left at the old root after an adoption, and how to remove it once nothing needs it."""
    root = _checked_root(session, old_root)
    remaining = parse_resources(session.workspace.read(f"{Paths(root).state}/resources.json")).inventory.resources
    if remaining:
        return (
            f"{root} is kept, since its state still has {pluralize(len(remaining), 'resource')}. Define them in a domain "
            "and adopt them too, or delete them by hand."
        )
    names = {entry.path.rpartition("/")[2] for entry in session.workspace.entries(root) or ()}
    # The deployments may lie in it.
    roots = {Deployment(session, domain).paths.root for domain in session.domains}
    parts = sorted(name for name in names & _PARTS if f"{root}/{name}" not in roots)
    paths = [root] if names == set(parts) else [f"{root}/{name}" for name in parts]
    if not parts:
        return f"Nothing is left at {root}."
    line = write_deletion_line(session.workspace.host, paths, is_recursive=True)
    return (
        f"Nothing is left in the state of {root}. Its files are kept, for runs that still use them. Once none does, remove "
        f"them. Run: {line}"
    )


# Planning


def _plan_all(session: Session, old: PlainState, domains: tuple[str, ...], progress: Callable[[str], None]) -> AdoptionPlan:
    adoptions: list[Adoption] = []
    owners: dict[ResourceKey, str] = {}
    for domain in domains:
        deployment = Deployment(session, domain)
        progress(f"planning {deployment.id}")
        adoption = _plan(deployment, old)
        if adoption is None:
            continue
        for key in adoption.inventory:
            if owners.setdefault(key, domain) != domain:
                raise Refused(f"{key} is defined by {owners[key]} and by {domain}: only one can adopt it.")
        adoptions.append(adoption)
    unmatched = {key.resource for key in old.inventory} - owners.keys()
    return AdoptionPlan(tuple(adoptions), tuple(sorted(unmatched)))


def _plan(deployment: Deployment, old: PlainState) -> Adoption | None:
    """Return the adoption of one domain, or None if it defines nothing that the old state holds.

    The first plan only tells which keys the domain defines. The second goes by a state that lies in the stage alone.
    """
    deployment.require_self_contained()
    own = _read_own_state(deployment)
    with deployment.stage() as cli:
        defined = {action.key.resource for action in cli.plan().actions if action.action is not ActionKind.DELETE}
        entries = old.of(defined)
        if not entries:
            return None
        if own.file_state is FileState.READABLE:
            _check_same(deployment, own.inventory, entries.resources)
            return Adoption(deployment, entries.resources, None)
        state = old.split_off(entries)
        cli.seed_state(state)
        plan = cli.plan()
    _check_harmless(deployment, plan)
    return Adoption(deployment, entries.resources, state)


def _read_own_state(deployment: Deployment) -> ResourceState:
    path = f"{deployment.paths.state}/resources.json"
    state = parse_resources(deployment.workspace.read(path))
    if state.file_state not in {FileState.ABSENT, FileState.READABLE}:
        raise Refused(f"{path} can't be read. Run: {deployment.id.recover_command}")
    return state


def _check_same(deployment: Deployment, own: Inventory, adopted: Inventory) -> None:
    """Raise `Refused` if a domain has resources of its own under the keys that it would adopt."""
    others = [str(key) for key, resource_id in adopted.items() if own.get(key) != resource_id]
    if others:
        raise Refused(
            f"{deployment.id} is deployed already, with other resources than the old bundle's: "
            f"{abbreviate(others, _SHOWN)}. Destroy that deployment first, then adopt."
        )


def _check_harmless(deployment: Deployment, plan: BundlePlan) -> None:
    """Raise `Refused` if a plan does more than update."""
    # Permissions and grants are set on what is there: the first that a state knows of are a "create", and harmless.
    harmful = [
        f"{action.action} {action.key.short}"
        for action in plan.actions
        if action.action not in _HARMLESS and not (action.action is ActionKind.CREATE and action.key.is_child)
    ]
    if harmful:
        raise Refused(
            f"{deployment.id} can't be adopted: only updates are allowed, and its plan has "
            f"{abbreviate(harmful, _SHOWN)}. Nothing was changed. Make the repository define what is deployed, or deploy "
            "the old bundle once more, then try again."
        )


def _open_state(session: Session, root: str) -> PlainState:
    """Return the state at an old root: a plain bundle's, or that of a deployment of this target whose root was changed."""
    state = PlainState(session.workspace, root)
    record = read_record(session.workspace, Paths(root).state)
    if record is None:
        return state
    is_own = isinstance(record, Record) and (record.repository, record.target) == (
        session.head.repository,
        session.settings.name,
    )
    if not is_own or not isinstance(record, Record) or Deployment(session, record.domain).paths.root == root:
        raise UsageError(
            f"{root} is a deployment of scope already, neither a plain bundle nor a root that {session.settings.name} had "
            "before. There is nothing to adopt."
        )
    return state


def _checked_root(session: Session, root: str) -> str:
    plain = root.rstrip("/")
    if not plain.startswith("/"):
        raise UsageError(f"`{root}` isn't an absolute path of the workspace, such as {session.base}.")
    if not plain.startswith("/Workspace/"):
        plain = f"/Workspace{plain}"
    parts = plain.split("/")[1:]
    if {"", ".", ".."} & set(parts) or len(parts) < 3:
        raise UsageError(f"`{root}` isn't a plain path of a bundle's root below /Workspace.")
    return plain


# The steps of one domain


def _write_state(adoption: Adoption, old_root: str, old_lock: Lock) -> None:
    """Give a domain its own state, and a record that says that nothing is deployed from here yet.

    First comes the note of where it is from, without which nobody could tell later what is half done. The state comes
    before the record: a record alone would let a deploy create everything a second time.
    """
    old_lock.check()
    if adoption.state is None:
        return
    deployment = adoption.deployment
    with deployment.lock():
        write_origin(deployment.workspace, deployment.paths.state, old_root)
        if not deployment.workspace.create(f"{deployment.paths.state}/resources.json", adoption.state):
            raise Locked(f"{deployment.id} was deployed meanwhile. Nothing of it was adopted. Look again.")
        deployment.write_record(deployment.new_record(deployment.new_attempt("deploy")))


def _deploy(deployment: Deployment) -> None:
    """Deploy a domain: with its state written, it is like one whose first deploy did not complete."""
    result = deploy_domain(deployment)
    if result.outcome is Outcome.SUPERSEDED:
        raise Refused(f"{deployment.id} wasn't adopted: {result.message}. Check out a newer commit, then run it again.")


def _drop_notes(session: Session, root: str, domains: tuple[str, ...]) -> None:
    """Note that nothing is half adopted any more, also where an earlier run was killed right before it did so."""
    for domain in domains:
        state = Deployment(session, domain).paths.state
        if read_origin(session.workspace, state) == root:
            drop_origin(session.workspace, state)


def _let_go(session: Session, old: PlainState, adoption: Adoption, old_lock: Lock) -> None:
    """Remove from the old state what the domain has adopted."""
    old_lock.check()
    session.workspace.write(old.path, old.without(adoption.inventory.keys()))
