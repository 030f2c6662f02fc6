"""From changes to the deployments that they reach, each with its causes.

The set is *defined* by fingerprints: it holds the deployments whose closure differs between base and head. A closure differs
exactly if a changed path is in the closure of one side, so the changes find the set without computing a fingerprint.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from scope.graph.closure import DeploymentIndex
from scope.graph.dependents import Dependents
from scope.graph.nodes import domain_node, file_node, source_node, target_node
from scope.graph.shared_code import is_preset
from scope.model import Action, Because, Change, Status, Step
from scope.repository.layout import COMMON, CONFIG, MODELS, Role, is_below_root, place_of, spec_module
from scope.repository.ownership import Owner, Reach


@dataclass(frozen=True, slots=True)
class Impacted:
    """A deployment whose fingerprint differs, with every changed path that makes it differ."""

    target: str
    domain: str
    action: Action
    because: Because
    causes: tuple[tuple[Change, tuple[Step, ...]], ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """The deployments that changes reach, and by changed path the reason why it reaches nothing or everything."""

    impacted: tuple[Impacted, ...]
    reasons: Mapping[str, str | None]


class ImpactAnalysis:
    """Finds the deployments that the changes between two trees of a repository reach."""

    def __init__(self, base: DeploymentIndex, head: DeploymentIndex, changes: tuple[Change, ...]) -> None:
        """Analyze `changes`, the complete difference of `base` and `head`."""
        self._base = base
        self._head = head
        self._changes = changes
        self._shared = {
            change.path
            for change in changes
            # A file in the place of a shared folder has no owner, and yet a stage may hold it.
            if change.path in {COMMON, MODELS}
            or any(owner.reach in {Reach.SHARED, Reach.MODELS} for owner in self._owners(change.path))
        }
        self._dependents = Dependents(base, head, self._shared, changes)

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """Return the domains of base and head, sorted."""
        return tuple(sorted({*self._base.domains, *self._head.domains}))

    def find_impact(self, targets: Iterable[str] | None = None, domains: Iterable[str] | None = None) -> Impact:
        """Return the deployments that differ, of some targets and domains or of all, sorted by target and domain.

        Targets are the head's: nothing can be deployed to one that was deleted.
        """
        wanted_targets = self._head.targets if targets is None else tuple(targets)
        wanted_domains = self.domains if domains is None else tuple(domains)
        reached: dict[tuple[str, str], list[Change]] = defaultdict(list)
        for change in self._changes:
            for target, domain in self.find_reached(change):
                if target in wanted_targets and domain in wanted_domains:
                    reached[target, domain].append(change)
        pairs = sorted(reached)
        if self._base.rules.own != self._head.rules.own or any(map(self._dependents.data_moved_by, self._shared)):
            # Other rules or packages may move an unchanged path into a closure or out of it: only fingerprints can tell.
            pairs = [pair for pair in pairs if self._base.fingerprint(*pair) != self._head.fingerprint(*pair)]
        impacted = tuple(self._describe(target, domain, reached[target, domain]) for target, domain in pairs)
        return Impact(impacted, {change.path: self.explain(change) for change in self._changes})

    def find_reached(self, change: Change) -> set[tuple[str, str]]:
        """Return the deployments that have a changed path in their closure, at base or at head.

        Exactly these differ because of it: the closure of the other side can't hold the same path and content.
        """
        if _is_mode_only(change):
            return set()
        reached = set(product(self._head.targets, self._beyond_owners(change.path)))
        for owner in self._owners(change.path):
            match owner.reach:
                case Reach.NOTHING:
                    continue
                case Reach.TARGET:
                    reached.update(product(owner.names, self.domains))
                case Reach.EVERYTHING:
                    reached.update(product(self._head.targets, self.domains))
                case Reach.DOMAIN:
                    reached.update(product(self._head.targets, set(owner.names) & set(self.domains)))
                case _:
                    reached.update(product(self._head.targets, self._dependents.domain_paths(change.path)))
                    reached.update(product(self._dependents.target_paths(change.path), self.domains))
        return {
            (target, domain) for target, domain in reached if target in self._head.targets and self._exists(target, domain)
        }

    def _exists(self, target: str, domain: str) -> bool:
        """Return whether a deployment exists at base or at head: a new target never had a domain that was deleted before."""
        return any(target in side.targets and domain in side.domains for side in (self._base, self._head))

    def _beyond_owners(self, path: str) -> Iterable[str]:
        """Return the domains that a path reaches whoever owns it, since it makes the domain exist or changes the rules."""
        if path == CONFIG and self._base.rules.own != self._head.rules.own:
            return self.domains
        domain = place_of(path).domain
        return (domain,) if domain in self._come_and_gone and is_below_root(path) else ()

    @cached_property
    def _come_and_gone(self) -> frozenset[str]:
        return frozenset(self._base.domains) ^ frozenset(self._head.domains)

    def _owners(self, path: str) -> frozenset[Owner]:
        return frozenset({self._base.rules.owner(path), self._head.rules.owner(path)})

    def _describe(self, target: str, domain: str, changes: list[Change]) -> Impacted:
        action: Action = "deploy"
        because: Because = "changed"
        if domain not in self._head.domains:
            action, because = "destroy", "removed"
        elif domain not in self._base.domains or target not in self._base.targets:
            because = "first-deploy"
        elif not any(self._is_staged(change, target, domain) for change in changes):
            because = "rule"
        return Impacted(
            target, domain, action, because, tuple((change, self.find_path(change, target, domain)) for change in changes)
        )

    def _is_staged(self, change: Change, target: str, domain: str) -> bool:
        """Return whether the stage of a deployment holds a changed file that reaches the deployment."""
        path = change.path
        if is_preset(path):
            return any(path in side.shared_files(domain) for side in (self._base, self._head))
        return (
            any(owner.is_staged for owner in self._owners(path))
            or domain in self._dependents.domain_paths(path)
            or target in self._dependents.target_paths(path)
        )

    def find_path(self, change: Change, target: str, domain: str) -> tuple[Step, ...]:
        """Return the path from a change to a deployment that it reaches: by layout or rule, else through the graph."""
        for owner in sorted(self._owners(change.path), key=lambda owner: owner.reach):
            match owner.reach:
                case Reach.EVERYTHING:
                    return (Step(domain_node(domain), "part-of" if owner.is_staged else "rule"),)
                case Reach.TARGET:
                    return (Step(target_node(target), "configures"), Step(domain_node(domain), "part-of"))
                case Reach.DOMAIN if domain in owner.names:
                    return self._find_path_by_layout(change.path, domain, owner)
                case _:
                    continue
        if domain in self._dependents.domain_paths(change.path):
            return self._dependents.domain_paths(change.path)[domain]
        if target in self._dependents.target_paths(change.path):
            return (*self._dependents.target_paths(change.path)[target], Step(domain_node(domain), "part-of"))
        return (Step(domain_node(domain), "rule" if change.path == CONFIG else "part-of"),)

    def _find_path_by_layout(self, path: str, domain: str, owner: Owner) -> tuple[Step, ...]:
        place = place_of(path)
        goal = Step(domain_node(domain), "part-of")
        if place.role is Role.SETTINGS:
            return (Step(domain_node(domain), "settings"),)
        if place.source is None:
            return (goal,) if owner.is_staged else (Step(domain_node(domain), "rule"),)
        source = Step(source_node(domain, place.source), "part-of")
        module = spec_module(path)
        return (source, goal) if module is None else (Step(file_node(module), "generated-from"), source, goal)

    def explain(self, change: Change) -> str | None:
        """Return the reason why a change reaches nothing or everything, or None if its causes say enough."""
        if _is_mode_only(change):
            return "only the executable bit differs, which neither a stage nor the workspace keeps"
        owners = self._owners(change.path)
        if self._beyond_owners(change.path):
            return "the rules themselves changed" if change.path == CONFIG else None
        if all(owner.reach is Reach.NOTHING for owner in owners):
            return " / ".join(sorted({owner.why for owner in owners}))
        if any(owner.reach is Reach.EVERYTHING for owner in owners):
            return " / ".join(sorted({owner.why for owner in owners if owner.reach is Reach.EVERYTHING}))
        is_shared = any(owner.reach in {Reach.SHARED, Reach.MODELS} for owner in owners)
        if is_shared and not self._dependents.domain_paths(change.path) and not self._dependents.target_paths(change.path):
            return "no domain uses it"
        return None


def find_moves(changes: Iterable[Change]) -> Mapping[str, str]:
    """Return by deleted path the added path with the same content; the first one, if there are several."""
    added: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        if change.status is Status.ADDED and change.after is not None:
            added[change.after.oid].append(change.path)
    moves: dict[str, str] = {}
    for change in changes:
        if change.status is Status.DELETED and change.before is not None and added[change.before.oid]:
            moves[change.path] = added[change.before.oid].pop(0)
    return moves


def _is_mode_only(change: Change) -> bool:
    return change.before == change.after
