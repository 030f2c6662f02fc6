"""From changes to the deployments that they reach, each with its causes.

The set is *defined* by fingerprints: it holds the deployments whose closure differs between base and head. A closure differs
exactly if a changed path is in the closure of one side, so the changes find the set without computing a fingerprint.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from scope.graph.index import DeploymentIndex
from scope.graph.layouts import trace
from scope.model import Action, Because, Change, Status, Step


class Impacted(NamedTuple):
    """A deployment whose fingerprint differs, with every changed path that makes it differ."""

    target: str
    domain: str
    action: Action
    because: Because
    causes: tuple[tuple[Change, tuple[Step, ...]], ...]


class Impact(NamedTuple):
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
        self._tracer = trace(base, head, changes)

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
        if not self._tracer.is_exact:
            pairs = [pair for pair in pairs if self._base.fingerprint(*pair) != self._head.fingerprint(*pair)]
        impacted = tuple(self._describe(target, domain, reached[target, domain]) for target, domain in pairs)
        return Impact(impacted, {change.path: self.explain(change) for change in self._changes})

    def find_reached(self, change: Change) -> set[tuple[str, str]]:
        """Return the deployments, target and domain, that have a changed path in their closure, at base or at head."""
        if _is_mode_only(change):
            return set()
        return {
            (target, domain)
            for target, domain in self._tracer.find_reached(change)
            if target in self._head.targets and self._exists(target, domain)
        }

    def _exists(self, target: str, domain: str) -> bool:
        """Return whether a deployment exists at base or at head: a new target never had a domain that was deleted before."""
        return any(domain in side.domains_in(target) for side in (self._base, self._head))

    def _describe(self, target: str, domain: str, changes: list[Change]) -> Impacted:
        action: Action = "deploy"
        because: Because = "changed"
        if domain not in self._head.domains_in(target):
            action, because = "destroy", "removed"
        elif domain not in self._base.domains_in(target):
            because = "first-deploy"
        elif not any(self._tracer.is_staged(change, target, domain) for change in changes):
            because = "rule"
        return Impacted(
            target, domain, action, because, tuple((change, self.find_path(change, target, domain)) for change in changes)
        )

    def find_path(self, change: Change, target: str, domain: str) -> tuple[Step, ...]:
        """Return the path from a change to a deployment that it reaches."""
        return self._tracer.find_path(change, target, domain)

    def explain(self, change: Change) -> str | None:
        """Return the reason why a change reaches nothing or everything, or None if its causes say enough."""
        if _is_mode_only(change):
            return "only the executable bit differs, which neither a stage nor the workspace keeps"
        return self._tracer.explain(change)


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
