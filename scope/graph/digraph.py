"""The dependency graph, and the shortest paths through it. The only module that imports networkx.

An edge points from a dependent to its dependency. One graph holds the edges of base and head, so that a deleted file still
reaches its former dependents.
"""

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from scope.model import Step

if TYPE_CHECKING:
    import networkx as nx

# Dependent, dependency, kind.
GraphEdge = tuple[str, str, str]


class Graph:
    """A directed graph whose nodes are named as `nodes` names them, such as `file:src/common/money.py`."""

    def __init__(self, edges: Iterable[GraphEdge], alone: Iterable[str] = ()) -> None:
        """Build the graph from edges (dependent, dependency, kind), in any order, and nodes that may have no edge."""
        self._edges = sorted(set(edges))
        self._alone = sorted(set(alone))

    @cached_property
    def digraph(self) -> "nx.DiGraph[str]":
        """Return the networkx graph; several edges between two nodes become one, their kinds joined by commas."""
        import networkx as nx  # 190 ms that most plans don't need

        graph: nx.DiGraph[str] = nx.DiGraph()
        for dependent, dependency, kind in self._edges:
            known = graph.get_edge_data(dependent, dependency)
            graph.add_edge(dependent, dependency, kind=f"{known['kind']},{kind}" if known else kind)
        graph.add_nodes_from(self._alone)
        return graph

    def shortest_path(self, changed: str, goal: str) -> tuple[Step, ...] | None:
        """Return the shortest path from a changed node to a dependent, without the changed node, or None if there is none.

        Among paths of one length, the choice depends on the edges alone.
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

        starts = set(changed) & self.digraph.nodes
        return frozenset(starts.union(*(nx.ancestors(self.digraph, node) for node in starts)))

    def dependents_by_distance(self, changed: str) -> list[frozenset[str]]:
        """Return the changed node and its dependents in layers, one for each distance from the changed node."""
        import networkx as nx

        return [frozenset(layer) for layer in nx.bfs_layers(self.digraph.reverse(copy=False), changed)]
