"""Reads the work tree: specs, modules and source code, and nothing outside the root."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from generator.errors import Problem, SpecError, visible
from generator.layout import BUNDLE, CODE_ROOT, DOMAIN_SETTINGS, MAX_BYTES, NO_DOMAINS, SPEC_ROOT, code_folder, is_settings


@dataclass(frozen=True)
class Checkout:
    """A work tree. Paths are relative to its root, with `/`, and never lead out of it."""

    root: Path

    @cached_property
    def _real_root(self) -> Path:
        return self.root.resolve()

    @cached_property
    def _real_folder(self) -> Callable[[Path], Path]:
        """Return a function from a folder to where it really is. Most files share theirs with others."""
        return cache(Path.resolve)

    def files(self, folder: str, *, ignoring_hidden: bool = True) -> Iterator[str]:
        """Yield the paths of all files below a folder, sorted; symbolic links are yielded, not followed."""
        top = self.root / folder
        for directory, folders, names in os.walk(top):
            folders[:] = sorted(name for name in folders if not (ignoring_hidden and name.startswith((".", "__pycache__"))))
            linked = [name for name in folders if Path(directory, name).is_symlink()]
            for name in sorted([*names, *linked]):
                if not (ignoring_hidden and name.startswith(".")):
                    yield Path(directory, name).relative_to(self.root).as_posix()

    def spec_paths(self) -> list[str]:
        """Return every file among the specs but Markdown, whether it can be a spec or not."""
        paths = (path for path in self.files(SPEC_ROOT) if not is_settings(path))
        return sorted(path for path in paths if not path.endswith(".md"))

    def domain_paths(self) -> list[str]:
        """Return the paths of the domains' settings."""
        return [path for path in self.files(DOMAIN_SETTINGS) if not path.endswith(".md")]

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises SpecError if it is missing, too large, no plain file, or outside the root."""
        place = self.root / path
        try:
            is_inside = self._resolve(place).is_relative_to(self._real_root / Path(path).parts[0])
        except (OSError, RuntimeError) as error:
            raise _unreadable(path, error) from None
        if not is_inside:
            raise SpecError(
                Problem(path, 0, 0, "", "is, or lies behind, a symbolic link that leads elsewhere. Use a plain file.")
            )
        return read_plain_file(place, path)

    def is_file(self, path: str) -> bool:
        """Return whether a path inside the root is a file."""
        return stat.S_ISREG(self._mode(path))

    def is_folder(self, path: str) -> bool:
        """Return whether a path inside the root is a folder."""
        return stat.S_ISDIR(self._mode(path))

    def folders(self, path: str) -> list[str]:
        """Return the names of the folders in a folder, sorted."""
        place = self.root / path
        if not place.is_dir():
            return []
        return sorted(entry.name for entry in place.iterdir() if entry.is_dir() and not entry.name.startswith((".", "_")))

    def domains(self) -> list[str]:
        """Return the folders of the code that are domains, sorted."""
        return [name for name in self.folders(CODE_ROOT) if name not in NO_DOMAINS]

    def sources(self, domain: str, source: str, layer: str) -> list[str]:
        """Return a layer's source files; names that begin with an underscore are nobody's entry point."""
        paths = self.files(code_folder(domain, source, layer))
        return [path for path in paths if path.endswith((".py", ".sql", ".ipynb")) and not Path(path).name.startswith("_")]

    def _mode(self, path: str) -> int:
        """Return the mode of the file at any path, or 0 if there is none inside the root."""
        try:
            place = self._resolve(self.root / path)
            return place.stat().st_mode if place.is_relative_to(self._real_root) else 0
        except (OSError, RuntimeError, ValueError):
            return 0

    def _resolve(self, place: Path) -> Path:
        """Return where a file really is. Raises OSError and RuntimeError."""
        if place.name == ".." or place.is_symlink():
            return place.resolve()
        return self._real_folder(place.parent) / place.name


def read_plain_file(place: Path, shown: str, limit: int = MAX_BYTES) -> bytes:
    """Return a file's bytes. Raises SpecError, which calls it `shown`, if it is missing, too large or no plain file."""
    try:
        # A named pipe that nobody writes to would be waited for.
        handle = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SpecError(Problem(shown, 0, 0, "", "is not a plain file."))
            if status.st_size > limit:
                raise SpecError(Problem(shown, 0, 0, "", f"has {status.st_size} bytes; at most {limit} are read."))
            return file.read(limit + 1)
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreadable(shown, error) from None


def _unreadable(shown: str, error: Exception) -> SpecError:
    reason = getattr(error, "strerror", None) or str(error)
    return SpecError(Problem(shown, 0, 0, "", f"can't be read: {reason}."))


def find_root(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds the bundle. Raises SpecError."""
    for folder in (start, *start.parents):
        if (folder / BUNDLE).is_file():
            return folder
    raise SpecError(f"There is no {BUNDLE} in {start} or above it. Run this in the repository, or name it with -C DIR.")


def shown_path(place: Path, checkout: Checkout) -> str:
    """Return what a file is called in messages: its path from the root, or from the current folder if it lies elsewhere."""
    if place.is_relative_to(checkout.root):
        return visible(place.relative_to(checkout.root).as_posix(), 4096)
    return visible(os.path.relpath(place), 4096)
