"""The picture of an impact or of the whole graph, folded until a person can read it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scope.graph.digraph import Graph
from scope.graph.edges import GraphEdge
from scope.graph.nodes import domain_node, file_of, node_kind, source_node, source_of_table, split_node, written_file_node
from scope.repository.layout import Place, Role, place_of

# A drawing of more nodes is unreadable.
READABLE = 60


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """One node of a picture: its name in the graph, its kind, and whether it is a changed file."""

    id: str
    kind: str
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Nodes and edges, sorted. `folded` says what was drawn as one node, in the order of folding."""

    nodes: tuple[Node, ...]
    edges: tuple[GraphEdge, ...]
    folded: tuple[str, ...] = ()


def draw_picture(edges: Iterable[GraphEdge], changed: frozenset[str] = frozenset(), limit: int | None = READABLE) -> Picture:
    """Return the picture of a graph, or of `changed` nodes and their dependents only.

    Beyond `limit` nodes, tooling is drawn as one node, then a source's files and tables as the source, then sources as their
    domain, then shared files as their folder.
    """
    drawn, marked, folded = frozenset(edges), changed, list[str]()
    if changed:
        radius = Graph(drawn).blast_radius(changed)
        drawn = frozenset(edge for edge in drawn if edge[0] in radius and edge[1] in radius)
    for name, fold in _FOLDS:
        if limit is None or len(_list_nodes(drawn)) <= limit:
            break
        drawn = frozenset((fold(one), fold(other), kind) for one, other, kind in drawn if fold(one) != fold(other))
        marked = frozenset(fold(node) for node in marked)
        folded.append(name)
    nodes = sorted(_list_nodes(drawn) | (marked if changed else frozenset()))
    return Picture(tuple(Node(node, node_kind(node), node in marked) for node in nodes), tuple(sorted(drawn)), tuple(folded))


def _list_nodes(edges: Iterable[GraphEdge]) -> frozenset[str]:
    return frozenset(node for one, other, _ in edges for node in (one, other))


def _to_tooling(node: str) -> str:
    """Return one node for all files that shape every deployment and belong to none."""
    place = _find_place(node)
    is_tooling = place is not None and place.role in {Role.BUNDLE, Role.OTHER}
    return written_file_node("the bundle and its tooling") if is_tooling else node


def _to_source(node: str) -> str:
    """Return the source for one of its files or tables."""
    kind, name = split_node(node)
    if kind == "table":
        return source_of_table(name)
    place = _find_place(node)
    return source_node(place.domain, place.source) if place and place.domain and place.source else node


def _to_domain(node: str) -> str:
    """Return the domain for one of its sources, or for a file beside them."""
    kind, name = split_node(node)
    if kind == "source":
        return domain_node(name.partition(".")[0])
    place = _find_place(node)
    return domain_node(place.domain) if place and place.domain else node


def _to_folder(node: str) -> str:
    """Return the folder for a shared file or a target's."""
    path = file_of(node)
    if path is None or place_of(path).role not in {Role.SHARED, Role.MODEL, Role.TARGET}:
        return node
    return written_file_node(path.rpartition("/")[0])


def _find_place(node: str) -> Place | None:
    """Return the place of a file's node, or None for a node of another kind."""
    path = file_of(node)
    return None if path is None else place_of(path)


_FOLDS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("the bundle and its tooling into one node", _to_tooling),
    ("files and tables into sources", _to_source),
    ("sources into domains", _to_domain),
    ("shared files into folders", _to_folder),
)
