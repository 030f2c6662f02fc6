"""Whom changed paths reach where bundles are left as they are: those whose closure has them, at base or at head."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from scope.graph.bundle_closure import BundleClosure, is_below
from scope.graph.bundle_index import BundleIndex
from scope.graph.digraph import GraphEdge
from scope.graph.nodes import domain_node, file_node, folder_node, target_node
from scope.model import Change, Step
from scope.repository.layout import CONFIG


class BundleTracer:
    """Traces the changes between two trees of a repository with bundles."""

    def __init__(self, base: BundleIndex, head: BundleIndex) -> None:
        """Trace the changes from a base to a head."""
        self._base = base
        self._head = head

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
        reached = {
            (target, domain)
            for side in (self._base, self._head)
            for domain in side.domains
            if self._counts(side, domain, change.path)
            for target in side.targets_of(domain)
        }
        # A target of a bundle's own may come or go with any of its files.
        domains = {domain for _, domain in reached} & set(self._head.domains)
        return reached | {(target, domain) for domain in domains for target in self._head.targets_of(domain)}

    def _counts(self, side: BundleIndex, domain: str, path: str) -> bool:
        if path == CONFIG and not self._settings_are_equal:
            return True
        return side.would_count(domain, path) or path in side.rule_files(domain)

    def is_staged(self, change: Change, target: str, domain: str) -> bool:  # noqa: ARG002  the same in every target
        """Return whether the stage of a deployment holds a changed file."""
        return any(domain in side.domains and side.closure(domain).holds(change.path) for side in (self._base, self._head))

    def find_path(self, change: Change, target: str, domain: str) -> tuple[Step, ...]:  # noqa: ARG002  as above
        """Return the path from a change to a bundle: as a part of it, through the folder that it names, or by a rule."""
        goal = domain_node(domain)
        for side in (self._head, self._base):
            if domain in side.domains and side.closure(domain).holds(change.path):
                return tuple(_steps(side.closure(domain), change.path, goal))
        return (Step(goal, "rule"),)

    def explain(self, change: Change) -> str | None:
        """Return the reason why a change reaches nothing or everything, or None if its causes say enough."""
        if change.path == CONFIG and not self._settings_are_equal:
            return "the settings of scope themselves changed"
        if self.find_reached(change):
            return None
        reach = self._head.rules.own_reach(change.path)
        if reach.why:
            return reach.why
        sides = (self._base, self._head)
        is_narrowed = any(side.closure(domain).holds(change.path) for side in sides for domain in side.domains)
        return "no bundle imports it" if is_narrowed else "no bundle contains it or leads to it"


def _steps(closure: BundleClosure, path: str, goal: str) -> Iterator[Step]:
    if not is_below(path, closure.folder):
        top = max((top for top in closure.named if is_below(path, top)), key=len, default=None)
        if top is not None:
            if top != path:
                yield Step(folder_node(top), "part-of")
            named_by = closure.named[top]
            yield Step(file_node(named_by), "names")
            if not is_below(named_by, closure.folder):
                yield from _steps(closure, named_by, goal)
                return
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
