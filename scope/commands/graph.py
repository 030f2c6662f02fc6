"""`scope graph`: the dependency graph as a picture, a page or data, of an impact or of the whole repository."""

import argparse
import sys
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.commands.options import add_base, add_head
from scope.console import Console
from scope.documents.document import dump_answer
from scope.errors import ScopeError
from scope.graph.containment import Homes
from scope.graph.digraph import GraphEdge
from scope.graph.layouts import list_edges, open_index
from scope.graph.nodes import file_node, reader_node, split_node, table_node
from scope.graph.picture import READABLE, Extent, Picture, draw_picture
from scope.graph.table_names import find_homes
from scope.planning.comparison import Comparison, compare
from scope.planning.impact import ImpactAnalysis
from scope.planning.readers import find_readers
from scope.render.mermaid import Edge, render_flowchart
from scope.render.mermaid import Node as Box
from scope.repository.baseline import resolve_head
from scope.repository.snapshot import Snapshot
from scope.wording import abbreviate

HELP = "draw what depends on what: of a change, or of the whole repository"
EXAMPLES = """\
examples:
  scope graph                          what the changes since main reach, for a Markdown file or mermaid.live
  scope graph --format html            the same as a page for a browser, to look around in: one file
  scope graph --all --format json      every node and edge, for a program
  scope graph --all --limit 200        less folded
"""
FORMATS = ("mermaid", "json", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--all", action="store_true", help="the whole repository, not only what has changed")
    add_base(parser)
    add_head(parser)
    parser.add_argument(
        "--limit", type=int, metavar="N", help=f"fold beyond so many nodes (mermaid: {READABLE}, others: none)"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Print the graph on stdout; return the exit code."""
    is_mermaid = options.format == "mermaid"
    limit = options.limit if options.limit is not None else READABLE if is_mermaid else None
    with GitRepository(Path(options.directory)) as git:
        if options.all:
            head = open_index(Snapshot(git, resolve_head(git, options.head).tree))
            pairs = frozenset((target, domain) for target in head.targets for domain in head.domains_in(target))
            homes = find_homes(head.tables.names)
            edges, extent = list_edges(head), Extent(domains=frozenset(head.domains), deployments=pairs, schemas=homes)
        else:
            edges, extent = _find_reached(compare(git, options.base, options.head, console.say))
        drawn = draw_picture(edges, extent, limit) if options.all or extent.changed else Picture((), ())
    if not drawn.nodes and is_mermaid:
        console.say("Nothing deploys, so there is nothing to draw. The whole: `scope graph --all`.")
    else:
        sys.stdout.buffer.write(_render(drawn, extent, options.format))
    for name in drawn.folded:
        console.say(f"Folded to stay readable: {name}.")
    return 0


def _find_reached(comparison: Comparison) -> tuple[frozenset[GraphEdge], Extent]:
    """Return the edges of all that the changes reach, and what of them is drawn: `changed` is empty if that is nothing."""
    changed: set[str] = set()
    edges: set[GraphEdge] = set()
    deployments: set[tuple[str, str]] = set()
    at_base: set[str] = set()
    at_head: set[str] = set()
    schemas: dict[str, str] = {}
    for one in comparison.each:
        impact = ImpactAnalysis(one.base, one.head, one.changes).find_impact()
        domains = {item.domain for item in impact.impacted}
        # A deleted file still reaches its former dependents.
        edges.update(*(list_edges(side, domains & set(side.domains)) for side in (one.base, one.head)))
        changed.update(file_node(change.path) for item in impact.impacted for change, _ in item.causes)
        readers = find_readers(one.head, one.base, impact.impacted, one.head.domains)
        tables = {(reader.domain, reader.table) for listed in readers.of.values() for reader in listed}
        edges |= {(reader_node(domain), table_node(table), "reads") for domain, table in tables}
        homes = Homes(one.head.domains, find_homes(one.head.tables.names))
        held = {table: home for _, table in tables if (home := homes.find_home(table)) is not None}
        edges |= {(table_node(table), home, "written-by") for table, home in held.items()}
        schemas |= find_homes(one.base.tables.names) | find_homes(one.head.tables.names)
        deployments |= {(item.target, item.domain) for item in impact.impacted}
        at_base.update(one.base.domains)
        at_head.update(one.head.domains)
    return frozenset(edges), Extent(
        changed=frozenset(changed),
        domains=frozenset(at_base | at_head),
        removed=frozenset(at_base - at_head),
        deployments=frozenset(deployments),
        schemas=schemas,
    )


def _render(drawn: Picture, extent: Extent, form: str) -> bytes:
    if form == "json":
        return _json(drawn)
    if form == "html":
        from scope.render.graph_page import render_graph_page  # nothing else reads the page, which is large

        return render_graph_page(drawn, extent).encode()
    return _mermaid(drawn).encode()


def _json(drawn: Picture) -> bytes:
    edges = [{"from": one, "to": other, "kind": kind} for one, other, kind in drawn.edges]
    nodes = [
        {
            "id": node.id,
            "kind": node.kind,
            "is_changed": node.is_changed,
            "changed_files": node.changed_files,
            "members": node.members,
        }
        for node in drawn.nodes
    ]
    return dump_answer({"nodes": nodes, "edges": edges, "folded": drawn.folded})


def _mermaid(drawn: Picture) -> str:
    boxes = (
        Box(node.id, abbreviate(node.members) or split_node(node.id)[1], node.kind, node.is_changed) for node in drawn.nodes
    )
    # Drawn the way a change travels: from what is needed to what needs it.
    arrows = (Edge(other, one, kind) for one, other, kind in drawn.edges)
    text = render_flowchart(boxes, arrows)
    if text is None:
        raise ScopeError(
            "The graph is larger than Mermaid draws, folded as it is. Take `--format html`, or a smaller `--limit`."
        )
    return text if text.endswith("\n") else f"{text}\n"
