"""Declared moves: before a domain is deployed or destroyed, its resources go where `moves.toml` says, with their ids.

Nothing is created or deleted. The entries go from state to state under the locks of both deployments, after a plan in the
new place has shown that they stay what they are. First both records say that an attempt has begun, so that both domains are
due and no older commit counts; then the new state is written, and then the old one. Ended anywhere, it is done again: what
is in both states under one id is only taken out of the old one.
"""

import uuid
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property

from scope.controller.deploy import deploy_domain
from scope.controller.deployment import Deployment
from scope.controller.destroy import destroy_domain
from scope.controller.observations import find_place, state_path
from scope.controller.operation import OperationResult
from scope.controller.order import find_newer
from scope.controller.orphans import find_leftovers
from scope.controller.session import Session
from scope.controller.undeclared_moves import refuse_undeclared_destroy
from scope.deployment.inventory import Inventory
from scope.deployment.lock import Lock
from scope.deployment.moves import (
    Selection,
    StateDocument,
    drop_entries,
    find_pending,
    move_entries,
    rename_entries,
    select_moves,
)
from scope.deployment.observation import Observed, check_state
from scope.deployment.record import Moved, Record, read_record
from scope.deployment.state import parse_resources
from scope.documents.results import Outcome
from scope.errors import Locked, Refused
from scope.model import ResourceKey
from scope.repository.moves import Moves
from scope.wording import abbreviate
from scope.workspace_model import TAGGED_KINDS, ActionKind, BundlePlan

# A resource of the state that a plan creates was deleted by hand: it is made anew wherever it is defined.
_KEEPING = frozenset({ActionKind.SKIP, ActionKind.UPDATE, ActionKind.RESIZE, ActionKind.CREATE})
# They lie in their deployment's folder, so that moving them is making them anew.
_TIED_TO_FOLDER = frozenset({"dashboards"})
_SHOWN = 10
# A record says where so many resources came from or went, the last ones; it must stay a small file.
_REMEMBERED = 1000


def deploy_with_moves(deployment: Deployment) -> OperationResult:
    """Carry out the declared moves that concern a domain, then deploy it."""
    carry_out_moves(deployment)
    return deploy_domain(deployment)


def destroy_with_moves(deployment: Deployment, *, keeps_order: bool = False) -> OperationResult:
    """Carry out the declared moves that lead away from a domain, then destroy it and what is left.

    With `keeps_order`, a deployment that was deployed or tried at a newer commit stays.
    """
    carry_out_moves(deployment, only_away=True)
    refuse_undeclared_destroy(deployment, deployment.workspace.read(state_path(deployment.session, deployment.domain)))
    require_taken_over(deployment)
    return destroy_domain(deployment, keeps_order=keeps_order)


def keep_gone(deployment: Deployment) -> OperationResult:
    """Carry out the declared moves that lead away from a domain that is gone; `Refused` for what is left of it.

    A folder that nothing is left in but files is no reason to end in a refusal, and stays for runs that still use it.
    """
    carry_out_moves(deployment, only_away=True)
    observed = deployment.observe()
    resources = observed.state.resources.inventory.resources
    if observed.valid_record is not None and observed.valid_record.moved and not resources:
        return OperationResult(Outcome.NOTHING, message="all of it has moved; --prune removes its folder")
    listed = "".join(f"\n  delete {key.short}" for key in resources)
    raise Refused(
        f"The domain `{deployment.domain}` is gone from the repository and still deployed in {deployment.id.target}. "
        f"To destroy it and what it owns, add --prune:{listed}"
    )


def carry_out_moves(deployment: Deployment, *, only_away: bool = False) -> None:
    """Move what the head declares from or to a domain; nothing, if that is done. `Refused` if it can't be done."""
    session, domain = deployment.session, deployment.domain
    with session.git_lock:
        moves = session.index.moves
    for source, destination in sorted(moves.pairs):
        if domain == source or (domain == destination and not only_away):
            # Of one that is destroyed, a key doesn't matter any more.
            if source == destination and only_away:
                continue
            if not (find_place(session, source) and find_place(session, destination)):
                continue  # a bundle that isn't deployed here any more, or never was, or has only another name now
            pair = source, destination
            held = parse_resources(session.workspace.read(state_path(session, source))).inventory
            if find_pending(held.keys(), pair, moves):
                _carry_out(session, pair, moves)
    _let_go_of_shared(deployment)


def require_taken_over(deployment: Deployment) -> None:
    """Raise `Refused` while resources that have left a deployment still run from its folder, or lie in it."""
    observed, root = deployment.observe(), deployment.paths.root
    tagged = deployment.read_tagged(observed)
    own = set(deployment.keep_own(tagged))
    remaining = [str(one) for one in tagged if one not in own]
    others = observed.valid_record.partners if observed.valid_record is not None else ()
    for other in others:
        if not find_place(deployment.session, other):
            continue
        path = state_path(deployment.session, other)
        content = deployment.workspace.read(path)
        state = StateDocument(content, path) if content is not None else None
        remaining += [key.short for key in state.lying_in(root)] if state is not None else []
    if remaining:
        deploys = "".join(f" scope deploy --target {deployment.id.target} --domain {other}" for other in others[:1])
        raise Refused(
            f"{deployment.id} can't be destroyed yet: {abbreviate(remaining, _SHOWN)} moved to another domain and still "
            f"needs the folder {root}. Deploy that domain first{':' + deploys if deploys else '.'}"
        )


