"""A target of bundles that are left as they are: each has its own root, host and mode, as its own files have them.

State stays where the CLI has put it, and the record lies beside it. A bundle that is gone from the repository is found by
its record, in the folders in which the others lie.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

from scope.deployment.presence import AT_ONCE
from scope.deployment.record import Record, read_record
from scope.deployment.target import Document, Paths, TargetSettings, Value, check_host_url, expand, resolve_root
from scope.errors import UsageError
from scope.graph.bundle_index import BundleIndex
from scope.repository.folders import common_folder
from scope.stage.values import PREFIX
from scope.wording import abbreviate, unknown_name
from scope.workspace_model import RemoteKind, User
from scope.workspace_ports import Workspace

# What the CLI takes where a bundle says nothing.
_DEFAULT_ROOT = "~/.bundle/${bundle.name}/${bundle.target}"
_HOME = "~/.bundle"
# Where the CLI would put a part of a deployment elsewhere than below its root.
_PARTS = ("state_path", "file_path", "artifact_path", "resource_path")
_VARIABLE_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle in a target: its name, and its root as its files have it, with the place that says so, `file:line`."""

    name: str
    root: str
    root_place: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleTarget(TargetSettings):
    """A target of several bundles. `bundles` are those of the head by domain, `gone` the roots of others that were found."""

    bundles: Mapping[str, Bundle] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)

    def choose(self, domains: Iterable[str]) -> tuple[str, ...]:
        """Return those of some domains that lie in the target's workspace, in their order."""
        return tuple(domain for domain in domains if domain in self.bundles)

    def base(self, user: User) -> str:
        """Return the folder below which all roots of the target lie."""
        folders = [self.resolve(user, domain).rpartition("/")[0] for domain in self.bundles]
        return common_folder(folders or [resolve_root(_HOME, user, "")])

    def root_place_of(self, domain: str) -> str:
        """Return where the root of a deployment is set, as `file:line`."""
        return self.bundles[domain].root_place if domain in self.bundles else self.root_place

    def resolve(self, user: User, domain: str) -> str:
        """Return the root of one deployment; `UsageError` if the bundle's files don't say it plainly, or there is none."""
        bundle = self.bundles.get(domain)
        if bundle is None:
            if domain in self.gone:
                return self.gone[domain]
            known = sorted({*self.bundles, *self.gone})
            raise UsageError(unknown_name("bundle", domain, known, f"here or deployed in {self.name}"))
        values = {
            "bundle.name": bundle.name,
            "bundle.target": self.name,
            "bundle.environment": self.name,
            "workspace.current_user.userName": user.name,
            "workspace.current_user.short_name": user.short_name,
            **{f"var.{name}": value for name, value in bundle.variables.items()},
        }
        root = _expand_all(Value(bundle.root, bundle.root_place), values, "root_path")
        return resolve_root(root, user, bundle.root_place)

    def require_distinct_roots(self, user: User) -> None:
        """Raise `UsageError` for bundles that would be deployed over each other."""
        by_root: dict[str, list[str]] = {}
        for domain in self.bundles:
            by_root.setdefault(self.resolve(user, domain), []).append(domain)
        problems = [
            f"{' and '.join(self.root_place_of(domain) for domain in alike)}: {' and '.join(alike)} would both lie in "
            f"{root}, and each deploy would delete the other's resources. Give one another `bundle.name` or `root_path`."
            for root, alike in sorted(by_root.items())
            if len(alike) > 1
        ]
        if problems:
            raise UsageError("\n".join(problems))

    def find_gone(self, workspace: Workspace, user: User, repository: str, skip: Collection[str]) -> tuple[str, ...]:
        """Return the domains whose records lie where the target's bundles lie, and that aren't in `skip`, sorted.

        They are those of this repository, as far as their records tell. Raises `RemoteError` if a folder may not be listed.
        """
        known = {self.resolve(user, domain) for domain in self.bundles}
        roots = sorted({root for root in self._list_roots(workspace, user) if root not in known})
        with ThreadPoolExecutor(AT_ONCE) as pool:
            records = pool.map(lambda root: read_record(workspace, Paths(root).state), roots)
            for root, record in zip(roots, records, strict=True):
                if not isinstance(record, Record) or (repository and record.repository not in {"", repository}):
                    continue
                if record.deployment.target == self.name and record.deployment.domain not in self.bundles:
                    self.gone[record.deployment.domain] = root
        return tuple(sorted(domain for domain in self.gone if domain not in skip))

    def _list_roots(self, workspace: Workspace, user: User) -> Iterator[str]:
        """Yield the folders that lie as the roots of the target's bundles do, and where a bundle lies by default."""
        places: set[tuple[str, str]] = {(resolve_root(_HOME, user, ""), f"/{self.name}")}
        for domain in self.bundles:
            above, _, last = self.resolve(user, domain).rpartition("/")
            # `<folder>/<bundle>/<target>`, or `<folder>/<bundle>`.
            places.add((above.rpartition("/")[0], f"/{last}") if last == self.name else (above, ""))
        for folder, rest in sorted(places):
            for entry in workspace.entries(folder) or ():
                if entry.kind is RemoteKind.FOLDER:
                    yield f"{entry.path}{rest}"


