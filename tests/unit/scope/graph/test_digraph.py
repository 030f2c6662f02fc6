"""What a change reaches in the graph."""

from scope.graph.digraph import Graph

# An edge points from a dependent to what it depends on.
EDGES = [
    ("domain:a", "file:x", "part-of"),
    ("file:x", "file:y", "imports"),
    ("file:y", "file:z", "imports"),
    ("file:z", "file:y", "imports"),
    ("domain:b", "file:q", "part-of"),
]


def test_a_cycle_is_reached_as_a_whole() -> None:
    assert Graph(EDGES).blast_radius(["file:y"]) == {"file:x", "file:y", "file:z", "domain:a"}


def test_a_changed_node_that_no_edge_names_reaches_nothing() -> None:
    assert Graph(EDGES).blast_radius(["file:unknown"]) == frozenset()
