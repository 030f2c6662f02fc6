"""Of folders that `narrow` names, only the Python that is imported counts: a library that all sync, and few use in full.

Data files always count, and so does everything where a file's imports are known only at run time. Names are matched from
their ends, since nobody knows which folders a team puts on Python's path: too much is found that way, and never too little.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from scope.inference.imports import python_uses
from scope.inference.notebooks import notebook_names
from scope.inference.uses import Uses
from scope.model import Entry, Kind
from scope.repository.globs import compile_glob
from scope.repository.snapshot import Snapshot

_CODE = (".py", ".ipynb")


class Narrowing:
    """The narrowed folders of one tree."""

    def __init__(self, snapshot: Snapshot, globs: Iterable[str]) -> None:
        """Narrow what lies below the folders that some globs match."""
        self._snapshot = snapshot
        self._patterns = [compile_glob(f"{glob.rstrip('/')}/**") for glob in globs]
        self._uses: dict[tuple[str, Entry], Uses] = {}

    def concerns(self, path: str) -> bool:
        """Return whether a path counts only if it is imported."""
        return path.endswith(_CODE) and any(pattern.fullmatch(path) for pattern in self._patterns)

    def narrow(self, files: Mapping[str, Entry]) -> Mapping[str, Entry]:
        """Return the files of a closure that count, in the same order."""
        optional = {path for path in files if self.concerns(path)} if self._patterns else set[str]()
        if not optional:
            return files
        modules = _by_name(optional)
        counted: set[str] = set()
        waiting = [path for path in files if path not in optional and path.endswith(_CODE)]
        while waiting:
            found: set[str] = set()
            for uses in self._read({path: files[path] for path in waiting}):
                if uses.dynamic or uses.broken is not None or uses.too_large:
                    return files
                found |= set(_reached(uses, modules, optional))
            waiting = sorted(found - counted)
            counted |= found
        return {path: entry for path, entry in files.items() if path not in optional or path in counted}

    def _read(self, files: Mapping[str, Entry]) -> Iterator[Uses]:
        new = {path: entry for path, entry in files.items() if (path, entry) not in self._uses and entry.kind is Kind.FILE}
        for path, content in self._snapshot.read_all(new).items():
            self._uses[path, new[path]] = python_uses(path, content)
        yield from (self._uses[path, entry] for path, entry in files.items() if entry.kind is Kind.FILE)


def _by_name(paths: Iterable[str]) -> Mapping[str, set[str]]:
    """Return the files by each dotted name that they may be imported by; a package's by the package's."""
    modules: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        parts = posixpath.splitext(path)[0].split("/")
        if parts[-1] == "__init__":
            parts.pop()
        for start in range(len(parts)):
            modules[".".join(parts[start:])].add(path)
    return modules


def _reached(uses: Uses, modules: Mapping[str, set[str]], optional: set[str]) -> Iterator[str]:
    for use in uses.modules:
        parts = use.name.split(".")
        for end in range(1, len(parts) + 1):
            yield from modules.get(".".join(parts[:end]), ())
        # `from package import *`, and modules that lie deeper than their name says.
        if parts[-1] == "*":
            start = f"{'.'.join(parts[:-1])}."
            yield from (path for name, paths in modules.items() if f".{name}".find(f".{start}") >= 0 for path in paths)
    for use in uses.paths:
        place = posixpath.normpath(posixpath.join(use.relative_to, use.path))
        for path in (place, *notebook_names(place)):
            if path in optional:
                yield path
        yield from (path for path in optional if path.startswith(f"{place}/"))
