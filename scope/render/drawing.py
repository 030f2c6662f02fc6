"""A manifest as nodes and edges: a picture of at most a dozen boxes, with letters that can be read in a comment."""

from collections.abc import Iterable, Iterator

from scope.documents.manifest import Cause, Deploy, Manifest
from scope.escaping import escape_invisible, shortened
from scope.graph.containment import Homes
from scope.graph.digraph import GraphEdge
from scope.graph.nodes import domain_node, file_of, node_kind, reader_node, split_node, written_file_node
from scope.graph.picture import Node, Picture, fold
from scope.render.mermaid import Edge, render_flowchart
from scope.render.mermaid import Node as Box
from scope.wording import abbreviate, pluralize

_MAX_NODES = 12
# A comment on GitHub is 770 pixels wide, and a wider picture is shrunk: letters of 16 pixels to 9, which can still be read.
_MAX_WIDTH = 1370
# In pixels, as Mermaid draws: a letter, what a box has around its text, what is between two boxes.
_LETTER, _AROUND, _BETWEEN = 7.6, 60, 50
_LABEL_LENGTH = 36
_READ_BY = "read by"


def draw(manifest: Manifest) -> str | None:
    """Return a Mermaid flowchart from changed files through what they reach to domains and their readers.

    What is alike shares a box, as far as it takes for the picture to be read. Returns None if nothing leads anywhere.
    """
    domains = {item.domain for item in manifest.deploy}
    picture = fold(_collect(manifest), _is_readable, Homes(domains), until_by_kind=True)
    if not picture.edges or not _is_readable(picture):
        return None
    # A domain that deploys without a change is in the table; one that holds what has changed belongs here.
    linked = {end for one, other, _ in picture.edges for end in (one, other)}
    shown = [node for node in picture.nodes if node.is_changed or node.id in linked]
    boxes = [Box(node.id, _label(node), node.kind, node.is_changed) for node in shown]
    arrows = (
        Edge(dependency, dependent, text, is_dashed=text == _READ_BY)
        for (dependent, dependency), text in _join_kinds(picture.edges)
    )
    return render_flowchart(boxes, arrows, label_length=_LABEL_LENGTH)


def _collect(manifest: Manifest) -> Picture:
    """Return everything that the manifest says of the changes' ways."""
    paths = {change.id: change.path for change in manifest.changes}
    deploying = {item.domain for item in manifest.deploy}
    nodes = {domain_node(item.domain): Node(domain_node(item.domain), _kind_of(item)) for item in manifest.deploy}
    edges: set[GraphEdge] = set()
    for item in manifest.deploy:
        for cause in item.causes:
            changed = written_file_node(paths[cause.change])
            nodes[changed] = Node(changed, node_kind(changed), changed_files=1)
            edges.update(_list_steps(changed, cause, domain_node(item.domain)))
    for reader in manifest.readers:
        domain, of = (name.partition("/")[2] for name in (reader.id, reader.of))
        end = domain_node(domain) if domain in deploying else reader_node(domain)
        edges.add((end, domain_node(of), _READ_BY))
    for one, other, _ in edges:
        for name in (one, other):
            nodes.setdefault(name, Node(name, node_kind(name)))
    return Picture(tuple(sorted(nodes.values())), tuple(sorted(edge for edge in edges if edge[0] != edge[1])))


def _kind_of(item: Deploy) -> str:
    return "removed" if item.action == "destroy" else "domain"


def _list_steps(changed: str, cause: Cause, goal: str) -> Iterator[GraphEdge]:
    """Yield the edges of one way, without the source that a file's path names already."""
    below = changed
    for step in cause.path:
        if split_node(step.node)[0] != "source" and step.node != goal:
            yield step.node, below, step.edge
            below = step.node
    # That the last one is part of the domain, the box it leads to shows already.
    yield goal, below, ""


def _is_readable(picture: Picture) -> bool:
    return len(picture.nodes) <= _MAX_NODES and _estimate_width(picture) <= _MAX_WIDTH


def _estimate_width(picture: Picture) -> float:
    """Return about how wide Mermaid draws a picture, in pixels: its layers, each as wide as its widest box."""
    layers = dict.fromkeys((node.id for node in picture.nodes), 0)
    # Whoever needs each other is in a circle: then this ends with the last layer that there can be.
    for _ in picture.nodes:
        for dependent, dependency, _kind in picture.edges:
            layers[dependent] = min(max(layers[dependent], layers[dependency] + 1), len(picture.nodes))
    boxes, gaps = dict[int, float](), dict[int, float]()
    for node in picture.nodes:
        width = _LETTER * len(_shown(_label(node))) + _AROUND
        boxes[layers[node.id]] = max(boxes.get(layers[node.id], 0), width)
    for (dependent, _dependency), text in _join_kinds(picture.edges):
        gaps[layers[dependent]] = max(gaps.get(layers[dependent], 0), _BETWEEN + _LETTER * len(_shown(text)))
    return sum(boxes.values()) + sum(gaps.values())


def _shown(text: str) -> str:
    return shortened(escape_invisible(text), _LABEL_LENGTH)


def _join_kinds(edges: Iterable[GraphEdge]) -> list[tuple[tuple[str, str], str]]:
    """Return for each two nodes what their arrow says."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for one, other, kind in edges:
        kinds.setdefault((one, other), []).append(kind)
    return [(ends, ", ".join(sorted({*listed} - {""}))) for ends, listed in sorted(kinds.items())]


def _label(node: Node) -> str:
    """Return a node's name as short as it says enough, with the number of changed files if it stands for several."""
    if node.members:
        two, one = (abbreviate([_short(name) for name in node.members], count) for count in (2, 1))
        return two if len(two) <= _LABEL_LENGTH else one
    name = f"target {split_node(node.id)[1]}" if node.kind == "target" else _short(split_node(node.id)[1])
    return f"{name} ({pluralize(node.changed_files, 'file')})" if file_of(node.id) is None and node.changed_files else name


def _short(name: str) -> str:
    """Return a name that fits into a box: a path loses folders after its first, and only then its middle.

    >>> _short("src/finance/stripe/transforms/payments.py")
    'src/…/stripe/transforms/payments.py'
    """
    first, *rest = name.split("/")
    for start in range(1, len(rest)):
        if len(name) <= _LABEL_LENGTH:
            break
        name = "/".join((first, "…", *rest[start:]))
    return shortened(name, _LABEL_LENGTH)
