"""From a target's records to the manifest: what differs between the head and what each domain really runs.

Each domain is compared with its own base, the commit that was last applied there. The set is the one that a deploy works
out for itself; the commits only explain it, so that one that is gone costs the explanation, never the deployment.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scope.controller.deploy_set import Candidate
from scope.controller.session import Session
from scope.deployment.record import Record
from scope.documents.manifest import Base, Cause, Deploy, Fingerprints, Head, Manifest, ManifestChange, Warn
from scope.graph.closure import DeploymentIndex, UsesCache
from scope.model import Because, Change, Effect
from scope.planning.impact import Impact, ImpactAnalysis
from scope.planning.plan import listed_changes, matrix, mode_of
from scope.ports import Git
from scope.repository.snapshot import Snapshot

_NEVER = Base("none", None, None, "never-deployed")
_UNKNOWN = Base("none", None, None, "no-usable-record")


@dataclass(frozen=True, slots=True)
class Compared:
    """One applied commit beside the head, for the domains that have it as their base."""

    info: Base
    base: DeploymentIndex
    changes: tuple[Change, ...]
    impact: Impact


class Bases:
    """The commits that are applied in a target, each compared with the head once for all its domains."""

    def __init__(self, session: Session) -> None:
        """Compare with the head of a run; nothing is read yet."""
        self._run = session
        self._sources = UsesCache()
        self._known: dict[str, tuple[DeploymentIndex, tuple[Change, ...]] | None] = {}

    def index(self, commit: str) -> DeploymentIndex | None:
        """Return the deployments of a commit; nothing where it isn't in this clone and can't be fetched."""
        found = self._at(commit)
        return None if found is None else found[0]

    def compare(self, info: Base, domains: Iterable[str]) -> Compared | None:
        """Return what lies between a base and the head, for some domains; nothing where the commit is gone."""
        found = None if info.commit is None else self._at(info.commit)
        if found is None:
            return None
        base, changes = found
        impact = ImpactAnalysis(base, self._run.index, changes).impact([self._run.settings.name], domains)
        return Compared(info, base, changes, impact)

    def _at(self, commit: str) -> tuple[DeploymentIndex, tuple[Change, ...]] | None:
        if commit not in self._known:
            self._known[commit] = self._read(self._run.git, commit)
        return self._known[commit]

    def _read(self, git: Git, commit: str) -> tuple[DeploymentIndex, tuple[Change, ...]] | None:
        if git.commit(commit) is None and not git.fetch(commit):
            return None
        tree = git.root_tree(commit)
        changes = git.changes(tree, self._run.index.snapshot.tree)
        return DeploymentIndex(Snapshot(git, tree), self._sources), changes


def base_of(item: Candidate, repository: str) -> Base:
    """Return what a deployment is compared with: the commit that was applied, where its record says so."""
    record = item.deployed.record
    if item.deployed.is_absent:
        return _NEVER
    if not isinstance(record, Record) or record.applied is None or record.repository != repository:
        return _UNKNOWN
    attempt = record.applied.attempt
    if attempt.commit is None:
        return _UNKNOWN
    return Base("record", None, attempt.commit, "work-tree" if attempt.dirty else None)


def plan_records(
    session: Session, wanted: Iterable[Candidate], effect: Callable[[Change], Effect], notes: tuple[Warn, ...] = ()
) -> Manifest:
    """Return the manifest of what is due in a target, each deployment against what its record says."""
    due = [item for item in wanted if item.due is not None]
    infos = {item.domain: base_of(item, session.head.repository) for item in due}
    ordered = sorted(set(infos.values()), key=lambda info: (info.kind != "record", info.commit or "", info.reason or ""))
    names = {info: f"b{number}" for number, info in enumerate(ordered)}
    bases = Bases(session)
    changes: list[ManifestChange] = []
    deploy: list[Deploy] = []
    for info in ordered:
        domains = [domain for domain, found in infos.items() if found == info]
        compared = bases.compare(info, domains)
        numbered: dict[str, str] = {}
        if compared is not None:
            start = len(changes)
            numbered = {change.path: f"c{start + number}" for number, change in enumerate(compared.changes)}
            changes += listed_changes(names[info], compared.changes, numbered, compared.impact, effect)
        deploy += [_deploy(session, item, names[info], compared, numbered) for item in due if infos[item.domain] == info]
    deploy.sort(key=lambda item: item.domain)
    targets = (session.settings.name,)
    return Manifest(
        mode=mode_of(tuple(deploy), targets, session.index),
        against="deployed",
        targets=targets,
        head=Head("HEAD", session.head.commit, session.head.is_dirty),
        bases={names[info]: info for info in ordered},
        changes=tuple(changes),
        deploy=tuple(deploy),
        readers=(),
        matrix=matrix(tuple(deploy), session.index.rules.matrix_jobs),
        warnings=notes,
    )


def _deploy(session: Session, item: Candidate, base: str, compared: Compared | None, numbered: Mapping[str, str]) -> Deploy:
    target, domain = session.settings.name, item.domain
    found = next((one for one in compared.impact.impacted if one.domain == domain), None) if compared else None
    side = session.index
    if item.action == "destroy" and compared is not None:
        side = compared.base
    return Deploy(
        id=session.id(domain),
        target=target,
        domain=domain,
        action=item.action,
        because=_because(item, found.because if found else None, is_known=compared is not None),
        base=base,
        fingerprint=Fingerprints(item.deployed.applied_fingerprint, session.index.fingerprint(target, domain)),
        sources=side.sources(domain),
        resources=side.resources(domain),
        causes=tuple(Cause(numbered[change.path], steps) for change, steps in found.causes) if found else (),
    )


def _because(item: Candidate, compared: Because | None, *, is_known: bool) -> Because:
    """Return why something is due; only for a plain difference can the commits say more than the records do."""
    because = item.due.because if item.due is not None else "changed"
    if because != "changed":
        return because
    if not is_known:
        return "base-unreachable"
    return "rule" if compared == "rule" else "changed"
