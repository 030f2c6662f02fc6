"""Who uses a shared file: grown from the changed files outwards, so that it costs what they reach and not the repository.

One search of the tree finds the files of domains that hold a word by which any dependent of a changed file goes; of those,
the few that settle a domain's answer are read, nearest first. What a search by words can't tell apart costs time, never
exactness: a file counts as a user only when what it says resolves to a shared file.
"""

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from scope.graph.closure import DeploymentIndex
from scope.graph.digraph import Graph
from scope.graph.nodes import domain_node, file_node, label, target_node
from scope.graph.shared_code import Edge, is_preset, preset_stem, words
from scope.inference.imports import MARKERS
from scope.model import Change, Step
from scope.repository.layout import domain_folders, is_below_root, place_of, target_file

# Markers that only say "something shared is named here": the changed files' own names are narrower.
_NAMING = frozenset({b"common", b"resources", b"_models"})
# Uses that reach shared files without a word of their names: what is loaded by machinery, star imports (also in notebooks,
# whose lines are JSON strings), whole folders, texts put together at run time, packages whose files are opened.
#
# Both git and Python read these. To git `\t` in brackets is a backslash or a t, so the characters themselves stand there;
# in a notebook they are written as `\t`. What can stand in one place matches one alternative only: Python would try all.
_BLANKS = " \t\f\v\r"
_WRITTEN = rf"\\([nrtfv\\\"{_BLANKS}]|u00[0-9a-fA-F][0-9a-fA-F])"
WIDE = (
    *(re.escape(marker.decode()) for marker in MARKERS if marker not in _NAMING),
    rf"import([^A-Za-z0-9_(\\]|{_WRITTEN})*\*",
    rf"^([\"{_BLANKS}]|{_WRITTEN})*\*([{_BLANKS}]|{_WRITTEN})*([\"#;]|$)",
    r"common/|/common",
    r"(common|_models|resources)(\.[A-Za-z0-9_]*)*[\"'{%\\]",
    r"importlib",
)
# Stands for a file that may load whatever it likes, or whose words weren't searched for.
ANYTHING = ""


