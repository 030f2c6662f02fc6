"""From an impact to the manifest: named, numbered, sorted."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from scope.documents.manifest import (
    MAX_MATRIX_JOBS,
    Cause,
    Deploy,
    Fingerprints,
    Manifest,
    ManifestChange,
    Matrix,
    MatrixEntry,
    Mode,
    Reader,
    Warn,
)
from scope.errors import UsageError
from scope.graph.closure import DeploymentIndex
from scope.graph.nodes import label
from scope.model import Change, Effect, Kind, quote_path
from scope.names import is_domain_name
from scope.planning.comparison import Comparison
from scope.planning.impact import Impact, ImpactAnalysis, Impacted, moves
from scope.planning.readers import Readers, readers
from scope.repository.layout import CODE_ROOT
from scope.repository.ownership import Reach
from scope.wording import pluralize

# The kind of edge, and the code of the warning, for imports that are made at run time.
_DYNAMIC = "dynamic-import"


def plan(
    sides: Comparison,
    targets: tuple[str, ...],
    effect: Callable[[Change], Effect],
    *,
    with_fingerprints: bool = False,
    with_readers: bool = True,
) -> Manifest:
    """Return the manifest of a comparison with one base, for some targets of the head.

    Readers of tables are looked for in the whole repository, which takes longer than all the rest.
    Fingerprints are left out unless they are asked for: the set is found without them, and each costs its whole closure.
    """
    impact = ImpactAnalysis(sides.base, sides.head, sides.changes).impact(targets)
    numbered = {change.path: f"c{number}" for number, change in enumerate(sides.changes)}
    deploy = tuple(_deploy(item, numbered, sides, with_fingerprints=with_fingerprints) for item in impact.impacted)
    changes = listed_changes("b0", sides.changes, numbered, impact, effect)
    ids = {item.id for item in deploy}
    # What deploys everywhere anyway needs no review.
    others = [name for name in sides.head.domains if any(f"{target}/{name}" not in ids for target in targets)]
    found = readers(sides.head, sides.base, impact.impacted, others) if with_readers and deploy else Readers({})
    return Manifest(
        mode=mode_of(deploy, targets, sides.head),
        against="main",
        targets=targets,
        head=sides.head_info,
        bases={"b0": sides.base_info},
        changes=changes,
        deploy=deploy,
        readers=_readers(found, deploy),
        matrix=matrix(deploy, sides.head.rules.matrix_jobs),
        warnings=(*_warnings(sides, impact.impacted), *_unknown_readers(found)),
    )


def narrowed(manifest: Manifest, domains: Collection[str], matrix_jobs: int) -> Manifest:
    """Return the manifest with only the deployments of some domains, or as it is where none is named.

    What is named and not due is no mistake; a name that can't be one raises `UsageError`.
    """
    wrong = sorted(name for name in domains if not is_domain_name(name))
    if wrong:
        raise UsageError(f"`{wrong[0]}` isn't a domain's name: those are snake_case, with spaces between them.")
    if not domains:
        return manifest
    deploy = tuple(item for item in manifest.deploy if item.domain in domains)
    ids = {item.id for item in deploy}
    reached = Counter(cause for item in deploy for cause in {cause.change for cause in item.causes})
    return replace(
        manifest,
        mode="scoped" if deploy else "none",
        deploy=deploy,
        changes=tuple(replace(change, reaches=reached[change.id]) for change in manifest.changes),
        readers=tuple(reader for reader in manifest.readers if reader.of in ids),
        live=tuple(one for one in manifest.live if one.id.partition("/")[2] in domains),
        matrix=matrix(deploy, matrix_jobs),
    )


def listed_changes(
    base: str,
    changes: tuple[Change, ...],
    numbered: Mapping[str, str],
    impact: Impact,
    effect: Callable[[Change], Effect],
) -> tuple[ManifestChange, ...]:
    """Return the changes since one base as the manifest has them; `numbered` gives each path its id."""
    reached: dict[str, int] = {}
    for item in impact.impacted:
        for change, _steps in item.causes:
            reached[change.path] = reached.get(change.path, 0) + 1
    gone_to = moves(changes)
    return tuple(
        ManifestChange(
            id=numbered[change.path],
            base=base,
            path=quote_path(change.path),
            status=change.status.value,
            moved_to=quote_path(gone_to[change.path]) if change.path in gone_to else None,
            effect=effect(change).value,
            reaches=reached.get(change.path, 0),
            reason=impact.reasons[change.path],
        )
        for change in changes
    )


def _deploy(item: Impacted, numbered: Mapping[str, str], sides: Comparison, *, with_fingerprints: bool) -> Deploy:
    fingerprint = Fingerprints(None, None)
    if with_fingerprints:
        index = (sides.base, sides.head)
        fingerprint = Fingerprints(*(side.fingerprint(item.target, item.domain) for side in index))
    # Without a base, "not there before" only means that nobody knows what was.
    is_unknown = sides.base_info.kind == "none" and item.because == "first-deploy"
    side = sides.head if item.action == "deploy" else sides.base
    return Deploy(
        id=f"{item.target}/{item.domain}",
        target=item.target,
        domain=item.domain,
        action=item.action,
        because="base-unreachable" if is_unknown else item.because,
        base="b0",
        fingerprint=fingerprint,
        sources=side.sources(item.domain),
        resources=side.resources(item.domain),
        causes=tuple(Cause(numbered[change.path], steps) for change, steps in item.causes),
    )


def mode_of(deploy: tuple[Deploy, ...], targets: tuple[str, ...], head: DeploymentIndex) -> Mode:
    """Return whether nothing, everything or part of some targets deploys."""
    if not deploy:
        return "none"
    deployed = {item.id for item in deploy if item.action == "deploy"}
    every = {f"{target}/{domain}" for target in targets for domain in head.domains}
    # Where no domain is left there are only removals, and nothing is "every domain".
    return "full" if every and every <= deployed else "scoped"


def matrix(deploy: Iterable[Deploy], limit: int) -> Matrix:
    """Return one job per deployment, or, beyond `limit` jobs, jobs of several domains of one target, order kept."""
    by_target: dict[str, list[str]] = {}
    for item in deploy:
        by_target.setdefault(item.target, []).append(item.domain)
    total = sum(len(domains) for domains in by_target.values())
    jobs = max(min(limit, MAX_MATRIX_JOBS), len(by_target))
    size = 1
    while sum(-(-len(domains) // size) for domains in by_target.values()) > jobs:
        size += 1
    if total <= jobs:
        size = 1
    entries: list[MatrixEntry] = []
    for target, domains in by_target.items():
        for start in range(0, len(domains), size):
            packed = domains[start : start + size]
            name = packed[0] if len(packed) == 1 else f"{packed[0]}-to-{packed[-1]}"
            entries.append(MatrixEntry(id=f"{target}-{name}", target=target, domains=" ".join(packed)))
    return Matrix(tuple(entries))


def _readers(found: Readers, deploy: Collection[Deploy]) -> tuple[Reader, ...]:
    """Return the readers for each deployment that aren't deployed themselves, in the order of the deployments."""
    deployed = {item.id for item in deploy}
    return tuple(
        Reader(
            id=f"{item.target}/{reader.domain}",
            of=item.id,
            table=reader.table,
            path=quote_path(reader.path),
            line=reader.line,
        )
        for item in deploy
        for reader in found.of.get(item.domain, ())
        if f"{item.target}/{reader.domain}" not in deployed
    )


