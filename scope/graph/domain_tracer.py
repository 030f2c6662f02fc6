"""Whom changed paths reach where domains share one bundle: by layout, by rule, or through the graph of shared code."""

from collections.abc import Iterable
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

from scope.graph.closure import DomainIndex
from scope.graph.nodes import domain_node, file_node, source_node, target_node
from scope.graph.shared_code import is_preset
from scope.model import Change, Step
from scope.repository.layout import COMMON, CONFIG, MODELS, Role, is_below_root, place_of, spec_module
from scope.repository.ownership import Owner, Reach

if TYPE_CHECKING:
    from scope.graph.dependents import Dependents


class DomainTracer:
    """Traces the changes between two trees of a repository in this template's layout."""

    def __init__(self, base: DomainIndex, head: DomainIndex, changes: tuple[Change, ...]) -> None:
        """Trace `changes`, the complete difference of `base` and `head`."""
        self._base = base
        self._head = head
        self._shared = {
            change.path
            for change in changes
            # A file in the place of a shared folder has no owner, and yet a stage may hold it.
            if change.path in {COMMON, MODELS}
            or any(owner.reach in {Reach.SHARED, Reach.MODELS} for owner in self._owners(change.path))
        }
        self._changes = changes

    @cached_property
    def _dependents(self) -> "Dependents":
        from scope.graph.dependents import Dependents  # 4 ms, and a change of a domain's own files asks for nobody else

        return Dependents(self._base, self._head, self._shared, self._changes)

    @cached_property
    def _domains(self) -> tuple[str, ...]:
        return tuple(sorted({*self._base.domains, *self._head.domains}))

    @cached_property
    def is_exact(self) -> bool:
        """Return whether what is reached always differs.

        Other rules or packages may move an unchanged path into a closure or out of it.
        """
        return self._base.rules.own == self._head.rules.own and not any(
            self._dependents.data_moved_by(path) for path in self._shared
        )

    def find_reached(self, change: Change) -> set[tuple[str, str]]:
        """Return the deployments that have a changed path in their closure, at base or at head.

        Exactly these differ because of it: the closure of the other side can't hold the same path and content.
        """
        targets, domains = self._head.targets, self._domains
        reached = set(product(targets, self._beyond_owners(change.path)))
        for owner in self._owners(change.path):
            match owner.reach:
                case Reach.NOTHING:
                    continue
                case Reach.TARGET:
                    reached.update(product(owner.names, domains))
                case Reach.EVERYTHING:
                    reached.update(product(targets, domains))
                case Reach.DOMAIN:
                    reached.update(product(targets, set(owner.names) & set(domains)))
                case _:
                    reached.update(product(targets, self._dependents.domain_paths(change.path)))
                    reached.update(product(self._dependents.target_paths(change.path), domains))
        return reached

    def _beyond_owners(self, path: str) -> Iterable[str]:
        """Return the domains that a path reaches whoever owns it, since it makes the domain exist or changes the rules."""
        if path == CONFIG and self._base.rules.own != self._head.rules.own:
            return self._domains
        domain = place_of(path).domain
        return (domain,) if domain in self._come_and_gone and is_below_root(path) else ()

    @cached_property
    def _come_and_gone(self) -> frozenset[str]:
        return frozenset(self._base.domains) ^ frozenset(self._head.domains)

    def _owners(self, path: str) -> frozenset[Owner]:
        return frozenset({self._base.rules.owner(path), self._head.rules.owner(path)})

    def is_staged(self, change: Change, target: str, domain: str) -> bool:
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
