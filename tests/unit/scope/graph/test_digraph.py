"""Ways through the graph."""

from itertools import permutations

from scope.graph.digraph import Graph
from scope.model import Step

# An edge points from a dependent to what it depends on.
EDGES = [
    ("domain:a", "file:x", "part-of"),
    ("file:x", "file:y", "imports"),
    ("file:y", "file:z", "imports"),
    ("file:z", "file:y", "imports"),
    ("domain:a", "file:w", "part-of"),
    ("file:w", "file:z", "path"),
    ("domain:b", "file:q", "part-of"),
]


def test_the_way_is_the_shortest_one_up_and_leaves_out_where_it_starts() -> None:
    assert Graph(EDGES).shortest_path("file:z", "domain:a") == (Step("file:w", "path"), Step("domain:a", "part-of"))


def test_there_is_no_way_where_nothing_depends() -> None:
    graph = Graph(EDGES)
    assert graph.shortest_path("file:z", "domain:b") is None
    assert graph.shortest_path("file:unknown", "domain:a") is None
    assert graph.shortest_path("file:q", "domain:unknown") is None


def test_the_order_of_the_edges_changes_nothing() -> None:
    double = [("domain:a", "file:x", "part-of"), ("domain:a", "file:y", "part-of"), ("file:x", "file:z", "imports")]
    double += [("file:y", "file:z", "imports"), ("file:x", "file:z", "path")]
    ways = {Graph(edges).shortest_path("file:z", "domain:a") for edges in permutations(double)}
    assert ways == {(Step("file:x", "imports,path"), Step("domain:a", "part-of"))}


def test_a_cycle_is_reached_as_a_whole() -> None:
    assert Graph(EDGES).blast_radius(["file:y"]) == {"file:x", "file:y", "file:z", "file:w", "domain:a"}


def test_a_changed_node_without_dependents_reaches_itself_only() -> None:
    graph = Graph(EDGES, alone=["file:new"])
    assert graph.blast_radius(["file:new"]) == {"file:new"}
    assert graph.dependents_by_distance("file:new") == [frozenset({"file:new"})]
    assert graph.blast_radius(["file:unknown"]) == frozenset()


def test_layers_are_the_nodes_by_their_distance() -> None:
    assert Graph(EDGES).dependents_by_distance("file:z") == [
        {"file:z"},
        {"file:y", "file:w"},
        {"file:x", "domain:a"},
    ]