# One pair of domains


def _carry_out(session: Session, pair: tuple[str, str], moves: Moves) -> None:
    source, destination = (Deployment(session, domain) for domain in pair)
    with ExitStack() as stack:
        # In one order everywhere, so that two runs can't wait for each other.
        locks = [stack.enter_context(Deployment(session, domain).lock()) for domain in sorted(set(pair))]
        _Transfer(source, destination, moves, tuple(locks)).run()


@dataclass(frozen=True)
class _Transfer:
    """The move of resources from one deployment to another, or to other keys of the same one, under both locks."""

    source: Deployment
    destination: Deployment
    moves: Moves
    locks: tuple[Lock, ...]

    def run(self) -> None:
        """Move all that is declared, and nothing if any of it can't be moved."""
        session = self.source.session
        self._check_both()
        selection = self._select()
        if selection.problems:
            raise Refused("\n".join([*selection.problems, "Nothing was moved or deployed."]))
        if not selection.moved and not selection.released:
            return
        left, arrived = self._rewrite(selection)
        if selection.moved:
            self._require_kept(selection, arrived)
        session.check_stop("Stopped before anything was moved.")
        self._record(selection)
        if selection.moved or self._is_within_one:
            self._write(self.destination, arrived, is_new=self._there is None)
        if left is not None:
            self._write(self.source, left, is_new=False)
        for one in selection.moved:
            new = f"{self.destination.domain}.{one.destination.short}"
            self.destination.event(f"moved {self.source.domain}.{one.source.short} to {new} ({one.id})")
        for key in selection.released:
            self.source.event(f"let go of {key.short} ({self._held.inventory[key]}), which {self.destination.id} has")

    @property
    def _is_within_one(self) -> bool:
        return self.source.domain == self.destination.domain

    @cached_property
    def _observed(self) -> dict[str, Observed]:
        return {one.domain: replace(one.observe(), lock_info=None) for one in (self.source, self.destination)}

    @cached_property
    def _held(self) -> StateDocument:
        path = state_path(self.source.session, self.source.domain)
        return StateDocument(self.source.workspace.read(path) or b"", path)

    @cached_property
    def _there(self) -> StateDocument | None:
        path = state_path(self.source.session, self.destination.domain)
        content = self.source.workspace.read(path)
        return None if content is None else StateDocument(content, path)

    def _check_both(self) -> None:
        """Raise `Refused` if either deployment is in no state to be changed."""
        for deployment in (self.source, self.destination):
            observed = self._observed[deployment.domain]
            deployment.check_repository(observed)
            check_state(observed)
            newer = find_newer(deployment, observed)
            if newer is not None:
                raise Refused(
                    f"{deployment.id} has the newer commit {newer[:9]}, so this one moves nothing from or to it. "
                    "Check that commit out, then deploy."
                )
        observed = self._observed[self.source.domain]
        leftovers = () if observed.is_clean else find_leftovers(self.source, observed).all
        if leftovers:
            commit = observed.commits[0][:9] if observed.commits else "the commit before the move"
            lines = "\n".join(f"  {one}" for one in leftovers)
            raise Refused(
                f"An attempt of {self.source.id} did not complete, and left what its state doesn't know:\n{lines}\n"
                f"That would stay behind. Nothing was moved. Check out {commit}, in which they are defined, run "
                f"`{self.source.id.recover_command} --yes` there, then come back and run this again."
            )

    def _select(self) -> Selection:
        self.destination.require_self_contained()
        there = self._defined_in(self.destination)
        here = there if self._is_within_one else self._defined_in(self.source)
        present = self._held if self._is_within_one else self._there
        inventory = present.inventory if present is not None else Inventory()
        pair = self.source.domain, self.destination.domain
        return select_moves(self._held.inventory, inventory, pair, self.moves, (here, there))

    def _defined_in(self, deployment: Deployment) -> frozenset[ResourceKey]:
        """Return the keys that the head defines in a domain, as the CLI sees them; none if the domain is gone."""
        if deployment.domain not in deployment.session.domains:
            return frozenset()
        deployment.progress("looking at what it defines")
        with deployment.stage() as cli:
            return _defined_keys(cli.plan())

    def _rewrite(self, selection: Selection) -> tuple[bytes | None, bytes]:
        """Return the new states: of a move within one deployment, one."""
        if self._is_within_one:
            return None, rename_entries(self._held, selection)
        return move_entries(self._held, self._there, selection, str(uuid.uuid4()))

    def _require_kept(self, selection: Selection, state: bytes) -> None:
        """Raise `Refused` unless a plan with the new state leaves every moved resource what it is."""
        self.destination.progress("planning with what moves")
        with self.destination.stage() as cli:
            cli.seed_state(state)
            plan = cli.plan()
        moved = {one.destination: one for one in selection.moved}
        lost = [one for one in plan.actions if one.key in moved and one.action not in _KEEPING]
        if not lost:
            return
        lines = [f"  {one.action.value.replace('_', ' ')} {one.key.short} ({moved[one.key].id})" for one in lost]
        tied = [one.key for one in lost if one.key.kind in _TIED_TO_FOLDER]
        advice = "Define what moves as it is deployed, with the same name and place: a move changes nothing else."
        if tied:
            line = f"{self.source.domain}.{moved[tied[0]].source.short} -> nowhere"
            advice += (
                f" A dashboard lies in its deployment's folder, so it can't move: with `{line}` in moves.toml it stays in "
                f"{self.source.id} until you approve its deletion there, and {self.destination.id} makes a new one."
            )
        listed = "\n".join(lines)
        raise Refused(
            f"{self.source.id} can't move to {self.destination.id}, since a deploy there would lose what it is:\n{listed}\n"
            f"Nothing was moved or deployed. {advice}"
        )

    def _record(self, selection: Selection) -> None:
        """Write to both records that an attempt has begun, and what moves in it."""
        moved = tuple(
            Moved(one.id, f"{self.source.domain}.{one.source.short}", f"{self.destination.domain}.{one.destination.short}")
            for one in selection.moved
        )
        leaving = {*(one.source for one in selection.moved), *selection.released}
        arriving = {one.destination: one.id for one in selection.moved if one.destination.kind not in TAGGED_KINDS}
        ends = (self.source,) if self._is_within_one else (self.destination, self.source)
        for deployment in ends:
            observed = self._observed[deployment.domain]
            attempt = deployment.new_attempt("deploy", creates=observed.pending_creates)
            record = deployment.begin_record(attempt, observed)
            inventory = dict(record.inventory)
            if deployment is self.source:
                inventory = {key: one for key, one in inventory.items() if key not in leaving}
            if deployment.domain == self.destination.domain:
                inventory |= arriving
            remembered = (*record.moved, *(one for one in moved if one not in record.moved))[-_REMEMBERED:]
            self._check_locks()
            deployment.write_record(replace(record, inventory=Inventory(inventory), moved=remembered))

    def _write(self, deployment: Deployment, content: bytes, *, is_new: bool) -> None:
        self._check_locks()
        path = state_path(deployment.session, deployment.domain)
        if not is_new:
            deployment.workspace.write(path, content)
        elif not deployment.workspace.create(path, content) and deployment.workspace.read(path) != content:
            raise Locked(f"{deployment.id} was deployed meanwhile, by something that doesn't heed its lock. Run it again.")

    def _check_locks(self) -> None:
        for lock in self.locks:
            lock.check()


