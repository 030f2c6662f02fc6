"""From an impact to the manifest: named, numbered, sorted."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

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
from scope.graph.index import DeploymentIndex
from scope.graph.nodes import label
from scope.model import Change, Effect, Kind, quote_path
from scope.names import domain_environment, require_domain_names
from scope.planning.comparison import Comparison
from scope.planning.impact import Impact, ImpactAnalysis, Impacted, find_moves
from scope.planning.moves import list_moves
from scope.planning.readers import Readers, find_readers
from scope.repository.bundles import find_bundles
from scope.repository.layout import CODE_ROOT, CONFIG
from scope.repository.ownership import Reach, Rules
from scope.wording import abbreviate, pluralize

# The kind of edge, and the code of the warning, for imports that are made at run time.
_DYNAMIC = "dynamic-import"
# What a workflow gets of a folder's name, whoever has chosen that, holds nothing that a shell or an expression would read.
_PLAIN_FOLDER = re.compile(r"[A-Za-z0-9._/-]*")


def plan(
    comparison: Comparison,
    targets: tuple[str, ...],
    effect: Callable[[Change], Effect],
    *,
    with_fingerprints: bool = False,
    with_readers: bool = True,
) -> Manifest:
    """Return the manifest of a comparison, for some targets of the head; with several bases, what differs from any.

    Readers of tables are searched for in the whole repository, which takes longer than everything else.
    Fingerprints are optional: the set is found without them, and each one needs its whole closure.
    """
    manifests = (
        _plan_one(one, targets, effect, with_fingerprints=with_fingerprints, with_readers=with_readers)
        for one in comparison.each
    )
    return unite(manifests, comparison.head)


def _plan_one(
    comparison: Comparison,
    targets: tuple[str, ...],
    effect: Callable[[Change], Effect],
    *,
    with_fingerprints: bool,
    with_readers: bool,
) -> Manifest:
    impact = ImpactAnalysis(comparison.base, comparison.head, comparison.changes).find_impact(targets)
    numbered = {change.path: f"c{number}" for number, change in enumerate(comparison.changes)}
    if with_fingerprints:
        comparison.head.find_shared_files([item.domain for item in impact.impacted], comparison.base)
    deploy = tuple(
        _describe_deployment(item, numbered, comparison, with_fingerprints=with_fingerprints) for item in impact.impacted
    )
    changes = list_changes("b0", comparison.changes, numbered, impact, effect)
    ids = {item.id for item in deploy}
    # Domains that deploy in every target anyway need no review.
    others = [name for name in comparison.head.domains if any(f"{target}/{name}" not in ids for target in targets)]
    readers = (
        find_readers(comparison.head, comparison.base, impact.impacted, others) if with_readers and deploy else Readers({})
    )
    return Manifest(
        mode=find_mode(deploy, targets, comparison.head),
        against="main",
        targets=targets,
        head=comparison.head_info,
        bases={"b0": comparison.base_info},
        changes=changes,
        deploy=deploy,
        readers=_list_readers(readers, deploy),
        matrix=pack_matrix(deploy, comparison.head.rules),
        warnings=(
            *_list_warnings(comparison, impact.impacted),
            *_warn_of_unread_resources(comparison.head, (item.domain for item in impact.impacted)),
            *_warn_of_missing_readers(readers),
            *_warn_of_empty_globs(comparison.head),
        ),
        moves=list_moves(comparison.base, comparison.head, {item.domain for item in impact.impacted}),
    )


def unite(manifests: Iterable[Manifest], head: DeploymentIndex) -> Manifest:
    """Return the manifest of everything that one of several does, each of the same head and targets, with another base.

    A deployment is explained by the first that has it; of the changes since the other bases, those are kept that
    deploy something more.
    """
    united, *others = manifests
    for other in others:
        base = f"b{len(united.bases)}"
        known = {item.id for item in united.deploy}
        more = [item for item in other.deploy if item.id not in known]
        causes = {cause.change for item in more for cause in item.causes}
        kept = [change for change in other.changes if change.id in causes]
        numbered = {change.id: f"c{len(united.changes) + number}" for number, change in enumerate(kept)}
        added = (
            item._replace(base=base, causes=tuple(cause._replace(change=numbered[cause.change]) for cause in item.causes))
            for item in more
        )
        deploy = tuple(sorted((*united.deploy, *added), key=lambda item: (item.target, item.domain)))
        changes = (*united.changes, *(change._replace(id=numbered[change.id], base=base) for change in kept))
        united = united._replace(
            mode=find_mode(deploy, united.targets, head),
            bases=united.bases | {base: other.bases["b0"]},
            changes=_count_reached(changes, deploy),
            deploy=deploy,
            readers=_unite_readers((*united.readers, *other.readers), deploy),
            matrix=pack_matrix(deploy, head.rules),
            warnings=tuple(sorted({*united.warnings, *other.warnings}, key=_by_place)),
            moves=tuple(sorted({*united.moves, *other.moves}, key=lambda move: (move.declared, move.source))),
        )
    return united


def _unite_readers(readers: Iterable[Reader], deploy: Iterable[Deploy]) -> tuple[Reader, ...]:
    order = {item.id: number for number, item in enumerate(deploy)}
    review = {reader for reader in readers if reader.id not in order}
    return tuple(sorted(review, key=lambda reader: (order[reader.of], reader.id, reader.table, reader.path, reader.line)))


def _count_reached(changes: Iterable[ManifestChange], deploy: Iterable[Deploy]) -> tuple[ManifestChange, ...]:
    """Return the changes, each with the number of deployments that it causes."""
    reached = Counter(cause for item in deploy for cause in {cause.change for cause in item.causes})
    return tuple(change._replace(reaches=reached[change.id]) for change in changes)


def narrow(manifest: Manifest, domains: Collection[str], rules: Rules) -> Manifest:
    """Return the manifest with only the deployments of some domains, or unchanged if no domain is named.

    A domain that isn't due may be named; a name that no domain can have raises `UsageError`.
    """
    require_domain_names(domains)
    if not domains:
        return manifest
    deploy = tuple(item for item in manifest.deploy if item.domain in domains)
    ids = {item.id for item in deploy}
    return manifest._replace(
        mode="scoped" if deploy else "none",
        deploy=deploy,
        changes=_count_reached(manifest.changes, deploy),
        readers=tuple(reader for reader in manifest.readers if reader.of in ids),
        live=tuple(one for one in manifest.live if one.id.partition("/")[2] in domains),
        moves=tuple(
            one for one in manifest.moves if {one.source.partition(".")[0], one.destination.partition(".")[0]} & {*domains}
        ),
        matrix=pack_matrix(deploy, rules),
    )


def list_changes(
    base: str,
    changes: tuple[Change, ...],
    numbered: Mapping[str, str],
    impact: Impact,
    effect: Callable[[Change], Effect],
) -> tuple[ManifestChange, ...]:
    """Return the manifest's entries for the changes since one base; `numbered` holds the id of each path."""
    reached: dict[str, int] = {}
    for item in impact.impacted:
        for change, _steps in item.causes:
            reached[change.path] = reached.get(change.path, 0) + 1
    moves = find_moves(changes)
    return tuple(
        ManifestChange(
            id=numbered[change.path],
            base=base,
            path=quote_path(change.path),
            status=change.status.value,
            moved_to=quote_path(moves[change.path]) if change.path in moves else None,
            effect=effect(change).value,
            reaches=reached.get(change.path, 0),
            reason=impact.reasons[change.path],
        )
        for change in changes
    )