def read_bundle_target(index: BundleIndex, name: str, domains: Collection[str] = ()) -> BundleTarget:
    """Return a target's settings in a tree: of its bundles, or of some of them.

    Raises `UsageError` with the place of what can't be used, and for bundles that aren't in one workspace.
    """
    known = index.domains_in(name)
    if not known:
        raise UsageError(unknown_name("target", name, index.targets, index.places[0]))
    chosen = [domain for domain in known if not domains or domain in domains] or list(known)
    read = {domain: _Reader(index, domain, name) for domain in known}
    host = _require_one("lie in several workspaces", name, (read[domain].host() for domain in chosen))
    branch = _require_one(
        "are deployed from several branches", name, (read[domain].find("git", "branch") for domain in chosen)
    )
    # What lies elsewhere is no part of it, nor what is asked for by nobody and can't be read.
    there = [domain for domain in known if domain in chosen or _lies_at(read[domain], host)]
    first = read[chosen[0]]
    return BundleTarget(
        name=name,
        bundle="",
        host="" if host is None else check_host_url(host),
        host_place=first.place if host is None else host.place,
        root="",
        root_place=first.place,
        # One that isn't in development makes it the careful kind for all.
        mode="development" if all(read[domain].mode() == "development" for domain in chosen) else None,
        branch=None if branch is None else branch.text,
        bundles={domain: read[domain].bundle() for domain in there},
    )


def _expand_all(value: Value, values: Mapping[str, str], what: str) -> str:
    """Return a text with the values of the variables in it, and of those in these values."""
    text = value.text
    for _ in range(_VARIABLE_LIMIT):
        if "${" not in text:
            break
        text = expand(text, values, value.place, what)
    return text


def _require_one(problem: str, target: str, values: Iterable[Value | None]) -> Value | None:
    """Return the one text that some bundles say, or None if they say nothing; `UsageError` if they say several."""
    by_text = {value.text.rstrip("/"): value for value in values if value is not None}
    if len(by_text) > 1:
        listed = abbreviate([f"{value.text} ({value.place})" for value in by_text.values()])
        raise UsageError(f"The bundles of {target} {problem}: {listed}. Say which bundles with `--domain`.")
    return next(iter(by_text.values()), None)


def _lies_at(reader: "_Reader", host: Value | None) -> bool:
    try:
        own = reader.host()
        reader.bundle()
    except UsageError:
        return False
    return (None if own is None else own.text.rstrip("/")) == (None if host is None else host.text.rstrip("/"))


class _Reader:
    """What a bundle's files say of one of its targets: the target's own part before the bundle's, later files first."""

    def __init__(self, index: BundleIndex, domain: str, target: str) -> None:
        self._closure = index.closure(domain)
        self._target = target
        contents = {path: index.snapshot.read(path) or b"" for path in self._closure.texts}
        self._documents = [Document(path, content) for path, content in contents.items()][::-1]

    @property
    def place(self) -> str:
        return f"{self._closure.config}:1"

    def find(self, *keys: str) -> Value | None:
        """Return a plain text, of the target or else of the whole bundle."""
        for prefix in (("targets", self._target), ("environments", self._target), ()):
            for document in self._documents:
                value = document.find(*prefix, *keys)
                if value is not None:
                    return value
        return None

    def mode(self) -> str | None:
        value = self.find("mode")
        return None if value is None else value.text

    def host(self) -> Value | None:
        value = self.find("workspace", "host")
        return None if value is None else replace(value, text=self._expand(value, "host"))

    def bundle(self) -> Bundle:
        for part in _PARTS:
            value = self.find("workspace", part)
            if value is not None:
                raise UsageError(
                    f"{value.place}: `{part}` puts a part of the deployment elsewhere than below its root, where scope has "
                    "its record and lock. Take it out, or take the bundle out of `bundles` in [tool.scope]."
                )
        name = self.find("bundle", "name")
        if name is None or not name.text:
            raise UsageError(f"{self.place}: `bundle.name` is missing. scope must know it before the CLI runs.")
        root = self.find("workspace", "root_path") or Value(_DEFAULT_ROOT, name.place)
        return Bundle(self._expand(name, "bundle.name"), root.text, root.place, self._variables)

    def _expand(self, value: Value, what: str) -> str:
        values = {"bundle.target": self._target, **{f"var.{name}": one for name, one in self._variables.items()}}
        return _expand_all(value, values, what)

    @cached_property
    def _variables(self) -> dict[str, str]:
        """Return the values of the bundle's variables that are plain texts; the environment's come first."""
        names = {name for document in self._documents for name in document.keys("variables")}
        values: dict[str, str] = {}
        for name in sorted(names):
            given = os.environ.get(f"{PREFIX}{name}")
            value = self.find("variables", name) or self.find("variables", name, "default")
            if given is not None:
                values[name] = given
            elif value is not None:
                values[name] = value.text
        return values
