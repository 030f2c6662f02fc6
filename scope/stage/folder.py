"""The stage: a fresh folder that holds exactly the staged files of one deployment, and the few files that the CLI needs.

Files are written from git's blobs, so that their bytes are those of the fingerprint, whatever the work tree, the user's
configuration and `.gitattributes` would make of them. The folder has a `.git` that only names commit, branch and origin
(without one, the CLI would search the folders above), ignore rules of its own, a venv that sees the installed packages but
not the checkout, and an overlay, which the bundle includes last.
"""

import contextlib
import posixpath
import re
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from scope.errors import Refused, ScopeError, UsageError
from scope.escaping import escape_invisible
from scope.graph.index import StageFrame
from scope.installation import require_deploy_extra
from scope.model import Entry, Kind, quote_path
from scope.repository.snapshot import Snapshot
from scope.stage.overlay import include_overlay

# The bundle's settings for the folders below a deployment's root, and those folders.
_FOLDERS = (("state", "state"), ("file", "files"), ("artifact", "artifacts"), ("resource", "resources"))
# Names that a stage writes itself: a tracked file of such a name would replace them.
RESERVED = (".stage", ".venv", ".git", ".gitignore", ".databricks")

_NO_NAMES = frozenset({"", ".", "..", ".git"})


@dataclass(frozen=True, slots=True)
class StageFacts:
    """The facts that a stage tells the CLI beside its files.

    `has_permit` lets a deploy pass the guard. `host` and `root` override the bundle's files, so that the CLI talks to the
    workspace of the credentials and writes where the lock is held. `holds_lock` keeps the CLI from taking the deployment's
    lock, which the caller holds.
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
    frame: StageFrame = field(default_factory=StageFrame)


@contextlib.contextmanager
def open_stage(
    snapshot: Snapshot, files: Iterable[str], facts: StageFacts, written: Mapping[str, bytes] | None = None
) -> Iterator[Path]:
    """Write a stage into the system's temporary folder, give its path, and delete it afterwards in any case."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="scope-stage-"))
    except OSError as error:
        raise ScopeError(
            f"No stage can be made in {tempfile.gettempdir()}: {error.strerror}. Free some space, or set TMPDIR."
        ) from None
    try:
        write_stage(folder, snapshot, tuple(files), facts, written)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_stage(
    folder: Path,
    snapshot: Snapshot,
    paths: tuple[str, ...],
    facts: StageFacts,
    written: Mapping[str, bytes] | None = None,
) -> None:
    """Write a stage into an empty folder. Only regular files are written: the checks report the others.

    `written` are further files with contents that the tree doesn't have.
    """
    frame = facts.frame
    entries = {path: entry for path in paths if (entry := snapshot.entry(path)) is not None and entry.kind is Kind.FILE}
    _require_plain_paths(entries)
    contents = read_staged_contents(snapshot, entries, frame) | dict(written or {})
    if written and not frame.is_included:
        contents = with_overlay(contents, frame)
    contents |= git_files(facts)
    contents[frame.overlay] = render_overlay(facts)
    # An ignore file of the stage's own would take the place of one that the bundle uploads.
    contents[".gitignore" if frame.is_included else ".git/info/exclude"] = ("\n".join(frame.ignored) + "\n").encode()
    try:
        for empty in frame.empty:
            (folder / empty).mkdir()  # the wheel's folder must exist, even for a domain that was deleted
        for path, content in contents.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        for empty in (".git/objects", ".git/refs"):
            (folder / empty).mkdir(parents=True, exist_ok=True)
        if frame.venv is not None:
            write_venv(folder / frame.venv)
    except OSError as error:
        raise ScopeError(
            f"The stage in {folder} can't be written: {error.strerror}. Free some space, or set TMPDIR."
        ) from None


def read_staged_contents(snapshot: Snapshot, entries: Mapping[str, Entry], frame: StageFrame) -> dict[str, bytes]:
    """Return the contents of files as a stage holds them, and a deploy uploads them."""
    return with_overlay(dict(snapshot.read_all(entries)), frame)


def with_overlay(contents: dict[str, bytes], frame: StageFrame) -> dict[str, bytes]:
    """Return the contents of a stage's files, of which the bundle includes the overlay. Raises `UsageError` if it can't."""
    if frame.is_included or frame.bundle not in contents:
        return contents
    name = posixpath.relpath(frame.overlay, frame.folder or ".")
    return contents | {frame.bundle: include_overlay(frame.bundle, contents[frame.bundle], name)}


def _require_plain_paths(paths: Iterable[str]) -> None:
    """Raise `Refused` for a path that leads out of the stage, or to what the stage itself writes.

    git makes no such tree, but a tree that somebody crafts can hold any name.
    """
    for path in paths:
        parts = path.split("/")
        is_plain = not any(part.casefold() in _NO_NAMES for part in parts) and not re.search(r"[\\\0]", path)
        if not is_plain or (parts[0] in RESERVED and path != ".gitignore"):
            shown = escape_invisible(quote_path(path))
            raise Refused(
                f"The tree holds a file named `{shown}`, which can't be written into a stage. Remove it from the commit."
            )


def render_overlay(facts: StageFacts) -> bytes:
    """Return the bundle file that a stage adds: the domain, the permit for the guard, host, root and lock setting.

    A bundle that knows nothing of stages is also told to keep the libraries in the workspace.
    """
    import yaml  # only a stage needs it

    settings: dict[str, object] = {}
    if facts.frame.has_guard:
        permit = {"stage": f"{facts.target}/{facts.domain}"} if facts.has_permit else {}
        settings["variables"] = {"domain": facts.domain} | permit
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
    overlay: dict[str, object] = {"targets": {facts.target: settings}}
    if not facts.frame.has_guard:
        # Applying a plan from a file, the CLI would empty the folder of the libraries that were uploaded for it. Runs that
        # have started keep the wheel they started with.
        overlay["experimental"] = {"skip_artifact_cleanup": True}
    return yaml.safe_dump(overlay, sort_keys=True).encode()


def git_files(facts: StageFacts) -> dict[str, bytes]:
    """Return the files of a `.git` from which the CLI reads commit, branch and origin, and nothing else."""
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
    """Return a remote's URL without user, password, query and fragment. `git@host:path` has no secret and stays as it is."""
    parts = urlsplit(url)
    if not parts.scheme or not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def write_venv(folder: Path) -> None:
    """Write a venv of four entries that imports the packages of the running one, except those installed as editable.

    Python doesn't search a path that a `.pth` file adds for further `.pth` files, and those make a checkout importable.
    """
    configuration = require_venv()
    require_deploy_extra()
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    shutil.copyfile(configuration, folder / "pyvenv.cfg")
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(Path(sys.executable).resolve())
    (packages / "tools.pth").write_text(sysconfig.get_path("purelib") + "\n")


def require_venv() -> Path:
    """Return the `pyvenv.cfg` of the running environment, which stages copy. Raises `UsageError` if it isn't a venv."""
    configuration = Path(sys.prefix, "pyvenv.cfg")
    if not configuration.is_file():
        raise UsageError("scope must run in an environment of its own. Run `uv sync`, then start it with `uv run scope`.")
    return configuration
