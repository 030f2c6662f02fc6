"""A tree that notes where it is asked: what was found from it holds in each tree that is the same in these places."""

from collections.abc import Iterable, Mapping

from scope.model import Entry, Kind
from scope.ports import Git
from scope.repository.snapshot import Snapshot

# The entry at each path that was asked for, or None where there was none.
Looked = Mapping[str, Entry | None]


class LookedSnapshot(Snapshot):
    """A tree that notes the entries for which it is asked. Folders are asked for with all that lies below them."""

    def __init__(self, git: Git, tree: str) -> None:
        """Hold the name of a tree; nothing is asked yet."""
        super().__init__(git, tree)
        self._entries: dict[str, Entry | None] = {}

    def entry(self, path: str) -> Entry | None:
        """Return the entry at a path, and note it."""
        if path not in self._entries:
            self._entries[path] = super().entry(path)
        return self._entries[path]

    def entries(self, paths: Iterable[str]) -> dict[str, Entry]:
        """Return the entries at those of many paths that exist, sorted by path, and note them without the folders above."""
        return {path: entry for path in sorted(set(paths)) if (entry := self.entry(path)) is not None}

    @property
    def looked(self) -> Looked:
        """Return the entries noted, without those that lie below others."""
        folders = {path for path, entry in self._entries.items() if entry is not None and entry.kind is Kind.FOLDER}
        return {path: entry for path, entry in sorted(self._entries.items()) if not _is_covered(path, folders)}


def is_same(snapshot: Snapshot, looked: Looked) -> bool:
    """Return whether a tree is the same in all places where another one was looked at."""
    return all(snapshot.entry(path) == entry for path, entry in looked.items())


def _is_covered(path: str, folders: set[str]) -> bool:
    while path:
        path = path.rpartition("/")[0]
        if path in folders:
            return True
    return False
