"""Searches of a tree that an earlier run may have made: what a folder's files hold never changes under the folder's name."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable

from scope.ports import Found, Kept
from scope.repository.snapshot import Snapshot


def search(
    snapshot: Snapshot,
    kept: Kept | None,
    patterns: Iterable[str],
    folders: Iterable[str],
    extended: Iterable[str] = (),
    most: int | None = None,
) -> frozenset[str]:
    """Return the files below some folders with a line that one of the regular expressions matches; see `Git.grep`.

    Only those folders are searched of which `kept` doesn't know the answer. The search ends with more files than `most`.
    """
    listed, places = tuple(patterns), tuple(dict.fromkeys(folders))
    if kept is None or not listed:
        return _search(snapshot, listed, places, extended, most, frozenset()).files
    digest = hashlib.sha256("\n".join(listed).encode(errors="surrogateescape")).hexdigest()
    entries = ((folder, snapshot.entry(folder)) for folder in places)
    names = {folder: json.dumps(["search", digest, entry.kind, entry.oid]) for folder, entry in entries if entry is not None}
    known = {folder: _read(kept.get(name)) for folder, name in names.items()}
    unknown = [folder for folder, ends in known.items() if ends is None]
    old = frozenset(f"{folder}{end}" for folder, ends in known.items() for end in ends or ())
    if not unknown or (most is not None and len(old) > most):
        return old
    new = _search(snapshot, listed, unknown, extended, most, old)
    found = _sort(new.files, new.folders)
    for folder in new.folders:
        kept.put(names[folder], json.dumps(sorted(found.get(folder, ()))))
    return old | new.files


def _search(
    snapshot: Snapshot,
    patterns: Collection[str],
    folders: Collection[str],
    extended: Iterable[str],
    most: int | None,
    old: frozenset[str],
) -> Found:
    """Search until there are more files than `most` with some old ones."""
    others = tuple(extended)
    found = snapshot.grep(patterns, folders, others, None if most is None else most - len(old))
    if most is not None and len(old | found.files) <= most and not found.folders.issuperset(folders):
        # Folders lie in each other, and what lies in both was counted twice.
        return snapshot.grep(patterns, folders, others)
    return found


def _read(text: str | None) -> Collection[str] | None:
    ends = json.loads(text) if text is not None else None
    return ends if isinstance(ends, list) and all(isinstance(end, str) for end in ends) else None


def _sort(paths: Iterable[str], folders: frozenset[str]) -> dict[str, list[str]]:
    """Return by folder what follows it in each path below it."""
    ends: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        at = len(path)
        while at > 0:
            if path[:at] in folders:
                ends[path[:at]].append(path[at:])
            at = path.rfind("/", 0, at)
    return ends
