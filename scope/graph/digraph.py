"""The dependency graph, and the ways through it. The only module that imports networkx.

An edge points from a dependent to what it depends on. Edges of base and head stand in one graph, so that what was deleted
still reaches what used it.
"""

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from scope.model import Step

if TYPE_CHECKING:
    import networkx as nx


class Graph:
    """Nodes are texts such as `file:src/common/money.py`, `source:finance.stripe`, `domain:finance`."""

    def __init__(self, edges: Iterable[tuple[str, str, str]], alone: Iterable[str] = ()) -> None:
        """Build the graph from (dependent, dependency, kind) and nodes that may have no edge; the order doesn't matter."""
        self._edges = sorted(set(edges))
        self._alone = sorted(set(alone))

    @cached_property
    def digraph(self) -> "nx.DiGraph[str]":
        """Return the networkx graph; where two nodes have several edges, the kinds are joined by commas."""
        import networkx as nx  # 190 ms that most plans don't need

        graph: nx.DiGraph[str] = nx.DiGraph()
        for dependent, dependency, kind in self._edges:
            known = graph.get_edge_data(dependent, dependency)
            graph.add_edge(dependent, dependency, kind=f"{known['kind']},{kind}" if known else kind)
        graph.add_nodes_from(self._alone)
        return graph

    def shortest_path(self, changed: str, goal: str) -> tuple[Step, ...] | None:
        """Return the shortest way up from a changed node to one that depends on it, without the changed node.

        Of several equally short ones, the same for the same edges. Nothing where there is none.
        """
        import networkx as nx

        graph = self.digraph
        if changed not in graph or goal not in graph:
            return None
        try:
            nodes = nx.shortest_path(graph, goal, changed)[::-1]
        except nx.NetworkXNoPath:
            return None
        return tuple(Step(node=above, edge=graph.edges[above, below]["kind"]) for below, above in pairwise(nodes))

    def blast_radius(self, changed: Iterable[str]) -> frozenset[str]:
        """Return the changed nodes and every node that depends on one, at any distance."""
        import networkx as nx

        found = set(changed) & self.digraph.nodes
        return frozenset(found.union(*(nx.ancestors(self.digraph, node) for node in found)))

    def dependents_by_distance(self, changed: str) -> list[frozenset[str]]:
        """Return a changed node, its direct dependents, theirs, and so on: each node in the layer of its distance."""
        import networkx as nx

        return [frozenset(layer) for layer in nx.bfs_layers(self.digraph.reverse(copy=False), changed)]
