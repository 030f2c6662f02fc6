"""From a target's records to the manifest: what differs between the head and what each domain really runs.

Each domain is compared with its own base, the commit that was last applied there. The set is the one that a deploy works
out for itself; the commits only explain it, so that one that is gone costs the explanation, never the deployment.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scope.controller.deploy_set import Candidate
from scope.controller.session import Session
from scope.documents.manifest import Base, Cause, Deploy, Fingerprints, Head, Manifest, ManifestChange, ManifestMove
from scope.graph.index import DeploymentIndex
from scope.model import Because, Change, Effect
from scope.planning.impact import Impact, ImpactAnalysis
from scope.planning.moves import list_moves
from scope.planning.plan import find_mode, list_changes, pack_matrix
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
        """Compare with the head of a session; nothing is read yet."""
        self._session = session
        self._known: dict[str, tuple[DeploymentIndex, tuple[Change, ...]] | None] = {}

    def compare(self, info: Base, domains: Iterable[str]) -> Compared | None:
        """Return the difference between a base and the head, for some domains, or None if the commit is gone."""
        known = None if info.commit is None else self._at(info.commit)
        if known is None:
            return None
        base, changes = known
        impact = ImpactAnalysis(base, self._session.index, changes).find_impact([self._session.settings.name], domains)
        return Compared(info, base, changes, impact)

    def index_at(self, commit: str) -> DeploymentIndex | None:
        """Return the deployments of a commit, or None if it is gone."""
        known = self._at(commit)
        return None if known is None else known[0]

    def _at(self, commit: str) -> tuple[DeploymentIndex, tuple[Change, ...]] | None:
        if commit not in self._known:
            self._known[commit] = self._read(self._session.git, commit)
        return self._known[commit]

    def _read(self, git: Git, commit: str) -> tuple[DeploymentIndex, tuple[Change, ...]] | None:
        if git.commit(commit) is None and not git.fetch(commit):
            return None
        tree = git.root_tree(commit)
        changes = git.changes(tree, self._session.index.snapshot.tree)
        return self._session.index.at_base(Snapshot(git, tree)), changes


def base_of(candidate: Candidate, repository: str) -> Base:
    """Return the base of a deployment: the commit that was applied, if its record says so."""
    observed = candidate.observed
    if observed.is_absent:
        return _NEVER
    if observed.valid_record is None or observed.applied is None or observed.valid_record.repository != repository:
        return _UNKNOWN
    attempt = observed.applied.attempt
    if attempt.commit is None:
        return _UNKNOWN
    return Base("record", None, attempt.commit, "work-tree" if attempt.dirty else None)


def plan_records(session: Session, candidates: Iterable[Candidate], effect: Callable[[Change], Effect]) -> Manifest:
    """Return the manifest of what is due in a target, each deployment against what its record says."""
    due = [candidate for candidate in candidates if candidate.due is not None]
    infos = {candidate.domain: base_of(candidate, session.head.repository) for candidate in due}
    ordered = sorted(set(infos.values()), key=lambda info: (info.kind != "record", info.commit or "", info.reason or ""))
    names = {info: f"b{number}" for number, info in enumerate(ordered)}
    bases = Bases(session)
    changes: list[ManifestChange] = []
    deploy: list[Deploy] = []
    moves: set[ManifestMove] = set()
    for info in ordered:
        of_this_base = [candidate for candidate in due if infos[candidate.domain] == info]
        compared = bases.compare(info, [candidate.domain for candidate in of_this_base])
        numbered: dict[str, str] = {}
        if compared is not None:
            start = len(changes)
            numbered = {change.path: f"c{start + number}" for number, change in enumerate(compared.changes)}
            changes += list_changes(names[info], compared.changes, numbered, compared.impact, effect)
        deploy += [_deploy(session, candidate, names[info], compared, numbered) for candidate in of_this_base]
        if compared is not None:
            moves.update(list_moves(compared.base, session.index, [candidate.domain for candidate in of_this_base]))
    deploy.sort(key=lambda item: item.domain)
    targets = (session.settings.name,)
    return Manifest(
        mode=find_mode(tuple(deploy), targets, session.index),
        against="deployed",
        targets=targets,
        head=Head("HEAD", session.head.commit, session.head.is_dirty),
        bases={names[info]: info for info in ordered},
        changes=tuple(changes),
        deploy=tuple(deploy),
        readers=(),
        matrix=pack_matrix(tuple(deploy), session.index.rules),
        warnings=(),
        moves=tuple(sorted(moves, key=lambda move: (move.declared, move.source))),
    )


def _deploy(
    session: Session, candidate: Candidate, base: str, compared: Compared | None, numbered: Mapping[str, str]
) -> Deploy:
    target, domain = session.settings.name, candidate.domain
    impacted = next((one for one in compared.impact.impacted if one.domain == domain), None) if compared else None
    side = session.index
    if candidate.action == "destroy" and compared is not None:
        side = compared.base
    return Deploy(
        id=str(session.id(domain)),
        target=target,
        domain=domain,
        action=candidate.action,
        because=_because(candidate, impacted.because if impacted else None, is_known=compared is not None),
        base=base,
        fingerprint=Fingerprints(candidate.observed.applied_fingerprint, session.index.fingerprint(target, domain)),
        sources=side.sources(domain),
        resources=side.resources(domain),
        causes=tuple(Cause(numbered[change.path], steps) for change, steps in impacted.causes) if impacted else (),
        folder=side.bundle_folder(domain) if domain in side.domains else ".",
    )


def _because(candidate: Candidate, compared: Because | None, *, is_known: bool) -> Because:
    """Return why something is due; only for a plain difference can the commits say more than the records do."""
    because = candidate.due.because if candidate.due is not None else "changed"
    if because != "changed":
        return because
    if not is_known:
        return "base-unreachable"
    return "rule" if compared == "rule" else "changed"
