"""The picture of an impact or of the whole graph, folded until a person can read it."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from scope.graph.containment import Homes, is_tooling, list_ancestors
from scope.graph.digraph import Graph, GraphEdge
from scope.graph.nodes import TOOLING, domain_node, node_kind, split_node

# A drawing of more nodes is unreadable.
READABLE = 60


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """One node of a picture: its name in the graph, and its kind.

    `changed_files` counts the changed files that it stands for. `members` has the names of nodes that are drawn as this one
    because they are alike; it is empty for a node that stands for itself or for what lies in it.
    """

    id: str
    kind: str
    changed_files: int = 0
    members: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Return whether it is a changed file, or stands for one."""
        return self.changed_files > 0


@dataclass(frozen=True, slots=True)
class Picture:
    """Nodes and edges, sorted. `folded` says what was drawn as one node, in the order of folding."""

    nodes: tuple[Node, ...]
    edges: tuple[GraphEdge, ...]
    folded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extent:
    """What is drawn: the changed nodes with their dependents, or everything if there are none.

    `domains` are those of both sides: a catalog of another name is somebody else's, unless `schemas` say whose a schema is.
    One of `removed` is gone at the head. `deployments` are the pairs of target and domain that the picture is about.
    """

    changed: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    deployments: frozenset[tuple[str, str]] = frozenset()
    schemas: Mapping[str, str] = field(default_factory=dict)

    @property
    def homes(self) -> Homes:
        """Return where the tables lie."""
        return Homes(self.domains, self.schemas)


def draw_picture(edges: Iterable[GraphEdge], extent: Extent, limit: int | None = READABLE) -> Picture:
    """Return the picture of a graph, folded beyond `limit` nodes as `fold` does."""
    drawn = frozenset(edges)
    if extent.changed:
        radius = Graph(drawn).blast_radius(extent.changed)
        drawn = frozenset(edge for edge in drawn if edge[0] in radius and edge[1] in radius)
    removed = {domain_node(domain) for domain in extent.removed}
    names = extent.changed.union(node for one, other, _ in drawn for node in (one, other))
    nodes = (
        Node(name, "removed" if name in removed else node_kind(name), int(name in extent.changed)) for name in sorted(names)
    )
    picture = Picture(tuple(nodes), tuple(sorted(drawn)))
    return fold(picture, lambda one: limit is None or len(one.nodes) <= limit, extent.homes)


def fold(picture: Picture, fits: Callable[[Picture], bool], homes: Homes, *, until_by_kind: bool = False) -> Picture:
    """Return the picture, folded until it fits, or as far as it can be.

    First tooling is drawn as one node, then a source's files and tables as the source, then sources as their domain, then
    shared files as their folder and such folders as one, and then nodes that have the same arrows; at last, if that is asked
    for, whatever is of one kind.
    """
    for name, find_homes in (*_FOLDS, *([_BY_KIND] if until_by_kind else [])):
        if fits(picture):
            break
        smaller = find_homes(picture, homes)
        if smaller != picture:
            picture = replace(smaller, folded=(*picture.folded, name))
    return picture


def _fold_into(
    choose: Callable[[str, list[str]], str | None],
) -> Callable[[Picture, Homes], Picture]:
    """Return a fold that draws a node as the one that is chosen of those that hold it.

    A node that would be alone in another keeps its own name, which says more.
    """

    def fold_nodes(picture: Picture, places: Homes) -> Picture:
        homes = {
            node.id: home
            for node in picture.nodes
            if (home := choose(node.id, list(list_ancestors(node.id, places)))) is not None
        }
        drawn = {node.id for node in picture.nodes}
        crowd = dict[str, int]()
        for home in homes.values():
            crowd[home] = crowd.get(home, 0) + 1
        return _merge(
            picture, {name: home for name, home in homes.items() if crowd[home] > 1 or home in drawn}, are_alike=False
        )

    return fold_nodes


def _choose_tooling(node: str, _: list[str]) -> str | None:
    return TOOLING if is_tooling(node) else None


def _choose_kinds(*kinds: str) -> Callable[[str, list[str]], str | None]:
    """Choose the outermost of these kinds."""

    def choose(_: str, ancestors: list[str]) -> str | None:
        return next((one for one in reversed(ancestors) if split_node(one)[0] in kinds), None)

    return choose


def _choose_folder(_: str, ancestors: list[str]) -> str | None:
    nearest = next(iter(ancestors), None)
    return nearest if nearest is not None and split_node(nearest)[0] in {"library", "folder", "target"} else None


def _fold_equal(picture: Picture, _: Homes) -> Picture:
    """Draw nodes of one kind with the same arrows as one, and again what is equal then."""
    while True:
        ways: dict[str, set[tuple[str, str, str]]] = {node.id: set() for node in picture.nodes}
        for one, other, kind in picture.edges:
            ways[one].add(("to", other, kind))
            ways[other].add(("from", one, kind))
        smaller = _merge_by(picture, lambda node, ways=ways: (node.kind, node.is_changed, frozenset(ways[node.id])))
        if smaller == picture:
            return picture
        picture = smaller


def _fold_kinds(picture: Picture, _: Homes) -> Picture:
    return _merge_by(picture, lambda node: (node.kind, node.is_changed))


def _merge_by(picture: Picture, key: Callable[[Node], Hashable]) -> Picture:
    """Draw nodes with the same key as the first of them."""
    first: dict[Hashable, str] = {}
    homes = {node.id: first.setdefault(key(node), node.id) for node in picture.nodes}
    return _merge(picture, {name: home for name, home in homes.items() if name != home}, are_alike=True)


def _merge(picture: Picture, homes: Mapping[str, str], *, are_alike: bool) -> Picture:
    """Draw each node of `homes` as the node that it names there."""
    kinds = {node.id: node.kind for node in picture.nodes}
    merged: dict[str, list[Node]] = {}
    for node in picture.nodes:
        merged.setdefault(homes.get(node.id, node.id), []).append(node)
    nodes = (
        Node(
            home,
            kinds.get(home, node_kind(home)),
            sum(node.changed_files for node in parts),
            _list_members(parts) if are_alike and len(parts) > 1 else parts[0].members,
        )
        for home, parts in merged.items()
    )
    ends = ((homes.get(one, one), homes.get(other, other), kind) for one, other, kind in picture.edges)
    return Picture(tuple(sorted(nodes)), tuple(sorted({edge for edge in ends if edge[0] != edge[1]})), picture.folded)


def _list_members(parts: Iterable[Node]) -> tuple[str, ...]:
    return tuple(sorted(name for node in parts for name in (node.members or (split_node(node.id)[1],))))


_FOLDS: tuple[tuple[str, Callable[[Picture, Homes], Picture]], ...] = (
    ("the bundle and its tooling into one node", _fold_into(_choose_tooling)),
    ("files and tables into sources", _fold_into(_choose_kinds("source", "schema"))),
    ("sources into domains", _fold_into(_choose_kinds("domain", "catalog"))),
    ("shared files into folders", _fold_into(_choose_folder)),
    ("folders of shared files into one", _fold_into(_choose_kinds("library"))),
    ("what has the same arrows into one node", _fold_equal),
)
_BY_KIND = ("what is of one kind into one node", _fold_kinds)
