"""The deployments of a repository whose bundles are left as they are: each, in each of its own targets."""

import hashlib
import posixpath
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Self

from scope.errors import UsageError
from scope.graph.bundle_closure import BundleClosure
from scope.graph.bundle_store import BundleStore, KnownBundle
from scope.graph.index import StageFrame
from scope.graph.looked_snapshot import is_same
from scope.graph.narrowing import Narrowing
from scope.graph.shared_code import Edge
from scope.graph.uses_cache import UsesCache
from scope.inference.bundle_files import CONFIG_NAMES, DEFAULT_TARGET
from scope.inference.resource_keys import DefinedResource, defined_resources, unread_resources
from scope.inference.uses import Uses
from scope.inference.variables import find_used_variables
from scope.model import Entry, Kind, quote_path
from scope.names import is_target_name
from scope.ports import Kept, Workers
from scope.repository.bundles import find_bundles
from scope.repository.folders import folders_above
from scope.repository.ignore_rules import IGNORE_FILE, IgnoreRules
from scope.repository.layout import CONFIG, MOVES
from scope.repository.moves import Moves, load_moves
from scope.repository.ownership import Rules
from scope.repository.settings import UNREADABLE_RULES, load_rules
from scope.repository.snapshot import Snapshot

if TYPE_CHECKING:
    from scope.graph.tables import TableIndex

# Raise it when the same closure gives a different stage.
FINGERPRINT_VERSION = "v1"
# What scope itself writes, below a bundle at the repository's root.
_OUTPUT = ".scope/"
# The stage's own file beside the repository's files.
OVERLAY = ".scope-stage.yml"
# What builds leave in a bundle's folder, as far as the repository itself holds nothing of the name.
_BUILT = ("dist", "build", ".venv")
_ALWAYS_IGNORED = ("__pycache__/", ".databricks/", "*.egg-info/")


