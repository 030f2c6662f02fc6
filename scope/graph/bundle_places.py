"""Follows what a bundle's files name to places of the tree, and from the projects there on to others.

What is named counts with all that lies there: nobody knows what a build takes of it.
"""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from scope.inference.bundle_files import find_words, fixed_part, resolve
from scope.inference.notebooks import notebook_names
from scope.model import Entry, Kind
from scope.repository.folders import folders_above, is_below
from scope.repository.globs import matches_cli
from scope.repository.snapshot import Snapshot
from scope.repository.toml_file import UnreadableTomlError, load_toml

# What a build reads, and what may name other folders of the repository.
_PROJECT = "pyproject.toml"
_PROJECT_FILES = (_PROJECT, "setup.py", "setup.cfg", "Makefile", "justfile", "package.json")
# What builds also read from the folders above.
_ABOVE = (_PROJECT, "uv.lock", "poetry.lock", ".python-version")
_UV_TABLES = (("tool", "uv"),)
_BUILDERS = ("poetry", "hatch", "pdm", "flit", "setuptools", "rye", "maturin")
_PROJECT_TABLES = (("project",), ("build-system",), *_UV_TABLES, *(("tool", name) for name in _BUILDERS))
_REQUIREMENTS = re.compile(r"requirements[^/]*\.(?:txt|in)")
_SEPARATORS = re.compile(r"[-_.]+")
# git follows no more links, either.
_MOST_LINKS = 5


@dataclass(slots=True)
class PlaceReader:
    """Follows words from the files of the bundle in a folder.

    `files` are those found, `named` the places outside the folder, each with the file that named it first. `consulted` are
    files that said where to look, or might have.
    """

    snapshot: Snapshot
    folder: str
    files: dict[str, Entry] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    consulted: set[str] = field(default_factory=set)
    _followed: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)

    def take(self, files: Mapping[str, Entry], places: Iterable[str], by: str) -> None:
        """Take files that lie in some places, which the file `by` names."""
        self.files |= files
        for place in places:
            if not is_below(place, self.folder):
                self.named.setdefault(place, by)

    def follow(self, top: str, word: str, by: str) -> bool:
        """Take what a word means from a folder, and return whether it means anything; `by` is the file that says it."""
        place = resolve(top, word)
        if place is None:
            return False
        found = [*self._find(fixed_part(place), is_built=word.endswith(".whl") or "dist" in word.split("/"))]
        for path in found:
            if path in self._followed or path == self.folder:
                continue
            self._followed.add(path)
            self.take(self.snapshot.files(path), (path,), by)
            if not is_below(path, self.folder):
                self.read_projects(path)
        return bool(found)

    def _find(self, place: str, *, is_built: bool) -> Iterator[str]:
        """Yield the files or the folder that a place stands for: a notebook without suffix, a project for what it builds."""
        if self.snapshot.entry(place) is not None:
            yield place
            return
        real, links = trace_links(self.snapshot, place)
        if links and self.snapshot.entry(real) is not None:
            yield from (*links, real)
            return
        notebooks = [name for name in notebook_names(place) if self.snapshot.entry(name) is not None]
        yield from notebooks
        while is_built and not notebooks and place:
            place = posixpath.dirname(place)
            if place == self.folder or any(
                self.snapshot.entry(posixpath.join(place, name)) is not None for name in _PROJECT_FILES
            ):
                yield place
                return

    def read_above(self, top: str) -> None:
        """Take the files above a folder that a build in it reads: those of the project that it is a part of.

        A folder that is a project itself reads of those above what uv's settings say there. Settings of linters alone make
        no project.
        """
        is_part = self.snapshot.entry(posixpath.join(top, _PROJECT)) is None
        while top:
            top = posixpath.dirname(top)
            project = posixpath.join(top, _PROJECT)
            content = self.snapshot.read(project)
            self.consulted.add(project)
            is_project = content is not None and _has_any(content, _PROJECT_TABLES)
            if (is_part and (content is None or is_project)) or (content is not None and _has_any(content, _UV_TABLES)):
                self._take_project(top)
            is_part = is_part and not is_project

    def _take_project(self, top: str) -> None:
        entries = self.snapshot.entries(posixpath.join(top, name) for name in _ABOVE)
        self.files |= {path: entry for path, entry in entries.items() if entry.kind is not Kind.FOLDER}

    def read_links(self) -> None:
        """Follow the links among the files found so far."""
        for path, entry in list(self.files.items()):
            if entry.kind is Kind.SYMLINK:
                self.read_link(path, path)

    def read_link(self, path: str, by: str) -> None:
        """Take the links that a path goes through, and what they lead to; `by` is the file that names it."""
        place, links = trace_links(self.snapshot, path)
        for one in (*links, place) if links else ():
            if one != by:
                self.take(self.snapshot.files(one), (one,), by)

    def read_projects(self, top: str) -> None:
        """Follow what the projects' own files below a folder name elsewhere."""
        if top in self._read:
            return
        self._read.add(top)
        files = {
            path: entry
            for path, entry in self.snapshot.files(top).items()
            if (name := posixpath.basename(path)) in _PROJECT_FILES or _REQUIREMENTS.fullmatch(name) or name.endswith(".sh")
        }
        for path, content in self.snapshot.read_all(files).items():
            folder = posixpath.dirname(path)
            for word in sorted(set(find_words(content.decode(errors="replace")))):
                if ".." in word.split("/"):
                    self.follow(folder, word, path)
            if posixpath.basename(path) == _PROJECT:
                self._follow_workspace(folder, path, content)

    def _follow_workspace(self, folder: str, path: str, content: bytes) -> None:
        """Follow the packages that uv takes from the workspace: https://docs.astral.sh/uv/concepts/projects/workspaces/."""
        sources = _table(content, "tool", "uv", "sources")
        of_workspace = (name for name, source in sources.items() if isinstance(source, dict) and source.get("workspace"))
        wanted = {_normalize(name) for name in of_workspace}
        for above in folders_above(folder) if wanted else ():
            self.consulted.add(posixpath.join(above, _PROJECT))
            for member in self._members(above):
                self.consulted.add(posixpath.join(member, _PROJECT))
                name = _table(self.snapshot.read(posixpath.join(member, _PROJECT)) or b"", "project").get("name")
                if _normalize(str(name)) in wanted:
                    self.follow(member, ".", path)

    def _members(self, top: str) -> Iterator[str]:
        """Yield the folders of the workspace whose root a folder is."""
        content = self.snapshot.read(posixpath.join(top, _PROJECT)) or b""
        members = _table(content, "tool", "uv", "workspace").get("members")
        for glob in members if isinstance(members, list) else ():
            pattern = resolve(top, str(glob)) or ""
            for file, entry in self.snapshot.files(fixed_part(pattern)).items():
                member, name = posixpath.split(file)
                if entry.kind is Kind.FILE and name == _PROJECT and matches_cli(pattern, member):
                    yield member


