"""The closure of a bundle as it is: its files, and what its configuration leads to outside its folder.

It has what the CLI uploads in any target, the files that it reads here, and those that a build may read. Where a bundle
runs code when it is deployed (a build, Python, hooks), that is its whole folder; what it names outside counts with all that
lies there.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scope.graph.bundle_places import PlaceReader, read_through
from scope.graph.bundle_sync import Sync, read_sync
from scope.inference.bundle_files import BundleText, UnreadableBundleError, fixed_part, read_bundle_text, resolve
from scope.model import Entry, Kind
from scope.repository.folders import is_below
from scope.repository.globs import matches_cli
from scope.repository.ignore_rules import IgnoreRules
from scope.repository.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class BundleClosure:
    """The files of a bundle, whatever the target.

    `syncs` has by target what the CLI uploads; by None, that of targets without a `sync` of their own. `named` has the
    places outside the folder, each with the file that named it first, which may lie in a place before it. `consulted`
    are the files that had a say in all this without being a part of it. `problems` are files that can't be read, each
    with a line and why.
    """

    folder: str
    config: str
    texts: Mapping[str, BundleText]
    syncs: Mapping[str | None, Sync]
    files: Mapping[str, Entry]
    named: Mapping[str, str]
    consulted: frozenset[str] = frozenset()
    problems: tuple[tuple[str, int, str], ...] = ()

    @property
    def targets(self) -> tuple[tuple[str, str, int], ...]:
        """Return the bundle's targets in the order of their files, each with the file and the line that define it."""
        return tuple((name, path, line) for path, text in self.texts.items() for name, line in text.targets)

    @property
    def wheel_folders(self) -> tuple[str, ...]:
        """Return the folders in which the builds of the bundle's artifacts leave what a deploy uploads."""
        places = (
            resolve(posixpath.dirname(path), word) for path, text in self.texts.items() for word in text.artifact_paths
        )
        return tuple(dict.fromkeys(posixpath.join(place, "dist") for place in places if place is not None))

    def sync_in(self, target: str | None) -> Sync:
        """Return what the CLI uploads in a target."""
        return self.syncs.get(target, self.syncs[None])

    def would_take(self, path: str, ignored: IgnoreRules) -> bool:
        """Return whether a file at a path would be a part of the bundle, if there were one."""
        places = {place for sync in self.syncs.values() for place in sync.places}
        # What a build may read, and what is named otherwise, counts with all that lies there.
        read = [place for place in self.named if place not in places]
        if any(text.runs_code for text in self.texts.values()):
            read.append(self.folder)
        return any(is_below(path, place) for place in read) or any(
            sync.would_take(path, ignored) for sync in self.syncs.values()
        )


def read_closure(snapshot: Snapshot, folder: str, config: str, ignored: IgnoreRules) -> BundleClosure:
    """Return the closure of the bundle in a folder, whose root file is `config`. Closures of a tree share `ignored`."""
    problems: list[tuple[str, int, str]] = []
    texts = dict(_read_texts(snapshot, folder, config, problems))
    targets = dict.fromkeys(name for text in texts.values() for name, _ in text.target_syncs)
    syncs = {target: read_sync(snapshot, folder, texts, target, ignored) for target in (None, *targets)}
    reader = PlaceReader(snapshot, folder)
    for sync in syncs.values():
        reader.take(sync.files, sync.places, config)
    for path in (*texts, *(place for sync in syncs.values() for place in sync.places)):
        reader.read_link(path, config)
    runs_code = any(text.runs_code for text in texts.values())
    if runs_code:
        reader.take(snapshot.files(folder), (), config)
        reader.read_above(folder)
    for path, text in texts.items():
        _follow_words(reader, path, text)
    if runs_code:
        reader.read_projects(folder)
        reader.read_links()
    return BundleClosure(
        folder=folder,
        config=config,
        texts=texts,
        syncs=syncs,
        files=dict(sorted({**reader.files, **snapshot.entries(texts)}.items())),
        named=reader.named,
        consulted=frozenset(reader.consulted),
        problems=tuple(problems),
    )


def _follow_words(reader: PlaceReader, path: str, text: BundleText) -> None:
    """Follow what a bundle's file names: from the file, or, where nothing is there, from the bundle's folder."""
    own = posixpath.dirname(path)
    for word in sorted({*text.words, *text.artifact_paths}):
        # Commands run in the bundle's folder, or in the artifact's.
        if not reader.follow(own, word, path) or text.runs_code:
            reader.follow(reader.folder, word, path)
    for place in filter(None, (resolve(own, word) for word in text.artifact_paths)):
        reader.read_above(place)
        for word in sorted(text.words):
            reader.follow(place, word, path)


def _read_texts(
    snapshot: Snapshot, folder: str, config: str, problems: list[tuple[str, int, str]]
) -> Iterator[tuple[str, BundleText]]:
    """Yield the bundle's root file and those that it includes, each with what it says; a broken one says nothing."""
    root = _read_text(config, read_through(snapshot, config), problems)
    yield config, root
    included: dict[str, Entry] = {}
    for glob in root.includes:
        pattern = resolve(folder, glob)
        if pattern is None:
            problems.append((config, 0, f"`include` names `{glob}`, which lies outside the repository"))
            continue
        files = snapshot.files(fixed_part(pattern))
        included |= {
            path: entry
            for path, entry in files.items()
            if path != config and entry.kind is not Kind.SUBMODULE and matches_cli(pattern, path)
        }
    contents = snapshot.read_all(included)
    for path in included:
        yield path, _read_text(path, contents[path] if path in contents else read_through(snapshot, path), problems)


def _read_text(path: str, content: bytes, problems: list[tuple[str, int, str]]) -> BundleText:
    try:
        return read_bundle_text(content)
    except UnreadableBundleError as error:
        problems.append((path, error.line, str(error)))
        # Nobody knows what it would have said, but that it may be anything below its folder.
        return BundleText(runs_code=True)
