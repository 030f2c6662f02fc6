"""Finds the readers of deploying domains' tables in other domains: for review, never to deploy them.

A logical name is `domain.source.table`, so a file that reads another domain's table spells that domain's name, or that of
the schema in which its tables lie, or gets it from one that does. This is best effort: names composed at run time are only
counted.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from scope.graph.index import DeploymentIndex
from scope.graph.nodes import label
from scope.model import Change, Step, quote_path
from scope.planning.impact import Impacted
from scope.repository.layout import Role, place_of

if TYPE_CHECKING:
    from scope.lineage.table_uses import TableUses

# With more files than this, everybody reads the tables: reading the files takes longer than a reviewer gains from the list.
_MOST_FILES = 2_000
# With more files than this, those that spell a source's name alone aren't read: none of them is a reader for certain.
_MOST_UNSURE = 200
# With more files of whatever kind than this that spell one of the names, the search for those that spell the source's ends.
_MOST_SPELLING = 300
# So many names are searched for.
_MOST_NAMES = 25
# In the place of a domain, for shared code that no domain uses.
SHARED = "common"


class TableReader(NamedTuple):
    """A place that reads a table, and the domain that does so; shared code reads for each domain that uses it."""

    domain: str
    table: str
    path: str
    line: int


class UnknownPlace(NamedTuple):
    """A place whose table is only known at run time."""

    path: str
    line: int


class Readers(NamedTuple):
    """The readers of each deploying domain's tables, sorted, and the places among the files read whose tables aren't known.

    `unread` counts the files if they were too many to be read: then no reader is listed.
    """

    of: Mapping[str, tuple[TableReader, ...]]
    unknown: tuple[UnknownPlace, ...] = ()
    unread: int = 0

    @property
    def unresolved(self) -> int:
        """How many places' tables aren't known."""
        return len(self.unknown)


def find_readers(
    head: DeploymentIndex, base: DeploymentIndex, impacted: Iterable[Impacted], among: Collection[str]
) -> Readers:
    """Return the head's readers of the sources that changes reach, among some domains, without the source's own."""
    sources = _find_reached_sources(impacted, (base, head))
    each = [(domain, source) for domain, names in sources.items() for source in names]
    called = head.tables.names
    prefixes = {schema: domain for domain, source in each for schema in called.schemas_of(domain, source)}
    words = frozenset[str]().union(*(called.words(domain, source) for domain, source in each))
    # Whoever spells the source alone may get the domain's name at run time.
    names = frozenset[str]().union(*(called.source_words(domain, source) for domain, source in each))
    wanted = words | names if len(words | names) <= _MOST_NAMES else names
    few = head.tables.few_spelling(wanted, among, _MOST_SPELLING) if len(names) <= _MOST_NAMES else frozenset()
    paths = head.tables.search(words, among, _MOST_FILES)
    if len(paths) > _MOST_FILES:
        return Readers({}, unread=len(paths))
    uses = head.tables.read(paths, are_users=True)
    readers: dict[str, set[TableReader]] = defaultdict(set)
    for reader in list_readers(head, uses, frozenset(prefixes), among):
        domain = prefixes[reader.table.rpartition(".")[0]]
        if reader.domain not in (domain, SHARED):
            readers[domain].add(reader)
    if few is None:
        # Without the readers, they are more than are read.
        few = head.tables.spelling(names, among) if len(paths) > _MOST_SPELLING - _MOST_UNSURE else frozenset()
    near = _leave_out_other_tables(head, few - paths, each, names)
    maybe = head.tables.read(near) if len(near) <= _MOST_UNSURE else {}
    unknown = {
        UnknownPlace(quote_path(path), line)
        for path, one in (*uses.items(), *maybe.items())
        for schema, domain in prefixes.items()
        if place_of(path).domain != domain
        for line in one.lines_that_may_name_one_of(schema)
    }
    return Readers({domain: tuple(sorted(listed)) for domain, listed in readers.items()}, tuple(sorted(unknown)))


def _leave_out_other_tables(
    head: DeploymentIndex, paths: frozenset[str], sources: Iterable[tuple[str, str]], names: frozenset[str]
) -> frozenset[str]:
    """Return the files that spell the name of a source elsewhere than behind the name of another domain."""
    if not paths:
        return paths
    schemas: dict[bool, set[str]] = {True: set(), False: set()}
    for domain, source in sources:
        for other in head.domains:
            schemas[other == domain].update(head.tables.names.schemas_of(other, source))
    return head.tables.spelling_outside(paths, names, schemas[False] - schemas[True])


def list_readers(
    index: DeploymentIndex, uses: "Mapping[str, TableUses]", schemas: Collection[str], among: Collection[str]
) -> Iterator[TableReader]:
    """Yield who reads tables of some schemas: files of domains, and those of shared code for their users.

    A domain that reads a table in a file of its own isn't listed with the shared code that it does so by.
    """
    own: set[tuple[str, str]] = set()
    shared: list[tuple[str, str, int]] = []
    for path, one in uses.items():
        place = place_of(path)
        for read in one.reads:
            if read.table.rpartition(".")[0] not in schemas:
                continue
            if place.role is Role.SHARED:
                shared.append((path, read.table, read.line))
            elif place.domain is not None and place.domain in among:
                own.add((place.domain, read.table))
                yield TableReader(place.domain, read.table, path, read.line)
    users = {path: _find_users(index, path, among) for path in {path for path, _, _ in shared}}
    for path, table, line in shared:
        for domain in users[path] or [SHARED]:
            if (domain, table) not in own:
                yield TableReader(domain, table, path, line)


def _find_users(index: DeploymentIndex, path: str, among: Collection[str]) -> list[str]:
    """Return the domains, among some, that use a file of shared code, directly or through other shared files."""
    reaching = {path}
    for _ in index.shared_edges:
        more = {edge.dependent for edge in index.shared_edges if edge.dependency in reaching} - reaching
        if not more:
            break
        reaching |= more
    near = index.tables.find_users(reaching, frozenset(among))
    return [domain for domain in sorted(near) if path in index.shared_files(domain)]


def _find_reached_sources(impacted: Iterable[Impacted], sides: tuple[DeploymentIndex, ...]) -> Mapping[str, frozenset[str]]:
    """Return by domain the sources that changes reach: all of them if a change isn't in one source's files.

    A folder whose name no schema can have is left out: no table's name begins with it.
    """
    sources: dict[str, set[str]] = defaultdict(set)
    for item in impacted:
        for change, steps in item.causes:
            source = _find_source(change, steps, item.domain)
            everything = (name for side in sides for name in side.sources(item.domain))
            sources[item.domain].update(name for name in ({source} if source else everything) if name.isidentifier())
    return {domain: frozenset(names) for domain, names in sources.items()}


def _find_source(change: Change, steps: tuple[Step, ...], domain: str) -> str | None:
    """Return the source through which a change reaches a domain, or None if it isn't a single one."""
    for path in (change.path, *(label(step.node) for step in steps)):
        place = place_of(path)
        if place.source is not None and place.domain == domain:
            return place.source
    return None
