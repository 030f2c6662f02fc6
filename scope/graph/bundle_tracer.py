"""Whom changed paths reach where bundles are left as they are: those whose closure has them, at base or at head."""

import posixpath
from collections.abc import Iterable, Iterator
from functools import cached_property

from scope.graph.bundle_closure import BundleClosure
from scope.graph.bundle_index import BundleIndex
from scope.graph.digraph import GraphEdge
from scope.graph.nodes import domain_node, file_node, folder_node, target_node
from scope.model import Change, Step
from scope.repository.folders import is_below
from scope.repository.ignore_rules import IGNORE_FILE
from scope.repository.layout import CONFIG


class BundleTracer:
    """Traces the changes between two trees of a repository with bundles."""

    def __init__(self, base: BundleIndex, head: BundleIndex) -> None:
        """Trace the changes from a base to a head; with one index as both, what changes of its paths would reach."""
        self._base = base
        self._head = head
        self._is_supposed = base is head

    @cached_property
    def is_exact(self) -> bool:
        """Return whether what is reached always differs: other settings may move an unchanged path in or out."""
        return self._settings_are_equal

    @cached_property
    def _settings_are_equal(self) -> bool:
        one, other = self._base.rules, self._head.rules
        return (one.own, one.bundles, one.narrow) == (other.own, other.bundles, other.narrow)

    def find_reached(self, change: Change) -> set[tuple[str, str]]:
        """Return the deployments that have a changed path in their closure, at base or at head."""
        # A target of a bundle's own may come or go with any of its files.
        return {
            (target, domain)
            for domain in self._domains
            if self._is_reached(change, domain)
            for side in self._sides_with(domain)
            for target in side.targets_of(domain)
        }

    @cached_property
    def _domains(self) -> tuple[str, ...]:
        return tuple(sorted({*self._base.domains, *self._head.domains}))

    def _sides_with(self, domain: str) -> tuple[BundleIndex, ...]:
        return tuple(side for side in (self._base, self._head) if domain in side.bundles)

    @cached_property
    def _differing(self) -> frozenset[str]:
        """Return the bundles that may differ by more than a rule."""
        return frozenset(
            domain for domain in self._domains if self._is_supposed or not self._head.is_same_in(self._base, domain)
        )

    def _is_reached(self, change: Change, domain: str) -> bool:
        if change.path == CONFIG and not self._settings_are_equal:
            return True
        sides = self._sides_with(domain)
        return (
            any(side.is_rule_file(domain, change.path) for side in sides)
            or (domain in self._differing and any(change.path in side.counted(domain) for side in sides))
            or (self._is_supposed and self._head.would_count(domain, change.path))
            or self._decides(change, domain)
        )

    def _decides(self, change: Change, domain: str) -> bool:
        """Return whether a file that isn't a part of a bundle may have changed which files are, and any did change."""
        if domain not in self._differing:
            return False
        return self._has_say(change, domain) and self._base.digest(domain) != self._head.digest(domain)

    def _has_say(self, change: Change, domain: str) -> bool:
        return posixpath.basename(change.path) == IGNORE_FILE or any(
            change.path in side.closure(domain).consulted for side in self._sides_with(domain)
        )

    def is_staged(self, change: Change, target: str, domain: str) -> bool:  # noqa: ARG002  the same in every target
        """Return whether the stage of a deployment holds a changed file, or holds others because of it."""
        sides = self._sides_with(domain)
        return any(change.path in side.closure(domain).files for side in sides) or not any(
            side.is_rule_file(domain, change.path) for side in sides
        )

    def find_path(self, change: Change, target: str, domain: str) -> tuple[Step, ...]:  # noqa: ARG002  as above
        """Return the path from a change to a bundle: as a part of it, through the folder that it names, or by a rule."""
        goal = domain_node(domain)
        for side in reversed(self._sides_with(domain)):
            is_part = change.path in side.closure(domain).files
            if is_part or (self._is_supposed and side.would_count(domain, change.path)):
                return tuple(_steps(side.closure(domain), change.path, goal))
        return (Step(goal, "part-of" if self._decides(change, domain) else "rule"),)

    def explain(self, change: Change) -> str | None:
        """Return the reason why a change reaches nothing or everything, or None if its causes say enough."""
        if change.path == CONFIG and not self._settings_are_equal:
            return "the settings of scope themselves changed"
        if self.find_reached(change):
            return None
        reach = self._head.rules.own_reach(change.path)
        if reach.why:
            return reach.why
        if self._is_supposed and any(self._has_say(change, domain) for domain in self._domains):
            return "it isn't uploaded, though it may say what is; `scope plan` shows what a change does"
        is_narrowed = any(
            change.path in side.closure(domain).files for domain in self._differing for side in self._sides_with(domain)
        )
        return "no bundle imports it" if is_narrowed else "no bundle contains it or leads to it"


def _steps(closure: BundleClosure, path: str, goal: str) -> Iterator[Step]:
    tops = list(closure.named)
    # Each place was named from the folder or from a place before it, though files may name each other.
    while not is_below(path, closure.folder):
        number = next((number for number, top in enumerate(tops) if is_below(path, top)), None)
        if number is None:
            break
        if tops[number] != path:
            yield Step(folder_node(tops[number]), "part-of")
        path = closure.named[tops[number]]
        yield Step(file_node(path), "names")
        del tops[number:]
    yield Step(goal, "part-of")


def list_bundle_edges(index: BundleIndex, domains: Iterable[str] | None = None) -> frozenset[GraphEdge]:
    """Return the edges of some bundles, or of all: bundle → file → what the file leads to outside; bundle → target."""
    edges: set[GraphEdge] = set()
    for domain in index.domains if domains is None else domains:
        closure, goal = index.closure(domain), domain_node(domain)
        edges.update((goal, target_node(target), "deployed-to") for target in index.targets_of(domain))
        edges.update((goal, file_node(path), "rule") for path in index.rule_files(domain))
        for path in index.counted(domain):
            below = file_node(path)
            for step in _steps(closure, path, goal):
                edges.add((step.node, below, step.edge))
                below = step.node
    return frozenset(edges)
