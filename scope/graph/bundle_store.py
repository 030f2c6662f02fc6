"""Keeps what bundles are made of: for other trees in which they are the same, and a little of it for later runs."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from scope.graph.bundle_closure import BundleClosure, read_closure
from scope.graph.looked_snapshot import ANY_FOLDER, Looked, LookedSnapshot, is_same, look_again
from scope.model import Entry
from scope.ports import Kept
from scope.repository.ignore_rules import IgnoreRules
from scope.repository.snapshot import Snapshot

# Raise it when the same files give other facts.
_VERSION = 1
# (a target's or problem's text, its file, its line)
Fact = tuple[str, str, int]


@dataclass(slots=True)
class KnownBundle:
    """A bundle of a tree, and of each tree that is the same where it was looked for. The closure is read when it is needed.

    `targets` are names, each with the file and line that define it, in the order of the files; `problems` are texts.
    """

    looked: Looked
    targets: tuple[Fact, ...]
    problems: tuple[Fact, ...]
    closure: BundleClosure | None = None


class BundleStore:
    """The bundles of the trees of one repository, by folder."""

    def __init__(self, kept: Kept | None) -> None:
        """Begin empty. `kept` is what earlier runs found out."""
        self._kept = kept
        self._known: dict[str, list[KnownBundle]] = defaultdict(list)

    def find(self, snapshot: Snapshot, config: str, folder: str, ignored: IgnoreRules) -> KnownBundle:
        """Return the bundle in a folder of a tree, perhaps without its closure."""
        for known in self._known[folder]:
            if is_same(snapshot, known.looked):
                return known
        return self._load(snapshot, folder) or self._read(snapshot, config, folder, ignored)

    def find_closure(self, snapshot: Snapshot, config: str, folder: str, ignored: IgnoreRules) -> BundleClosure:
        """Return the closure of the bundle in a folder of a tree."""
        known = self.find(snapshot, config, folder, ignored)
        if known.closure is None:
            known.closure = read_closure(snapshot, folder, config, ignored)
        return known.closure

    def _read(self, snapshot: Snapshot, config: str, folder: str, ignored: IgnoreRules) -> KnownBundle:
        view = snapshot.seen_by(LookedSnapshot)
        closure = read_closure(view, folder, config, ignored)
        problems = tuple((why, path, line) for path, line, why in closure.problems)
        known = KnownBundle(view.looked, closure.targets, problems, closure)
        self._known[folder].append(known)
        if self._kept is not None:
            # Where to look is a guess: what was found there is kept by what is there.
            self._kept.put(
                _places_name(folder), json.dumps([[path, entry == ANY_FOLDER] for path, entry in known.looked.items()])
            )
            self._kept.put(_facts_name(folder, known.looked), json.dumps([known.targets, known.problems]))
        return known

    def _load(self, snapshot: Snapshot, folder: str) -> KnownBundle | None:
        """Return what an earlier run found, if the tree is the same in the places that decide it."""
        text = self._kept.get(_places_name(folder)) if self._kept is not None else None
        if self._kept is None or text is None:
            return None
        looked = {path: look_again(snapshot, path, ANY_FOLDER if is_any else None) for path, is_any in json.loads(text)}
        facts = self._kept.get(_facts_name(folder, looked))
        if facts is None:
            return None
        targets, problems = (tuple((text, path, line) for text, path, line in listed) for listed in json.loads(facts))
        known = KnownBundle(looked, targets, problems)
        self._known[folder].append(known)
        return known


def _places_name(folder: str) -> str:
    return json.dumps(["bundle-places", _VERSION, folder])


def _facts_name(folder: str, looked: Mapping[str, Entry | None]) -> str:
    entries = [[path, entry and [entry.kind, entry.oid]] for path, entry in sorted(looked.items())]
    return json.dumps(["bundle", _VERSION, folder, entries])
