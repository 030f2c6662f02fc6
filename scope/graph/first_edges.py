"""The first file of each domain that uses one of some shared files.

A domain that uses much of the shared code is decided by one of its first files, so those are read before anything is
searched. Of the other domains, one search of the tree finds the files that may use a changed file or one of its dependents.
Of all these, only those are parsed that hold the words to name what is looked for. A false hit of either costs time, never
exactness: a file counts only if one of its uses resolves to a shared file.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from scope.graph.closure import DomainIndex
from scope.graph.held_words import HeldWords
from scope.graph.search import search
from scope.graph.shared_code import Edge, search_words
from scope.graph.uses_cache import is_data
from scope.inference.wide_uses import CLIMBING, EXTENDED_WIDE, WIDE, are_wide, is_climbing
from scope.repository.layout import domain_folders, is_below_root, place_of

if TYPE_CHECKING:
    from scope.model import Entry

# So many of a domain's files are looked at, then all that a search finds; but after so many domains that needed the search,
# no other is tried without.
_FIRST = (24, 128)
_MOST_MISSES = 2
# So many files of each domain are read, and parsed, before twice as many are, up to a number; and of all domains at once.
_READ = 8
_PARSED = 1
_MOST_OF_ONE = 64
_AT_ONCE = 100


class _Text(NamedTuple):
    """What a file's text says of its uses: which words it holds, and whether it may use any shared file.

    One that climbs, as in `../readers`, may use all files below a folder, whose own names it needn't hold.
    """

    words: frozenset[str] = frozenset()
    climbs: bool = False
    is_wide: bool = False


class _Wanted:
    """Some shared files, and the words that name them."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = frozenset(files)
        self._names = {search_words([path]) for path in self.files}
        self._words = frozenset[str]().union(*self._names)

    def may_be_used(self, text: _Text) -> bool:
        """Return whether a file with this text may use one of them."""
        if text.is_wide or (text.climbs and not text.words.isdisjoint(self._words)):
            return True
        return any(names <= text.words for names in self._names)