class BundleIndex:
    """The bundles of one tree, read on demand and kept."""

    def __init__(
        self, snapshot: Snapshot, rules: Rules, cache: UsesCache | None = None, store: BundleStore | None = None
    ) -> None:
        """Index the bundles that the rules name. Trees of one repository can share a `cache` and a `store`."""
        self.snapshot = snapshot
        self._settings = rules
        self._cache = UsesCache() if cache is None else cache
        self._store = BundleStore(self._cache.kept) if store is None else store
        self._known: dict[str, KnownBundle] = {}
        self._targets: dict[str, tuple[str, ...]] = {}
        self._counted: dict[str, Mapping[str, Entry]] = {}
        self._rule_files: dict[str, Mapping[str, Entry]] = {}
        self._digests: dict[str, str] = {}
        self._resources: dict[str, tuple[DefinedResource, ...]] = {}

    @cached_property
    def rules(self) -> Rules:
        """Return the rules. Every bundle may run code when it is deployed, as the CLI has it."""
        return self._settings._replace(allow_code=self.domains)

    @cached_property
    def moves(self) -> Moves:
        """Return the declared moves. Raises `UsageError` if they can't be read, or name bundles that aren't there."""
        moves = load_moves(self.snapshot.read(MOVES))
        moves.check_domains(self.domains)
        return moves

    @cached_property
    def bundles(self) -> Mapping[str, str]:
        """Return the folder of each bundle by the domain's name. Raises `UsageError` for names that two would have."""
        return find_bundles(self.snapshot, self._settings.bundles, CONFIG_NAMES)

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """Return the names of the bundles, sorted."""
        return tuple(self.bundles)

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Return the targets that any bundle has, sorted."""
        return tuple(sorted({target for domain in self.domains for target in self.targets_of(domain)}))

    def targets_of(self, domain: str) -> tuple[str, ...]:
        """Return a bundle's own targets, sorted; the CLI's default one if it names none."""
        if domain not in self._targets:
            names = {name for name, _, _ in self._find(domain).targets if is_target_name(name)}
            self._targets[domain] = tuple(sorted(names)) or (DEFAULT_TARGET,)
        return self._targets[domain]

    def domains_in(self, target: str) -> tuple[str, ...]:
        """Return the bundles that have a target, sorted."""
        return tuple(domain for domain in self.domains if target in self.targets_of(domain))

    @property
    def places(self) -> tuple[str, str]:
        """Return in words where targets and domains are defined."""
        return "in the bundles' own files", f"among the bundles that {CONFIG} names"

    @property
    def names_catalogs(self) -> bool:
        """Return whether each domain has a catalog of its name."""
        return False

    @property
    def kept(self) -> Kept | None:
        """Return what earlier runs found out, if that is asked for."""
        return self._cache.kept

    @property
    def workers(self) -> Workers | None:
        """Return who does what takes time, if that isn't this process alone."""
        return self._cache.workers

    def at_base(self, snapshot: Snapshot) -> Self:
        """Return the index of a base. One that names no bundles yet has those that this tree names.

        Otherwise the commit that names them would deploy everything. If the rules of the base can't be read, every path of
        it deploys everything.
        """
        try:
            rules = load_rules(snapshot.read(CONFIG))
        except UsageError:
            rules = UNREADABLE_RULES._replace(bundles=self._settings.bundles, narrow=self._settings.narrow)
        return type(self)(snapshot, rules if rules.bundles else self._settings, self._cache, self._store)

    def check_names(self) -> None:
        """Raise `UsageError` for rules that name no bundle, for files that can't be read, and for names of no target."""
        self.rules.check_domains(self.domains)
        if not self.domains:
            globs = ", ".join(self._settings.bundles)
            raise UsageError(
                f"{CONFIG}: no folder that `bundles` names ({globs}) has a {CONFIG_NAMES[0]}. Correct `bundles`."
            )
        problems = [
            f"{quote_path(path)}:{line or 1}: {why}. Without it, scope doesn't know what {domain} is made of."
            for domain in self.domains
            for why, path, line in self._find(domain).problems
        ]
        problems += [
            f"{quote_path(path)}:{line}: `{name}` can't be the name of a target here: a small letter, then small letters, "
            "digits, `-` and `_`. Rename it."
            for domain in self.domains
            for name, path, line in self._find(domain).targets
            if not is_target_name(name)
        ]
        if problems:
            raise UsageError("\n".join(problems))

    def closure(self, domain: str) -> BundleClosure:
        """Return the closure of a bundle."""
        return self._store.find_closure(self.snapshot, self._config(domain), self.bundles[domain], self._ignored)

    def _find(self, domain: str) -> KnownBundle:
        if domain not in self._known:
            self._known[domain] = self._store.find(self.snapshot, self._config(domain), self.bundles[domain], self._ignored)
        return self._known[domain]

    def _config(self, domain: str) -> str:
        folder = self.bundles[domain]
        names = self.snapshot.names(folder)
        return posixpath.join(
            folder, next(name for name in CONFIG_NAMES if name in names and names[name].kind is not Kind.FOLDER)
        )

    def is_same_in(self, other: Self, domain: str) -> bool:
        """Return whether a bundle is the same in another tree, settings of scope apart; False where that isn't known."""
        return (
            domain in self.bundles
            and self.bundles[domain] == other.bundles.get(domain)
            and is_same(other.snapshot, self._find(domain).looked)
        )

    def counted(self, domain: str) -> Mapping[str, Entry]:
        """Return the files of a bundle's closure that count: without what `narrow` and rules leave out, sorted by path."""
        if domain not in self._counted:
            files = self._narrowing.narrow(self.closure(domain).files)
            self._counted[domain] = {
                path: entry
                for path, entry in files.items()
                if not (path.startswith(_OUTPUT) or self._settings.own_reach(path).deploys_nothing)
            }
        return self._counted[domain]

    def would_count(self, domain: str, path: str) -> bool:
        """Return whether a new file at a path would be a part of a bundle that counts. No code imports a new file."""
        return (
            self.snapshot.entry(path) is None
            and not self._narrowing.concerns(path)
            and not self._settings.own_reach(path).deploys_nothing
            and self.closure(domain).would_take(path, self._ignored)
        )

    @cached_property
    def _ignored(self) -> IgnoreRules:
        return IgnoreRules(self.snapshot)

    @cached_property
    def _narrowing(self) -> Narrowing:
        return Narrowing(self.snapshot, self._settings.narrow)

    def rule_files(self, domain: str) -> Mapping[str, Entry]:
        """Return the files that deploy a bundle by a rule of the repository alone, sorted by path."""
        if domain not in self._rule_files:
            rules = [rule for rule in self._settings.own if rule.deploys_domain(domain)]
            files = self.snapshot.files("") if rules else {}
            self._rule_files[domain] = {
                path: entry for path, entry in files.items() if self._settings.own_reach(path).deploys_domain(domain)
            }
        return self._rule_files[domain]

    def is_rule_file(self, domain: str, path: str) -> bool:
        """Return whether there is a file that deploys a bundle by a rule of the repository alone."""
        entry = self.snapshot.entry(path) if self._settings.own_reach(path).deploys_domain(domain) else None
        return entry is not None and entry.kind is not Kind.FOLDER

    def own_files(self, domain: str) -> Mapping[str, Entry]:
        """Return the files of a bundle's closure in its own folder."""
        closure = self.closure(domain)
        prefix = f"{closure.folder}/" if closure.folder else ""
        return {path: entry for path, entry in closure.files.items() if path.startswith(prefix)}

    def bundle_folder(self, domain: str) -> str:
        """Return the folder in which a domain's bundle lies, `.` for the repository's root."""
        return quote_path(self.bundles[domain]) or "."

    def folders(self, domain: str) -> tuple[str, ...]:
        """Return a bundle's folder."""
        return (self.bundles[domain],) if domain in self.bundles else ()

    def resource_root(self, domain: str) -> str:
        """Return a bundle's folder."""
        return self.bundles.get(domain, "")

    def sources(self, domain: str) -> tuple[str, ...]:  # noqa: ARG002  other layouts have some
        """Return nothing: bundles have no sources."""
        return ()

    def resources(self, domain: str) -> tuple[str, ...]:
        """Return the short keys of a bundle's resources, sorted."""
        return tuple(one.key.short for one in self.defined_resources(domain))

    def defined_resources(self, domain: str) -> tuple[DefinedResource, ...]:
        """Return a bundle's resources with their names, as far as its text tells, sorted by key."""
        if domain not in self._resources:
            closure = self.closure(domain)
            # Modules define some only where the bundle says that it has Python.
            paths = [*closure.texts, *(path for path in self._modules(domain))]
            contents = self.snapshot.read_all(self.snapshot.entries(paths))
            self._resources[domain] = defined_resources(contents)
        return self._resources[domain]

    def _modules(self, domain: str) -> tuple[str, ...]:
        closure = self.closure(domain)
        if not any(text.has_python for text in closure.texts.values()):
            return ()
        return tuple(path for path in self.own_files(domain) if path.endswith(".py"))

    def unread_resources(self, domain: str) -> tuple[tuple[str, int], ...]:
        """Return where a bundle's modules make resources whose keys their text doesn't tell: paths and lines, sorted."""
        contents = self.snapshot.read_all(self.snapshot.entries(self._modules(domain)))
        return tuple((path, line) for path, content in contents.items() for line in unread_resources(content))

    def staged(self, target: str, domain: str) -> Mapping[str, Entry]:
        """Return the files of a deployment's stage, sorted by path; none for a bundle that isn't there.

        They are those of the closure. Where code runs, ignore files of the folders above are there, too: what a build leaves
        isn't uploaded, as with the CLI.
        """
        if domain not in self.domains_in(target):
            return {}
        closure = self.closure(domain)
        if not any(text.runs_code for text in closure.texts.values()):
            return closure.files
        folders = {above for path in closure.files for above in folders_above(path)}
        found = self.snapshot.entries(posixpath.join(folder, IGNORE_FILE) for folder in sorted(folders))
        ignore_files = {path: entry for path, entry in found.items() if entry.kind is Kind.FILE}
        return dict(sorted({**closure.files, **ignore_files}.items()))

    def uploaded(self, target: str, domain: str) -> Mapping[str, str]:
        """Return the staged files that the CLI uploads, by their names below the sync root."""
        if domain not in self.domains_in(target):
            return {}
        sync = self.closure(domain).sync_in(target)
        prefix = f"{sync.root}/" if sync.root else ""
        return {path.removeprefix(prefix): path for path in sync.files}

    def frame(self, target: str, domain: str) -> StageFrame:
        """Return how the CLI runs in a bundle's stage: in its folder, with the overlay among what it includes."""
        if domain not in self.bundles:
            return StageFrame(
                overlay=OVERLAY, is_included=False, venv=None, has_guard=False, empty=(), ignored=(f"/{OVERLAY}",)
            )
        closure = self.closure(domain)
        sync = closure.sync_in(target)
        # A build may read what git ignores, but nobody uploads it; the files that say so needn't lie in the stage.
        hidden = (f"/{path}" for path in closure.files if path not in sync.files and self._ignored.hides(path))
        venv = next(filter(None, (text.venv for text in closure.texts.values())), None)
        built = (name for name in _BUILT if not any(f"/{name}/" in f"/{path}" for path in closure.files))
        return StageFrame(
            folder=closure.folder,
            bundle=closure.config,
            sync_root=sync.root,
            overlay=posixpath.join(closure.folder, OVERLAY),
            is_included=False,
            venv=None if venv is None else posixpath.normpath(posixpath.join(closure.folder, venv)),
            has_guard=False,
            wheels=closure.wheel_folders,
            empty=(),
            ignored=(OVERLAY, *(f"{name}/" for name in built), *_ALWAYS_IGNORED, *hidden),
        )

    def frame_files(self, target: str, domain: str) -> dict[str, bytes | None]:
        """Return the files of a stage that defines no resource: a bundle with nothing in it but the target."""
        frame = self.frame(target, domain)
        return {frame.bundle: f"bundle:\n  name: {domain}\ntargets:\n  {target}: {{}}\n".encode()}

    def target_place(self, target: str) -> str:  # noqa: ARG002  each bundle has its own
        """Return the path of the settings that name the bundles."""
        return CONFIG

    def fingerprint(self, target: str, domain: str) -> str | None:
        """Return the digest over the closure's paths, kinds and blobs, or None if the deployment doesn't exist."""
        if domain not in self.domains_in(target):
            return None
        return self.digest(domain)

    def digest(self, domain: str) -> str | None:
        """Return the fingerprint of a bundle, the same in each of its targets; None for one that isn't there."""
        if domain not in self.bundles:
            return None
        if domain not in self._digests:
            files = {**self.counted(domain), **self.rule_files(domain)}
            lines = [f"{entry.kind}\0{entry.oid}\0{path}\n" for path, entry in sorted(files.items())]
            text = f"{FINGERPRINT_VERSION}\nbundle {self.bundles[domain]}\n{''.join(lines)}"
            digest = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
            self._digests[domain] = f"{FINGERPRINT_VERSION}:{digest}"
        return self._digests[domain]

    def used_variables(self, target: str, domain: str, names: Collection[str]) -> frozenset[str]:  # noqa: ARG002
        """Return those of some variables of the bundle that its files refer to."""
        if not names:
            return frozenset()
        files = self.snapshot.entries([*self.closure(domain).texts, *self._modules(domain)])
        return find_used_variables(self.snapshot.read_all(files).values(), names)

    def uses_of(self, path: str) -> Uses:  # noqa: ARG002  what is narrowed asks for more
        """Return none: whatever a bundle syncs counts, whoever uses it."""
        return Uses()

    def shared_files(self, domain: str) -> Mapping[str, Entry]:
        """Return the files of a bundle's closure outside its folder."""
        own = self.own_files(domain)
        return {path: entry for path, entry in self.counted(domain).items() if path not in own}

    @property
    def shared_edges(self) -> tuple[Edge, ...]:
        """Return none: what bundles share counts by folder."""
        return ()

    def find_shared_files(self, domains: Iterable[str], *others: Self) -> None:
        """Do nothing: no bundle's shared files take long to find."""

    @cached_property
    def tables(self) -> "TableIndex":
        """Return no tables: catalogs and schemas are named as each team likes."""
        from scope.graph.tables import TableIndex  # 30 ms, and many commands ask for no table

        return TableIndex(self.snapshot.empty(), None)
