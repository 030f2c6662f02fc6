"""What earlier runs found out about a clone, kept in its git folder: an answer comes sooner, and is the same without it.

A pull request can't put anything there, since git tracks nothing of it. Each value carries a digest under a key that only
this user has, outside of the clone: what is torn, or comes from somebody else, is read anew. Where nothing can be kept, on a
read-only disk say, nothing is. Nor in CI: a runner that isn't new for each job has run the code of pull requests as the same
user.
"""

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import scope

if TYPE_CHECKING:
    import sqlite3

_FILE = Path("scope", "kept.sqlite")
_KEY = Path("scope", "kept.key")
_KEY_BYTES = 32
# Seconds that another process may hold the file.
_PATIENCE = 0.2
# Rows, and characters of one.
MOST = 100_000
LONGEST = 1024 * 1024
# Bytes of the file.
LARGEST = 128 * 1024 * 1024
_PAGE = 4096
# Connections of the process that this one is a copy of. To close one would meddle with its locks.
_inherited: "list[sqlite3.Connection | None]" = []
_TABLE = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL, mac BLOB NOT NULL)"


class KeptFindings:
    """Values by names that say all that a value depends on. Errors of the disk are as if nothing were kept."""

    def __init__(self, root: Path) -> None:
        """Keep for the work tree at `root`. Nothing is opened yet."""
        self._root = root
        self._file = root
        self._connection: sqlite3.Connection | None = None
        self._key: bytes | None = None
        self._new: dict[str, str] = {}
        self._is_empty = False
        self._is_usable = not os.environ.get("CI")

    @property
    def usable(self) -> Self | None:
        """Return itself, or None where nothing is kept: then nobody makes names of what is."""
        return self if self._is_usable else None

    def get(self, name: str) -> str | None:
        """Return what was kept under a name, or None."""
        if name in self._new:
            return self._new[name]
        import hmac
        import sqlite3

        key, connection = self._open()
        if connection is None or self._is_empty:
            return None
        try:
            full = self._full(name)
            row = connection.execute("SELECT value, mac FROM kept WHERE name = ?", (full,)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        if row is None or not isinstance(row[0], str) or not isinstance(row[1], bytes):
            return None
        return row[0] if hmac.compare_digest(row[1], self._mac(key, full, row[0])) else None

    def put(self, name: str, value: str) -> None:
        """Keep a value, with all others at the end. The oldest go where there are too many."""
        if self._is_usable and len(value) <= LONGEST:
            self._new[name] = value

    def _write(self) -> None:
        """Write what is new, in one go."""
        import sqlite3

        new, self._new = self._new, {}
        key, connection = self._open()
        if connection is None or not new:
            return
        self._is_empty = False
        named = ((self._full(name), value) for name, value in new.items())
        rows = [(full, value, self._mac(key, full, value)) for full, value in named]
        try:
            try:
                with connection:
                    connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)
                    connection.execute("DELETE FROM kept WHERE rowid <= (SELECT max(rowid) FROM kept) - ?", (MOST,))
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                    raise
                # The older half makes room for the next run.
                with connection:
                    connection.execute("DELETE FROM kept WHERE rowid <= (SELECT (min(rowid) + max(rowid)) / 2 FROM kept)")
        except sqlite3.Error as error:
            self._give_up(error)

    def begin_anew(self) -> None:
        """Forget the connection, in a copy of this process: the original goes on with it."""
        _inherited.append(self._connection)
        self._connection = None
        self._new = {}

    def end_copy(self) -> None:
        """Write what a copy of this process has found."""
        if self._new:
            self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._new:
            self._write()
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> "tuple[bytes, sqlite3.Connection | None]":
        import sqlite3  # few commands need it

        if self._is_usable and self._connection is None:
            try:
                self._file = _git_folder(self._root) / _FILE
                self._key = _read_key(Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"))
                self._file.parent.mkdir(exist_ok=True)
                self._connection = sqlite3.connect(self._file, timeout=_PATIENCE)
                # A crash may tear the file: it is only worth the time that it saves.
                self._connection.execute("PRAGMA synchronous = OFF")
                self._connection.execute(f"PRAGMA max_page_count = {LARGEST // _PAGE}")
                self._connection.execute(_TABLE)
                # Nobody need ask a first run's thousands of questions.
                self._is_empty = self._connection.execute("SELECT 1 FROM kept LIMIT 1").fetchone() is None
            except (OSError, sqlite3.Error, RuntimeError) as error:
                self._give_up(error)
        return self._key or b"", self._connection

    def _give_up(self, error: Exception) -> None:
        """Keep nothing more in this run; begin anew in the next one if the file is torn."""
        import sqlite3

        if self._connection is not None:
            self._connection.close()
        self._is_usable, self._connection = False, None
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            with contextlib.suppress(OSError):
                self._file.unlink()

    def _full(self, name: str) -> str:
        return hashlib.blake2b(f"{_version()}\0{name}".encode()).hexdigest()

    @staticmethod
    def _mac(key: bytes, full: str, value: str) -> bytes:
        return hashlib.blake2b(f"{full}\0{value}".encode(errors="surrogatepass"), key=key, digest_size=32).digest()


def _git_folder(root: Path) -> Path:
    """Return the git folder of a work tree, which of a second work tree lies elsewhere. Raises `OSError`."""
    folder = root / ".git"
    if folder.is_file():
        folder = root / folder.read_text(encoding="utf-8", errors="replace").removeprefix("gitdir: ").rstrip("\n")
    (folder / "HEAD").stat()
    return folder


def _read_key(state: Path) -> bytes:
    """Return the user's key, made the first time. Raises `OSError`."""
    file = state / _KEY
    with contextlib.suppress(FileNotFoundError):
        key = file.read_bytes()
        if len(key) == _KEY_BYTES:
            return key
        file.unlink()
    file.parent.mkdir(parents=True, exist_ok=True)
    key = os.urandom(_KEY_BYTES)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, key)
    finally:
        os.close(descriptor)
    return key


@cache
def _version() -> str:
    """Return what tells this code from any other: its files' sizes and times, the SQL parser's, and Python's version."""
    folders = [
        str(Path(scope.__file__).parent),
        *(getattr(find_spec("sqlglot"), "submodule_search_locations", None) or ()),
    ]
    stats = sorted((file.path, stat.st_size, stat.st_mtime_ns) for folder in folders for file, stat in _list_code(folder))
    return hashlib.sha256(repr((sys.version, stats)).encode()).hexdigest()


def _list_code(folder: str) -> Iterator[tuple["os.DirEntry[str]", os.stat_result]]:
    """Yield the modules below a folder. Not by `Path.rglob`, which takes five times as long."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry, entry.stat()
            # What Python has compiled is made of them.
            elif entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                yield from _list_code(entry.path)
