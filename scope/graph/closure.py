"""The closure of a deployment: the files it is made of, and the fingerprint over them.

The CLI sees the *staged* files: the bundle, the target, the loader, the domain's own folders, and the shared code that these
reach. *Rule* files deploy the domain although the CLI never sees them: its specs, the presets they name, the tooling. A
deployment is the same at two trees exactly if its fingerprints are equal.
"""

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Self

from scope.errors import UsageError
from scope.graph.index import StageFrame
from scope.graph.resource_index import ResourceIndex
from scope.graph.shared_code import Edge, SharedCode, is_preset, preset_stem
from scope.graph.shared_parts import SharedPart, SharedParts, dump_edges, load_edges
from scope.graph.uses_cache import UsesCache
from scope.inference.preset_words import find_preset_words, is_preset_word
from scope.inference.resource_keys import DefinedResource
from scope.inference.target_files import is_without_target
from scope.inference.uses import Uses
from scope.inference.variables import find_used_variables
from scope.model import Entry, Kind
from scope.names import is_domain_name
from scope.ports import Kept, Workers
from scope.repository.bundles import require_root_bundle
from scope.repository.layout import (
    BUNDLE,
    CODE_ROOT,
    COMMON,
    CONFIG,
    DOMAIN_ROOTS,
    MODELS,
    MOVES,
    RESOURCE_ROOT,
    RUNTIME_PROJECT,
    SPEC_ROOT,
    TARGET_ROOT,
    Role,
    code_folder,
    domain_folders,
    is_code,
    is_own_file,
    place_of,
    resource_folder,
    spec_paths,
    target_file,
)
from scope.repository.moves import Moves, load_moves
from scope.repository.ownership import Reach, Rules
from scope.repository.settings import UNREADABLE_RULES, load_rules
from scope.repository.snapshot import Snapshot

if TYPE_CHECKING:
    from scope.graph.tables import TableIndex
    from scope.inference.plain_imports import PlainImport

# Raise it when the same closure gives a different stage: then every record differs, and everything deploys once.
FINGERPRINT_VERSION = "v2"
# Top-level folders that no stage holds and no check of a domain reads.
_APART = frozenset({".github", "docs", SPEC_ROOT, "tests"})
# In the place of a word: all specs, and those that may hold any word.
_ANY_SPEC = ""
_ANY_WORD = "*"


