"""The uses of files, read from their contents once, for every tree of one repository."""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from scope.graph.search import search
from scope.inference.imports import file_uses
from scope.inference.uses import Uses
from scope.inference.uses_facts import dump_uses, load_uses
from scope.inference.wide_uses import CLIMBING, EXTENDED_UNSPELLED, MARKERS, UNSPELLED
from scope.model import Entry, Kind
from scope.ports import Kept, Workers
from scope.repository.snapshot import Snapshot

if TYPE_CHECKING:
    from scope.inference.plain_imports import PlainImport

# Data has no uses: tables, pictures, archives, compiled code. Whatever else people call their files is text, read as such.
_DATA = (
    *(".avro", ".csv", ".feather", ".orc", ".parquet", ".pickle", ".pkl", ".tsv", ".xls", ".xlsx"),
    *(".bmp", ".gif", ".ico", ".jpeg", ".jpg", ".pdf", ".png", ".svg", ".ttf", ".woff", ".woff2"),
    *(".7z", ".bz2", ".dll", ".egg", ".gz", ".jar", ".pyc", ".pyd", ".so", ".tar", ".tgz", ".whl", ".xz", ".zip", ".zst"),
)
_NO_USES = Uses()
# Fewer files than these are read faster than they are searched.
_FEW = 50


class UsesCache:
    """The uses of each file read so far, by path and content."""

    def __init__(self, kept: Kept | None = None, workers: Workers | None = None) -> None:
        """Begin empty. `kept` is what earlier runs found out; `workers` do what takes time."""
        self.kept = kept
        self.workers = workers
        self._known: dict[tuple[str, Entry], Uses] = {}
        self._plain: dict[tuple[str, Entry], tuple[PlainImport, ...] | None] = {}

    def uses(self, snapshot: Snapshot, files: Mapping[str, Entry], folders: tuple[str, ...] = ()) -> dict[str, Uses]:
        """Return the uses of each of `files` that has any.

        With the `folders` of a domain's files, one search of the tree finds the few files worth reading. Shared code is
        always read: its relative imports hold no word to search for.
        """
        unknown = {path: entry for path, entry in files.items() if (path, entry) not in self._known}
        found = self._read(snapshot, self._find_readable(snapshot, unknown, folders), is_kept=not folders)
        for path, entry in unknown.items():
            self._known[path, entry] = found.get(path, _NO_USES)
        known = {path: self._known[path, entry] for path, entry in files.items()}
        return {path: uses for path, uses in known.items() if uses != _NO_USES}

    def _find_readable(self, snapshot: Snapshot, files: Mapping[str, Entry], folders: tuple[str, ...]) -> dict[str, Entry]:
        """Return those of some files that may have uses. With the `folders` of a domain's files, the tree is searched."""
        readable = {path: entry for path, entry in files.items() if entry.kind is Kind.FILE and not is_data(path)}
        if not folders or len(readable) <= _FEW:
            return readable
        marker = "|".join(re.escape(marker.decode()) for marker in MARKERS)
        patterns, extended = ([marker, CLIMBING, *more] for more in (UNSPELLED, EXTENDED_UNSPELLED))
        marked = search(snapshot, self.kept, patterns, folders, extended)
        return {path: entry for path, entry in readable.items() if path in marked}

    def contents(self, snapshot: Snapshot, files: Mapping[str, Entry], folders: tuple[str, ...]) -> Mapping[str, bytes]:
        """Return the contents of those of a domain's files that may have uses."""
        return snapshot.read_all(self._find_readable(snapshot, files, folders))

    def uses_in(self, path: str, entry: Entry, content: bytes) -> Uses:
        """Return the uses of one of the files that `contents` returns."""
        if (path, entry) not in self._known:
            self._known[path, entry] = file_uses(path, content)
        return self._known[path, entry]

    def plain_imports(self, path: str, entry: Entry, content: bytes) -> "tuple[PlainImport, ...] | None":
        """Return the import statements of a file if it is plain, or None; see `read_plain_imports`."""
        from scope.inference.plain_imports import read_plain_imports  # plans seldom ask for all that a domain reaches

        if (path, entry) not in self._plain:
            self._plain[path, entry] = read_plain_imports(path, content)
        return self._plain[path, entry]

    def _read(self, snapshot: Snapshot, files: Mapping[str, Entry], *, is_kept: bool) -> dict[str, Uses]:
        """Return the uses of some files; of whole domains nothing is kept here, since what they reach is."""
        kept = self.kept if is_kept else None
        if kept is None:
            return {path: file_uses(path, content) for path, content in snapshot.read_all(files).items()}
        names = {path: json.dumps(["uses", path, entry.oid]) for path, entry in files.items()}
        found = {path: load_uses(text) for path, name in names.items() if (text := kept.get(name)) is not None}
        missing = {path: entry for path, entry in files.items() if path not in found}
        for path, content in snapshot.read_all(missing).items():
            found[path] = file_uses(path, content)
            kept.put(names[path], dump_uses(found[path]))
        return found

    def whole(self, path: str, entry: Entry, content: bytes) -> Uses:
        """Return all uses of a file, also of one that a search found to lead to nothing shared."""
        known = self._known.get((path, entry), _NO_USES)
        return file_uses(path, content) if known == _NO_USES else known


def is_data(path: str) -> bool:
    """Return whether a file is of a kind that names no other file, by its suffix in any case."""
    return path.lower().endswith(_DATA)
