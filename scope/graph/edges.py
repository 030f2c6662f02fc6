"""Every edge of the repository, from the contents of files and from their places.

An edge points from a dependent to its dependency: domain → source → module → spec and code → shared code; job → pipeline;
reader → table → writer. `scope graph` draws all of them; `scope plan` needs only the few that lead to a change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from scope.graph.closure import DomainIndex
from scope.graph.digraph import GraphEdge
from scope.graph.nodes import domain_node, file_node, source_node, table_node, target_node
from scope.inference.file_references import FileReference, file_references
from scope.inference.resource_keys import defined_resources
from scope.model import Entry
from scope.repository.layout import Role, is_resource, place_of, spec_module, target_file

_REFERENCE = re.compile(rb"\$\{resources\.(\w+\.\w+)\.")


def list_domain_edges(index: DomainIndex, domains: Iterable[str] | None = None) -> frozenset[GraphEdge]:
    """Return the edges of some domains, or of all, with those of the shared code that they reach."""
    edges: set[GraphEdge] = set()
    for domain in index.domains if domains is None else domains:
        edges.update(_list_layout_edges(index, domain))
        edges.update(_list_resource_edges(index, domain))
        shared = (index.shared(domain), *index.everywhere)
        edges.update(
            (file_node(edge.dependent), file_node(edge.dependency), edge.kind) for part in shared for edge in part.edges
        )
        edges.update(_list_rule_edges(index, domain))
        edges.update(_list_table_edges(index, domain))
    for target in index.targets:
        edges.add((target_node(target), file_node(target_file(target)), "configures"))
    return frozenset(edges)


def _list_layout_edges(index: DomainIndex, domain: str) -> Iterator[GraphEdge]:
    for path in index.own_files(domain):
        place = place_of(path)
        if place.source is not None:
            source = source_node(domain, place.source)
            yield domain_node(domain), source, "part-of"
            yield source, file_node(path), "part-of"
        else:
            yield domain_node(domain), file_node(path), "part-of"
    for target in index.targets:
        yield domain_node(domain), target_node(target), "deployed-to"


def _list_resource_edges(index: DomainIndex, domain: str) -> Iterator[GraphEdge]:
    """Return the edges from a domain's resource files to the files and the other resources that they name."""
    own = index.own_files(domain)
    contents = index.snapshot.read_all({path: entry for path, entry in own.items() if is_resource(path)})
    homes = {one.key.short: path for path, content in contents.items() for one in defined_resources({path: content})}
    for path, content in contents.items():
        for reference in file_references(path, content):
            yield from (
                (file_node(path), file_node(named), "path") for named in _resolve(reference, own, index.shared_code.files)
            )
        for key in _REFERENCE.findall(content):
            home = homes.get(key.decode())
            if home is not None and home != path:
                yield file_node(path), file_node(home), "refers-to"


def _resolve(reference: FileReference, *places: Mapping[str, Entry]) -> Iterator[str]:
    yield from (path for place in places for path in place if reference.means(path))


def _list_table_edges(index: DomainIndex, domain: str) -> Iterator[GraphEdge]:
    """Return the edges from a domain's files to the tables that they read, and from tables to their writers."""
    for path, uses in index.tables.read(index.own_files(domain)).items():
        yield from ((table_node(table), file_node(path), "written-by") for table in uses.writes)
        yield from ((file_node(path), table_node(read.table), "reads") for read in uses.reads)


def _list_rule_edges(index: DomainIndex, domain: str) -> Iterator[GraphEdge]:
    own = index.own_files(domain)
    for path in index.rule_files(domain):
        role = place_of(path).role
        if role is Role.MODEL:
            yield domain_node(domain), file_node(path), "preset"
        elif role is Role.SETTINGS:
            yield domain_node(domain), file_node(path), "settings"
        elif (module := spec_module(path)) is not None and module in own:
            yield file_node(module), file_node(path), "generated-from"
        else:
            yield domain_node(domain), file_node(path), "rule"
