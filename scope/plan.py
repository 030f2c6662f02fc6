"""From an impact to the manifest: named, numbered, sorted."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scope.closure import Closures
from scope.impact import Comparison, Impacted, moves
from scope.manifest import (
    Base,
    Cause,
    Deploy,
    Fingerprints,
    Head,
    Manifest,
    ManifestChange,
    Matrix,
    MatrixEntry,
    Mode,
    Warn,
    written_path,
)
from scope.model import Change, Effect, Entry, Kind, Status
from scope.resources import resource_keys

# GitHub ends a matrix at 256 jobs.
MATRIX_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared: two trees, their difference, and how they are called."""

    base: Closures
    head: Closures
    changes: tuple[Change, ...]
    base_info: Base
    head_info: Head


def plan(sides: Sides, targets: tuple[str, ...], effect: Callable[[Change], Effect]) -> Manifest:
    """Return the manifest of a comparison with one base, for some targets of the head."""
    impact = Comparison(sides.base, sides.head, sides.changes).impact(targets)
    numbered = {change.path: f"c{number}" for number, change in enumerate(sides.changes)}
    deploy = tuple(_deploy(item, numbered, sides) for item in impact.impacted)
    reached: dict[str, int] = {}
    for item in impact.impacted:
        for change, _steps in item.causes:
            reached[change.path] = reached.get(change.path, 0) + 1
    gone_to = moves(sides.changes)
    changes = tuple(
        ManifestChange(
            id=numbered[change.path],
            base="b0",
            path=written_path(change.path),
            status=change.status.value,
            moved_to=written_path(gone_to[change.path]) if change.path in gone_to else None,
            effect=effect(change).value,
            reaches=reached.get(change.path, 0),
            reason=impact.reasons[change.path],
        )
        for change in sides.changes
    )
    return Manifest(
        mode=_mode(deploy, targets, sides.head),
        against="main",
        targets=targets,
        head=sides.head_info,
        bases={"b0": sides.base_info},
        changes=changes,
        deploy=deploy,
        readers=(),
        matrix=matrix(deploy, sides.head.rules.matrix_jobs),
        warnings=tuple(_warnings(sides, deploy)),
    )


def _deploy(item: Impacted, numbered: Mapping[str, str], sides: Sides) -> Deploy:
    # Without a base, "not there before" only means that nobody knows what was.
    is_unknown = sides.base_info.kind == "none" and item.because == "first-deploy"
    files = sides.head.own_files(item.domain) if item.action == "deploy" else sides.base.own_files(item.domain)
    snapshot = sides.head.snapshot if item.action == "deploy" else sides.base.snapshot
    resources = {path: entry for path, entry in files.items() if path.startswith("resources/")}
    return Deploy(
        id=f"{item.target}/{item.domain}",
        target=item.target,
        domain=item.domain,
        action=item.action,
        because="base-unreachable" if is_unknown else item.because,
        base="b0",
        fingerprint=Fingerprints(item.before, item.after),
        sources=_sources(files),
        resources=resource_keys(snapshot.read_all(resources)),
        causes=tuple(Cause(numbered[change.path], steps) for change, steps in item.causes),
    )


def _sources(files: Mapping[str, Entry]) -> tuple[str, ...]:
    """Return the source folders of a domain: those with files of their own below them."""
    return tuple(sorted({parts[2] for path in files if len(parts := path.split("/")) > 3 and parts[2].isidentifier()}))


def _mode(deploy: tuple[Deploy, ...], targets: tuple[str, ...], head: Closures) -> Mode:
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
    jobs = max(min(limit, MATRIX_LIMIT), len(by_target))
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


def _warnings(sides: Sides, deploy: tuple[Deploy, ...]) -> Iterable[Warn]:
    found: set[tuple[str, str, int, str]] = set()
    for domain in sorted({item.domain for item in deploy if item.action == "deploy"}):
        shared = sides.head.shared(domain)
        for path, line in shared.dynamic:
            message = "What is imported here is known only at run time, so all of src/common counts as used."
            found.add(("dynamic-import", written_path(path), line, message))
        for path, line in shared.broken:
            message = "Not valid Python. Its imports are guessed from the text: more than it has, never less."
            found.add(("syntax-error", written_path(path), line, message))
    for change in sides.changes:
        if (
            change.after is not None
            and change.after.kind in {Kind.SYMLINK, Kind.SUBMODULE}
            and change.status is not Status.DELETED
        ):
            message = f"A {change.after.kind} can't be staged: the CLI doesn't upload what it leads to."
            found.add((f"{change.after.kind}", written_path(change.path), 0, message))
    return [Warn(*item) for item in sorted(found)]
