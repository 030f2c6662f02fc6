"""Paths from a changed file up to what depends on it, compared with those of networkx."""

from itertools import permutations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from scope.graph.dependent_paths import DependentPaths
from scope.graph.shared_code import Edge
from scope.model import Step

# An edge points from a dependent to what it depends on.
EDGES = [
    Edge("a", "x", "path"),
    Edge("x", "y", "imports"),
    Edge("y", "z", "imports"),
    Edge("z", "y", "imports"),
    Edge("a", "w", "imports"),
    Edge("w", "z", "path"),
    Edge("b", "q", "imports"),
]
files = st.sampled_from("abcdefgh")
graphs = st.lists(st.builds(Edge, files, files, st.sampled_from(["imports", "path"])), max_size=25)


def test_the_path_is_the_shortest_one_up_and_leaves_out_where_it_starts() -> None:
    paths = DependentPaths(EDGES)
    assert paths.shortest_path("z", "a") == (Step("file:w", "path"), Step("file:a", "imports"))
    assert paths.shortest_path("z", "z") == ()


def test_there_is_no_path_where_nothing_depends() -> None:
    paths = DependentPaths(EDGES)
    assert paths.shortest_path("z", "b") is None
    assert paths.shortest_path("unknown", "a") is None
    assert paths.shortest_path("q", "unknown") is None


def test_of_equal_paths_the_first_from_the_change_on_is_chosen() -> None:
    above = {"goal": "b1", "b1": "a2", "a2": "z"}, {"goal": "b2", "b2": "a1", "a1": "z"}
    edges = [Edge(one, other, "x") for path in above for one, other in path.items()]
    steps = Step("file:a1", "x"), Step("file:b2", "x"), Step("file:goal", "x")
    assert DependentPaths(edges).shortest_path("z", "goal") == steps


def test_the_order_of_the_edges_changes_nothing() -> None:
    double = [Edge("a", "x", "path"), Edge("a", "y", "path"), Edge("x", "z", "imports")]
    double += [Edge("y", "z", "imports"), Edge("x", "z", "path")]
    paths = {DependentPaths(edges).shortest_path("z", "a") for edges in permutations(double)}
    assert paths == {(Step("file:x", "imports,path"), Step("file:a", "path"))}


def test_a_file_that_is_no_text_is_written_as_in_a_manifest() -> None:
    assert DependentPaths([Edge("a\udcff", "z", "path")]).shortest_path("z", "a\udcff") == (Step('file:"a\\377"', "path"),)


def test_a_changed_file_without_dependents_is_alone_in_its_layers() -> None:
    assert DependentPaths(EDGES).layers("new") == [frozenset({"new"})]


def test_layers_are_the_files_by_their_distance() -> None:
    assert DependentPaths(EDGES).layers("z") == [{"z"}, {"y", "w"}, {"x", "a"}]


@given(graphs, files)
def test_layers_are_those_of_networkx(edges: list[Edge], changed: str) -> None:
    dependents = _dependents(edges, changed)
    assert DependentPaths(edges).layers(changed) == [set(layer) for layer in nx.bfs_layers(dependents, changed)]


@given(graphs, files, files)
def test_a_path_is_the_first_of_those_that_networkx_finds(edges: list[Edge], changed: str, goal: str) -> None:
    dependents = _dependents(edges, changed)
    reached = goal in dependents and nx.has_path(dependents, changed, goal)
    expected = min(nx.all_shortest_paths(dependents, changed, goal))[1:] if reached else None
    path = DependentPaths(edges).shortest_path(changed, goal)
    assert (None if path is None else [step.node.removeprefix("file:") for step in path]) == expected


@given(graphs, files, files)
def test_each_step_of_a_path_names_all_kinds_of_its_edges(edges: list[Edge], changed: str, goal: str) -> None:
    below = changed
    for step in DependentPaths(edges).shortest_path(changed, goal) or ():
        above = step.node.removeprefix("file:")
        kinds = {edge.kind for edge in edges if (edge.dependent, edge.dependency) == (above, below)}
        assert step.edge == ",".join(sorted(kinds))
        below = above


def _dependents(edges: list[Edge], changed: str) -> "nx.DiGraph[str]":
    """Return the graph with its edges turned around, as a change goes through it."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from((edge.dependency, edge.dependent) for edge in edges)
    graph.add_node(changed)
    return graph