class DomainIndex:
    """The deployments of one tree, computed on demand and kept."""

    def __init__(self, snapshot: Snapshot, cache: UsesCache | None = None, rules: Rules | None = None) -> None:
        """Index a tree. Trees of one repository can share a `cache`; `rules` replace the tree's own."""
        self.snapshot = snapshot
        self._rules = rules
        self._cache = UsesCache() if cache is None else cache
        self._own: dict[str, dict[str, Entry]] = {}
        self._shared: dict[str, SharedPart] = {}
        self._shared_files: dict[str, Mapping[str, Entry]] = {}
        self._target_shared: dict[str, SharedPart] = {}
        self._rule_files: dict[str, dict[str, Entry]] = {}
        self._fingerprints: dict[tuple[str, str], str] = {}
        self._own_digests: dict[str, str] = {}
        self._rule_digests: dict[str, str] = {}

    @cached_property
    def rules(self) -> Rules:
        """Return the rules for the tree. Raises `UsageError` if they can't be read."""
        return load_rules(self.snapshot.read(CONFIG)) if self._rules is None else self._rules

    @cached_property
    def moves(self) -> Moves:
        """Return the declared moves. Raises `UsageError` if they can't be read, or name domains that aren't there."""
        moves = load_moves(self.snapshot.read(MOVES))
        moves.check_domains(self.domains)
        return moves

    def at_base(self, snapshot: Snapshot) -> Self:
        """Return the index of a base. If its rules can't be read, every path of it deploys everything.

        If this were refused, the commit that repairs the rules could never be planned.
        """
        index = type(self)(snapshot, self._cache)
        try:
            _ = index.rules
        except UsageError:
            return type(self)(snapshot, self._cache, UNREADABLE_RULES)
        return index

    def domains_in(self, target: str) -> tuple[str, ...]:
        """Return the domains that are deployed to a target: all of them, if it is there."""
        return self.domains if target in self.targets else ()

    @property
    def places(self) -> tuple[str, str]:
        """Return in words where targets and domains are defined."""
        return f"in {TARGET_ROOT}/", f"in {CODE_ROOT}/ or {RESOURCE_ROOT}/"

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """Return the domains, which have a folder in `src` or `resources`, sorted."""
        names = {name: entry for root in DOMAIN_ROOTS for name, entry in self.snapshot.names(root).items()}
        return tuple(sorted(name for name, entry in names.items() if entry.kind is Kind.FOLDER and is_domain_name(name)))

    @cached_property
    def tables(self) -> "TableIndex":
        """Return the tables that the files of the tree write and read."""
        from scope.graph.table_names import read_table_names
        from scope.graph.tables import TableIndex  # 30 ms, and many commands ask for no table

        if self.rules.naming.has_plain_tables:
            return TableIndex(self.snapshot, self._cache.kept)
        sources = {domain: self.sources(domain) for domain in self.domains}
        return TableIndex(
            self.snapshot, self._cache.kept, read_table_names(self.snapshot, self.rules, sources, self.targets)
        )

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Return the bundle's targets, which have a file in `targets`, sorted."""
        places = (place_of(path) for path in self._target_files)
        return tuple(sorted(place.target for place in places if place.target is not None))

    def check_names(self) -> None:
        """Raise `UsageError` for rules that name domains which aren't there, and for files of `targets` that are none."""
        require_root_bundle(self.snapshot)
        self.rules.check_domains(self.domains)
        problems = [
            f"{path}:1: It configures no target, and no stage holds it. Each target has a file of its own in "
            f"{TARGET_ROOT}/; variables stand in {BUNDLE}, or in a domain's YAML."
            for path, content in sorted(self.snapshot.read_all(self._target_files).items())
            if is_without_target(content)
        ]
        if problems:
            raise UsageError("\n".join(problems))

    @cached_property
    def _target_files(self) -> dict[str, Entry]:
        files = {f"{TARGET_ROOT}/{name}": entry for name, entry in self.snapshot.names(TARGET_ROOT).items()}
        return {path: entry for path, entry in files.items() if entry.kind is not Kind.FOLDER and place_of(path).target}

    @cached_property
    def shared_code(self) -> SharedCode:
        """Return the shared code, without the files that deploy nothing."""
        files = {**self.snapshot.files(COMMON), **self.snapshot.files(MODELS)}
        return SharedCode(
            {path: entry for path, entry in files.items() if self.rules.owner(path).reach is not Reach.NOTHING}
        )

    def own_files(self, domain: str) -> dict[str, Entry]:
        """Return the staged files in a domain's own folders."""
        if domain not in self._own:
            files = {**self.snapshot.files(resource_folder(domain)), **self.snapshot.files(code_folder(domain))}
            self._own[domain] = {path: entry for path, entry in files.items() if self.rules.owner(path).is_staged}
        return self._own[domain]

    def bundle_folder(self, domain: str) -> str:  # noqa: ARG002  all are parts of one bundle
        """Return the folder in which a domain's bundle lies: the repository's root."""
        return "."

    def folders(self, domain: str) -> tuple[str, ...]:
        """Return a domain's own folders: code, then resources."""
        return domain_folders(domain)

    def resource_root(self, domain: str) -> str:
        """Return the folder of a domain's resources."""
        return resource_folder(domain)

    def sources(self, domain: str) -> tuple[str, ...]:
        """Return a domain's source folders, in `src` or `resources`, sorted."""
        names = {**self.snapshot.names(code_folder(domain)), **self.snapshot.names(resource_folder(domain))}
        folders = (name for name, entry in names.items() if entry.kind is Kind.FOLDER)
        return tuple(sorted(name for name in folders if name.isidentifier() and not name.startswith("_")))

    def resources(self, domain: str) -> tuple[str, ...]:
        """Return the short keys of a domain's resources, sorted."""
        return tuple(one.key.short for one in self.defined_resources(domain))

    def defined_resources(self, domain: str) -> tuple[DefinedResource, ...]:
        """Return a domain's resources with their names, as far as its text tells, sorted by key."""
        return self._resources.defined(domain)

    def unread_resources(self, domain: str) -> tuple[tuple[str, int], ...]:
        """Return where a domain's modules make resources whose keys their text doesn't tell: paths and lines, sorted."""
        return self._resources.unread(domain)

    @cached_property
    def _resources(self) -> ResourceIndex:
        return ResourceIndex(self.snapshot, self._cache.kept)

    def staged(self, target: str, domain: str) -> dict[str, Entry]:
        """Return the files of a deployment's stage, sorted by path. A domain without folders has those of every stage."""
        return dict(sorted({**self.own_files(domain), **self._staged_beside(target, domain)}.items()))

    def uploaded(self, target: str, domain: str) -> dict[str, str]:
        """Return the staged files that the CLI uploads, by their names in the folder of uploaded files."""
        return {path: path for path in self.staged(target, domain) if is_code(path)}

    def frame(self, target: str, domain: str) -> StageFrame:  # noqa: ARG002  the same for every deployment
        """Return how the CLI runs in a stage: at its root, with the overlay and the guard that the bundle has."""
        return StageFrame()

    def frame_files(self, target: str, domain: str) -> dict[str, bytes | None]:
        """Return the files of a stage that defines no resource: those that aren't the domain's own."""
        return dict.fromkeys(path for path in self.staged(target, domain) if not is_own_file(path, domain))

    def target_place(self, target: str) -> str:
        """Return the path of the file that configures a target."""
        return target_file(target)

    def _staged_beside(self, target: str, domain: str) -> dict[str, Entry]:
        """Return the files of a stage that aren't in the domain's own folders."""
        shared = (self.frame_shared.files, self.target_shared(target).files, self.shared_files(domain))
        files = {path: entry for part in shared for path, entry in part.items()}
        return {**self._frame, **self._target_file(target), **files}

    @cached_property
    def _frame(self) -> dict[str, Entry]:
        """Return the files that lie in every stage."""
        beside = {f"{RESOURCE_ROOT}/{name}": entry for name, entry in self.snapshot.names(RESOURCE_ROOT).items()}
        loader = {
            path: entry
            for path, entry in beside.items()
            if entry.kind is not Kind.FOLDER and place_of(path).role is Role.LOADER
        }
        return {**self.snapshot.files(BUNDLE), **self.snapshot.files(RUNTIME_PROJECT), **loader}

    def _target_file(self, target: str) -> dict[str, Entry]:
        return self.snapshot.files(target_file(target))

    def shared(self, domain: str) -> SharedPart:
        """Return the part of the shared code that a domain's own files reach."""
        if domain not in self._shared:
            uses = self._cache.uses(self.snapshot, self.own_files(domain), domain_folders(domain))
            self._shared[domain] = self._parts.grow(uses)
        return self._shared[domain]

    def shared_files(self, domain: str) -> Mapping[str, Entry]:
        """Return the files of `shared`, which an earlier run may have found."""
        if domain not in self._shared_files:
            self._shared_files[domain] = self._find_shared_files(domain)
        return self._shared_files[domain]

    def _find_shared_files(self, domain: str) -> Mapping[str, Entry]:
        kept = self._cache.kept if self._rules is None else None
        name = self.name_of("shared", domain, COMMON, MODELS, CONFIG) if kept is not None else ""
        files = self._known_files(kept.get(name)) if kept is not None else None
        if files is None:
            files = self._parts.reach(self.own_files(domain), domain_folders(domain))
            if kept is not None:
                kept.put(name, json.dumps(list(files)))
        return files

    def name_of(self, what: str, domain: str, *others: str) -> str:
        """Return a name for what a domain's own folders and other files or folders, by their paths, decide."""
        return json.dumps([what, domain, *self._identify(*domain_folders(domain), *others)])

    def _identify(self, *paths: str) -> list[tuple[str, str, str] | None]:
        """Return what tells the files and folders at some paths from others in their places."""
        entries = [(path, self.snapshot.entry(path)) for path in paths]
        return [(path, entry.kind, entry.oid) if entry is not None else None for path, entry in entries]

    def name_of_uses(self, domain: str) -> str | None:
        """Return a name for what decides which files of a domain, or of every stage, use which shared code.

        It is None where more does: rules that aren't the tree's own.
        """
        return self.name_of("uses", domain) + self._name_of_frame if self._rules is None else None

    @cached_property
    def _name_of_frame(self) -> str:
        return json.dumps(self._identify(COMMON, MODELS, CONFIG, *sorted(self._frame)))

    def find_shared_files(self, domains: Iterable[str], *others: Self) -> None:
        """Find the shared files of some domains, each of which takes time, on all cores: here, and in other trees."""
        sides = (self, *others)
        unknown = [domain for domain in sorted(set(domains)) if domain not in self._shared_files]
        if len(unknown) < 2 or self._cache.workers is None:
            return
        for side in sides:
            _ = side.everywhere  # the same for all
        found = self._cache.workers.map(lambda domain: [list(side.shared_files(domain)) for side in sides], unknown)
        for domain, listed in zip(unknown, found, strict=True):
            for side, paths in zip(sides, listed, strict=True):
                side.take_shared_files(domain, paths)

    def take_shared_files(self, domain: str, paths: Iterable[str]) -> None:
        """Take the paths of a domain's shared files, as a copy of this process has found them."""
        self._shared_files[domain] = {path: self.shared_code.files[path] for path in paths}

    @property
    def workers(self) -> Workers | None:
        """Return who does what takes time, if that isn't this process alone."""
        return self._cache.workers

    @property
    def names_catalogs(self) -> bool:
        """Return whether each domain has a catalog of its name."""
        return True

    @property
    def kept(self) -> Kept | None:
        """Return what earlier runs found out, if that is asked for."""
        return self._cache.kept

    @cached_property
    def surroundings(self) -> str:
        """Return a text that differs where anything does but the content of domains, tests, specs, docs and workflows."""
        beside = [
            (f"{root}/{name}", entry)
            for root in DOMAIN_ROOTS
            for name, entry in self.snapshot.names(root).items()
            if name not in self.domains
        ]
        top = [(name, entry) for name, entry in self.snapshot.names("").items() if name not in {*DOMAIN_ROOTS, *_APART}]
        return json.dumps([self.domains, [(path, entry.kind, entry.oid) for path, entry in (*top, *beside)]])

    def _known_files(self, text: str | None) -> dict[str, Entry] | None:
        """Return the shared files that a list names, or None if there is none, or it names others."""
        paths = json.loads(text) if text is not None else None
        if not isinstance(paths, list) or not all(path in self.shared_code.files for path in paths):
            return None
        return {path: self.shared_code.files[path] for path in paths}

    @cached_property
    def frame_shared(self) -> SharedPart:
        """Return the part of the shared code that the files of every stage reach."""
        return self._grow(self._frame)

    def target_shared(self, target: str) -> SharedPart:
        """Return the part of the shared code that a target's own file reaches."""
        if target not in self._target_shared:
            self._target_shared[target] = self._grow(self._target_file(target))
        return self._target_shared[target]

    @cached_property
    def shared_edges(self) -> tuple[Edge, ...]:
        """Return every edge from one shared file to another, sorted."""
        kept = self._cache.kept if self._rules is None else None
        if kept is None:
            return self._parts.edges
        name = json.dumps(["shared edges", *self._identify(COMMON, MODELS, CONFIG)])
        text = kept.get(name)
        if text is not None:
            return load_edges(text)
        kept.put(name, dump_edges(self._parts.edges))
        return self._parts.edges

    def shared_edges_from(self, paths: Iterable[str]) -> tuple[Edge, ...]:
        """Return the edges from some shared files to others, sorted."""
        return self._parts.edges_from(paths)

    @cached_property
    def _parts(self) -> SharedParts:
        return SharedParts(self.snapshot, self.shared_code, self._cache)

    def _grow(self, files: Mapping[str, Entry]) -> SharedPart:
        return self._parts.grow(self._cache.uses(self.snapshot, files))

    @cached_property
    def everywhere(self) -> tuple[SharedPart, ...]:
        """Return the parts of the shared code that every domain's stage holds, of all targets."""
        return (self.frame_shared, *(self.target_shared(target) for target in self.targets))

    def uses_of(self, path: str) -> Uses:
        """Return the uses of one file of the tree; none if there is no such file."""
        return self._cache.uses(self.snapshot, self.snapshot.files(path)).get(path, Uses())

    def read_uses(self, paths: Iterable[str]) -> None:
        """Read the uses of many files at once, so that `uses_of` answers for each of them from memory."""
        self._cache.uses(self.snapshot, self.snapshot.entries(paths))

    def plain_imports_of(self, path: str, entry: Entry, content: bytes) -> "tuple[PlainImport, ...] | None":
        """Return the import statements of a file if it uses nothing else, or None; see `read_plain_imports`."""
        return self._cache.plain_imports(path, entry, content)

    def whole_uses_of(self, path: str, entry: Entry, content: bytes) -> Uses:
        """Return all uses of a file, also those that lead to nothing shared, which `uses_of` may leave out."""
        return self._cache.whole(path, entry, content)

    def specs_naming(self, stem: str, domain: str) -> tuple[str, ...]:
        """Return the domain's specs that may name a preset of a file with this stem, sorted."""
        words = self._spec_words.get(domain, {})
        word = stem if is_preset_word(stem) else _ANY_SPEC
        return tuple(sorted(words.get(word, set[str]()) | words.get(_ANY_WORD, set[str]())))

    @cached_property
    def _spec_words(self) -> Mapping[str, Mapping[str, set[str]]]:
        """Return by domain and word the specs that hold it."""
        specs: dict[str, dict[str, set[str]]] = {}
        if any(is_preset(path) for path in self.shared_code.files):
            for path, content in self.snapshot.read_all(self.snapshot.files(SPEC_ROOT)).items():
                words = find_preset_words(content)
                for domain in self.rules.owner(path).names:
                    for word in (_ANY_SPEC, *((_ANY_WORD,) if words is None else words)):
                        specs.setdefault(domain, {}).setdefault(word, set()).add(path)
        return specs

    def rule_files(self, domain: str) -> dict[str, Entry]:
        """Return the files that deploy a domain by rule, although no stage holds them, sorted by path."""
        if domain not in self._rule_files:
            specs = {path: entry for place in spec_paths(domain) for path, entry in self.snapshot.files(place).items()}
            presets = {
                path: entry
                for path, entry in self.shared_code.files.items()
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
        """Return the files that layout doesn't place and that a rule lets deploy something."""
        files = self.snapshot.files("", skip=self.rules.skips)
        owners = ((path, entry, self.rules.owner(path)) for path, entry in files.items())
        return {
            path: entry
            for path, entry, owner in owners
            if not owner.is_staged and owner.reach in {Reach.EVERYTHING, Reach.DOMAIN}
        }

    def used_variables(self, target: str, domain: str, names: Collection[str]) -> frozenset[str]:
        """Return those of some variables of the bundle that the files which the CLI reads of a stage refer to."""
        if not names:
            return frozenset()
        read = {path: entry for path, entry in self.staged(target, domain).items() if not is_code(path)}
        return find_used_variables(self.snapshot.read_all(read).values(), names)

    def fingerprint(self, target: str, domain: str) -> str | None:
        """Return the digest over the closure's paths, kinds and blobs, or None if the deployment doesn't exist."""
        if domain not in self.domains or target not in self.targets:
            return None
        if (target, domain) not in self._fingerprints:
            own, beside = self._own_digest(domain), self._staged_beside(target, domain)
            text = f"{FINGERPRINT_VERSION}\n{own}\n{_digest(beside)}\n{self._rule_digest(domain)}\n"
            self._fingerprints[target, domain] = f"{FINGERPRINT_VERSION}:{hashlib.sha256(text.encode()).hexdigest()}"
        return self._fingerprints[target, domain]

    def _own_digest(self, domain: str) -> str:
        """Return the digest of a domain's own files, which are most of a stage, and the same in every target."""
        if domain not in self._own_digests:
            kept = self._cache.kept if self._rules is None else None
            name = self.name_of("own", domain, CONFIG) if kept is not None else ""
            digest = kept.get(name) if kept is not None else None
            if digest is None:
                digest = _digest(self.own_files(domain))
                if kept is not None:
                    kept.put(name, digest)
            self._own_digests[domain] = digest
        return self._own_digests[domain]

    def _rule_digest(self, domain: str) -> str:
        if domain not in self._rule_digests:
            self._rule_digests[domain] = _digest(self.rule_files(domain))
        return self._rule_digests[domain]


def _digest(files: Mapping[str, Entry]) -> str:
    """Return a digest of files' paths, kinds and blobs."""
    # In one piece: a stage may hold thousands of files.
    lines = [f"{entry.kind}\0{entry.oid}\0{path}\n" for path, entry in sorted(files.items())]
    return hashlib.sha256(os.fsencode("".join(lines))).hexdigest()
