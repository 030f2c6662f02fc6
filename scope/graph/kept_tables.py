"""What files of one tree say of tables, which an earlier run may have read.

What a file says may hang on what was read before it, since a module is read once and the calls of its functions may change
it. So the files that are asked for together are read and kept as groups, those of each domain by themselves, as they run.
Each is kept with the modules and notebooks that were looked for: where these are the same, its files say the same.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from scope.inference.parsing import Trees
from scope.lineage.table_facts import dump_tables, load_tables
from scope.lineage.table_names import TableNames
from scope.lineage.table_uses import FileTables
from scope.model import Entry, Kind
from scope.ports import Kept
from scope.repository.layout import place_of
from scope.repository.snapshot import Snapshot

# Nothing is kept of larger groups: to list one takes as long as to search it.
_MOST_FILES = 2_000

Tables = dict[tuple[str, bool], FileTables]
"""What files say, by path and by whether they were read as users of other files."""


class _Group(NamedTuple):
    files: Mapping[str, Entry]
    are_users: bool


class KeptTables:
    """Reads groups of files, as `TableReading` does."""

    def __init__(self, snapshot: Snapshot, kept: Kept | None, names: TableNames) -> None:
        """Read nothing yet. `kept` is what earlier runs found out, `names` how tables are called."""
        self._snapshot = snapshot
        self._kept = kept
        self._names = names
        self._trees = Trees()

    def read(self, files: Mapping[str, Entry], *, are_users: bool) -> Tables:
        """Return what files say, by path and by whether they were read as users of other files; see `TableReading.read`."""
        by_domain: dict[str | None, dict[str, Entry]] = {}
        for path, entry in files.items():
            by_domain.setdefault(place_of(path).domain, {})[path] = entry
        found: Tables = {}
        for some in by_domain.values():
            found |= self._read_group(_Group(some, are_users))
        return found

    def _read_group(self, group: _Group) -> Tables:
        kept = self._kept if len(group.files) <= _MOST_FILES else None
        if kept is None:
            return self._read(group)[0]
        listed = [(path, entry.oid) for path, entry in group.files.items()]
        told = json.dumps([self._names.key, group.are_users, listed])
        name = f"tables {hashlib.sha256(told.encode()).hexdigest()}"
        text = kept.get(name)
        found = self._load(text) if text is not None else None
        if found is None:
            found, sought = self._read(group)
            kept.put(name, self._dump(found, sought))
        return found

    def _read(self, group: _Group) -> tuple[Tables, Iterable[str]]:
        """Return what a group's files say, and where modules and notebooks were looked for."""
        from scope.graph.table_reading import TableReading  # with all that reads Python and SQL, 10 ms

        reading = TableReading(self._snapshot, self._kept, self._names, self._trees)
        return reading.read(group.files, are_users=group.are_users), reading.sought

    def _dump(self, found: Tables, sought: Iterable[str]) -> str:
        tables = [[path, is_user, dump_tables(one)] for (path, is_user), one in found.items()]
        return json.dumps([self._identify(sought), tables])

    def _load(self, text: str) -> Tables | None:
        """Return what was kept, or None if anything that was looked for isn't what it was."""
        sought, tables = json.loads(text)
        if self._identify(sought) != sought:
            return None
        return {(path, is_user): load_tables(one) for path, is_user, one in tables}

    def _identify(self, paths: Iterable[str]) -> dict[str, str | None]:
        """Return the regular files at some paths, or None for those where there is none."""
        entries = self._snapshot.entries(paths)
        return {path: one.oid if (one := entries.get(path)) and one.kind is Kind.FILE else None for path in paths}
