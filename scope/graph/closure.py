"""The closure of a deployment: the files it is made of, and the fingerprint over them.

*Staged* files are what the CLI sees: the bundle, the target, the loader, the domain's own folders, and the part of the
shared code that these reach. *Rule* files deploy the domain although the CLI never sees them: its specs, the presets they
name, the tooling. Two trees deploy alike exactly when the fingerprints are equal.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from scope.errors import UsageError
from scope.graph.shared_code import Edge, SharedCode, is_preset, preset_stem
from scope.inference.imports import MARKERS, file_uses
from scope.inference.resource_keys import resource_keys
from scope.inference.uses import Uses
from scope.model import Entry, Kind
from scope.names import is_domain_name, is_target_name
from scope.repository.layout import (
    BUNDLE,
    COMMON,
    CONFIG,
    DOMAIN_ROOTS,
    MODELS,
    RESOURCE_ROOT,
    RUNTIME_PROJECT,
    SPEC_ROOT,
    TARGET_ROOT,
    code_folder,
    domain_folders,
    resource_folder,
    spec_paths,
    target_file,
)
from scope.repository.ownership import Reach, Rules
from scope.repository.settings import UNREADABLE_RULES, load_rules
from scope.repository.snapshot import Snapshot

# Raised when a stage of the same closure comes to hold something else: then every record differs, and everything deploys.
FINGERPRINT_VERSION = "v1"
# Files of other kinds are data: they name nothing.
_READ = (".py", ".ipynb", ".sql", ".scala", ".r", ".yml", ".yaml", ".json", ".toml", ".ini", ".cfg", ".sh", ".txt")
_NO_USES = Uses()


class UsesCache:
    """What each file says it uses, read once per path and content, whichever tree asks."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[tuple[str, Entry], Uses] = {}

    def uses(self, snapshot: Snapshot, files: Mapping[str, Entry], folders: tuple[str, ...] = ()) -> dict[str, Uses]:
        """Return what each of `files` uses; those that use nothing are left out.

        `folders` says where the files of a domain lie: one search of the tree then finds the few worth reading. Shared
        code is always read, since relative imports need no word that a search could look for.
        """
        unknown = {path: entry for path, entry in files.items() if (path, entry) not in self._known}
        readable = {path: entry for path, entry in unknown.items() if entry.kind is Kind.FILE and path.endswith(_READ)}
        if folders and len(readable) > _FEW:
            marked = snapshot.grep(tuple(re.escape(marker.decode()) for marker in MARKERS), folders)
            readable = {path: entry for path, entry in readable.items() if path in marked}
        contents = snapshot.read_all(readable)
        for path, entry in unknown.items():
            self._known[path, entry] = file_uses(path, contents[path]) if path in contents else _NO_USES
        found = {path: self._known[path, entry] for path, entry in files.items()}
        return {path: uses for path, uses in found.items() if uses != _NO_USES}


# Below this many files, reading them all costs less than starting a search.
_FEW = 50


@dataclass(frozen=True, slots=True)
class Shared:
    """The shared part of a closure: files, and every edge that leads to one, sorted."""

    files: Mapping[str, Entry]
    edges: tuple[Edge, ...]
    dynamic: tuple[tuple[str, int], ...]
    broken: tuple[tuple[str, int], ...]