def _defined_keys(plan: BundlePlan) -> frozenset[ResourceKey]:
    return frozenset(one.key for one in plan.actions if one.action is not ActionKind.DELETE and not one.key.is_child)


# What a run that was ended has left in two states


def _let_go_of_shared(deployment: Deployment) -> None:
    """Take out of a state what another one has too, under one id, unless the head defines it here.

    That is so after a move that was ended between the two states, and whose declaration was taken back since.
    """
    session = deployment.session
    record = read_record(deployment.workspace, deployment.paths.state)
    if not isinstance(record, Record) or record.is_clean or not record.moved:
        return
    for partner in record.partners:
        if not find_place(session, partner) or not _find_shared(session, deployment.domain, partner):
            continue
        domains = sorted((deployment.domain, partner))
        with ExitStack() as stack:
            locks = [stack.enter_context(Deployment(session, domain).lock()) for domain in domains]
            _drop_shared(deployment, partner, locks)


def _find_shared(session: Session, domain: str, partner: str) -> frozenset[ResourceKey]:
    own, theirs = (parse_resources(session.workspace.read(state_path(session, one))).inventory for one in (domain, partner))
    known = {(key.kind, resource_id) for key, resource_id in theirs.resources.items()}
    return frozenset(key for key, resource_id in own.resources.items() if (key.kind, resource_id) in known)


def _drop_shared(deployment: Deployment, partner: str, locks: Collection[Lock]) -> None:
    session = deployment.session
    shared = _find_shared(session, deployment.domain, partner)
    if shared and deployment.domain in session.domains:
        with deployment.stage() as cli:
            shared -= _defined_keys(cli.plan())
    path = state_path(session, deployment.domain)
    content = deployment.workspace.read(path)
    if not shared or content is None:
        return
    state = StateDocument(content, path)
    for lock in locks:
        lock.check()
    deployment.workspace.write(path, drop_entries(state, shared))
    for key in sorted(shared):
        deployment.event(f"let go of {key.short} ({state.inventory[key]}), which {session.id(partner)} has")