def _describe_deployment(
    item: Impacted, numbered: Mapping[str, str], comparison: Comparison, *, with_fingerprints: bool
) -> Deploy:
    fingerprint = Fingerprints(None, None)
    if with_fingerprints:
        index = (comparison.base, comparison.head)
        fingerprint = Fingerprints(*(side.fingerprint(item.target, item.domain) for side in index))
    # Without a base, nobody knows whether the deployment existed before.
    is_unknown = comparison.base_info.kind == "none" and item.because == "first-deploy"
    side = comparison.head if item.action == "deploy" else comparison.base
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
        folder=side.bundle_folder(item.domain),
    )


def find_mode(deploy: tuple[Deploy, ...], targets: tuple[str, ...], head: DeploymentIndex) -> Mode:
    """Return the mode of a plan: whether nothing, everything or a part of some targets deploys."""
    if not deploy:
        return "none"
    deployed = {item.id for item in deploy if item.action == "deploy"}
    every = {f"{target}/{domain}" for target in targets for domain in head.domains_in(target)}
    # If no domain is left, there are only removals, and those are never "full".
    return "full" if every and every <= deployed else "scoped"


def pack_matrix(deploy: Iterable[Deploy], rules: Rules) -> Matrix:
    """Return one job per deployment; beyond the rules' limit, jobs of several domains of one target, in the same order.

    Where each domain has an identity of its own, no two share a job. Raises `UsageError` for more jobs than a matrix takes.
    """
    deploy = tuple(deploy)
    folders = {item.domain: item.folder for item in deploy}
    alone = [item for item in deploy if item.target in rules.identity_per_domain]
    by_target: dict[str, list[str]] = {}
    for item in deploy:
        if item.target not in rules.identity_per_domain:
            by_target.setdefault(item.target, []).append(item.domain)
    total = sum(len(domains) for domains in by_target.values())
    jobs = max(min(rules.matrix_jobs, MAX_MATRIX_JOBS - len(alone)), len(by_target))
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
            entries.append(
                MatrixEntry(
                    f"{target}-{name}", target, " ".join(packed), rules.stage_of(target), _folder_of(packed, folders)
                )
            )
    for item in alone:
        environment = domain_environment(item.target, item.domain)
        folder = _folder_of([item.domain], folders)
        entries.append(MatrixEntry(f"{item.target}-{item.domain}", item.target, item.domain, environment, folder))
    if alone and len(entries) > MAX_MATRIX_JOBS:
        raise UsageError(
            f"These are {len(entries)} jobs, one per domain as `identity-per-domain` has it, and a matrix takes "
            f"{MAX_MATRIX_JOBS}. Deploy in parts: `--domain`."
        )
    order = {(item.target, item.domain): number for number, item in enumerate(deploy)}
    return Matrix(tuple(sorted(entries, key=lambda entry: order[entry.target, entry.domains.partition(" ")[0]])))


