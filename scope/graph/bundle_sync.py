"""What the CLI uploads of a bundle in one target: the files of `sync.paths` that nothing hides, `include` and `exclude`."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from scope.inference.bundle_files import BundleText, SyncText, resolve, without_expression
from scope.model import Entry, Kind
from scope.repository.folders import common_folder, folders_above, is_below
from scope.repository.ignore_rules import IGNORE_FILE, IgnoreRules, Patterns
from scope.repository.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Sync:
    """The uploads of a bundle in one target. `root` is the folder from which the CLI counts them; `places` lie below it."""

    root: str
    places: tuple[str, ...]
    files: Mapping[str, Entry] = field(default_factory=dict)
    included: Patterns | None = None
    excluded: Patterns | None = None

    def would_take(self, path: str, ignored: IgnoreRules) -> bool:
        """Return whether a file at a path would be among the uploads, if there were one."""
        is_wanted = any(is_below(path, place) for place in self.places) and not ignored.hides(path)
        return (is_wanted or _matches(self.included, self.root, path)) and not _matches(self.excluded, self.root, path)


def read_sync(
    snapshot: Snapshot, folder: str, texts: Mapping[str, BundleText], target: str | None, ignored: IgnoreRules
) -> Sync:
    """Return the uploads of the bundle in a folder, whose files say `texts`; without a target, those of no target's own."""
    parts = [(path, sync) for path, text in texts.items() for sync in _parts(text, target)]
    listed = [
        place
        for path, sync in parts
        for word in (sync.paths or ())
        if (place := resolve(posixpath.dirname(path), without_expression(word))) is not None
    ]
    is_default = all(sync.paths is None for _, sync in parts)
    places = tuple(dict.fromkeys([folder] if is_default else listed))
    root = common_folder([folder, *places])
    for place in places:
        # They may hide what lies there.
        snapshot.entries(posixpath.join(above, IGNORE_FILE) for above in folders_above(place))
    below = {path: entry for place in places for path, entry in snapshot.files(place).items()}
    files = {path: entry for path, entry in below.items() if not ignored.hides(path)}
    included = _join_patterns(root, [(path, sync.include) for path, sync in parts])
    if included:
        files |= {path: entry for path, entry in snapshot.files(root).items() if _matches(included, root, path)}
    excluded = _join_patterns(root, [(path, sync.exclude) for path, sync in parts])
    return Sync(
        root,
        places,
        {
            path: entry
            for path, entry in sorted(files.items())
            # The CLI passes over links, and says nothing.
            if entry.kind is Kind.FILE and not _matches(excluded, root, path)
        },
        included,
        excluded,
    )


def _parts(text: BundleText, target: str | None) -> Iterator[SyncText]:
    yield text.sync
    yield from (sync for name, sync in text.target_syncs if name == target)


def _join_patterns(root: str, listed: Iterable[tuple[str, tuple[str, ...]]]) -> Patterns | None:
    """Return patterns as the CLI takes them from several files: joined with each file's folder, counted from the root."""
    joined: list[str] = []
    for path, patterns in listed:
        top = posixpath.relpath(posixpath.dirname(path) or ".", root or ".")
        for written in patterns:
            # Joined, a slash at its start says nothing; that at its end does.
            pattern = posixpath.normpath(posixpath.join(top, written.lstrip("/")))
            joined.append(f"{pattern}/" if written.endswith("/") else pattern)
    return Patterns(joined) if joined else None


def _matches(patterns: Patterns | None, root: str, path: str) -> bool:
    return patterns is not None and is_below(path, root) and patterns.match(path[len(root) + 1 :] if root else path)
