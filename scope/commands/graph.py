"""`scope graph`: the dependency graph as a picture or as data, of an impact or of the whole repository."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from scope.adapters.git import GitRepository
from scope.commands.options import add_base, add_head
from scope.console import Console
from scope.documents.document import dump_answer
from scope.errors import ScopeError
from scope.graph.closure import DeploymentIndex
from scope.graph.edges import list_edges
from scope.graph.nodes import file_node, reader_node, source_of_table, split_node, table_node
from scope.graph.picture import READABLE, Picture, draw_picture
from scope.planning.comparison import Comparison, compare
from scope.planning.impact import ImpactAnalysis
from scope.planning.readers import find_readers
from scope.render.mermaid import Edge, render_flowchart
from scope.render.mermaid import Node as Box
from scope.repository.baseline import resolve_head
from scope.repository.snapshot import Snapshot

HELP = "draw what depends on what: of a change, or of the whole repository"
EXAMPLES = """\
examples:
  scope graph                          what the changes since main reach, for a Markdown file or mermaid.live
  scope graph --all --format json      every node and edge, for a program
  scope graph --all --limit 200        less folded
"""
FORMATS = ("mermaid", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--all", action="store_true", help="the whole repository, not only what has changed")
    add_base(parser)
    add_head(parser)
    parser.add_argument(
        "--limit", type=int, metavar="N", help=f"fold beyond so many nodes (mermaid: {READABLE}, json: none)"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Print the graph on stdout; return the exit code."""
    is_json = options.format == "json"
    limit = options.limit if options.limit is not None else None if is_json else READABLE
    with GitRepository(Path(options.directory)) as git:
        if options.all:
            head = DeploymentIndex(Snapshot(git, resolve_head(git, options.head).tree))
            drawn = draw_picture(list_edges(head), limit=limit)
        else:
            drawn = _draw_reached(compare(git, options.base, options.head, console.say), limit)
    if drawn.nodes or is_json:
        sys.stdout.buffer.write(_json(drawn) if is_json else _mermaid(drawn).encode())
    else:
        console.say("Nothing deploys, so there is nothing to draw. The whole: `scope graph --all`.")
    for fold in drawn.folded:
        console.say(f"Folded to stay readable: {fold}.")
    return 0


def _draw_reached(comparison: Comparison, limit: int | None) -> Picture:
    """Return the picture of what the changes reach; an empty one if they reach nothing."""
    changed: set[str] = set()
    edges: set[tuple[str, str, str]] = set()
    for one in comparison.each:
        impact = ImpactAnalysis(one.base, one.head, one.changes).find_impact()
        domains = {item.domain for item in impact.impacted}
        # A deleted file still reaches its former dependents.
        edges.update(*(list_edges(side, domains & set(side.domains)) for side in (one.base, one.head)))
        changed.update(file_node(change.path) for item in impact.impacted for change, _ in item.causes)
        readers = find_readers(one.head, one.base, impact.impacted, one.head.domains)
        tables = {(reader.domain, reader.table) for listed in readers.of.values() for reader in listed}
        edges |= {(reader_node(domain), table_node(table), "reads") for domain, table in tables}
        edges |= {(table_node(table), source_of_table(table), "written-by") for _, table in tables}
    return draw_picture(frozenset(edges), frozenset(changed), limit) if changed else Picture((), ())


def _json(drawn: Picture) -> bytes:
    edges = [{"from": one, "to": other, "kind": kind} for one, other, kind in drawn.edges]
    nodes = [asdict(node) for node in drawn.nodes]
    return dump_answer({"nodes": nodes, "edges": edges, "folded": drawn.folded})


def _mermaid(drawn: Picture) -> str:
    boxes = (Box(node.id, split_node(node.id)[1], node.kind) for node in drawn.nodes)
    # Drawn the way a change travels: from what is needed to what needs it.
    arrows = (Edge(other, one, kind) for one, other, kind in drawn.edges)
    text = render_flowchart(boxes, arrows)
    if text is None:
        raise ScopeError(
            "The graph is larger than Mermaid draws, folded as it is. Take `--format json`, or a smaller `--limit`."
        )
    return text if text.endswith("\n") else f"{text}\n"
