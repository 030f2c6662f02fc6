"""The dependency graph as networkx has it. The only module that imports networkx.

An edge points from a dependent to its dependency. One graph holds the edges of base and head, so that a deleted file still
reaches its former dependents.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx

# Dependent, dependency, kind.
GraphEdge = tuple[str, str, str]


class Graph:
    """A directed graph whose nodes are named as `nodes` names them, such as `file:src/common/money.py`."""

    def __init__(self, edges: Iterable[GraphEdge]) -> None:
        """Build the graph from edges, in any order."""
        self._edges = sorted(set(edges))

    @cached_property
    def digraph(self) -> "nx.DiGraph[str]":
        """Return the networkx graph; several edges between two nodes become one."""
        import networkx as nx  # 190 ms, and only pictures need it

        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_edges_from((dependent, dependency) for dependent, dependency, _ in self._edges)
        return graph

    def blast_radius(self, changed: Iterable[str]) -> frozenset[str]:
        """Return the changed nodes and every node that depends on one, at any distance."""
        import networkx as nx

        starts = set(changed) & self.digraph.nodes
        return frozenset(starts.union(*(nx.ancestors(self.digraph, node) for node in starts)))