class Dependents:
    """The deployments that have changed shared files in their closure, at base or head, each with the shortest way."""

    def __init__(
        self, base: DeploymentIndex, head: DeploymentIndex, shared: Iterable[str], changes: Iterable[Change]
    ) -> None:
        """Ask about the changed paths `shared`; `changes` is the whole difference of the two trees."""
        self._sides = (base, head)
        self._shared = frozenset(shared)
        self._changes = {change.path for change in changes}
        self._known: dict[str, tuple[Edge, ...]] = {}

    def of(self, path: str) -> Mapping[str, tuple[Step, ...]]:
        """Return for each domain that uses a changed shared file the way from the file to the domain."""
        return self._shortest_paths.get(path, {})

    def of_targets(self, path: str) -> Mapping[str, tuple[Step, ...]]:
        """Return for each target whose own file leads to a changed shared file the way from the file to the target."""
        paths: dict[str, tuple[Step, ...]] = {}
        for graphs in self._target_graphs:
            for target, graph in graphs.items():
                steps = graph.shortest_path(file_node(path), file_node(target_file(target)))
                if steps is not None:
                    paths[target] = (*steps, Step(target_node(target), "configures"))
        return paths

    @cached_property
    def _target_graphs(self) -> tuple[Mapping[str, Graph], ...]:
        """Return for base and head the graphs of the shared code that each target's own file reaches there.

        A target holds a file on one side only by that side's edges: the edges of both together may lead to neither.
        """
        return tuple(
            {target: _graph_of(part.edges) for target in side.targets if (part := side.target_shared(target)).files}
            for side in self._sides
        )

    @cached_property
    def _shortest_paths(self) -> Mapping[str, Mapping[str, tuple[Step, ...]]]:
        return {path: self._ways_from(path) for path in sorted(self._shared)}

    def _ways_from(self, path: str) -> dict[str, tuple[Step, ...]]:
        found = self._preset_ways(path) if is_preset(path) else {}
        self._add_ways(path, (), found)
        for data in sorted(self.data_moved_by(path)):
            self._add_ways(data, (Step(file_node(data), "package-data"),), found)
        return found

    def data_moved_by(self, path: str) -> tuple[str, ...]:
        """Return the data files that change packages because a module makes its folder one, or no longer does."""
        folder = posixpath.dirname(path)
        before, after = (side.library.data_of(folder) for side in self._sides)
        return () if not path.endswith(".py") or (before and after) else before or after

    def _add_ways(self, path: str, start: tuple[Step, ...], found: dict[str, tuple[Step, ...]]) -> None:
        """Add the ways from a shared file to the domains that have none yet, nearest first."""
        domains = {domain for side in self._sides for domain in side.domains}
        for layer in self._graph.dependents_by_distance(file_node(path)):
            for domain in sorted(domains - found.keys()):
                edge = self._edge_into(domain, layer)
                if edge is not None:
                    inner = self._graph.shortest_path(file_node(path), file_node(edge.dependency)) or ()
                    found[domain] = (
                        *start,
                        *inner,
                        Step(file_node(edge.dependent), edge.kind),
                        Step(domain_node(domain), "part-of"),
                    )

    def _preset_ways(self, path: str) -> dict[str, tuple[Step, ...]]:
        found: dict[str, tuple[Step, ...]] = {}
        for side in self._sides:
            for domain in side.domains:
                specs = side.specs_naming(preset_stem(path), domain) if path in side.library.files else ()
                if specs and domain not in found:
                    found[domain] = (Step(file_node(specs[0]), "preset"), Step(domain_node(domain), "part-of"))
        return found

    @cached_property
    def _graph(self) -> Graph:
        return _graph_of((edge for side in self._sides for edge in side.library_edges), alone=self._starts)

    def _edge_into(self, domain: str, layer: frozenset[str]) -> Edge | None:
        """Return the first edge from a file of a domain, or of what every domain has, into a layer of shared files."""
        for edge in self._frame_edges:
            if file_node(edge.dependency) in layer:
                return edge
        wanted = words(label(node) for node in layer) | {ANYTHING}
        for path, hits in self._candidates.get(domain, ()):
            if not hits.isdisjoint(wanted):
                for edge in self._edges_of(path):
                    if file_node(edge.dependency) in layer:
                        return edge
        return None

    @cached_property
    def _frame_edges(self) -> tuple[Edge, ...]:
        """Return the edges into shared code from files that every stage holds."""
        return tuple(
            sorted(
                edge for side in self._sides for edge in side.frame_shared.edges if edge.dependent not in side.library.files
            )
        )

    def _edges_of(self, path: str) -> tuple[Edge, ...]:
        """Return the edges from a domain's file into shared code, of either side's file into that side's code."""
        if path not in self._known:
            found = {edge for side in self._sides for edge in side.library.edges(path, side.uses_of(path))}
            self._known[path] = tuple(sorted(found))
        return self._known[path]

    @cached_property
    def _candidates(self) -> Mapping[str, tuple[tuple[str, frozenset[str]], ...]]:
        """Return by domain the files that may use a changed file or a dependent of one, with the words found in each."""
        names = words(label(node) for node in self._graph.blast_radius(self._starts))
        base, head = self._sides
        found: dict[str, frozenset[str]] = {}
        # What only the base's version of a changed file says must be read; the head is searched.
        for path, content in _contents(base, self._changes).items():
            found[path] = _words_in(content, names) | ({ANYTHING} if _WIDE_USE.search(content) else frozenset())
        wide = self._searched(WIDE)
        named = self._searched(re.escape(name) for name in names)
        for path, content in _contents(head, wide | named).items():
            more = {ANYTHING} if path in wide else frozenset()
            found[path] = found.get(path, frozenset()) | _words_in(content, names) | more
        by_domain: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        for path, hits in sorted(found.items()):
            domain = place_of(path).domain
            if domain is not None:
                by_domain[domain].append((path, hits))
        return {domain: tuple(candidates) for domain, candidates in by_domain.items()}

    def _searched(self, patterns: Iterable[str]) -> frozenset[str]:
        """Return the files of the head's domains in which one of the patterns stands."""
        head = self._sides[1]
        folders = tuple(folder for domain in head.domains for folder in domain_folders(domain))
        return head.snapshot.grep(tuple(sorted(patterns)), folders)

    @cached_property
    def _starts(self) -> frozenset[str]:
        moved = {data for path in self._shared for data in self.data_moved_by(path)}
        return frozenset(file_node(path) for path in self._shared | moved)


_WIDE_USE = re.compile("|".join(f"(?:{pattern})" for pattern in WIDE).encode(), re.MULTILINE)


def _graph_of(edges: Iterable[Edge], alone: Iterable[str] = ()) -> Graph:
    return Graph(((file_node(edge.dependent), file_node(edge.dependency), edge.kind) for edge in edges), alone)


def _words_in(content: bytes, names: frozenset[str]) -> frozenset[str]:
    """Return those of the names that stand in a file."""
    return frozenset(name for name in names if os.fsencode(name) in content)


def _contents(side: DeploymentIndex, paths: Iterable[str]) -> Mapping[str, bytes]:
    """Return the contents of those of the paths that domains may have, and that are there."""
    return side.snapshot.read_all(side.snapshot.entries(path for path in paths if is_below_root(path)))
