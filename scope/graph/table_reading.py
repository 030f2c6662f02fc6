"""Reads what files of one tree say of tables, with the modules and notebooks that they use."""

import json
import re
from collections.abc import Collection, Mapping

from scope.inference.parsing import Trees
from scope.lineage.modules import module_paths
from scope.lineage.sources import may_name_tables
from scope.lineage.table_facts import dump_tables, load_tables, stands_alone
from scope.lineage.table_names import TableNames
from scope.lineage.table_uses import FileTables
from scope.lineage.tables import Modules
from scope.model import Entry
from scope.ports import Kept
from scope.repository.layout import COMMON
from scope.repository.snapshot import Snapshot

_SHARED_NAME = re.compile(rb"\bcommon(?:\.[A-Za-z0-9_]+)+")


class TableReading:
    """Reads files that belong together: each module that they use is read once, and may be changed by who calls it."""

    def __init__(self, snapshot: Snapshot, kept: Kept | None, names: TableNames, trees: Trees) -> None:
        """Read nothing yet. `kept` is what earlier runs found out, `names` how tables are called, `trees` shared code's."""
        self._snapshot = snapshot
        self._kept = kept
        self._names = names
        self._modules = Modules(self._content, names, trees)
        self._contents: dict[str, bytes] = {}

    @property
    def sought(self) -> Collection[str]:
        """Return the paths at which modules and notebooks were looked for, whether or not there are any."""
        return self._modules.sought

    def _content(self, path: str) -> bytes | None:
        return self._contents[path] if path in self._contents else self._snapshot.read(path)

    def read(self, files: Mapping[str, Entry], *, are_users: bool) -> dict[tuple[str, bool], FileTables]:
        """Return what files say, by path and by whether they were read as users of other files.

        What names tables by itself says the same either way.
        """
        self._contents = self._snapshot.read_all(files)
        self._read_ahead(self._contents)
        found: dict[tuple[str, bool], FileTables] = {}
        for path, content in self._contents.items():
            found[path, are_users] = self._read_file(path, files[path], content, is_user=are_users)
            if are_users and may_name_tables(path, content):
                found[path, False] = found[path, True]
        return found

    def _read_ahead(self, contents: Mapping[str, bytes]) -> None:
        """Have git read the shared modules that some files name in one go, and remember them: most are asked for next."""
        names = {name for path, text in contents.items() if path.endswith(".py") for name in _SHARED_NAME.findall(text)}
        paths = (path for name in names for path in module_paths(name.decode()) if path.startswith(COMMON))
        self._snapshot.read_all(self._snapshot.entries(paths))

    def _read_file(self, path: str, entry: Entry, content: bytes, *, is_user: bool) -> FileTables:
        if self._kept is None or not stands_alone(path, content):
            return self._modules.read_file(path, content, is_user=is_user)
        name = json.dumps(["tables", path, entry.oid, is_user, *self._names.key])
        text = self._kept.get(name)
        if text is not None:
            return load_tables(text)
        found = self._modules.read_file(path, content, is_user=is_user)
        self._kept.put(name, dump_tables(found))
        return found
