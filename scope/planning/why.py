"""Answers to "why": what a change of a path would deploy, which changes deploy a domain, who writes and reads a table."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from scope.documents.manifest import Manifest, ManifestMove
from scope.graph.index import DeploymentIndex
from scope.model import Change, Entry, Kind, Status, Step, quote_path
from scope.planning.impact import ImpactAnalysis
from scope.planning.readers import SHARED, list_readers
from scope.repository.layout import place_of

# No object has this name, so a file "changed to it" differs from every content.
_CHANGED = Entry(Kind.FILE, "0" * 40)


@dataclass(frozen=True, slots=True)
class DomainCause:
    """A changed path, a domain that it deploys in some targets, and the path through the graph from the one to the other."""

    change: str
    domain: str
    targets: tuple[str, ...]
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The causes that concern a path or a domain. `reason` says why there are none, or why everything deploys."""

    subject: str
    causes: tuple[DomainCause, ...]
    reason: str | None
    moves: tuple[ManifestMove, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class TablePlace:
    """A place in a domain's files that writes or reads a table; line 0 if only the file is known."""

    domain: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """Who writes and who reads a table, sorted. `unknown` counts the places that may, known only at run time.

    `near` is the table of a like name, if nobody writes or reads one of this.
    """

    subject: str
    writers: tuple[TablePlace, ...]
    readers: tuple[TablePlace, ...]
    unknown: int
    unknown_places: tuple[TablePlace, ...]
    near: str | None = None


def explain_table(head: DeploymentIndex, table: str) -> TableAnswer:
    """Return who writes and who reads a table, given as `<domain>.<source>.<name>`, in all domains of a tree."""
    everything = head.tables.everything
    writers = {_to_place(path, line) for path, uses in everything.items() for name, line in uses.written_at if name == table}
    schema = table.rpartition(".")[0]
    readers = {
        TablePlace(one.domain, quote_path(one.path), one.line)
        for one in list_readers(head, everything, {schema}, head.domains)
        if one.table == table
    }
    unknown = {_to_place(path, line) for path, uses in everything.items() for line in uses.lines_that_may_name(table)}
    near = None
    if not writers and not readers:
        known = {name for uses in everything.values() for name in (*uses.writes, *(read.table for read in uses.reads))}
        near = next(iter(difflib.get_close_matches(table, sorted(known), n=1)), None)
    return TableAnswer(table, tuple(sorted(writers)), tuple(sorted(readers)), len(unknown), tuple(sorted(unknown)), near)


def _to_place(path: str, line: int) -> TablePlace:
    return TablePlace(place_of(path).domain or SHARED, quote_path(path), line)


def explain_path(head: DeploymentIndex, path: str) -> Answer:
    """Return the deployments that a change of a path would reach. A path that doesn't exist is taken for a new file."""
    before = head.snapshot.entry(path)
    if before is not None and before.kind is Kind.FOLDER:
        return _merge(path, (explain_path(head, file) for file in head.snapshot.files(path)))
    change = Change(path, Status.ADDED if before is None else Status.MODIFIED, before, _CHANGED)
    analysis = ImpactAnalysis(head, head, (change,))
    targets: dict[tuple[str, tuple[Step, ...]], list[str]] = {}
    for target, domain in sorted(analysis.find_reached(change)):
        # A target is a node of the path if its own file changed; otherwise all targets share one path.
        targets.setdefault((domain, analysis.find_path(change, target, domain)), []).append(target)
    causes = (
        DomainCause(quote_path(path), domain, head.rules.in_order(names), steps)
        for (domain, steps), names in targets.items()
    )
    ordered = tuple(sorted(causes, key=lambda cause: (cause.domain, cause.targets)))
    return Answer(quote_path(path), ordered, analysis.explain(change))


def _merge(path: str, answers: Iterable[Answer]) -> Answer:
    """Return the answer for a folder: the causes of its files, or without any, the reasons of its files."""
    listed = tuple(answers)
    causes = tuple(cause for answer in listed for cause in answer.causes)
    reasons = sorted({answer.reason for answer in listed if answer.reason and not answer.causes})
    return Answer(quote_path(path), causes, None if causes else " / ".join(reasons) or "there is no such path")


def explain_domain(manifest: Manifest, domain: str) -> Answer:
    """Return the changes that deploy a domain by a manifest, each with its path through the graph."""
    changed = {change.id: change.path for change in manifest.changes}
    targets: dict[tuple[str, tuple[Step, ...]], list[str]] = {}
    for item in manifest.deploy:
        if item.domain == domain:
            for cause in item.causes:
                targets.setdefault((changed[cause.change], cause.path), []).append(item.target)
    ordered = ((key, tuple(sorted(names, key=manifest.targets.index))) for key, names in targets.items())
    causes = tuple(DomainCause(change, domain, names, steps) for (change, steps), names in ordered)
    moves = tuple(
        move for move in manifest.moves if domain in {move.source.partition(".")[0], move.destination.partition(".")[0]}
    )
    return Answer(domain, causes, None if causes else "nothing that it is made of has changed", moves)
