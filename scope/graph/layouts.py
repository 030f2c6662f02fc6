"""The layouts of a repository, and the only place that chooses between them.

A repository is laid out as this template is, unless its `[tool.scope]` names the folders of `bundles`.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from scope.graph.closure import DomainIndex
from scope.graph.domain_tracer import DomainTracer
from scope.graph.index import DeploymentIndex, Tracer
from scope.graph.uses_cache import UsesCache
from scope.model import Change
from scope.repository.layout import CONFIG
from scope.repository.settings import load_rules
from scope.repository.snapshot import Snapshot

if TYPE_CHECKING:
    from scope.graph.bundle_index import BundleIndex
    from scope.graph.digraph import GraphEdge


_Result = TypeVar("_Result")


def choose(
    index: DeploymentIndex, for_domains: Callable[[DomainIndex], _Result], for_bundles: "Callable[[BundleIndex], _Result]"
) -> _Result:
    """Return what the function for the layout of a tree answers."""
    if isinstance(index, DomainIndex):
        return for_domains(index)
    from scope.graph.bundle_index import BundleIndex  # each layout has its own modules

    if not isinstance(index, BundleIndex):
        raise TypeError(type(index))
    return for_bundles(index)


def open_index(snapshot: Snapshot, cache: UsesCache | None = None) -> DeploymentIndex:
    """Return the deployments of a tree in its own layout. Raises `UsageError` if its settings can't be read."""
    rules = load_rules(snapshot.read(CONFIG))
    if not rules.bundles:
        return DomainIndex(snapshot, cache)
    from scope.graph.bundle_index import BundleIndex

    return BundleIndex(snapshot, rules, cache)


def trace(base: DeploymentIndex, head: DeploymentIndex, changes: tuple[Change, ...]) -> Tracer:
    """Return what tells whom `changes`, the complete difference of two trees in one layout, reach."""
    if isinstance(base, DomainIndex) and isinstance(head, DomainIndex):
        return DomainTracer(base, head, changes)
    from scope.graph.bundle_index import BundleIndex
    from scope.graph.bundle_tracer import BundleTracer

    if not (isinstance(base, BundleIndex) and isinstance(head, BundleIndex)):
        raise TypeError(type(head))
    return BundleTracer(base, head)


def list_edges(index: DeploymentIndex, domains: Iterable[str] | None = None) -> "frozenset[GraphEdge]":
    """Return the graph's edges of some domains, or of all."""
    names = index.domains if domains is None else tuple(domains)
    return choose(index, lambda one: _list_domain_edges(one, names), lambda one: _list_bundle_edges(one, names))


def _list_domain_edges(index: DomainIndex, domains: Iterable[str]) -> "frozenset[GraphEdge]":
    from scope.graph.edges import list_domain_edges  # a plan asks for no edge of a resource

    return list_domain_edges(index, domains)


def _list_bundle_edges(index: "BundleIndex", domains: Iterable[str]) -> "frozenset[GraphEdge]":
    from scope.graph.bundle_tracer import list_bundle_edges

    return list_bundle_edges(index, domains)
