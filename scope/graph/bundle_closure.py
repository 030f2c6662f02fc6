"""The closure of a bundle as it is: its files, and what its configuration leads to outside its folder.

*Uploaded* is what the CLI syncs: the folders of `sync.paths`, by default the bundle's own, without what `sync.exclude`
names. The closure has more: the files that the CLI reads here, and those that a build may read. Where a bundle runs code
when it is deployed (a build, Python, scripts), that is its whole folder; what it names outside counts with all that lies
there.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from scope.inference.bundle_files import BundleText, UnreadableBundleError, find_words, fixed_part, read_bundle_text, resolve
from scope.inference.notebooks import notebook_names
from scope.model import Entry, Kind
from scope.repository.globs import compile_glob, matches_cli
from scope.repository.snapshot import Snapshot
from scope.repository.toml_file import UnreadableTomlError, load_toml

# What a build reads, and what may name other folders of the repository.
_PROJECT = "pyproject.toml"
_PROJECT_FILES = (_PROJECT, "setup.py", "setup.cfg", "Makefile", "justfile", "package.json")
# What builds also read from the folders above.
_ABOVE = ("pyproject.toml", "uv.lock", "poetry.lock", ".python-version")
_REQUIREMENTS = re.compile(r"requirements[^/]*\.(?:txt|in)")
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class BundleClosure:
    """The files of a bundle, whatever the target.

    `folders` are those of which every file counts. `named` are the places to which words lead, each with the file that names
    it. `problems` are files that can't be read, each with a line and why.
    """

    folder: str
    config: str
    texts: Mapping[str, BundleText]
    sync_root: str
    uploaded: Mapping[str, Entry]
    files: Mapping[str, Entry]
    named: Mapping[str, str]
    is_excluded: Callable[[str], bool] = field(compare=False)
    problems: tuple[tuple[str, int, str], ...] = ()

    @property
    def targets(self) -> tuple[tuple[str, str, int], ...]:
        """Return the bundle's targets in the order of their files, each with the file and the line that define it."""
        return tuple((name, path, line) for path, text in self.texts.items() for name, line in text.targets)

    @property
    def runs_code(self) -> bool:
        """Return whether the CLI runs code of the bundle when it is deployed."""
        return any(text.runs_code for text in self.texts.values())

    @property
    def wheel_folders(self) -> tuple[str, ...]:
        """Return the folders in which the builds of the bundle's artifacts leave what a deploy uploads."""
        places = (
            resolve(posixpath.dirname(path), word) for path, text in self.texts.items() for word in text.artifact_paths
        )
        return tuple(dict.fromkeys(posixpath.join(place, "dist") for place in places if place is not None))

    def holds(self, path: str) -> bool:
        """Return whether a path is in the closure, or would be if there were such a file."""
        if path in self.files:
            return True
        tops = (self.folder, *(self.named if self.runs_code or not self.is_excluded(path) else ()))
        return not self.is_excluded(path) and any(is_below(path, top) for top in tops)


def is_below(path: str, folder: str) -> bool:
    """Return whether a path lies below a folder, or is it. Everything lies below the repository's root."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def read_closure(snapshot: Snapshot, folder: str, config: str) -> BundleClosure:
    """Return the closure of the bundle in a folder, whose root file is `config`."""
    problems: list[tuple[str, int, str]] = []
    texts = dict(_read_texts(snapshot, folder, config, problems))
    reader = _Reader(snapshot, folder)
    synced = [
        place
        for path, text in texts.items()
        for word in (text.sync_paths or ())
        if (place := resolve(posixpath.dirname(path), word)) is not None
    ] or [folder]
    sync_root = _common_folder([folder, *synced])
    is_excluded = _excluder(texts, sync_root)
    below = {path: entry for top in dict.fromkeys(synced) for path, entry in snapshot.files(top).items()}
    uploaded = {path: entry for path, entry in below.items() if not is_excluded(path)}
    runs_code = any(text.runs_code for text in texts.values())
    files = {**uploaded, **snapshot.entries(texts)}
    named: dict[str, str] = {top: config for top in synced if top != folder}
    if runs_code:
        files |= snapshot.files(folder)
        files |= reader.find_above()
    for path, text in texts.items():
        for top in dict.fromkeys((posixpath.dirname(path), folder)):
            for word in sorted({*text.words, *text.artifact_paths}):
                reader.follow(top, word, path)
        for word in text.artifact_paths:
            place = resolve(posixpath.dirname(path), word)
            for other in sorted(text.words) if place is not None else ():
                reader.follow(place or "", other, path)
    if runs_code:
        reader.read_projects(folder)
    files |= reader.files
    named |= reader.named
    return BundleClosure(
        folder=folder,
        config=config,
        texts=texts,
        sync_root=sync_root,
        uploaded={name: uploaded[name] for name in sorted(uploaded)},
        files=dict(sorted(files.items())),
        named=named,
        is_excluded=is_excluded,
        problems=tuple(problems),
    )


def _read_texts(
    snapshot: Snapshot, folder: str, config: str, problems: list[tuple[str, int, str]]
) -> Iterator[tuple[str, BundleText]]:
    """Yield the bundle's root file and those that it includes, each with what it says; a broken one says nothing."""
    root = _read_text(snapshot, config, problems)
    yield config, root
    seen = {config}
    for glob in root.includes:
        pattern = resolve(folder, glob)
        if pattern is None:
            problems.append((config, 0, f"`include` names `{glob}`, which lies outside the repository"))
            continue
        for path, entry in snapshot.files(fixed_part(pattern)).items():
            if path not in seen and entry.kind is Kind.FILE and matches_cli(pattern, path):
                seen.add(path)
                yield path, _read_text(snapshot, path, problems)


