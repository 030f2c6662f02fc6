"""Graphs for the page: small ones that say what is in them, and one of a hundred domains."""

from collections.abc import Iterable
from itertools import pairwise

from scope.graph.digraph import GraphEdge
from scope.graph.nodes import file_node
from scope.graph.picture import Extent, draw_picture
from scope.render.graph_page import render_graph_page
from tests.support.manifest_cases import HOSTILE_PATHS

TARGETS = ("dev", "prod", "staging")

MARKUP = (
    "src/finance/stripe/raw/</script><script>document.title='hit'</script>.py",
    "src/finance/stripe/raw/<!--<script>.py",
    "src/finance/stripe/raw/]]><svg onload=\"document.title='hit'\">.py",
    "src/finance/stripe/raw/\u2028\u2029\u202egnp.py",
    'src/finance/stripe/raw/{{graph}}\\u003c\\".py',
    *HOSTILE_PATHS,
)
"""Names that would do something if they weren't only text."""


def render(
    edges: Iterable[GraphEdge], domains: Iterable[str], changed: Iterable[str] = (), **deployed: Iterable[str]
) -> str:
    """Return the page of a graph; each domain deploys to all targets, or to those that `deployed` names for it."""
    known = frozenset(domains)
    deployments = {(target, domain) for domain in known for target in deployed.get(domain, TARGETS)}
    extent = Extent(frozenset(changed), known, deployments=frozenset(deployments))
    return render_graph_page(draw_picture(edges, extent, None), extent)


def parts(domain: str, source: str, *paths: str) -> list[GraphEdge]:
    """Return the edges from a domain to its source and to the source's files."""
    node = f"source:{domain}.{source}"
    return [(f"domain:{domain}", node, "part-of"), *((node, file_node(path), "part-of") for path in paths)]


def render_hundred_domains() -> str:
    """Return the page of a hundred domains with 6,400 files and as many tables: each reads from two, all use shared code."""
    names = [f"dom{number:03}" for number in range(100)]
    edges: list[GraphEdge] = [(f"target:{target}", f"file:targets/{target}.yml", "configures") for target in TARGETS]
    for number, domain in enumerate(names):
        edges += [(f"domain:{domain}", f"target:{target}", "deployed-to") for target in TARGETS]
        edges += [(f"domain:{domain}", f"file:generator/module{one}.py", "rule") for one in range(30)]
        for source in ("crm", "erp"):
            for asset in range(8):
                edges += _list_asset(number, domain, source, asset)
        for other in {(number * 13 + 5) % 100, (number**2 + 1) % 100}:
            if other < number:
                read = f"table:{names[other]}.crm.final_asset0"
                edges.append((f"file:src/{domain}/crm/final/asset0.py", read, "reads"))
    return render(edges, names)


def _list_asset(number: int, domain: str, source: str, asset: int) -> list[GraphEdge]:
    layers = ("raw", "base", "staging", "final")
    files = {layer: f"src/{domain}/{source}/{layer}/asset{asset}.py" for layer in layers}
    tables = {layer: f"table:{domain}.{source}.{layer}_asset{asset}" for layer in layers}
    module = f"file:src/common/lib{(number * 7 + asset) % 20}/mod{asset % 5}.py"
    return [
        *parts(domain, source, *files.values()),
        *((tables[layer], f"file:{files[layer]}", "written-by") for layer in layers),
        *((f"file:{files[layer]}", module, "imports") for layer in layers),
        *((f"file:{files[above]}", tables[below], "reads") for below, above in pairwise(layers)),
        (f"file:{files['raw']}", f"table:ingest.{source}.asset{asset}", "reads"),
    ]