def _unknown_readers(found: Readers) -> Iterable[Warn]:
    if found.unresolved:
        message = (
            f"Names of tables are made at run time in {pluralize(found.unresolved, 'place')}, so readers may be missing."
        )
        yield Warn("unknown-tables", CODE_ROOT, 0, message)
    if found.unread:
        message = f"{found.unread} files may read tables of what deploys: too many, so readers aren't listed."
        yield Warn("unread-tables", CODE_ROOT, 0, message)


def _warnings(sides: Comparison, impacted: Iterable[Impacted]) -> list[Warn]:
    """Return what makes the numbers larger than they need be, and what can't be staged; of changed files and of causes."""
    found: set[Warn] = set()
    changed = {change.path for change in sides.changes if change.after is not None and change.after.kind is Kind.FILE}
    guessing = {label(step.node) for item in impacted for _, steps in item.causes for step in steps if _DYNAMIC in step.edge}
    for path in sorted(changed | guessing):
        if sides.head.rules.owner(path).reach in {Reach.DOMAIN, Reach.SHARED, Reach.MODELS} and path.endswith(
            (".py", ".ipynb")
        ):
            uses = sides.head.uses_of(path)
            if uses.dynamic:
                message = "What is imported here is known only at run time, so all shared code counts as used."
                found.update(Warn(_DYNAMIC, quote_path(path), line, message) for line in uses.dynamic)
            if uses.broken is not None:
                message = "Not valid Python. Its imports are guessed from the text: more than it has, never less."
                found.add(Warn("syntax-error", quote_path(path), uses.broken, message))
    for change in sides.changes:
        if change.after is not None and change.after.kind in {Kind.SYMLINK, Kind.SUBMODULE}:
            message = f"A {change.after.kind} can't be staged: the CLI doesn't upload what it leads to."
            found.add(Warn(change.after.kind.value, quote_path(change.path), 0, message))
    return sorted(found, key=lambda warning: (warning.path, warning.line, warning.code))
