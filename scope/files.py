"""Files that appear whole or not at all."""

import os
import tempfile
from pathlib import Path

from scope.errors import UsageError


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or all of the new; creates a missing folder.

    A symbolic link as the folder is refused: it could lead the file anywhere.
    """
    folder = path.parent
    if folder.is_symlink():
        raise UsageError(
            f"{folder} is a link, so nothing is written there. Remove it, or name another file with `--output`."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}.") from None
