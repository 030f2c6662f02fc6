"""A work tree as it would be with some more files in it, which nobody has written yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from generator.checkout import Checkout, read_plain_file


@dataclass(frozen=True)
class Overlay(Checkout):
    """A work tree with more files: path → content, or the file that it would be a copy of."""

    added: Mapping[str, bytes | Path] = field(default_factory=dict)

    def files(self, folder: str, *, ignoring_hidden: bool = True) -> Iterator[str]:
        """Yield the paths of all files below a folder, sorted."""
        there = {path for path in self.added if path.startswith(f"{folder}/")}
        yield from sorted({*super().files(folder, ignoring_hidden=ignoring_hidden), *there})

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises SpecError."""
        content = self.added.get(path)
        if isinstance(content, Path):
            return read_plain_file(content, path)
        return super().read(path) if content is None else content

    def is_file(self, path: str) -> bool:
        """Return whether a path is a file."""
        return path in self.added or super().is_file(path)

    def is_folder(self, path: str) -> bool:
        """Return whether a path is a folder."""
        return any(name.startswith(f"{path}/") for name in self.added) or super().is_folder(path)

    def folders(self, path: str) -> list[str]:
        """Return the names of the folders in a folder, sorted."""
        inside = [name.removeprefix(f"{path}/").split("/") for name in self.added if name.startswith(f"{path}/")]
        return sorted({*super().folders(path), *(parts[0] for parts in inside if len(parts) > 1)})
