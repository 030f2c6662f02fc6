"""The code that domains share, `src/common` and `resources/_models`, and the shared files that a use reaches.

A use is a dependency that a file names (`from common.a import b`, `../common/x.sql`). It is resolved against the files of a
tree as Python's import system would, from the two roots `src` and the repository's own.
"""

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, TypeVar

from scope.inference.notebooks import notebook_names
from scope.inference.uses import PACKAGE, ModuleUse, Uses
from scope.model import Entry
from scope.repository.folders import find_folders
from scope.repository.layout import CODE_ROOT, COMMON, LOADER, MODELS, RESOURCE_ROOT, VERSION, is_resource, names_on_the_way

_Use = TypeVar("_Use")

_NOWHERE = "/"
# The folders around the shared code.
_ABOVE = frozenset([".", CODE_ROOT, RESOURCE_ROOT])


class Edge(NamedTuple):
    """A dependency of one file on another. `line` names it, or is 0 if no line does."""

    dependent: str
    dependency: str
    kind: str
    line: int = 0


class SharedCode:
    """The shared files of one tree."""

    def __init__(self, files: Mapping[str, Entry]) -> None:
        """Take all of them, by path."""
        self.files = files

    @cached_property
    def _packages(self) -> frozenset[str]:
        """Return the folders that hold Python files; a data file belongs to the nearest one above it."""
        return frozenset(posixpath.dirname(path) for path in self.files if path.endswith(".py"))

    @cached_property
    def _data(self) -> Mapping[str, tuple[str, ...]]:
        data: dict[str, list[str]] = {}
        for path in self.files:
            if not path.endswith(".py") and not is_preset(path):
                data.setdefault(self._find_package(path), []).append(path)
        return {package: tuple(paths) for package, paths in data.items()}

    def _find_package(self, path: str) -> str:
        folder = posixpath.dirname(path)
        # `src/common` itself may be a file or a link, so the search may reach the top.
        while folder not in {COMMON, MODELS, ""} and folder not in self._packages:
            folder = posixpath.dirname(folder)
        return folder

    def edges(self, path: str, uses: Uses) -> Iterator[Edge]:
        """Return the edges from a file to the shared files that its uses reach. Other uses are ignored."""
        for name, line in _first_lines((module.name, module.line) for module in _modules_of(path, uses)).items():
            for file in self._resolve_module(name):
                yield Edge(path, file, "imports", line)
        paths = _first_lines(((use.path, use.relative_to, use.anchor), use.line) for use in uses.paths)
        for (text, relative_to, anchor), line in paths.items():
            for file in self._resolve_path(text, relative_to, anchor):
                yield Edge(path, file, "path", line)
        for file in self._starting_with(_loaded_root(path, uses)):
            yield Edge(path, file, "dynamic-import", uses.dynamic[0])

    def reached(self, seeds: Mapping[str, Uses]) -> set[str]:
        """Return the shared files that some files, given with their uses, have edges to."""
        names = {module.name for path, uses in seeds.items() for module in _modules_of(path, uses)}
        paths = {(use.path, use.relative_to, use.anchor) for uses in seeds.values() for use in uses.paths}
        roots = {_loaded_root(path, uses) for path, uses in seeds.items()}
        return {
            *self.reached_by_names(names),
            *(file for path in paths for file in self._resolve_path(*path)),
            *(file for root in roots for file in self._starting_with(root)),
        }

    def reached_by_names(self, names: Iterable[str]) -> set[str]:
        """Return the shared files that imports of some modules read."""
        return {file for name in names for file in self._resolve_module(name)}

    def package_data(self, path: str) -> Iterator[Edge]:
        """Return the edges from a module to its package's data files, which are staged with it wherever they are opened."""
        if path.endswith(".py") and path in self.files:
            for file in self.data_of(posixpath.dirname(path)):
                yield Edge(path, file, "package-data")

    def data_of(self, folder: str) -> tuple[str, ...]:
        """Return the data files of a package."""
        return self._data.get(folder, ())

    def _resolve_module(self, name: str) -> Iterator[str]:
        """Return the files that an import reads: each package's `__init__`, the module, for `x.*` all modules below `x`."""
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
            if folder not in self._folders and f"{folder}.py" not in self.files:
                return
            if f"{folder}/__init__.py" in self.files:
                yield f"{folder}/__init__.py"
            elif f"{folder}.py" in self.files:
                yield f"{folder}.py"
                return
        if wants_all:
            yield from (path for path in self._starting_with(f"{folder}/") if path.endswith(".py"))

    @cached_property
    def _folders(self) -> frozenset[str]:
        return find_folders(self.files)

    @cached_property
    def _sorted_files(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def _starting_with(self, start: str) -> Iterator[str]:
        """Return the files whose paths start with a text, sorted."""
        for index in range(bisect_left(self._sorted_files, start), len(self._sorted_files)):
            file = self._sorted_files[index]
            if not file.startswith(start):
                return
            yield file

    def _resolve_path(self, text: str, relative_to: str, anchor: str) -> Iterator[str]:
        """Return the files that a path names, relative to its own file, to `src` or to the repository's root."""
        if anchor:
            candidates = self._beside_module(anchor, text)
        else:
            text = text.strip()
            candidates = [posixpath.normpath(posixpath.join(relative_to, text))]
            parts = text.split("/")
            if "common" in parts:
                below = parts[len(parts) - parts[::-1].index("common") :]
                candidates.append(posixpath.normpath("/".join([COMMON, *below])))
            elif parts[0] == ".." and parts[-1] not in {"..", ""}:
                candidates += self._ending_in("/".join(part for part in parts if part != ".."))
        yield from sorted({file for candidate in candidates for file in self._match(candidate)})

    def _beside_module(self, module: str, path: str) -> list[str]:
        """Return the path that counts from a module's file; all shared code if no file has the module's name."""
        folder = module.replace(".", "/")
        root = "" if module.partition(".")[0] == RESOURCE_ROOT else f"{CODE_ROOT}/"
        if path == PACKAGE:
            return [root + folder] if root + folder in self._folders else []
        for file in (f"{root}{folder}/__init__.py", f"{root}{folder}.py"):
            if file in self.files:
                return [posixpath.normpath(posixpath.join(file, path))]
        if root + folder in self._folders:
            return [posixpath.normpath(posixpath.join(root + folder, "__init__.py", path))]
        return [COMMON, MODELS]

    def _ending_in(self, path: str) -> list[str]:
        """Return the shared files and folders at a path that climbs first, from wherever that counts."""
        return [file for file in self._by_name.get(posixpath.basename(path), ()) if file.endswith(f"/{path}")]

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        """Return the shared files and folders by the last part of their paths."""
        paths: dict[str, list[str]] = {}
        for path in (*self.files, *self._folders):
            paths.setdefault(posixpath.basename(path), []).append(path)
        return paths

    def _match(self, path: str) -> Iterator[str]:
        """Return the file at a path, the files below a folder, or those that match the part known before run time."""
        if path in _ABOVE:
            yield from (file for file in self.files if path == "." or file.startswith(f"{path}/"))
            return
        if not path.startswith((COMMON, MODELS)):
            return
        fixed = re.split(r"[*?{$\[]", path)[0]
        # A name may be that of a folder whose files are opened; only an end with a suffix is one of files.
        end = re.split(r"[*?}\]]", path)[-1] if fixed != path else ""
        exact = [candidate for candidate in (path, *notebook_names(path)) if candidate in self.files]
        if exact and fixed == path:
            yield from exact
        else:
            start = f"{path}/" if path in self._folders else fixed
            ends = end if "." in end else ""
            yield from (file for file in self._starting_with(start) if file.endswith(ends))


def _modules_of(path: str, uses: Uses) -> Iterable[ModuleUse]:
    """Return the modules that a file uses; what the version's file looks for below packages isn't their code."""
    return (module for module in uses.modules if not module.name.endswith("*")) if path == VERSION else uses.modules


def _loaded_root(path: str, uses: Uses) -> str:
    """Return the folder of which a file may load any module, or a path that no file has.

    Too many edges are safe. Resource modules see only `resources`, other files only `src`.
    """
    if not uses.dynamic or path == LOADER:
        return _NOWHERE
    return f"{RESOURCE_ROOT}/" if is_resource(path) else f"{CODE_ROOT}/"


def _first_lines(uses: Iterable[tuple[_Use, int]]) -> dict[_Use, int]:
    """Return each use with its first line: one text may be repeated on every line of a file."""
    lines: dict[_Use, int] = {}
    for use, line in uses:
        lines[use] = min(line, lines.get(use, line))
    return lines


def is_preset(path: str) -> bool:
    """Return whether a shared file is a preset of specs, referred to as `<stem>.<name>`."""
    return path.startswith(f"{MODELS}/") and path.endswith((".yml", ".yaml"))


def preset_stem(path: str) -> str:
    """Return the word by which specs refer to a preset file."""
    return posixpath.basename(path).partition(".")[0]


def search_words(paths: Iterable[str]) -> frozenset[str]:
    """Return words of which every file that names one of `paths` holds at least one.

    A name that can be written in several ways (quoted, escaped, normalised) gives its longest part that can't, or an empty
    word, which every file holds, if it has no such part.
    """
    names = {name for path in paths for name in names_on_the_way(path)}
    return frozenset(max(re.split(r"[^A-Za-z0-9_]+", name), key=len) for name in names)
