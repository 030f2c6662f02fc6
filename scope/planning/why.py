"""Answers to "why": what a path would deploy and on which way, what deploys a domain, or why there is nothing to say."""

from collections.abc import Iterable
from dataclasses import dataclass

from scope.documents.manifest import Manifest
from scope.graph.closure import DeploymentIndex
from scope.model import Change, Entry, Kind, Status, Step, quote_path
from scope.planning.impact import ImpactAnalysis

# No object has this name, so a file "changed to it" differs from whatever is there.
_OTHER = Entry(Kind.FILE, "0" * 40)


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a changed path to a domain, and the targets for which it counts."""

    path: str
    domain: str
    targets: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is to say about a path or a domain. `reason` says why there are no ways, or why there are so many."""

    subject: str
    ways: tuple[Way, ...]
    reason: str | None


def why_path(head: DeploymentIndex, path: str) -> Answer:
    """Return what a change of `path` would deploy. The path needn't exist: then it is what adding it would do by rule."""
    before = head.snapshot.entry(path)
    if before is not None and before.kind is Kind.FOLDER:
        return _united(path, (why_path(head, file) for file in head.snapshot.files(path)))
    change = Change(path, Status.ADDED if before is None else Status.MODIFIED, before, _OTHER)
    comparison = ImpactAnalysis(head, head, (change,))
    found: dict[tuple[str, tuple[Step, ...]], list[str]] = {}
    for target, domain in sorted(comparison.reach(change)):
        # The target is a node on the way where its own file has changed; elsewhere all targets share a way.
        found.setdefault((domain, comparison.way(change, target, domain)), []).append(target)
    ways = tuple(
        Way(quote_path(path), domain, tuple(targets), steps)
        for (domain, steps), targets in sorted(found.items(), key=_order)
    )
    return Answer(quote_path(path), ways, comparison.reason(change))


def _order(item: tuple[tuple[str, tuple[Step, ...]], list[str]]) -> tuple[str, list[str]]:
    (domain, _), targets = item
    return domain, targets


def _united(path: str, answers: Iterable[Answer]) -> Answer:
    """Return the answer for a folder: the ways of its files, and their reasons where there is no way at all."""
    listed = tuple(answers)
    ways = tuple(way for answer in listed for way in answer.ways)
    reasons = sorted({answer.reason for answer in listed if answer.reason and not answer.ways})
    return Answer(quote_path(path), ways, None if ways else " / ".join(reasons) or "there is no such path")


def why_domain(manifest: Manifest, domain: str) -> Answer:
    """Return what deploys a domain, by a manifest: every changed path and its way."""
    paths = {change.id: change.path for change in manifest.changes}
    found: dict[tuple[str, tuple[Step, ...]], list[str]] = {}
    actions: set[str] = set()
    for item in manifest.deploy:
        if item.domain == domain:
            actions.add(item.because)
            for cause in item.causes:
                found.setdefault((paths[cause.change], cause.path), []).append(item.target)
    ways = tuple(Way(path, domain, tuple(targets), steps) for (path, steps), targets in found.items())
    return Answer(domain, ways, None if ways else "nothing that it is made of has changed")
