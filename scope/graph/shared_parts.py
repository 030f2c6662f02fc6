"""The parts of the shared code that files reach, grown edge by edge from what they use."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from scope.graph.shared_code import Edge, SharedCode
from scope.graph.uses_cache import UsesCache
from scope.inference.uses import Uses
from scope.model import Entry
from scope.repository.snapshot import Snapshot


class SharedPart(NamedTuple):
    """The shared files that some files reach, and every edge to one of them, sorted."""

    files: Mapping[str, Entry]
    edges: tuple[Edge, ...]


class SharedParts:
    """The shared code of one tree with the edges inside it."""

    def __init__(self, snapshot: Snapshot, code: SharedCode, cache: UsesCache) -> None:
        """Read nothing yet."""
        self._snapshot = snapshot
        self._code = code
        self._cache = cache

    def grow(self, seeds: Mapping[str, Uses]) -> SharedPart:
        """Return the part that files with some uses reach, directly and through other shared files."""
        edges: set[Edge] = set()
        frontier: Mapping[str, Uses] = seeds
        files: set[str] = set()
        while frontier:
            new = {edge for path, uses in frontier.items() for edge in self._code.edges(path, uses)}
            arrived = {edge.dependency for edge in new} - files
            data = {edge for path in arrived for edge in self._code.package_data(path)}
            edges |= new | data
            arrived |= {edge.dependency for edge in data} - files
            files |= arrived
            frontier = self._uses(arrived)
        return SharedPart(
            files={path: self._code.files[path] for path in sorted(files)},
            edges=tuple(sorted(edge for edge in edges if edge.dependent != edge.dependency)),
        )

    def reach(self, seeds: Mapping[str, Uses]) -> Mapping[str, Entry]:
        """Return the files of the part that `grow` returns, sorted, without an edge for each use."""
        files: set[str] = set()
        frontier: Mapping[str, Uses] = seeds
        while frontier:
            arrived = self._code.reached(frontier) - files
            arrived |= {edge.dependency for path in arrived for edge in self._code.package_data(path)} - files
            files |= arrived
            frontier = self._uses(arrived)
        return {path: self._code.files[path] for path in sorted(files)}

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Return every edge from one shared file to another, sorted."""
        edges = {edge for path, uses in self._uses(self._code.files).items() for edge in self._code.edges(path, uses)}
        edges |= {edge for path in self._code.files for edge in self._code.package_data(path)}
        return tuple(sorted(edges))

    def _uses(self, paths: Iterable[str]) -> dict[str, Uses]:
        files = {path: self._code.files[path] for path in sorted(paths)}
        return self._cache.uses(self._snapshot, files)
