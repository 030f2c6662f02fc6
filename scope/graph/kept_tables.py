"""What files of one tree say of tables, which an earlier run may have read.

It hangs on all that was read before, since a module is read once and the calls of its functions may change it. So files are
kept in the groups in which they are asked for, each under a name that says all of the groups before it, and with the modules
and notebooks that were looked for: where these are the same, the files say the same. Who needs a group that isn't kept reads
the ones before it first.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from scope.lineage.table_facts import dump_tables, load_tables
from scope.lineage.table_names import TableNames
from scope.lineage.table_uses import FileTables
from scope.model import Entry, Kind
from scope.ports import Kept
from scope.repository.snapshot import Snapshot

if TYPE_CHECKING:
    from scope.graph.table_reading import TableReading

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
        # Groups that were kept, and would have to be read before another one.
        self._skipped: list[_Group] = []
        # Of all groups so far.
        self._name = json.dumps(["tables", *names.key])

    def read(self, files: Mapping[str, Entry], *, are_users: bool) -> Tables:
        """Return what files say that weren't asked for before; see `TableReading.read`."""
        group = _Group(files, are_users)
        if len(files) > _MOST_FILES:
            self._kept = None
        if self._kept is None:
            return self._read(group)
        listed = [(path, entry.oid) for path, entry in files.items()]
        self._name = hashlib.sha256(json.dumps([self._name, are_users, listed]).encode()).hexdigest()
        text = self._kept.get(self._name)
        found = self._load(text) if text is not None else None
        if found is None:
            found = self._read(group)
            self._kept.put(self._name, self._dump(found))
        else:
            self._skipped.append(group)
        return found

    def _read(self, group: _Group) -> Tables:
        for files, are_users in self._skipped:
            self._reading.read(files, are_users=are_users)
        self._skipped.clear()
        return self._reading.read(group.files, are_users=group.are_users)

    @cached_property
    def _reading(self) -> "TableReading":
        from scope.graph.table_reading import TableReading  # with all that reads Python and SQL, 10 ms

        return TableReading(self._snapshot, self._kept, self._names)

    def _dump(self, found: Tables) -> str:
        tables = [[path, is_user, dump_tables(one)] for (path, is_user), one in found.items()]
        return json.dumps([self._identify(self._reading.sought), tables])

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
