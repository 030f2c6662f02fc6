"""The graph as one page for a browser: the built page of `page/`, with the graph as data in it.

The page's own script and style are known by their hashes, and its policy lets nothing else run or load. The data can't end
the element that holds it, and the script only ever shows them as text.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scope.documents.document import TOOL
from scope.escaping import escape_invisible
from scope.graph.containment import list_ancestors
from scope.graph.nodes import domain_node, node_kind, split_node
from scope.graph.picture import Extent, Node, Picture
from scope.wording import abbreviate

# `just build-graph-page` makes it.
BUILT_PAGE = Path(__file__).parent / "page" / "graph_page.html"
_PLACE = "{{graph}}"
# What could end a script element or begin a comment in it. Everything beyond ASCII is escaped anyway.
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def render_graph_page(picture: Picture, extent: Extent) -> str:
    """Return the page of a picture: the same bytes for the same picture. It needs no other file and no network."""
    data = json.dumps(list_content(picture, extent), separators=(",", ":")).translate(_ESCAPES)
    before, after = BUILT_PAGE.read_text(encoding="utf-8").split(_PLACE)
    return f"{before}{data}{after}"


def list_content(picture: Picture, extent: Extent) -> dict[str, Any]:
    """Return what the page shows, in the form that its `model.ts` reads.

    A node is its name, its kind, the node that holds it (-1 for none) and the number of changed files that it stands for; an
    edge is three numbers in a row: dependent, dependency, kind. Numbers count from 0 in the lists beside them.
    """
    nodes = {node.id: node for node in picture.nodes}
    parents: dict[str, str] = {}
    for name in list(nodes):
        below = name
        for parent in list_ancestors(name, extent.homes):
            parents[below] = parent
            nodes.setdefault(parent, Node(parent, node_kind(parent)))
            below = parent
    names = sorted(nodes)
    numbers = {name: number for number, name in enumerate(names)}
    kinds = _number(node.kind for node in nodes.values())
    ways = _number(kind for _, _, kind in picture.edges)
    targets = _number(target for target, _ in extent.deployments)
    deployments = sorted(
        (numbers[domain_node(domain)], targets[target])
        for target, domain in extent.deployments
        if domain_node(domain) in numbers
    )
    return {
        "tool": TOOL,
        "isImpact": bool(extent.changed),
        "kinds": list(kinds),
        "ways": list(ways),
        "targets": list(targets),
        "nodes": [
            [_name(nodes[name]), kinds[nodes[name].kind], numbers.get(parents.get(name, ""), -1), nodes[name].changed_files]
            for name in names
        ],
        # That a part belongs to what holds it is said by the node that holds it.
        "edges": [
            number
            for one, other, kind in picture.edges
            if not (kind == "part-of" and parents.get(other) == one)
            for number in (numbers[one], numbers[other], ways[kind])
        ],
        "deployments": deployments,
    }


def _name(node: Node) -> str:
    return escape_invisible(abbreviate(node.members) or split_node(node.id)[1])


def _number(words: Iterable[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(sorted(set(words)))}
