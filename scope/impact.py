"""From changes to the deployments that they reach, each with its causes.

The set is *defined* by fingerprints: a deployment is in it when its closure differs between base and head. The changes only
say where to look, so that nothing else is computed; looking in too many places costs time, never exactness.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from scope.closure import Closures
from scope.graph import Graph
from scope.manifest import Action, Because, Step, written_path
from scope.model import Change, Status
from scope.rules import CONFIG, Owner, Reach, united


@dataclass(frozen=True, slots=True)
class Impacted:
    """One deployment whose fingerprint differs. `before` or `after` is nothing where it isn't there."""

    target: str
    domain: str
    action: Action
    because: Because
    before: str | None
    after: str | None
    causes: tuple[tuple[Change, tuple[Step, ...]], ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """What the changes reach, and for each change a word on why it reaches nothing or everything."""

    impacted: tuple[Impacted, ...]
    reasons: Mapping[str, str | None]


class Comparison:
    """Two trees of one repository and what differs between them."""

    def __init__(self, base: Closures, head: Closures, changes: tuple[Change, ...]) -> None:
        """Compare `base` with `head`; `changes` is the complete difference of the two trees."""
        self._base = base
        self._head = head
        self._changes = changes

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """Return the domains of base and head, sorted."""
        return tuple(sorted({*self._base.domains, *self._head.domains}))

    def impact(self, targets: Iterable[str] | None = None, domains: Iterable[str] | None = None) -> Impact:
        """Return the deployments that differ, sorted by target and domain, of some targets and domains or of all.

        A target is of the head; one that is gone there has nothing to be deployed to.
        """
        wanted_targets = self._head.targets if targets is None else tuple(targets)
        wanted_domains = set(self.domains if domains is None else domains)
        reached: dict[tuple[str, str], list[Change]] = defaultdict(list)
        for change in self._changes:
            for target, domain in self.reach(change):
                if target in wanted_targets and domain in wanted_domains:
                    reached[target, domain].append(change)
        found = tuple(
            impacted
            for (target, domain), changes in sorted(reached.items())
            if (impacted := self._compare(target, domain, changes)) is not None
        )
        return Impact(found, {change.path: self.reason(change) for change in self._changes})

    def reach(self, change: Change) -> set[tuple[str, str]]:
        """Return the deployments to look at because of a change."""
        if _is_mode_only(change):
            return set()
        found = {(target, domain) for target in self._head.targets for domain in self._beyond_owners(change.path)}
        for owner in self._owners(change.path):
            match owner.reach:
                case Reach.NOTHING:
                    continue
                case Reach.TARGET:
                    found |= {(target, domain) for target in owner.names for domain in self.domains}
                case _:
                    found |= {
                        (target, domain) for target in self._head.targets for domain in self._domains_of(owner, change)
                    }
        return found

    def _beyond_owners(self, path: str) -> Iterable[str]:
        """Return the domains that a path reaches whoever owns it: where it makes the domain exist, or changes the rules."""
        if path == CONFIG and self._base.rules.own != self._head.rules.own:
            return self.domains
        top, _, inside = path.partition("/")
        domain, is_folder, _ = inside.partition("/")
        return (domain,) if top in {"src", "resources"} and is_folder and domain in self._come_and_gone else ()

    @cached_property
    def _come_and_gone(self) -> frozenset[str]:
        return frozenset(self._base.domains) ^ frozenset(self._head.domains)

    def _owners(self, path: str) -> frozenset[Owner]:
        return united((self._base.rules, self._head.rules), path)

    def _domains_of(self, owner: Owner, change: Change) -> Iterable[str]:
        match owner.reach:
            case Reach.EVERYTHING:
                return self.domains
            case Reach.DOMAIN:
                return set(owner.names) & set(self.domains)
            case _:
                return self._users.get(change.path, frozenset())

    @cached_property
    def _users(self) -> Mapping[str, frozenset[str]]:
        """Return for each changed shared file the domains in whose closure it, or what moves with it, is at base or head."""
        shared = {
            change.path
            for change in self._changes
            if any(owner.reach in {Reach.SHARED, Reach.MODELS} for owner in self._owners(change.path))
        }
        found: dict[str, set[str]] = defaultdict(set)
        if not shared:
            return {}
        wanted = {path: {path, *self._data_moved_by(path)} for path in shared}
        for side in (self._base, self._head):
            everywhere = {path for part in side.everywhere for path in part.files}
            for domain in side.domains_naming(frozenset[str]().union(*wanted.values())):
                closure = side.shared(domain).files.keys() | side.rule_files(domain).keys() | everywhere
                for path, files in wanted.items():
                    if files & closure:
                        found[path].add(domain)
        return {path: frozenset(domains) for path, domains in found.items()}

    def _data_moved_by(self, path: str) -> tuple[str, ...]:
        """Return the data files that change packages because a module makes its folder one, or no longer does."""
        folder = posixpath.dirname(path)
        before, after = self._base.library.data_of(folder), self._head.library.data_of(folder)
        return () if not path.endswith(".py") or (before and after) else before or after

    def _compare(self, target: str, domain: str, changes: list[Change]) -> Impacted | None:
        before, after = self._base.fingerprint(target, domain), self._head.fingerprint(target, domain)
        if before == after:
            return None
        action: Action = "deploy"
        because: Because = "changed"
        if domain not in self._head.domains:
            action, because = "destroy", "removed"
        elif before is None:
            because = "first-deploy"
        elif self._base.staged(target, domain) == self._head.staged(target, domain):
            because = "rule"
        causes = tuple((change, self.way(change, target, domain)) for change in changes)
        return Impacted(target, domain, action, because, before, after, causes)

    def way(self, change: Change, target: str, domain: str) -> tuple[Step, ...]:
        """Return how a change reaches a deployment: by layout or rule where one says so, else through the graph."""
        for owner in sorted(self._owners(change.path), key=lambda owner: owner.reach):
            match owner.reach:
                case Reach.EVERYTHING:
                    return (Step(f"domain:{domain}", "part-of" if owner.is_staged else "rule"),)
                case Reach.TARGET:
                    return (Step(f"target:{target}", "configures"), Step(f"domain:{domain}", "part-of"))
                case Reach.DOMAIN if domain in owner.names:
                    return self._way_in_domain(change.path, domain, owner)
                case _:
                    continue
        return self._way_through_graph(change.path, domain) or (
            Step(f"domain:{domain}", "rule" if change.path == CONFIG else "part-of"),
        )

    def _way_through_graph(self, path: str, domain: str) -> tuple[Step, ...] | None:
        graph, goal = self._graph_of(domain), f"domain:{domain}"
        found = graph.way(file_node(path), goal)
        for data in () if found else sorted(self._data_moved_by(path)):
            way = graph.way(file_node(data), goal)
            if way:
                return (Step(file_node(data), "package-data"), *way)
        return found

    def _way_in_domain(self, path: str, domain: str, owner: Owner) -> tuple[Step, ...]:
        parts = path.split("/")
        goal = Step(f"domain:{domain}", "part-of")
        if parts[0] in {"src", "resources"} and len(parts) > 3:
            return (Step(f"source:{domain}.{parts[2]}", "part-of"), goal)
        if parts[0] == "specs" and parts[1] == "domains":
            return (Step(f"domain:{domain}", "settings"),)
        if parts[0] == "specs" and len(parts) > 4:
            return (
                Step(file_node(spec_module(path)), "generated-from"),
                Step(f"source:{domain}.{parts[3]}", "part-of"),
                goal,
            )
        return (goal,) if owner.is_staged else (Step(f"domain:{domain}", "rule"),)

    def _graph_of(self, domain: str) -> Graph:
        if domain not in self._graphs:
            self._graphs[domain] = Graph(domain_edges((self._base, self._head), domain))
        return self._graphs[domain]

    @cached_property
    def _graphs(self) -> dict[str, Graph]:
        return {}

    def reason(self, change: Change) -> str | None:
        """Return why a change reaches nothing, or everything; nothing where its causes say enough."""
        if _is_mode_only(change):
            return "only the executable bit differs, which neither a stage nor the workspace keeps"
        owners = self._owners(change.path)
        if self._beyond_owners(change.path):
            return "the rules themselves changed" if change.path == CONFIG else None
        if all(owner.reach is Reach.NOTHING for owner in owners):
            return " / ".join(sorted({owner.why for owner in owners}))
        if any(owner.reach is Reach.EVERYTHING for owner in owners):
            return " / ".join(sorted({owner.why for owner in owners if owner.reach is Reach.EVERYTHING}))
        if owners & {Owner(Reach.SHARED), Owner(Reach.MODELS)} and not self._users.get(change.path):
            return "no domain uses it"
        return None


def domain_edges(sides: Iterable[Closures], domain: str) -> Iterable[tuple[str, str, str]]:
    """Return the edges between the shared files that a domain reaches, its own files that name them, and the domain."""
    goal = f"domain:{domain}"
    for side in sides:
        parts = (side.shared(domain), *side.everywhere)
        for edge in {edge for part in parts for edge in part.edges}:
            yield file_node(edge.dependent), file_node(edge.dependency), edge.kind
        for path in {edge.dependent for part in parts for edge in part.edges}:
            if (
                path in side.own_files(domain)
                or not path.startswith(("src/", "resources/_models/"))
                or path == "src/pyproject.toml"
            ):
                yield goal, file_node(path), "part-of"
        for path in side.rule_files(domain):
            yield goal, file_node(path), "preset" if path.startswith("resources/") else "rule"


def spec_module(path: str) -> str:
    """Return the module that a pipeline's or job's spec generates: `specs/jobs/d/s/x.yml` → `resources/d/s/jobs/x.py`."""
    _, kind, domain, source, *rest = path.split("/")
    return "/".join(["resources", domain, source, kind, *rest]).removesuffix(".yml") + ".py"


def file_node(path: str) -> str:
    """Return a file's name in the graph."""
    return f"file:{written_path(path)}"


def moves(changes: Iterable[Change]) -> Mapping[str, str]:
    """Return where deleted files went: to the first added one, by path, with the same content."""
    added: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        if change.status is Status.ADDED and change.after is not None:
            added[change.after.oid].append(change.path)
    found: dict[str, str] = {}
    for change in changes:
        if change.status is Status.DELETED and change.before is not None and added[change.before.oid]:
            found[change.path] = added[change.before.oid].pop(0)
    return found


def _is_mode_only(change: Change) -> bool:
    return change.before == change.after