def trace_links(snapshot: Snapshot, path: str) -> tuple[str, tuple[str, ...]]:
    """Return the path that one means which may go through links within the repository, and these links in their order."""
    links: list[str] = []
    while len(links) < _MOST_LINKS:
        ends = [place for place, letter in enumerate(path) if letter == "/"]
        link = next((start for start in (*(path[:end] for end in ends), path) if snapshot.is_link(start)), None)
        if link is None:
            break
        links.append(link)
        place = resolve(posixpath.dirname(link), os.fsdecode(snapshot.read_link(link) or b""))
        if place is None:
            break
        path = posixpath.normpath(posixpath.join(place or ".", path[len(link) + 1 :]))
        path = "" if path == "." else path
    return path, tuple(links)


def read_through(snapshot: Snapshot, path: str) -> bytes:
    """Return a file's content, also through links; nothing if they lead nowhere."""
    return snapshot.read(trace_links(snapshot, path)[0]) or b""


def _has_any(content: bytes, tables: Iterable[tuple[str, ...]]) -> bool:
    """Return whether a TOML file has one of some tables, or can't be read."""
    try:
        whole = load_toml(content)
    except UnreadableTomlError:
        return True
    return any(_find_key(whole, keys) is not None for keys in tables)


def _table(content: bytes, *keys: str) -> dict[str, object]:
    """Return a table of a TOML file; an empty one if the file has no such table, or isn't TOML."""
    try:
        value = _find_key(load_toml(content), keys)
    except UnreadableTomlError:
        return {}
    return value if isinstance(value, dict) else {}


def _find_key(value: object, keys: Iterable[str]) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _normalize(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()