def _read_text(snapshot: Snapshot, path: str, problems: list[tuple[str, int, str]]) -> BundleText:
    try:
        return read_bundle_text(snapshot.read(path) or b"")
    except UnreadableBundleError as error:
        problems.append((path, error.line, str(error)))
        # Nobody knows what it would have said, but that it may be anything below its folder.
        return BundleText(runs_code=True)


def _excluder(texts: Mapping[str, BundleText], sync_root: str) -> Callable[[str], bool]:
    """Return whether `sync.exclude` leaves a path out. A pattern that isn't understood leaves out nothing.

    The CLI joins patterns with the folder of their file, counted from the sync root, and takes them as git does in an
    ignore file there: https://docs.databricks.com/dev-tools/bundles/settings#sync.
    """
    patterns = []
    for path, text in texts.items():
        top = posixpath.relpath(posixpath.dirname(path) or ".", sync_root or ".")
        for written in text.excluded:
            if written.startswith("!") or "[" in written or "\\" in written:
                # It may take back what another one leaves out.
                return lambda _: False
            pattern = posixpath.normpath(posixpath.join(top, written)) + ("/" if written.endswith("/") else "")
            is_anchored = "/" in pattern.rstrip("/")
            start = "" if is_anchored else "**/"
            patterns += [start + pattern.rstrip("/") + "/**"]
            if not pattern.endswith("/"):
                patterns.append(start + pattern)
    compiled = [compile_glob(pattern) for pattern in patterns]
    prefix = f"{sync_root}/" if sync_root else ""

    def is_excluded(path: str) -> bool:
        return path.startswith(prefix) and any(glob.fullmatch(path.removeprefix(prefix)) for glob in compiled)

    return is_excluded


def _common_folder(folders: Iterable[str]) -> str:
    parts = [folder.split("/") if folder else [] for folder in folders]
    common: list[str] = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return "/".join(common)


@dataclass(slots=True)
class _Reader:
    """Follows words from a bundle's files to places of the tree, and from the projects there on to others."""

    snapshot: Snapshot
    folder: str
    files: dict[str, Entry] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    _read: set[str] = field(default_factory=set)

    def follow(self, top: str, word: str, by: str) -> None:
        """Take what a word means from a folder, if it means anything there; `by` is the file that says it."""
        place = resolve(top, word)
        if place is None:
            return
        found = self._find(fixed_part(place), is_built=word.endswith(".whl") or "dist" in word.split("/"))
        for path in found:
            if path in self.named or path == self.folder:
                continue
            is_outside = not is_below(path, self.folder)
            if is_outside:
                self.named[path] = by
            self.files |= self.snapshot.files(path)
            if is_outside:
                self.read_projects(path)

    def _find(self, place: str, *, is_built: bool) -> Iterator[str]:
        """Yield the files or the folder that a place stands for: a notebook without suffix, a project for what it builds."""
        entry = self.snapshot.entry(place)
        if entry is not None:
            yield place
            return
        notebooks = [name for name in notebook_names(place) if self.snapshot.entry(name) is not None]
        yield from notebooks
        while is_built and not notebooks and place:
            place = posixpath.dirname(place)
            if place != self.folder and any(name in self.snapshot.names(place) for name in _PROJECT_FILES):
                yield place
                return

    def find_above(self) -> dict[str, Entry]:
        """Return the files above the bundle's folder that a build may read."""
        folders, folder = [], self.folder
        while folder:
            folder = posixpath.dirname(folder)
            folders.append(folder)
        paths = (f"{folder}/{name}" if folder else name for folder in folders for name in _ABOVE)
        return {path: entry for path, entry in self.snapshot.entries(paths).items() if entry.kind is not Kind.FOLDER}

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
        above = folder
        while wanted and above:
            above = posixpath.dirname(above)
            for member in self._members(above):
                name = _table(self.snapshot.read(f"{member}/{_PROJECT}") or b"", "project").get("name")
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


def _table(content: bytes, *keys: str) -> dict[str, object]:
    """Return a table of a TOML file; an empty one if the file has no such table, or isn't TOML."""
    try:
        value: object = load_toml(content)
    except UnreadableTomlError:
        return {}
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _normalize(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()
