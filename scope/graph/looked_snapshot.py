"""A tree that notes where it is asked: what was found from it holds in each tree that is the same in these places."""

from collections.abc import Iterable, Mapping

from scope.model import Entry, Kind
from scope.ports import Git
from scope.repository.folders import folders_above
from scope.repository.snapshot import Snapshot

# The entry at each path that was asked for, or None where there was none.
Looked = Mapping[str, Entry | None]
# In the place of a folder's entry: only that it is a folder was asked.
ANY_FOLDER = Entry(Kind.FOLDER, "")


class LookedSnapshot(Snapshot):
    """A tree that notes the entries for which it is asked. Folders are asked for with all that lies below them."""

    def __init__(self, git: Git, tree: str) -> None:
        """Hold the name of a tree; nothing is asked yet."""
        super().__init__(git, tree)
        self._entries: dict[str, Entry | None] = {}
        self._folders: set[str] = set()

    def entry(self, path: str) -> Entry | None:
        """Return the entry at a path, and note it."""
        if path not in self._entries:
            self._entries[path] = super().entry(path)
        return self._entries[path]

    def is_link(self, path: str) -> bool:
        """Return whether there is a link at a path, and note of a folder only that it is one."""
        entry = super().entry(path)
        if entry is None or entry.kind is not Kind.FOLDER:
            return super().is_link(path)
        self._folders.add(path)
        return False

    def entries(self, paths: Iterable[str]) -> dict[str, Entry]:
        """Return the entries at those of many paths that exist, sorted by path, and note them without the folders above."""
        return {path: entry for path in sorted(set(paths)) if (entry := self.entry(path)) is not None}

    @property
    def looked(self) -> Looked:
        """Return the entries noted, without those that lie below others."""
        folders = {path for path, entry in self._entries.items() if entry is not None and entry.kind is Kind.FOLDER}
        noted = dict.fromkeys(self._folders, ANY_FOLDER) | self._entries
        return {path: entry for path, entry in sorted(noted.items()) if folders.isdisjoint(folders_above(path))}


def is_same(snapshot: Snapshot, looked: Looked) -> bool:
    """Return whether a tree is the same in all places where another one was looked at."""
    return all(look_again(snapshot, path, entry) == entry for path, entry in looked.items())


def look_again(snapshot: Snapshot, path: str, noted: Entry | None) -> Entry | None:
    """Return what would be noted at a path of another tree, where this was noted."""
    entry = snapshot.entry(path)
    return ANY_FOLDER if noted == ANY_FOLDER and entry is not None and entry.kind is Kind.FOLDER else entry
