"""The domains and targets that depend on changed shared files, each with the shortest path through the graph.

The graph is grown from the changed files outwards, nearest first, so the cost depends on what they reach.
"""

import posixpath
from collections.abc import Iterable, Mapping
from functools import cached_property

from scope.graph.closure import DomainIndex
from scope.graph.dependent_paths import DependentPaths
from scope.graph.first_edges import FirstEdges
from scope.graph.kept_paths import KeptPaths
from scope.graph.nodes import domain_node, file_node, target_node
from scope.graph.shared_code import is_preset, preset_stem
from scope.model import Change, Step
from scope.repository.layout import target_file


class Dependents:
    """The domains and targets that have changed shared files in their closure, at base or head."""

    def __init__(self, base: DomainIndex, head: DomainIndex, shared: Iterable[str], changes: Iterable[Change]) -> None:
        """Search for the dependents of the changed paths `shared`; `changes` is the complete difference of base and head."""
        self._sides = (base, head)
        self._shared = frozenset(shared)
        self._changed = frozenset(change.path for change in changes)

    def domain_paths(self, path: str) -> Mapping[str, tuple[Step, ...]]:
        """Return the shortest path from a changed shared file to each domain that depends on it."""
        return self._domain_paths.get(path, {})

    def target_paths(self, path: str) -> Mapping[str, tuple[Step, ...]]:
        """Return the shortest path from a changed shared file to each target whose own file leads to it."""
        paths: dict[str, tuple[Step, ...]] = {}
        for side in self._target_parts:
            for target, part in side.items():
                steps = part.shortest_path(path, target_file(target))
                if steps is not None:
                    paths[target] = (*steps, Step(target_node(target), "configures"))
        return paths

    @cached_property
    def _target_parts(self) -> tuple[Mapping[str, DependentPaths], ...]:
        """Return for base and head the paths through the shared code that each target's own file reaches.

        Each side has paths of its own: one that mixes edges of both sides would exist on neither.
        """
        return tuple(
            {target: DependentPaths(part.edges) for target in side.targets if (part := side.target_shared(target)).files}
            for side in self._sides
        )

    @cached_property
    def _domain_paths(self) -> Mapping[str, Mapping[str, tuple[Step, ...]]]:
        return {path: self._find_paths(path) for path in sorted(self._shared)}

    def _find_paths(self, path: str) -> dict[str, tuple[Step, ...]]:
        paths = self._find_preset_paths(path) if is_preset(path) else {}
        moved = {data: (Step(file_node(data), "package-data"),) for data in sorted(self.data_moved_by(path))}
        for start, steps in {path: (), **moved}.items():
            for domain, found in self._code_paths[start].items():
                paths.setdefault(domain, (*steps, *found))
        return paths

    def data_moved_by(self, path: str) -> tuple[str, ...]:
        """Return the data files that a module moves to another package because its folder becomes or stops being one."""
        folder = posixpath.dirname(path)
        before, after = (side.shared_code.data_of(folder) for side in self._sides)
        return () if not path.endswith(".py") or (before and after) else before or after

    @cached_property
    def _code_paths(self) -> Mapping[str, Mapping[str, tuple[Step, ...]]]:
        """Return for each changed or moved file of shared code the shortest path to each domain that uses it in the end."""
        kept = KeptPaths(*self._sides, self._starts)
        domains = sorted({domain for side in self._sides for domain in side.domains})
        known = {domain: paths for domain in domains if (paths := kept.get(domain)) is not None}
        unknown = frozenset(domains) - known.keys()
        found = {start: self._find_code_paths(start, unknown) if unknown else {} for start in self._starts}
        for domain in sorted(unknown):
            known[domain] = {start: paths[domain] for start, paths in found.items() if domain in paths}
            kept.put(domain, known[domain])
        return {start: {domain: paths[start] for domain, paths in known.items() if start in paths} for start in self._starts}

    def _find_code_paths(self, start: str, domains: frozenset[str]) -> dict[str, tuple[Step, ...]]:
        paths: dict[str, tuple[Step, ...]] = {}
        for layer in self._shared_paths.layers(start):
            edges = self._first_edges.find(domains - paths.keys(), layer)
            for domain, edge in edges.items():
                inner = self._shared_paths.shortest_path(start, edge.dependency) or ()
                end = Step(file_node(edge.dependent), edge.kind), Step(domain_node(domain), "part-of")
                paths[domain] = (*inner, *end)
        return paths

    def _find_preset_paths(self, path: str) -> dict[str, tuple[Step, ...]]:
        paths: dict[str, tuple[Step, ...]] = {}
        for side in self._sides:
            for domain in side.domains:
                specs = side.specs_naming(preset_stem(path), domain) if path in side.shared_code.files else ()
                if specs and domain not in paths:
                    paths[domain] = (Step(file_node(specs[0]), "preset"), Step(domain_node(domain), "part-of"))
        return paths

    @cached_property
    def _shared_paths(self) -> DependentPaths:
        base, head = self._sides
        before, after = (side.shared_code.files for side in self._sides)
        if before.keys() != after.keys():
            return DependentPaths((*base.shared_edges, *head.shared_edges))
        # The same uses lead to the same files.
        changed = [path for path, entry in before.items() if entry != after[path]]
        return DependentPaths((*base.shared_edges_from(changed), *head.shared_edges))

    @cached_property
    def _first_edges(self) -> FirstEdges:
        layers = (layer for start in self._starts for layer in self._shared_paths.layers(start))
        return FirstEdges(*self._sides, self._changed, frozenset[str]().union(*layers))

    @cached_property
    def _starts(self) -> tuple[str, ...]:
        """Return the changed shared files and those that they move, sorted."""
        return tuple(sorted({*self._shared, *(data for path in self._shared for data in self.data_moved_by(path))}))
