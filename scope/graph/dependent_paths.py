"""From a changed file up to its dependents: how far each one is, and the shortest path to it.

Without networkx, which takes longer to import than the rest of a plan together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from scope.graph.digraph import GraphEdge
from scope.model import Step


class DependentPaths:
    """A directed graph, walked from dependencies to dependents. Nodes are named as `nodes` names them."""

    def __init__(self, edges: Iterable[GraphEdge]) -> None:
        """Take edges (dependent, dependency, kind), in any order; of several between two nodes, a step names all kinds."""
        self._kinds: dict[tuple[str, str], str] = {}
        self._dependents: dict[str, list[str]] = defaultdict(list)
        for dependent, dependency, kind in sorted(set(edges)):
            known = self._kinds.get((dependent, dependency))
            if known is None:
                self._dependents[dependency].append(dependent)
            self._kinds[dependent, dependency] = kind if known is None else f"{known},{kind}"
        self._walks: dict[str, tuple[list[frozenset[str]], Mapping[str, str]]] = {}

    def layers(self, changed: str) -> list[frozenset[str]]:
        """Return the changed node, and after it its dependents in layers, one for each distance from it."""
        return self._walk(changed)[0]

    def shortest_path(self, changed: str, goal: str) -> tuple[Step, ...] | None:
        """Return the shortest path from a changed node to a dependent, without the changed node, or None if there is none.

        Of several, it is the one whose nodes come first by name, compared from the changed node on.
        """
        below = self._walk(changed)[1]
        if goal not in below:
            return None
        steps: list[Step] = []
        while goal != changed:
            steps.append(Step(node=goal, edge=self._kinds[goal, below[goal]]))
            goal = below[goal]
        return tuple(reversed(steps))

    def _walk(self, changed: str) -> tuple[list[frozenset[str]], Mapping[str, str]]:
        """Return the layers, and for each node in them the one before it on its path; the changed node is its own."""
        if changed not in self._walks:
            below = {changed: changed}
            layers: list[frozenset[str]] = []
            # A layer's nodes are in the order of their paths, so the first to arrive at a node is the one that counts.
            layer = [changed]
            while layer:
                layers.append(frozenset(layer))
                above: list[str] = []
                for node in layer:
                    for dependent in self._dependents.get(node, ()):
                        if dependent not in below:
                            below[dependent] = node
                            above.append(dependent)
                layer = above
            self._walks[changed] = (layers, below)
        return self._walks[changed]
