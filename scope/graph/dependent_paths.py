"""From a changed file up to its dependents: how far each one is, and the shortest path to it.

Without networkx, which takes longer to import than the rest of a plan together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from scope.graph.nodes import file_node
from scope.graph.shared_code import Edge
from scope.model import Step


class DependentPaths:
    """The edges between some files, walked from dependencies to dependents."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        """Take edges in any order; of several between two files, a step names all kinds."""
        self._kinds: dict[tuple[str, str], str] = {}
        self._dependents: dict[str, list[str]] = defaultdict(list)
        for dependent, dependency, kind in sorted({(edge.dependent, edge.dependency, edge.kind) for edge in edges}):
            known = self._kinds.get((dependent, dependency))
            if known is None:
                self._dependents[dependency].append(dependent)
            self._kinds[dependent, dependency] = kind if known is None else f"{known},{kind}"
        self._walks: dict[str, tuple[list[frozenset[str]], Mapping[str, str]]] = {}

    def layers(self, changed: str) -> list[frozenset[str]]:
        """Return the changed file, and after it its dependents in layers, one for each distance from it."""
        return self._walk(changed)[0]

    def shortest_path(self, changed: str, goal: str) -> tuple[Step, ...] | None:
        """Return the shortest path from a changed file to a dependent, without the changed file, or None if there is none.

        Of several, it is the one whose files come first by path, compared from the changed file on.
        """
        below = self._walk(changed)[1]
        if goal not in below:
            return None
        steps: list[Step] = []
        while goal != changed:
            steps.append(Step(file_node(goal), self._kinds[goal, below[goal]]))
            goal = below[goal]
        return tuple(reversed(steps))

    def _walk(self, changed: str) -> tuple[list[frozenset[str]], Mapping[str, str]]:
        """Return the layers, and for each file in them the one before it on its path; the changed file is its own."""
        if changed not in self._walks:
            below = {changed: changed}
            layers: list[frozenset[str]] = []
            # A layer's files are in the order of their paths, so the first to arrive at a file is the one that counts.
            layer = [changed]
            while layer:
                layers.append(frozenset(layer))
                above: list[str] = []
                for file in layer:
                    for dependent in self._dependents.get(file, ()):
                        if dependent not in below:
                            below[dependent] = file
                            above.append(dependent)
                layer = above
            self._walks[changed] = (layers, below)
        return self._walks[changed]
