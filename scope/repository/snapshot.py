"""One tree of the repository, read lazily: only requested trees and files are fetched from git."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Self, TypeVar

from scope.model import Entry, Kind
from scope.ports import Found, Git

_View = TypeVar("_View", bound="Snapshot")
# What a walk goes through, and how its path ends.
_ENDS = {Kind.FILE: "", Kind.FOLDER: "/"}


class Snapshot:
    """The files of a commit or of the work tree. As in git, a folder without files doesn't exist."""

    def __init__(self, git: Git, tree: str) -> None:
        """Hold the name of a tree; nothing is read yet."""
        self._git = git
        self.tree = tree

    def empty(self) -> Self:
        """Return the tree without files of the same repository."""
        return type(self)(self._git, self._git.empty_tree)

    def seen_by(self, view: Callable[[Git, str], _View]) -> _View:
        """Return the same tree as another kind of snapshot."""
        return view(self._git, self.tree)

    def entry(self, path: str) -> Entry | None:
        """Return the entry at a path, a file's or a folder's, or None if there is none."""
        if not path:
            return Entry(Kind.FOLDER, self.tree)
        tree, (*folders, last) = self.tree, path.split("/")
        for folder in folders:
            entry = self._git.tree(tree).get(folder)
            if entry is None or entry.kind is not Kind.FOLDER:
                return None
            tree = entry.oid
        return self._git.tree(tree).get(last)

    def entries(self, paths: Iterable[str]) -> dict[str, Entry]:
        """Return the entries at those of many paths that exist, sorted by path. Folders are read in a few requests."""
        wanted = sorted(set(paths))
        levels: dict[int, set[str]] = defaultdict(set)
        for folder in {path.rpartition("/")[0] for path in wanted}:
            parts = folder.split("/")
            for depth in range(1, len(parts) + 1):
                levels[depth].add("/".join(parts[:depth]))
        inside: dict[str, Mapping[str, Entry]] = {"": self._git.tree(self.tree)}
        for _, folders in sorted(levels.items()):
            found = {folder: _look_up(folder, inside) for folder in sorted(folders - inside.keys())}
            trees = {folder: entry.oid for folder, entry in found.items() if entry is not None and entry.kind is Kind.FOLDER}
            self._git.trees(trees.values())
            inside |= {folder: self._git.tree(oid) for folder, oid in trees.items()}
        entries = ((path, _look_up(path, inside) if path else self.entry(path)) for path in wanted)
        return {path: entry for path, entry in entries if entry is not None}

    def names(self, folder: str) -> Mapping[str, Entry]:
        """Return the entries directly in a folder, by name; none if there is no such folder."""
        entry = self.entry(folder)
        return self._git.tree(entry.oid) if entry is not None and entry.kind is Kind.FOLDER else {}

    def files(self, folder: str, skip: Callable[[str], bool] | None = None) -> dict[str, Entry]:
        """Return every file below a folder, sorted by path; for the path of a file, that file.

        Folders for which `skip` is true are left out. Symlinks and submodules count as files.
        """
        top = self.entry(folder)
        if top is None:
            return {}
        if top.kind is not Kind.FOLDER:
            return {folder: top}
        files: dict[str, Entry] = {}
        level = {folder: top}
        while level:
            self._git.trees(entry.oid for entry in level.values())
            below: dict[str, Entry] = {}
            for path, entry in self._children(level):
                if entry.kind is not Kind.FOLDER:
                    files[path] = entry
                elif skip is None or not skip(path):
                    below[path] = entry
            level = below
        return dict(sorted(files.items()))

    def first_files(self, folders: Collection[str], most: int) -> dict[str, dict[str, Entry]]:
        """Return the first regular files below each of some folders, sorted by path, up to `most`; none if it isn't there.

        Of each folder no more is read than it takes, and of all of them together.
        """
        tops = self.entries(folders)
        found: dict[str, dict[str, Entry]] = {folder: {} for folder in folders}
        # What is still to come of each, the next at the end. A folder's files come where its name with a slash does.
        waiting = {folder: [(f"{folder}/", top)] for folder, top in tops.items() if top.kind is Kind.FOLDER}
        while waiting:
            opened = {folder: ahead.pop() for folder, ahead in waiting.items()}
            self._git.trees(entry.oid for _, entry in opened.values())
            for folder, (path, top) in opened.items():
                names = self._git.tree(top.oid).items()
                ahead, files = waiting[folder], found[folder]
                inside = [(path + name + _ENDS[entry.kind], entry) for name, entry in names if entry.kind in _ENDS]
                ahead += sorted(inside, key=itemgetter(0), reverse=True)
                while ahead and not ahead[-1][0].endswith("/") and len(files) < most:
                    file, entry = ahead.pop()
                    files[file] = entry
                if not ahead or len(files) == most:
                    del waiting[folder]
        return found

    def _children(self, folders: Mapping[str, Entry]) -> Iterator[tuple[str, Entry]]:
        for folder, entry in folders.items():
            for name, child in self._git.tree(entry.oid).items():
                yield (f"{folder}/{name}" if folder else name), child

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None if there is no regular file."""
        entry = self.entry(path)
        return self._git.blob(entry.oid) if entry is not None and entry.kind is Kind.FILE else None

    def read_link(self, path: str) -> bytes | None:
        """Return where a link leads, as it is written, or None if there is no link."""
        entry = self.entry(path)
        return self._git.blob(entry.oid) if entry is not None and entry.kind is Kind.SYMLINK else None

    def is_link(self, path: str) -> bool:
        """Return whether there is a link at a path."""
        entry = self.entry(path)
        return entry is not None and entry.kind is Kind.SYMLINK

    def read_all(self, files: Mapping[str, Entry]) -> dict[str, bytes]:
        """Return the contents of the regular files among `files`, read in one request."""
        regular = {path: entry.oid for path, entry in files.items() if entry.kind is Kind.FILE}
        contents = self._git.blobs(regular.values())
        return {path: contents[oid] for path, oid in regular.items()}

    def grep(
        self, patterns: Iterable[str], folders: Iterable[str], extended: Iterable[str] = (), most: int | None = None
    ) -> Found:
        """Return the files below `folders` with a line that one of the regular expressions matches; see `Git.grep`."""
        return self._git.grep(self.tree, patterns, folders, extended, most)


def _look_up(path: str, inside: Mapping[str, Mapping[str, Entry]]) -> Entry | None:
    """Return the entry at a path, given what is directly in the folders that are there."""
    folder, _, name = path.rpartition("/")
    return inside.get(folder, {}).get(name)
