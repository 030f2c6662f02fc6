"""Finds the readers of deploying domains' tables in other domains: for review, never to deploy them.

A logical name is `domain.source.table`, so one search for `domain.source.` finds every file that may read a source's tables.
This is best effort: names composed at run time are only counted.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from scope.graph.closure import DeploymentIndex
from scope.graph.nodes import label
from scope.lineage.tables import CODE, file_tables
from scope.model import Change, Entry, Kind, Step
from scope.planning.impact import Impacted
from scope.repository.layout import CODE_ROOT, SPEC_ROOT, Role, code_folder, place_of

UNKNOWN = -1
# With more files than this, everybody reads the tables: reading the files takes longer than a reviewer gains from the list.
_MOST_FILES = 2_000
_SPECS = (".yml", ".yaml")
_NAME = re.compile(r"(?<![\w.}])([a-z]\w*)\.([a-z]\w*)\.([a-z]\w*)(?![\w.])")


@dataclass(frozen=True, slots=True, order=True)
class TableReader:
    """A place in another domain that reads a table."""

    domain: str
    table: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Readers:
    """The readers of each deploying domain's tables, sorted, and how many names of tables couldn't be resolved.

    `unread` counts the files if they were too many to be read: then no reader is listed.
    """

    of: Mapping[str, tuple[TableReader, ...]]
    unresolved: int = 0
    unread: int = 0


def find_readers(
    head: DeploymentIndex, base: DeploymentIndex, impacted: Iterable[Impacted], among: Collection[str]
) -> Readers:
    """Return the head's readers of the sources that changes reach, among some domains, without the source's own."""
    sources = _find_reached_sources(impacted, (base, head))
    prefixes = {f"{domain}.{source}.": domain for domain, names in sources.items() for source in names}
    paths = _search(head, prefixes, among)
    if len(paths) > _MOST_FILES:
        return Readers({}, unread=len(paths))
    files = _list_files(head, paths)
    readers: dict[str, set[TableReader]] = defaultdict(set)
    unresolved = 0
    for reader in _read_tables(head, files):
        unresolved += reader.line == UNKNOWN
        domain = prefixes.get(reader.table[: reader.table.rfind(".") + 1])
        if domain is not None and domain != reader.domain:
            readers[domain].add(reader)
    return Readers({domain: tuple(sorted(listed)) for domain, listed in readers.items()}, unresolved)


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


def find_writes(side: DeploymentIndex, name: str, folder: str) -> Mapping[str, frozenset[str]]:
    """Return by path the tables that the files of a folder write, of those files that hold a table's own name."""
    return read_writes(side, side.snapshot.grep((re.escape(name),), (folder,)))


def read_writes(side: DeploymentIndex, paths: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return by path the tables that files write; what isn't code, or isn't there, is left out."""
    contents = side.snapshot.read_all(_list_files(side, (path for path in paths if path.endswith(CODE))))
    return {path: frozenset(file_tables(path, content).writes) for path, content in sorted(contents.items())}


def find_reads(head: DeploymentIndex, prefixes: Iterable[str]) -> Iterator[TableReader]:
    """Yield the reads of tables in every file that holds one of the prefixes, such as `finance.stripe.`.

    A name composed at run time gives a reader without a table, on the line `UNKNOWN`.
    """
    yield from _read_tables(head, _list_files(head, _search(head, prefixes, head.domains)))


def _search(head: DeploymentIndex, prefixes: Iterable[str], among: Collection[str]) -> frozenset[str]:
    """Return the files of some domains that hold one of the prefixes."""
    is_all = len(among) == len(head.domains)
    folders = (CODE_ROOT, SPEC_ROOT) if is_all else (*map(code_folder, among), SPEC_ROOT)
    paths = head.snapshot.grep(_combine(prefixes), folders if among else ())
    return paths if is_all else frozenset(path for path in paths if place_of(path).domain in among)


def _list_files(head: DeploymentIndex, paths: Iterable[str]) -> Mapping[str, Entry]:
    return {path: entry for path, entry in head.snapshot.entries(paths).items() if entry.kind is Kind.FILE}


def _combine(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return one pattern for all prefixes, or none without any: git would try each of many patterns on every line."""
    sources: dict[str, list[str]] = defaultdict(list)
    for prefix in sorted(prefixes):
        domain, _, source = prefix.rstrip(".").partition(".")
        sources[re.escape(domain)].append(re.escape(source))
    each = "|".join(f"{domain}\\.({'|'.join(names)})" for domain, names in sources.items())
    return (f"({each})\\.",) if each else ()


def _read_tables(head: DeploymentIndex, files: Mapping[str, Entry]) -> Iterator[TableReader]:
    for path, content in head.snapshot.read_all(files).items():
        place = place_of(path)
        if place.domain is None or place.source is None:
            continue
        if path.endswith(CODE) and place.role is Role.CODE:
            uses = file_tables(path, content)
            yield from (TableReader(place.domain, read.table, path, read.line) for read in uses.reads)
            yield from (TableReader(place.domain, "", path, UNKNOWN) for _ in uses.unresolved)
        elif path.endswith(_SPECS) and place.role is Role.SPEC:
            for line, text in enumerate(content.decode(errors="replace").splitlines(), 1):
                yield from (
                    TableReader(place.domain, ".".join(name), path, line) for name in _NAME.findall(text.partition("#")[0])
                )
