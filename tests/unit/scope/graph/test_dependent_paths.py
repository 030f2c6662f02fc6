"""Paths from a changed file up to what depends on it, compared with those of networkx."""

from itertools import permutations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from scope.graph.dependent_paths import DependentPaths
from scope.graph.digraph import GraphEdge
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
nodes = st.sampled_from("abcdefgh")
graphs = st.lists(st.tuples(nodes, nodes, st.sampled_from(["imports", "path"])), max_size=25)


def test_the_path_is_the_shortest_one_up_and_leaves_out_where_it_starts() -> None:
    paths = DependentPaths(EDGES)
    assert paths.shortest_path("file:z", "domain:a") == (Step("file:w", "path"), Step("domain:a", "part-of"))
    assert paths.shortest_path("file:z", "file:z") == ()


def test_there_is_no_path_where_nothing_depends() -> None:
    paths = DependentPaths(EDGES)
    assert paths.shortest_path("file:z", "domain:b") is None
    assert paths.shortest_path("file:unknown", "domain:a") is None
    assert paths.shortest_path("file:q", "domain:unknown") is None


def test_of_equal_paths_the_first_by_name_from_the_change_on_is_chosen() -> None:
    above = {"goal": "b1", "b1": "a2", "a2": "z"}, {"goal": "b2", "b2": "a1", "a1": "z"}
    edges = [(one, other, "x") for path in above for one, other in path.items()]
    assert DependentPaths(edges).shortest_path("z", "goal") == (Step("a1", "x"), Step("b2", "x"), Step("goal", "x"))


def test_the_order_of_the_edges_changes_nothing() -> None:
    double = [("domain:a", "file:x", "part-of"), ("domain:a", "file:y", "part-of"), ("file:x", "file:z", "imports")]
    double += [("file:y", "file:z", "imports"), ("file:x", "file:z", "path")]
    paths = {DependentPaths(edges).shortest_path("file:z", "domain:a") for edges in permutations(double)}
    assert paths == {(Step("file:x", "imports,path"), Step("domain:a", "part-of"))}


def test_a_changed_node_without_dependents_is_alone_in_its_layers() -> None:
    assert DependentPaths(EDGES).layers("file:new") == [frozenset({"file:new"})]


def test_layers_are_the_nodes_by_their_distance() -> None:
    assert DependentPaths(EDGES).layers("file:z") == [{"file:z"}, {"file:y", "file:w"}, {"file:x", "domain:a"}]


@given(graphs, nodes)
def test_layers_are_those_of_networkx(edges: list[GraphEdge], changed: str) -> None:
    dependents = _dependents(edges, changed)
    assert DependentPaths(edges).layers(changed) == [set(layer) for layer in nx.bfs_layers(dependents, changed)]


@given(graphs, nodes, nodes)
def test_a_path_is_the_first_of_those_that_networkx_finds(edges: list[GraphEdge], changed: str, goal: str) -> None:
    dependents = _dependents(edges, changed)
    reached = goal in dependents and nx.has_path(dependents, changed, goal)
    expected = min(nx.all_shortest_paths(dependents, changed, goal))[1:] if reached else None
    path = DependentPaths(edges).shortest_path(changed, goal)
    assert (None if path is None else [step.node for step in path]) == expected


@given(graphs, nodes, nodes)
def test_each_step_of_a_path_names_all_kinds_of_its_edges(edges: list[GraphEdge], changed: str, goal: str) -> None:
    steps = DependentPaths(edges).shortest_path(changed, goal) or ()
    for below, step in zip([changed, *(step.node for step in steps)], steps, strict=False):
        assert step.edge == ",".join(sorted({kind for one, other, kind in edges if (one, other) == (step.node, below)}))


def _dependents(edges: list[GraphEdge], changed: str) -> "nx.DiGraph[str]":
    """Return the graph with its edges turned around, as a change goes through it."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from((dependency, dependent) for dependent, dependency, _ in edges)
    graph.add_node(changed)
    return graph
