"""The stage: a fresh folder that holds exactly the staged files of one deployment, and what the CLI needs beside them.

Files are written from git's blobs, byte for byte what the fingerprint says, whatever the work tree, the user's
configuration and `.gitattributes` would make of them. The folder has a `.git` that only names commit, branch and origin
(without one, the CLI would look further up), ignore rules of its own, a venv that sees the installed packages and not the
checkout, and an overlay, the last of the bundle's includes.
"""

import contextlib
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from scope.errors import ScopeError, UsageError
from scope.model import Entry, Kind
from scope.repository.snapshot import Snapshot

OVERLAY = ".stage/stage.yml"
# Without the first line, the wheel would be uploaded as a source file.
IGNORED = ("/src/dist/", "__pycache__/", ".databricks/")
# The folders below a deployment's root, by the bundle's settings for them.
_FOLDERS = (("state", "state"), ("file", "files"), ("artifact", "artifacts"), ("resource", "resources"))
# What the stage's maker writes; a repository that tracks one of these could stand in for it.
RESERVED = (".stage", ".venv", ".git", ".gitignore", ".databricks")


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What the CLI is told in a stage beside its files.

    With `has_pass`, the guard lets a deploy through. `host` and `root` are pinned over whatever the bundle's files say, so
    that the CLI goes where the credentials are for, and where the lock is held.
    `has_own_lock` says that the caller holds the deployment's lock, so that the CLI must not take it.
    """

    target: str
    domain: str
    commit: str | None
    branch: str | None
    origin: str | None
    host: str | None = None
    root: str | None = None
    has_permit: bool = False
    holds_lock: bool = False


@contextlib.contextmanager
def stage(snapshot: Snapshot, files: Mapping[str, Entry], facts: StageFacts) -> Iterator[Path]:
    """Make a stage in the system's temporary folder; on leaving, however that comes about, it is gone."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="scope-stage-"))
    except OSError as error:
        raise ScopeError(
            f"No stage can be made in {tempfile.gettempdir()}: {error.strerror}. Free some space, or set TMPDIR."
        ) from None
    try:
        write_stage(folder, snapshot, tuple(files), facts)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_stage(folder: Path, snapshot: Snapshot, paths: tuple[str, ...], facts: StageFacts) -> None:
    """Write a stage into an empty folder. What isn't a regular file is left out; the check has named it."""
    entries = {path: entry for path in paths if (entry := snapshot.entry(path)) is not None and entry.kind is Kind.FILE}
    contents: dict[str, bytes] = dict(snapshot.read_all(entries))
    contents |= git_files(facts)
    contents[OVERLAY] = overlay(facts)
    contents[".gitignore"] = ("\n".join(IGNORED) + "\n").encode()
    try:
        (folder / "src").mkdir()  # the wheel's folder must be there, even for a domain that is gone
        for path, content in contents.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        for empty in (".git/objects", ".git/refs"):
            (folder / empty).mkdir(parents=True, exist_ok=True)
        write_venv(folder / ".venv")
    except OSError as error:
        raise ScopeError(
            f"The stage in {folder} can't be written: {error.strerror}. Free some space, or set TMPDIR."
        ) from None


def overlay(facts: StageFacts) -> bytes:
    """Return the bundle file that a stage adds: domain, guard's pass, host, and who holds the lock."""
    import yaml  # only a stage needs it

    settings: dict[str, object] = {"variables": {"domain": facts.domain}}
    if facts.has_permit:
        settings["variables"] = {"domain": facts.domain, "stage": f"{facts.target}/{facts.domain}"}
    workspace: dict[str, str] = {}
    if facts.host:
        workspace["host"] = facts.host
    if facts.root:
        workspace["root_path"] = facts.root
        workspace |= {f"{name}_path": f"{facts.root}/{folder}" for name, folder in _FOLDERS}
    if workspace:
        settings["workspace"] = workspace
    if facts.holds_lock:
        settings["bundle"] = {"deployment": {"lock": {"enabled": False}}}
    return yaml.safe_dump({"targets": {facts.target: settings}}, sort_keys=True).encode()


def git_files(facts: StageFacts) -> dict[str, bytes]:
    """Return a `.git` in which the CLI finds commit, branch and origin, and nothing else."""
    if facts.commit is None:
        return {".git/HEAD": b"ref: refs/heads/none\n", ".git/config": b"[core]\n\trepositoryformatversion = 0\n"}
    files = {".git/HEAD": f"{facts.commit}\n".encode(), ".git/config": b"[core]\n\trepositoryformatversion = 0\n"}
    if facts.branch:
        files[".git/HEAD"] = f"ref: refs/heads/{facts.branch}\n".encode()
        files[f".git/refs/heads/{facts.branch}"] = f"{facts.commit}\n".encode()
    if facts.origin:
        quoted = without_credentials(facts.origin).replace("\\", "\\\\").replace('"', '\\"')
        files[".git/config"] += f'[remote "origin"]\n\turl = "{quoted}"\n'.encode()
    return files


def without_credentials(url: str) -> str:
    """Return a remote's URL without user, password, query and fragment; `git@host:path` holds none and stays."""
    parts = urlsplit(url)
    if not parts.scheme or not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def write_venv(folder: Path) -> None:
    """Write a venv of four entries: this one's packages are importable, what it has installed as editable is not.

    A path that a `.pth` file adds is not searched for further `.pth` files, and those are what makes a checkout visible.
    """
    real = check_venv()
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    shutil.copyfile(real, folder / "pyvenv.cfg")
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(Path(sys.executable).resolve())
    (packages / "tools.pth").write_text(sysconfig.get_path("purelib") + "\n")


def check_venv() -> Path:
    """Return the file that makes the running environment a venv; `UsageError` where it is none: a stage needs a copy."""
    found = Path(sys.prefix, "pyvenv.cfg")
    if not found.is_file():
        raise UsageError(
            "scope must run in the project's own environment. Run `uv sync`, then start it with `uv run scope`."
        )
    return found