def _folder_of(domains: Iterable[str], folders: Mapping[str, str]) -> str:
    """Return the folder of some domains' bundle as a workflow may have it; an empty text if there is no such one."""
    named = {folders[domain] for domain in domains}
    folder = named.pop() if len(named) == 1 else ""
    return folder if _PLAIN_FOLDER.fullmatch(folder) else ""


def _list_readers(readers: Readers, deploy: Collection[Deploy]) -> tuple[Reader, ...]:
    """Return each deployment's readers that don't deploy themselves, in the order of the deployments."""
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
        for reader in readers.of.get(item.domain, ())
        if f"{item.target}/{reader.domain}" not in deployed
    )


def _warn_of_unread_resources(index: DeploymentIndex, domains: Iterable[str]) -> Iterable[Warn]:
    """Yield a warning for each line that makes resources which the manifest can't list."""
    message = "The keys of what is made here are known only at run time, so the manifest's `resources` lack them."
    for domain in sorted(set(domains) & set(index.domains)):
        for path, line in index.unread_resources(domain):
            yield Warn("unread-resources", quote_path(path), line, message)


def _warn_of_missing_readers(readers: Readers) -> Iterable[Warn]:
    if readers.unknown:
        message = (
            f"Names of tables are known only at run time in {pluralize(len(readers.unknown), 'place')}, so readers may be "
            f"missing: {abbreviate([f'{one.path}:{one.line}' for one in readers.unknown], 3)}."
        )
        yield Warn("unknown-tables", CODE_ROOT, 0, message)
    if readers.unread:
        message = f"{readers.unread} files may read tables of what deploys: too many, so readers aren't listed."
        yield Warn("unread-tables", CODE_ROOT, 0, message)


def _warn_of_empty_globs(index: DeploymentIndex) -> Iterable[Warn]:
    """Yield a warning for each glob that names no bundle: a slip leaves bundles out, which nothing else says."""
    if not index.rules.bundles:
        return
    from scope.inference.bundle_files import CONFIG_NAMES  # each layout has its own modules

    for glob in index.rules.bundles:
        if not find_bundles(index.snapshot, (glob,), CONFIG_NAMES):
            message = f"No folder that `{glob}` in `bundles` names has a {CONFIG_NAMES[0]}. Correct it, or take it out."
            yield Warn("empty-glob", CONFIG, 0, message)


def _list_warnings(comparison: Comparison, impacted: Iterable[Impacted]) -> list[Warn]:
    """Return the warnings for changed files and causes that enlarge the set or can't be staged, sorted by place."""
    warnings: set[Warn] = set()
    changed = {change.path for change in comparison.changes if change.after is not None and change.after.kind is Kind.FILE}
    guessing = {label(step.node) for item in impacted for _, steps in item.causes for step in steps if _DYNAMIC in step.edge}
    for path in sorted(changed | guessing):
        if comparison.head.rules.owner(path).reach in {Reach.DOMAIN, Reach.SHARED, Reach.MODELS} and path.endswith(
            (".py", ".ipynb")
        ):
            uses = comparison.head.uses_of(path)
            if uses.too_large:
                message = "Too large, or too complex, to be parsed quickly. What it may use is guessed: more than it does."
                warnings.add(Warn("too-large", quote_path(path), 0, message))
            elif uses.dynamic:
                message = "What is imported or opened here is known only at run time, so all shared code counts as used."
                warnings.update(Warn(_DYNAMIC, quote_path(path), line, message) for line in uses.dynamic)
            if uses.broken is not None:
                message = "Not valid Python. Its imports are guessed from the text: more than it has, never less."
                warnings.add(Warn("syntax-error", quote_path(path), uses.broken, message))
    for change in comparison.changes:
        if change.after is not None and change.after.kind in {Kind.SYMLINK, Kind.SUBMODULE}:
            message = f"A {change.after.kind} can't be staged: the CLI doesn't upload what it leads to."
            warnings.add(Warn(change.after.kind.value, quote_path(change.path), 0, message))
    return sorted(warnings, key=_by_place)


def _by_place(warning: Warn) -> tuple[str, int, str]:
    return warning.path, warning.line, warning.code
