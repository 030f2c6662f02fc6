"""Every edge of the repository: from what files say, and from where they lie.

An edge points from a dependent to what it needs: domain → source → module → spec and code → shared code; job → pipeline;
reader → table → writer. `scope graph` draws them; `scope plan` needs only the few that lead to what has changed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from scope.graph.closure import DeploymentIndex
from scope.graph.dependents import file_node
from scope.inference.file_references import FileReference, file_references
from scope.inference.resource_keys import resource_keys
from scope.lineage.tables import CODE, file_tables
from scope.model import Entry
from scope.repository.ownership import COMMON, MODELS, spec_module

GraphEdge = tuple[str, str, str]
_REFERENCE = re.compile(rb"\$\{resources\.(\w+\.\w+)\.")


def repository_edges(index: DeploymentIndex, domains: Iterable[str] | None = None) -> frozenset[GraphEdge]:
    """Return the edges of some domains, or of all, with those of the shared code that they reach."""
    found: set[GraphEdge] = set()
    for domain in index.domains if domains is None else domains:
        found.update(_layout_edges(index, domain))
        found.update(_resource_edges(index, domain))
        shared = (index.shared(domain), *index.everywhere)
        found.update(
            (file_node(edge.dependent), file_node(edge.dependency), edge.kind) for part in shared for edge in part.edges
        )
        found.update(_rule_edges(index, domain))
        found.update(_table_edges(index, domain))
    for target in index.targets:
        found.add((f"target:{target}", file_node(f"targets/{target}.yml"), "configures"))
    return frozenset(found)


def _layout_edges(index: DeploymentIndex, domain: str) -> Iterator[GraphEdge]:
    for path in index.own_files(domain):
        parts = path.split("/")
        if len(parts) > 3:
            source = f"source:{domain}.{parts[2]}"
            yield f"domain:{domain}", source, "part-of"
            yield source, file_node(path), "part-of"
        else:
            yield f"domain:{domain}", file_node(path), "part-of"
    for target in index.targets:
        yield f"domain:{domain}", f"target:{target}", "deployed-to"


def _resource_edges(index: DeploymentIndex, domain: str) -> Iterator[GraphEdge]:
    """Return the edges from a domain's resource files to the files and the other resources that they name."""
    own = index.own_files(domain)
    contents = index.snapshot.read_all({path: entry for path, entry in own.items() if path.startswith("resources/")})
    homes = {key.short: path for path, content in contents.items() for key in resource_keys({path: content})}
    for path, content in contents.items():
        for reference in file_references(path, content):
            yield from (
                (file_node(path), file_node(found), "path") for found in _answers(reference, own, index.library.files)
            )
        for key in _REFERENCE.findall(content):
            home = homes.get(key.decode())
            if home is not None and home != path:
                yield file_node(path), file_node(home), "refers-to"


def _answers(reference: FileReference, *places: Mapping[str, Entry]) -> Iterator[str]:
    yield from (path for place in places for path in place if reference.means(path))


def _table_edges(index: DeploymentIndex, domain: str) -> Iterator[GraphEdge]:
    """Return the edges from a domain's files to the tables that they read, and from tables to the files that write them."""
    files = index.snapshot.files(f"src/{domain}")
    for path, content in index.snapshot.read_all({path: files[path] for path in files if path.endswith(CODE)}).items():
        uses = file_tables(path, content)
        yield from ((f"table:{table}", file_node(path), "written-by") for table in uses.writes)
        yield from ((file_node(path), f"table:{read.table}", "reads") for read in uses.reads)


def _rule_edges(index: DeploymentIndex, domain: str) -> Iterator[GraphEdge]:
    own = index.own_files(domain)
    for path in index.rule_files(domain):
        parts = path.split("/")
        if path.startswith(f"{MODELS}/"):
            yield f"domain:{domain}", file_node(path), "preset"
        elif parts[:2] == ["specs", "domains"]:
            yield f"domain:{domain}", file_node(path), "settings"
        elif parts[0] == "specs" and (module := spec_module(path)) in own:
            yield file_node(module), file_node(path), "generated-from"
        else:
            yield f"domain:{domain}", file_node(path), "rule"


def node_kind(node: str) -> str:
    """Return what a node is: domain, source, target, table, or for a file what it is for."""
    kind, _, name = node.partition(":")
    if kind != "file":
        return kind
    places = {"specs/": "spec", f"{MODELS}/": "model", "resources/": "resource", f"{COMMON}/": "shared", "src/": "code"}
    return next((word for prefix, word in places.items() if name.startswith(prefix)), "config")
