"""Files that appear whole or not at all."""

import os
from pathlib import Path

from scope.errors import UsageError


def find_link(path: Path, root: Path) -> Path | None:
    """Return the file, or the folder between it and `root`, that is a link: a repository could lead it anywhere."""
    places = (path, *path.parents)
    return next((place for place in places[: places.index(root)] if place.is_symlink()), None)


def require_no_link(path: Path, root: Path) -> None:
    """Raise `UsageError` if a file, or a folder between it and `root`, is a link."""
    link = find_link(path, root)
    if link is not None:
        raise UsageError(f"{link} is a link, so nothing is written there. Remove it.")


def prepare_own_file(root: Path, path: Path) -> Path:
    """Return where a file of scope's own folder lies in a work tree. A new folder is one that git ignores."""
    folder = root / path.parts[0]
    if not folder.is_symlink() and not folder.exists():
        write_atomic(folder / ".gitignore", b"*\n")
    return root / path


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or all of the new; creates a missing folder.

    What is there and isn't a plain file (a device, a pipe) is written to, never replaced. A link in the place of the file or
    of its folder is refused: a repository could lead the file anywhere with it.
    """
    folder = path.parent
    for place in (path, folder):
        if place.is_symlink():
            raise UsageError(
                f"{place} is a link, so nothing is written there. Remove it, or name another file with `--output`."
            )
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        folder.mkdir(parents=True, exist_ok=True)
        # Not by `tempfile`, which takes 3 ms to import: as long as two of git's processes.
        temporary = folder / f".{path.name}.{os.urandom(8).hex()}"
        try:
            with temporary.open("xb") as file:
                file.write(content)
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}.") from None
