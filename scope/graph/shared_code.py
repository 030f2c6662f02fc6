"""What the domains share, `src/common` and `resources/_models`, and which of its files a use reaches.

A use is what a file says (`from common.a import b`, `../common/x.sql`); this resolves it against the files that a tree
holds, as Python's import system would from the two roots `src` and the repository's own.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from scope.inference.uses import PathUse, Uses
from scope.model import Entry
from scope.repository.layout import CODE_ROOT, COMMON, LOADER, MODELS, RESOURCE_ROOT, VERSION, is_resource

# What `%run` and notebook paths leave away.
_NOTEBOOK_SUFFIXES = (".py", ".ipynb", ".sql", ".scala", ".r")


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """One file needs another. `line` is where it says so, 0 where no line does."""

    dependent: str
    dependency: str
    kind: str
    line: int = 0


@dataclass(frozen=True)
class SharedCode:
    """The shared files of one tree."""

    files: Mapping[str, Entry]

    @cached_property
    def _packages(self) -> frozenset[str]:
        """Return the folders that hold Python files; a data file belongs to the nearest one above it."""
        return frozenset(posixpath.dirname(path) for path in self.files if path.endswith(".py"))

    @cached_property
    def _data(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for path in self.files:
            if not path.endswith(".py") and not is_preset(path):
                found.setdefault(self._package_of(path), []).append(path)
        return {package: tuple(paths) for package, paths in found.items()}

    def _package_of(self, path: str) -> str:
        folder = posixpath.dirname(path)
        # Ends at the top too: `src/common` itself may be a file or a link.
        while folder not in {COMMON, MODELS, ""} and folder not in self._packages:
            folder = posixpath.dirname(folder)
        return folder

    def edges(self, path: str, uses: Uses) -> Iterator[Edge]:
        """Return what a file reaches here by what it says; what it says about other places is passed over."""
        for module in uses.modules:
            if path == VERSION and module.name.endswith("*"):
                continue
            for found in self._module(module.name):
                yield Edge(path, found, "imports", module.line)
        for use in uses.paths:
            for found in self._path(use):
                yield Edge(path, found, "path", use.line)
        if uses.dynamic and path != LOADER:
            # Nobody can tell what it loads: more, never less. Resource modules see only `resources`, all others only `src`.
            root = f"{RESOURCE_ROOT}/" if is_resource(path) else f"{CODE_ROOT}/"
            for found in self.files:
                if found.startswith(root) and not is_preset(found):
                    yield Edge(path, found, "dynamic-import", uses.dynamic[0])

    def package_data(self, path: str) -> Iterator[Edge]:
        """Return the data files that travel with a module: those of its package, wherever the code opens them."""
        if path.endswith(".py") and path in self.files:
            for found in self.data_of(posixpath.dirname(path)):
                yield Edge(path, found, "package-data")

    def data_of(self, folder: str) -> tuple[str, ...]:
        """Return the data files that travel with the modules of a package."""
        return self._data.get(folder, ())

    def _module(self, name: str) -> Iterator[str]:
        """Return the files that importing a dotted name reads: its packages' `__init__`, itself, all below for `x.*`."""
        parts = name.split(".")
        if parts[0] == "common":
            root = CODE_ROOT
        elif parts[:2] in (["resources", "_models"], ["resources", "*"]):
            root = ""
        else:
            return
        wants_all = parts[-1] == "*"
        folder = root
        for part in parts[:-1] if wants_all else parts:
            folder = f"{folder}/{part}" if folder else part
            if f"{folder}/__init__.py" in self.files:
                yield f"{folder}/__init__.py"
            elif f"{folder}.py" in self.files:
                yield f"{folder}.py"
                return
        if wants_all:
            yield from (path for path in self.files if path.startswith(f"{folder}/") and path.endswith(".py"))

    @cached_property
    def _folders(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self.files:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    def _path(self, use: PathUse) -> Iterator[str]:
        """Return the files that a path means: relative to the file that says it, to `src`, or to the root."""
        text = use.path.strip()
        candidates = [posixpath.normpath(posixpath.join(use.relative_to, text))]
        parts = text.split("/")
        if "common" in parts:
            below = parts[len(parts) - parts[::-1].index("common") :]
            candidates.append(posixpath.normpath("/".join([COMMON, *below])))
        found = {
            path
            for candidate in candidates
            if candidate == COMMON or candidate.startswith(f"{COMMON}/")
            for path in self._matches(candidate)
        }
        yield from sorted(found)

    def _matches(self, path: str) -> Iterator[str]:
        """Return the file at a path, or all below a folder, or all that begin with it where the rest is made at run time."""
        fixed = re.split(r"[*?{$\[]", path)[0]
        exact = [
            candidate for candidate in (path, *(path + suffix for suffix in _NOTEBOOK_SUFFIXES)) if candidate in self.files
        ]
        if exact and fixed == path:
            yield from exact
        else:
            start = f"{path}/" if path in self._folders else fixed
            yield from (file for file in self.files if file.startswith(start))


def is_preset(path: str) -> bool:
    """Return whether a shared file is a preset of specs, referred to as `<stem>.<name>`."""
    return path.startswith(f"{MODELS}/") and path.endswith((".yml", ".yaml"))


def preset_stem(path: str) -> str:
    """Return the word by which specs refer to a preset file."""
    return posixpath.basename(path).partition(".")[0]


def words(paths: Iterable[str]) -> frozenset[str]:
    """Return the names of which a file that says what it uses of `paths` must hold at least one.

    Of a name that could be written in several ways (quoted, escaped, normalised), only the longest part that can't; an empty
    word, which every file holds, where there is none.
    """
    found: set[str] = set()
    for path in paths:
        folders = path.removeprefix(f"{CODE_ROOT}/").removeprefix(f"{RESOURCE_ROOT}/").split("/")
        found.update(folders[1:-1])
        stem = folders[-1].partition(".")[0]
        found.add(stem if stem != "__init__" else folders[-2])
    return frozenset(max(re.split(r"[^A-Za-z0-9_]+", name), key=len) for name in found)
