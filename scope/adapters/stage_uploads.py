"""The CLI's own books in a stage of what it has uploaded, by which it tells what to upload next.

`sync-snapshots/<host and folder>.json` has a time for each file, and the CLI uploads those that the stage holds with a
later one. A first `plan` makes it from the workspace's `deployment.json`, with times so old that everything is uploaded.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from scope.errors import CliError, Fault
from scope.workspace_model import StagedFile

_VERSION = "v1"
_TIMES = "last_modified_times"
_NAMES = "local_to_remote_names"


def read_staged(file: Path) -> StagedFile | None:
    """Return a file of a stage as it lies there now, or None if it isn't a plain file."""
    if file.is_symlink() or not file.is_file():
        return None
    with accessing(file, "read"):
        # The time first: a file that is written meanwhile then has another one afterwards.
        written_at = file.stat().st_mtime_ns
        content = file.read_bytes()
    return StagedFile(hashlib.sha256(content).hexdigest(), len(content), written_at)


def keep(books: Path, files: Mapping[str, StagedFile]) -> frozenset[str]:
    """Have the CLI take files of the stage for those that it has uploaded; return which it will: those that it lists."""
    found = list(books.glob("sync-snapshots/*.json"))
    if len(found) != 1:
        return frozenset()
    with accessing(found[0], "read"):
        listed = found[0].read_bytes()
    content, kept = set_times(listed, {path: file.written_at for path, file in files.items()})
    with accessing(found[0], "written"):
        found[0].write_bytes(content)
    return kept


def forget(books: Path) -> None:
    """Drop the books: the next `plan` makes them from what the workspace has."""
    for file in (books / "deployment.json", *books.glob("sync-snapshots/*.json")):
        with accessing(file, "deleted"):
            file.unlink(missing_ok=True)


def set_times(content: bytes, times: Mapping[str, int]) -> tuple[bytes, frozenset[str]]:
    """Return a snapshot with the times of some files, in nanoseconds since 1970, and which files those are.

    Files that it doesn't list are left out. A snapshot of another form than the tested CLI's stays as it is.
    """
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return content, frozenset()
    if not isinstance(tree, dict) or tree.get("version") != _VERSION:
        return content, frozenset()
    listed, names = tree.get(_TIMES), tree.get(_NAMES)
    if not isinstance(listed, dict) or not isinstance(names, dict) or listed.keys() != names.keys():
        return content, frozenset()
    known = frozenset(times.keys() & listed.keys())
    tree[_TIMES] = listed | {path: _timestamp(times[path]) for path in known}
    return json.dumps(tree).encode(), known


def _timestamp(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


@contextmanager
def accessing(file: Path, done: str) -> Iterator[None]:
    """Turn what goes wrong at a file of a stage into a sentence; `done` is what can't be done to it, such as `read`."""
    try:
        yield
    except OSError as error:
        raise CliError(Fault.UNKNOWN, f"{file} can't be {done}: {error.strerror}. Free some space, or set TMPDIR.") from None