class FirstEdges:
    """The edges from the files of domains, of base and head together, into shared code."""

    def __init__(self, base: DomainIndex, head: DomainIndex, changed: Collection[str], reached: Iterable[str]) -> None:
        """Look for uses of the shared files `reached`. `changed` are all paths that differ between base and head."""
        self._sides = (base, head)
        self._changed = frozenset(changed)
        self._reached = frozenset(reached)
        self._held = HeldWords(search_words(self._reached))
        self._texts: dict[str, _Text] = {}
        self._edges: dict[str, tuple[Edge, ...]] = {}
        self._entries: dict[str, Entry] = {}
        self._first: dict[tuple[str, int], list[str]] = {}
        self._candidates: dict[str, tuple[str, ...]] = {}
        self._misses = 0

    def find(self, domains: Iterable[str], files: Iterable[str]) -> dict[str, Edge]:
        """Return for each of some domains that has any the first edge into some of the shared files, by its file's path.

        What every stage holds comes before the domain's own files.
        """
        wanted = _Wanted(files)
        sought = sorted(domains)
        for edge in self._frame_edges:
            if edge.dependency in wanted.files:
                return dict.fromkeys(sought, edge)
        found = self._find_in_first_files([domain for domain in sought if domain not in self._candidates], wanted)
        others = [domain for domain in sought if domain not in found]
        self._search([domain for domain in others if domain not in self._candidates])
        return found | self._find_among({domain: self._candidates[domain] for domain in others}, wanted)

    def _find_in_first_files(self, domains: Sequence[str], wanted: _Wanted) -> dict[str, Edge]:
        """Return the edges of those domains whose first files decide. The more of them did, the more are tried at once."""
        found: dict[str, Edge] = {}
        start, end = 0, _MOST_MISSES
        while start < len(domains) and self._misses < _MOST_MISSES:
            missing = domains[start:end]
            for most in _FIRST:
                found |= self._find_among(self._list_first_files(missing, most), wanted)
                missing = [domain for domain in missing if domain not in found]
            self._misses += len(missing)
            start, end = end, 3 * end
        return found

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

    def _find_among(self, files: Mapping[str, Sequence[str]], wanted: _Wanted) -> dict[str, Edge]:
        """Return by domain the first edge from some files of it. They are read a few at a time, of all domains together."""

        def look(some: Mapping[str, Sequence[str]]) -> dict[str, Edge]:
            self._read_texts(chain.from_iterable(some.values()))
            likely = {
                domain: [path for path in paths if wanted.may_be_used(self._texts[path])] for domain, paths in some.items()
            }
            return _until_found(likely, _PARSED, parse)

        def parse(some: Mapping[str, Sequence[str]]) -> dict[str, Edge]:
            self._read_uses(chain.from_iterable(some.values()))
            edges = {domain: (edge for path in paths for edge in self._find_edges(path)) for domain, paths in some.items()}
            first = {
                domain: next((edge for edge in some if edge.dependency in wanted.files), None)
                for domain, some in edges.items()
            }
            return {domain: edge for domain, edge in first.items() if edge is not None}

        return _until_found(files, _READ, look)

    def _read_texts(self, paths: Iterable[str]) -> None:
        """Note what files say, on both sides if they were changed."""
        base, head = self._sides
        for few in _in_parts(path for path in paths if path not in self._texts):
            before = base.snapshot.entries(path for path in self._changed.intersection(few) if is_below_root(path))
            after = {path: entry for path in few if (entry := self._entries.get(path))}
            after |= head.snapshot.entries(path for path in few if path not in after and is_below_root(path))
            read = [*base.snapshot.read_all(before).items(), *head.snapshot.read_all(after).items()]
            self._texts |= dict.fromkeys(few, _Text())
            for (path, content), is_wide in zip(read, are_wide([content for _, content in read]), strict=True):
                known = self._texts[path]
                self._texts[path] = _Text(
                    known.words | self._held.find(content), known.climbs or is_climbing(content), known.is_wide or is_wide
                )

    def _read_uses(self, paths: Iterable[str]) -> None:
        for few in _in_parts(path for path in paths if path not in self._edges):
            for side in self._sides:
                side.read_uses(few)

    def _find_edges(self, path: str) -> tuple[Edge, ...]:
        """Return the edges from a domain's file into shared code: of each side where a stage holds the file."""
        if path not in self._edges:
            holding = [side for side in self._sides if side.rules.owner(path).is_staged]
            edges = {edge for side in holding for edge in side.shared_code.edges(path, side.uses_of(path))}
            self._edges[path] = tuple(sorted(edges))
        return self._edges[path]

    def _list_first_files(self, domains: Iterable[str], most: int) -> Mapping[str, Sequence[str]]:
        """Return the first files of domains, of both sides, sorted. Data uses nothing."""
        unknown = {domain: domain_folders(domain) for domain in domains if (domain, most) not in self._first}
        listed = self._sides[1].snapshot.first_files(list(chain.from_iterable(unknown.values())), most)
        for domain, folders in unknown.items():
            for folder in folders:
                self._entries |= listed[folder]
            files = sorted(path for folder in folders for path in listed[folder])[:most]
            changed = self._changed_files.get(domain, [])
            if len(files) == most:
                changed = [path for path in changed if path <= files[-1]]
            self._first[domain, most] = sorted(path for path in {*files, *changed} if not is_data(path))
        return {domain: self._first[domain, most] for domain in domains}

    def _search(self, domains: Collection[str]) -> None:
        """Search domains for the files that may use what is reached.

        The head is searched; of the base, only the changed files can say anything else, so those are looked at anyway.
        """
        if not domains:
            return
        folders = tuple(folder for domain in domains for folder in domain_folders(domain))
        head = self._sides[1]
        found = search(head.snapshot, head.kept, self._find_patterns(WIDE), folders, self._find_patterns(EXTENDED_WIDE))
        by_domain: dict[str, set[str]] = {domain: set(self._changed_files.get(domain, ())) for domain in domains}
        for path in found:
            domain = place_of(path).domain
            if domain in by_domain:
                by_domain[domain].add(path)
        self._candidates.update((domain, tuple(sorted(paths))) for domain, paths in by_domain.items())

    def _find_patterns(self, wide: Iterable[str]) -> list[str]:
        """Return the patterns of files that may use what is reached: wide ones, those that climb, those that hold a name."""
        # All names of a path are needed, and the longest are the rarest. All are one pattern: git tries each on every line.
        names = sorted({max(sorted(search_words([path])), key=len) for path in self._reached})
        return [""] if "" in names else ["|".join(names), CLIMBING, *wide]

    @cached_property
    def _changed_files(self) -> Mapping[str, list[str]]:
        """Return the changed files by domain."""
        files: dict[str, list[str]] = defaultdict(list)
        for path in self._changed:
            domain = place_of(path).domain
            if domain is not None and is_below_root(path):
                files[domain].append(path)
        return files


def _in_parts(paths: Iterable[str]) -> Iterator[list[str]]:
    """Yield some paths in lists that aren't too long to be held in memory with what they name."""
    rest = iter(paths)
    while few := list(islice(rest, _AT_ONCE)):
        yield few


def _until_found(
    files: Mapping[str, Sequence[str]], first: int, find: Callable[[Mapping[str, Sequence[str]]], Mapping[str, Edge]]
) -> dict[str, Edge]:
    """Return what `find` finds by domain. It gets the `first` files of each, then twice as many where it found none."""
    found: dict[str, Edge] = {}
    start, end = 0, first
    while ahead := {
        domain: paths[start:end] for domain, paths in files.items() if domain not in found and len(paths) > start
    }:
        found |= find(ahead)
        start, end = end, end + min(2 * (end - start), _MOST_OF_ONE)
    return found
