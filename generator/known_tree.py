"""Remembers a tree that was found in order, so that building all of it again takes no longer than reading it.

Nothing but one digest is kept, in the clone's git folder: of every byte and name that a build depends on, under a key that
only this user has, outside of the clone. A tree with the same digest is the same tree, built by the same generator: it is in
order. For any other one, and where the file is torn or comes from somebody else, everything is built anew. In CI nothing is
kept, nor believed: a runner that isn't new for each job has run the code of pull requests as the same user.
"""

import contextlib
import hashlib
import os
import sys
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import TZPATH

from generator.layout import BUNDLE, CODE_ROOT, CONFIG, RESOURCE_ROOT, SPEC_ROOT, TARGET_ROOT
from scope import naming
from scope.repository import toml_file

if TYPE_CHECKING:
    from generator.files import Expected

_FILE = Path("generator", "known-tree")
_KEY = Path("generator", "known-tree.key")
_KEY_BYTES = 32
# Larger ones are no input of a build, which refuses them.
_MOST_BYTES = 2 * 1024 * 1024


class _UncertainError(Exception):
    """Whether the tree is the same can't be told from its bytes and names."""


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What a build of a tree depends on: paths with the digests of their contents, or an empty text if only they count."""

    root: Path
    contents: Mapping[str, str]

    def is_in_order(self) -> bool:
        """Return whether a build of just this tree had nothing to write and nothing to say."""
        try:
            return (_git_folder(self.root) / _FILE).read_text(encoding="ascii") == self.digest()
        except (OSError, ValueError):
            return False

    def remember(self, expected: "Mapping[str, Expected]") -> None:
        """Remember that the tree, read before its build, is in order now that what was expected is written.

        Not if anything else in it differs from what it was: somebody works on it.
        """
        from generator.files import write_atomic  # to know a tree takes none of what a build does

        after = read_facts(self.root)
        if after is None or self.without(expected) != after.without(expected):
            return
        made = {path: _content_digest(file.text.encode()) if file.text else None for path, file in expected.items()}
        # What a package's `__init__.py` holds is its own affair.
        if not all(path in after.contents and digest in (None, after.contents[path]) for path, digest in made.items()):
            return
        with contextlib.suppress(OSError, ValueError):
            if not _extends_ruff(self.root):
                digest = after.digest()
                file = _git_folder(self.root) / _FILE
                file.parent.mkdir(exist_ok=True)
                write_atomic(file, digest)

    def without(self, paths: Container[str]) -> dict[str, str]:
        """Return the contents at all but some paths."""
        return {path: digest for path, digest in self.contents.items() if path not in paths}

    def digest(self) -> str:
        """Return the digest of the tree and of all around it. Raises OSError, and ValueError for a key that is none."""
        facts = repr((sorted(self.contents.items()), list(_surroundings(self.root))))
        return hashlib.blake2b(facts.encode("utf-8", "surrogatepass"), key=_read_key()).hexdigest()


def read_facts(root: Path) -> TreeFacts | None:
    """Return the facts of a tree, or None if nothing may be remembered of it."""
    if os.environ.get("CI"):
        return None
    try:
        contents = {path: _content_digest(_read(str(root / path))) for path in (BUNDLE, CONFIG)}
        for folder in (SPEC_ROOT, TARGET_ROOT, RESOURCE_ROOT):
            contents |= _facts_below(root, folder, has_contents=True)
        # Of code, builds know where it lies, not what it says.
        contents |= _facts_below(root, CODE_ROOT, has_contents=False)
    except (OSError, _UncertainError):
        return None
    return TreeFacts(root, contents)


def _facts_below(root: Path, folder: str, *, has_contents: bool) -> Iterator[tuple[str, str]]:
    waiting = [folder]
    while waiting:
        below = waiting.pop()
        with os.scandir(root / below) as entries:
            for entry in entries:
                path = f"{below}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                    if not has_contents:
                        yield f"{path}/", ""
                elif not entry.is_file(follow_symlinks=False):
                    raise _UncertainError
                else:
                    # Python's own files come and go as modules are loaded.
                    is_read = has_contents and not path.endswith(".pyc")
                    yield path, _content_digest(_read(entry.path)) if is_read else ""


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        content = os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)
    if len(content) == _MOST_BYTES:
        raise _UncertainError
    return content


def _content_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _surroundings(root: Path) -> Iterator[object]:
    """Yield all else that an answer depends on: this code, Python, what is installed, ruff's settings, zones, the year."""
    yield sys.version
    own = Path(__file__).parent
    shared = (Path(module.__file__ or "") for module in (naming, toml_file))
    for path in (*sorted([*own.glob("*.py"), *own.glob("*.json")]), *shared):
        yield path.name, _content_digest(path.read_bytes())
    for place in map(Path, sys.path):
        # A name can't be a domain's if a package has it. Packages that are installed again are new folders.
        if place.is_dir() and place not in (root, root / CODE_ROOT):
            listed = [one for one in place.iterdir() if not one.name.startswith((".", "__pycache__"))]
            yield str(place), sorted((one.name, one.stat().st_mtime_ns) for one in listed)
    yield sorted((name, value) for name, value in os.environ.items() if name.startswith("RUFF_"))
    yield [(place, Path(place).stat().st_mtime_ns) for place in TZPATH if Path(place).is_dir()]
    # A schedule may be over.
    yield datetime.now(UTC).year


def _extends_ruff(root: Path) -> bool:
    """Return whether ruff's settings are also in other files."""
    import tomllib  # as above

    settings = tomllib.loads((root / CONFIG).read_text(encoding="utf-8"))
    return "extend" in settings.get("tool", {}).get("ruff", {})


def _git_folder(root: Path) -> Path:
    """Return the git folder of a work tree, which of a second work tree lies elsewhere. Raises OSError and ValueError."""
    folder = root / ".git"
    if folder.is_file():
        folder = root / folder.read_text(encoding="utf-8").removeprefix("gitdir: ").rstrip("\n")
    (folder / "HEAD").stat()
    return folder


def _read_key() -> bytes:
    """Return the user's key, made the first time. Raises OSError, and ValueError if it is torn."""
    file = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / _KEY
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, os.urandom(_KEY_BYTES))
        finally:
            os.close(descriptor)
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        file.unlink()
        raise ValueError("The key is torn.")
    return key