class DeploymentIndex:
    """The deployments of one tree. Everything is worked out on demand and kept."""

    def __init__(self, snapshot: Snapshot, sources: UsesCache, rules: Rules | None = None) -> None:
        """Look at a tree; `sources` may be shared with another tree of the same repository, `rules` stand for its own."""
        self.snapshot = snapshot
        self._rules = rules
        self._sources = sources
        self._own: dict[str, dict[str, Entry]] = {}
        self._shared: dict[str, Shared] = {}
        self._target_shared: dict[str, Shared] = {}
        self._rule_files: dict[str, dict[str, Entry]] = {}
        self._resources: dict[str, tuple[str, ...]] = {}
        self._fingerprints: dict[tuple[str, str], str] = {}

    @cached_property
    def rules(self) -> Rules:
        """Return the tree's own rules; `UsageError` where they can't be read."""
        return load_rules(self.snapshot.read(CONFIG)) if self._rules is None else self._rules

    @classmethod
    def of_base(cls, snapshot: Snapshot, sources: UsesCache) -> Self:
        """Return the index of a tree to compare with: whose rules can't be read, every path of it deploys everything.

        Refused, the commit that repairs the rules could never be planned.
        """
        index = cls(snapshot, sources)
        try:
            _ = index.rules
        except UsageError:
            return cls(snapshot, sources, UNREADABLE_RULES)
        return index

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """Return the names of the folders in `src` and `resources` that are domains, sorted."""
        names = {name: entry for root in DOMAIN_ROOTS for name, entry in self.snapshot.names(root).items()}
        return tuple(sorted(name for name, entry in names.items() if entry.kind is Kind.FOLDER and is_domain_name(name)))

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Return the bundle's targets, by the names of the files in `targets`, sorted."""
        files = (name for name, entry in self.snapshot.names(TARGET_ROOT).items() if entry.kind is not Kind.FOLDER)
        stems = (name.removesuffix(".yml") for name in files if name.endswith(".yml"))
        return tuple(sorted(stem for stem in stems if is_target_name(stem)))

    @cached_property
    def library(self) -> SharedCode:
        """Return the shared files."""
        files = {**self.snapshot.files(COMMON), **self.snapshot.files(MODELS)}
        return SharedCode(
            {path: entry for path, entry in files.items() if self.rules.owner(path).reach is not Reach.NOTHING}
        )

    def own_files(self, domain: str) -> dict[str, Entry]:
        """Return the files that are staged because they lie in the domain's folders."""
        if domain not in self._own:
            found = {**self.snapshot.files(resource_folder(domain)), **self.snapshot.files(code_folder(domain))}
            self._own[domain] = {path: entry for path, entry in found.items() if self.rules.owner(path).is_staged}
        return self._own[domain]

    def sources(self, domain: str) -> tuple[str, ...]:
        """Return a domain's source folders, in `src` or `resources`, sorted."""
        names = {**self.snapshot.names(code_folder(domain)), **self.snapshot.names(resource_folder(domain))}
        folders = (name for name, entry in names.items() if entry.kind is Kind.FOLDER)
        return tuple(sorted(name for name in folders if name.isidentifier() and not name.startswith("_")))

    def resources(self, domain: str) -> tuple[str, ...]:
        """Return `<kind>.<key>` of a domain's resources, sorted."""
        if domain not in self._resources:
            keys = resource_keys(self.snapshot.read_all(self.snapshot.files(resource_folder(domain))))
            self._resources[domain] = tuple(key.short for key in keys)
        return self._resources[domain]

    def staged(self, target: str, domain: str) -> dict[str, Entry]:
        """Return what the stage of a deployment holds, sorted by path. A domain without folders has the bare frame."""
        shared = (self.frame_shared, self.target_shared(target), self.shared(domain))
        files = {path: entry for part in shared for path, entry in part.files.items()}
        return dict(sorted({**self._frame, **self._target_file(target), **self.own_files(domain), **files}.items()))

    @cached_property
    def _frame(self) -> dict[str, Entry]:
        """Return what every stage holds, whatever its domain and target."""
        loader = {f"{RESOURCE_ROOT}/{name}": entry for name, entry in self.snapshot.names(RESOURCE_ROOT).items()}
        files = {path: entry for path, entry in loader.items() if entry.kind is not Kind.FOLDER and path.endswith(".py")}
        return {**self.snapshot.files(BUNDLE), **self.snapshot.files(RUNTIME_PROJECT), **files}

    def _target_file(self, target: str) -> dict[str, Entry]:
        return self.snapshot.files(target_file(target))

    def shared(self, domain: str) -> Shared:
        """Return the part of the shared code that a domain's own files reach."""
        if domain not in self._shared:
            folders = domain_folders(domain)
            self._shared[domain] = self._grow(self._sources.uses(self.snapshot, self.own_files(domain), folders))
        return self._shared[domain]

    @cached_property
    def frame_shared(self) -> Shared:
        """Return the part of the shared code that is in every stage."""
        return self._grow(self._sources.uses(self.snapshot, self._frame))

    def target_shared(self, target: str) -> Shared:
        """Return the part of the shared code that a target's own file names."""
        if target not in self._target_shared:
            self._target_shared[target] = self._grow(self._sources.uses(self.snapshot, self._target_file(target)))
        return self._target_shared[target]

    def _grow(self, seeds: Mapping[str, Uses]) -> Shared:
        edges: set[Edge] = set()
        reached: dict[str, Uses] = dict(seeds)
        frontier: Mapping[str, Uses] = seeds
        files: set[str] = set()
        while frontier:
            new: set[Edge] = set()
            for path, uses in frontier.items():
                new.update(self.library.edges(path, uses))
            arrived = {edge.dependency for edge in new} - files
            data = {edge for path in arrived for edge in self.library.package_data(path)}
            edges |= new | data
            arrived |= {edge.dependency for edge in data} - files
            files |= arrived
            frontier = self._library_uses(arrived)
            reached.update(frontier)
        return Shared(
            files={path: self.library.files[path] for path in sorted(files)},
            edges=tuple(sorted(edge for edge in edges if edge.dependent != edge.dependency)),
            dynamic=tuple(sorted((path, line) for path, uses in reached.items() for line in uses.dynamic)),
            broken=tuple(sorted((path, uses.broken) for path, uses in reached.items() if uses.broken is not None)),
        )

    def _library_uses(self, paths: Iterable[str]) -> dict[str, Uses]:
        files = {path: self.library.files[path] for path in sorted(paths)}
        return self._sources.uses(self.snapshot, files)

    @cached_property
    def library_edges(self) -> tuple[Edge, ...]:
        """Return every edge from one shared file to another."""
        uses = self._library_uses(self.library.files)
        found = {edge for path in uses for edge in self.library.edges(path, uses[path])}
        found |= {edge for path in self.library.files for edge in self.library.package_data(path)}
        return tuple(sorted(found))

    @cached_property
    def everywhere(self) -> tuple[Shared, ...]:
        """Return what every domain's stage holds of the shared code, for whatever target."""
        return (self.frame_shared, *(self.target_shared(target) for target in self.targets))

    def uses_of(self, path: str) -> Uses:
        """Return what one file of the tree uses; nothing where there is no such file."""
        found = self._sources.uses(self.snapshot, self.snapshot.files(path))
        return found.get(path, _NO_USES)

    def specs_naming(self, stem: str, domain: str) -> tuple[str, ...]:
        """Return the domain's specs in which a word stands before a dot, as the names of presets do; sorted."""
        return tuple(sorted(self._spec_words.get(domain, {}).get(stem, ())))

    @cached_property
    def _spec_words(self) -> Mapping[str, Mapping[str, set[str]]]:
        found: dict[str, dict[str, set[str]]] = {}
        if any(is_preset(path) for path in self.library.files):
            for path, content in self.snapshot.read_all(self.snapshot.files(SPEC_ROOT)).items():
                for domain in self.rules.owner(path).names:
                    for word in re.findall(rb"([A-Za-z_][\w-]*)\.", content):
                        found.setdefault(domain, {}).setdefault(word.decode(), set()).add(path)
        return found

    def rule_files(self, domain: str) -> dict[str, Entry]:
        """Return the files that deploy a domain by rule, although no stage holds them."""
        if domain not in self._rule_files:
            specs = {path: entry for place in spec_paths(domain) for path, entry in self.snapshot.files(place).items()}
            presets = {
                path: entry
                for path, entry in self.library.files.items()
                if is_preset(path) and self.specs_naming(preset_stem(path), domain)
            }
            ruled = {
                path: entry
                for path, entry in self._unplaced.items()
                if (owner := self.rules.owner(path)).reach is Reach.EVERYTHING or domain in owner.names
            }
            self._rule_files[domain] = dict(sorted({**specs, **presets, **ruled}.items()))
        return self._rule_files[domain]

    @cached_property
    def _unplaced(self) -> dict[str, Entry]:
        """Return the files that rules, and not layout, place: those that deploy something."""
        found = self.snapshot.files("", skip=self.rules.skips)
        owners = ((path, entry, self.rules.owner(path)) for path, entry in found.items())
        return {
            path: entry
            for path, entry, owner in owners
            if not owner.is_staged and owner.reach in {Reach.EVERYTHING, Reach.DOMAIN}
        }

    def fingerprint(self, target: str, domain: str) -> str | None:
        """Return the digest over the closure's paths, kinds and blobs; nothing where the deployment doesn't exist."""
        if domain not in self.domains or target not in self.targets:
            return None
        if (target, domain) not in self._fingerprints:
            self._fingerprints[target, domain] = _digest(self.staged(target, domain), self.rule_files(domain))
        return self._fingerprints[target, domain]


def _digest(staged: Mapping[str, Entry], ruled: Mapping[str, Entry]) -> str:
    digest = hashlib.sha256(FINGERPRINT_VERSION.encode())
    for line in _lines("staged", staged):
        digest.update(line)
    for line in _lines("rule", ruled):
        digest.update(line)
    return f"{FINGERPRINT_VERSION}:{digest.hexdigest()}"


def _lines(section: str, files: Mapping[str, Entry]) -> Iterator[bytes]:
    for path, entry in files.items():
        yield f"{section}\0{entry.kind}\0{entry.oid}\0".encode() + os.fsencode(path) + b"\n"
