"""The parts of the shared code that files reach, grown edge by edge from what they use."""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from scope.graph.shared_code import Edge, SharedCode
from scope.graph.uses_cache import UsesCache
from scope.inference.uses import Uses
from scope.model import Entry
from scope.repository.snapshot import Snapshot

if TYPE_CHECKING:
    from scope.inference.plain_imports import PlainImport


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
        self._possible: dict[PlainImport, set[str]] = {}

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

    def reach(self, seeds: Mapping[str, Entry], folders: tuple[str, ...]) -> Mapping[str, Entry]:
        """Return the files of the part that `grow` returns for a domain's files, sorted, without an edge for each use.

        Of a plain file that can reach only what others do, no syntax tree is read.
        """
        files: set[str] = set()
        for path, content in self._cache.contents(self._snapshot, seeds, folders).items():
            imports = self._cache.plain_imports(path, seeds[path], content)
            if imports is None or not all(self._find_possible(one) <= files for one in imports):
                self._add(files, self._code.reached({path: self._cache.uses_in(path, seeds[path], content)}))
        return {path: self._code.files[path] for path in sorted(files)}

    def _find_possible(self, statement: "PlainImport") -> set[str]:
        """Return the shared files that an import statement may read. Most statements stand in many files."""
        if statement not in self._possible:
            self._possible[statement] = self._code.reached_by_names(statement.possible)
        return self._possible[statement]

    def _add(self, files: set[str], reached: set[str]) -> None:
        """Add shared files to some, with all that they reach."""
        arrived = reached - files
        while arrived:
            arrived |= {edge.dependency for path in arrived for edge in self._code.package_data(path)} - files
            files |= arrived
            arrived = self._code.reached(self._uses(arrived)) - files

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Return every edge from one shared file to another, sorted."""
        return self.edges_from(self._code.files)

    def edges_from(self, paths: Iterable[str]) -> tuple[Edge, ...]:
        """Return the edges from some shared files to others, sorted."""
        files = tuple(paths)
        edges = {edge for path, uses in self._uses(files).items() for edge in self._code.edges(path, uses)}
        edges |= {edge for path in files for edge in self._code.package_data(path)}
        return tuple(sorted(edges))

    def _uses(self, paths: Iterable[str]) -> dict[str, Uses]:
        files = {path: self._code.files[path] for path in sorted(paths)}
        return self._cache.uses(self._snapshot, files)


def dump_edges(edges: Iterable[Edge]) -> str:
    """Return edges as a text to be kept, in which each path stands once."""
    listed = tuple(edges)
    paths = {path: number for number, path in enumerate(sorted({path for edge in listed for path in edge[:2]}))}
    return json.dumps([list(paths), [(paths[edge.dependent], paths[edge.dependency], *edge[2:]) for edge in listed]])


def load_edges(text: str) -> tuple[Edge, ...]:
    """Return the edges of a text that `dump_edges` made."""
    paths, edges = json.loads(text)
    return tuple(Edge(paths[dependent], paths[dependency], kind, line) for dependent, dependency, kind, line in edges)
