"""The domains and targets that depend on changed shared files, each with the shortest path through the graph.

The graph is grown from the changed files outwards, so the cost depends on what they reach, not on the repository. One search
of the tree finds the domains' files that hold a word of a changed file's or a dependent's name; of those, only the few that
decide a domain are parsed, nearest first. A false hit of the search costs time, never exactness: a file is a dependent only
if one of its uses resolves to a shared file.
"""

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from scope.graph.closure import DomainIndex
from scope.graph.dependent_paths import DependentPaths
from scope.graph.held_words import HeldWords
from scope.graph.nodes import domain_node, file_node, label, target_node
from scope.graph.search import search
from scope.graph.shared_code import Edge, is_preset, preset_stem, search_words
from scope.inference.wide_uses import EXTENDED_WIDE, WIDE, is_wide
from scope.model import Change, Step
from scope.repository.layout import domain_folders, is_below_root, place_of, target_file

# Marks a file that may load any shared file.
ANYTHING = ""
# So many files of a domain are read before the next ones are.
_AT_ONCE = 64
_PARSED_AT_ONCE = 8


class Dependents:
    """The domains and targets that have changed shared files in their closure, at base or head."""

    def __init__(self, base: DomainIndex, head: DomainIndex, shared: Iterable[str], changes: Iterable[Change]) -> None:
        """Search for the dependents of the changed paths `shared`; `changes` is the complete difference of base and head."""
        self._sides = (base, head)
        self._shared = frozenset(shared)
        self._changes = {change.path for change in changes}
        self._edges: dict[str, tuple[Edge, ...]] = {}
        self._words: dict[str, frozenset[str]] = {}

    def domain_paths(self, path: str) -> Mapping[str, tuple[Step, ...]]:
        """Return the shortest path from a changed shared file to each domain that depends on it."""
        return self._domain_paths.get(path, {})

    def target_paths(self, path: str) -> Mapping[str, tuple[Step, ...]]:
        """Return the shortest path from a changed shared file to each target whose own file leads to it."""
        paths: dict[str, tuple[Step, ...]] = {}
        for side in self._target_parts:
            for target, part in side.items():
                steps = part.shortest_path(file_node(path), file_node(target_file(target)))
                if steps is not None:
                    paths[target] = (*steps, Step(target_node(target), "configures"))
        return paths

    @cached_property
    def _target_parts(self) -> tuple[Mapping[str, DependentPaths], ...]:
        """Return for base and head the paths through the shared code that each target's own file reaches.

        Each side has paths of its own: one that mixes edges of both sides would exist on neither.
        """
        return tuple(
            {target: _connect(part.edges) for target in side.targets if (part := side.target_shared(target)).files}
            for side in self._sides
        )

    @cached_property
    def _domain_paths(self) -> Mapping[str, Mapping[str, tuple[Step, ...]]]:
        return {path: self._find_paths(path) for path in sorted(self._shared)}

    def _find_paths(self, path: str) -> dict[str, tuple[Step, ...]]:
        paths = self._find_preset_paths(path) if is_preset(path) else {}
        self._add_paths(path, (), paths)
        for data in sorted(self.data_moved_by(path)):
            self._add_paths(data, (Step(file_node(data), "package-data"),), paths)
        return paths

    def data_moved_by(self, path: str) -> tuple[str, ...]:
        """Return the data files that a module moves to another package because its folder becomes or stops being one."""
        folder = posixpath.dirname(path)
        before, after = (side.shared_code.data_of(folder) for side in self._sides)
        return () if not path.endswith(".py") or (before and after) else before or after

    def _add_paths(self, path: str, start: tuple[Step, ...], paths: dict[str, tuple[Step, ...]]) -> None:
        """Add the shortest paths from a shared file to the domains that have none yet."""
        domains = {domain for side in self._sides for domain in side.domains}
        for layer in self._shared_paths.layers(file_node(path)):
            for domain in sorted(domains - paths.keys()):
                edge = self._find_edge(domain, layer)
                if edge is not None:
                    inner = self._shared_paths.shortest_path(file_node(path), file_node(edge.dependency)) or ()
                    paths[domain] = (
                        *start,
                        *inner,
                        Step(file_node(edge.dependent), edge.kind),
                        Step(domain_node(domain), "part-of"),
                    )

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
        return _connect(edge for side in self._sides for edge in side.shared_edges)

    def _find_edge(self, domain: str, layer: frozenset[str]) -> Edge | None:
        """Return the first edge into a layer of shared files, from a file of a domain or one that every stage holds."""
        for edge in self._frame_edges:
            if file_node(edge.dependency) in layer:
                return edge
        wanted = search_words(label(node) for node in layer) | {ANYTHING}
        for path in self._find_holders(domain, wanted):
            for edge in self._find_edges(path):
                if file_node(edge.dependency) in layer:
                    return edge
        return None

    def _find_holders(self, domain: str, wanted: frozenset[str]) -> Iterator[str]:
        """Yield the candidates of a domain that hold a wanted word, sorted by path. They are read a few at a time.

        A domain that uses much of the shared code is decided by one of its first files.
        """
        candidates = self._candidates.get(domain, ())
        for start in range(0, len(candidates), _AT_ONCE):
            some = candidates[start : start + _AT_ONCE]
            self._read_words([path for path in some if path not in self._words])
            holders = [path for path in some if not self._words[path].isdisjoint(wanted)]
            for at in range(0, len(holders), _PARSED_AT_ONCE):
                few = holders[at : at + _PARSED_AT_ONCE]
                for side in self._sides:
                    side.read_uses(path for path in few if path not in self._edges)
                yield from few

    def _read_words(self, paths: Collection[str]) -> None:
        """Note the words that files hold, on either side if it was changed."""
        for path in paths:
            self._words[path] = frozenset({ANYTHING} if path in self._wide else ())
        for path, content in _read(self._sides[1], paths).items():
            self._words[path] |= self._held.find(content)
        for path, content in _read(self._sides[0], self._changes.intersection(paths)).items():
            self._words[path] |= self._held.find(content) | ({ANYTHING} if is_wide(content) else frozenset())

    @cached_property
    def _frame_edges(self) -> tuple[Edge, ...]:
        """Return the edges into shared code from files that every stage holds."""
        return tuple(
            sorted(
                edge
                for side in self._sides
                for edge in side.frame_shared.edges
                if edge.dependent not in side.shared_code.files
            )
        )

    def _find_edges(self, path: str) -> tuple[Edge, ...]:
        """Return the edges from a domain's file into shared code: each side's file into that side's code."""
        if path not in self._edges:
            edges = {edge for side in self._sides for edge in side.shared_code.edges(path, side.uses_of(path))}
            self._edges[path] = tuple(sorted(edges))
        return self._edges[path]

    @cached_property
    def _held(self) -> HeldWords:
        """Return the words that lead to a changed file or one of its dependents."""
        reached = {node for start in self._starts for layer in self._shared_paths.layers(start) for node in layer}
        return HeldWords(search_words(map(label, reached)))

    @property
    def _name_patterns(self) -> list[str]:
        """Return the patterns of the words: one for all, since git tries each of many on every line."""
        words = sorted(self._held.words)
        return words if "" in self._held.words else ["|".join(words)]

    @cached_property
    def _wide(self) -> frozenset[str]:
        """Return the head's files that may load any shared file."""
        return self._search(WIDE, EXTENDED_WIDE)

    @cached_property
    def _candidates(self) -> Mapping[str, tuple[str, ...]]:
        """Return by domain the files that may use a changed file or one of its dependents, sorted.

        The head is searched; of the base, only the changed files can hold other words, so those are looked at anyway.
        """
        changed = (path for path in self._changes if is_below_root(path))
        by_domain: dict[str, list[str]] = defaultdict(list)
        for path in sorted({*changed, *self._wide, *self._search(self._name_patterns)}):
            domain = place_of(path).domain
            if domain is not None:
                by_domain[domain].append(path)
        return {domain: tuple(paths) for domain, paths in by_domain.items()}

    def _search(self, patterns: Iterable[str], extended: Iterable[str] = ()) -> frozenset[str]:
        """Return the files of the head's domains that one of the patterns matches."""
        head = self._sides[1]
        folders = tuple(folder for domain in head.domains for folder in domain_folders(domain))
        return search(head.snapshot, head.kept, patterns, folders, extended)

    @cached_property
    def _starts(self) -> frozenset[str]:
        moved = {data for path in self._shared for data in self.data_moved_by(path)}
        return frozenset(file_node(path) for path in self._shared | moved)


def _connect(edges: Iterable[Edge]) -> DependentPaths:
    return DependentPaths((file_node(edge.dependent), file_node(edge.dependency), edge.kind) for edge in edges)


def _read(side: DomainIndex, paths: Iterable[str]) -> Mapping[str, bytes]:
    """Return the contents of those paths that exist and that domains may have."""
    return side.snapshot.read_all(side.snapshot.entries(path for path in paths if is_below_root(path)))
