"""A manifest as nodes and edges, as long as the picture is small enough to read."""

from scope.documents.manifest import Cause, Deploy, Manifest
from scope.graph.nodes import domain_node, label, written_file_node
from scope.render.mermaid import Edge, Node, render_flowchart

_MAX_NODES = 40
_MAX_EDGES = 60


def draw(manifest: Manifest) -> str | None:
    """Return a Mermaid flowchart from changed files through what they reach to domains and their readers.

    Files of one folder that belong to the domain itself share a node. Returns None if nothing deploys, and beyond 40 nodes
    or 60 edges, where a picture explains nothing.
    """
    paths = {change.id: change.path for change in manifest.changes}
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}
    direct: dict[tuple[str, str], set[str]] = {}
    for item in manifest.deploy:
        for cause in item.causes:
            if _is_direct(cause):
                direct.setdefault((item.domain, _folder(paths[cause.change])), set()).add(paths[cause.change])
    for item in manifest.deploy:
        goal = _add_domain(nodes, item)
        for cause in item.causes:
            path = paths[cause.change]
            if _is_direct(cause):
                siblings = direct[item.domain, _folder(path)]
                start = f"{item.domain}:{_folder(path)}" if len(siblings) > 1 else written_file_node(path)
                text = f"{_folder(path)} ({len(siblings)} files)" if len(siblings) > 1 else path
                nodes.setdefault(start, Node(start, text))
                edges.setdefault((start, goal), Edge(start, goal))
                continue
            below = written_file_node(path)
            nodes.setdefault(below, Node(below, path))
            for step in cause.path:
                above = goal if step.node == domain_node(item.domain) else step.node
                nodes.setdefault(above, Node(above, label(step.node)))
                # The last step only names the file's domain, which the box it leads to shows already.
                edges.setdefault((below, above), Edge(below, above, "" if above == goal else step.edge))
                below = above
    _add_readers(manifest, nodes, edges)
    linked = {end for edge in edges.values() for end in (edge.start, edge.end)}
    shown = [node for name, node in nodes.items() if name in linked]
    if not edges or len(shown) > _MAX_NODES or len(edges) > _MAX_EDGES:
        return None
    return render_flowchart(shown, edges.values())


def _is_direct(cause: Cause) -> bool:
    return len(cause.path) <= 1


def _folder(path: str) -> str:
    return "/".join(path.split("/")[:-1][:3]) or "."


def _add_domain(nodes: dict[str, Node], item: Deploy) -> str:
    name = domain_node(item.domain)
    kind = "removed" if item.action == "destroy" else "domain"
    nodes.setdefault(name, Node(name, item.domain, kind))
    return name


def _add_readers(manifest: Manifest, nodes: dict[str, Node], edges: dict[tuple[str, str], Edge]) -> None:
    for reader in manifest.readers:
        domain, of = (name.partition("/")[2] for name in (reader.id, reader.of))
        nodes.setdefault(domain_node(domain), Node(domain_node(domain), domain, "reader"))
        start, end = domain_node(of), domain_node(domain)
        edges.setdefault((start, end), Edge(start, end, "read by", is_dashed=True))
