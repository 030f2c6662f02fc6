"""What was changed in the workspace by hand: found by a plan in a stage, and by comparing the files with the closure."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from scope.controller.deploy import made_stage
from scope.controller.session import Session
from scope.controller.status import Status, Sync
from scope.deployment.state import without_extension
from scope.deployment.target import Paths
from scope.deployment.verification import expected_files
from scope.errors import ScopeError
from scope.model import ActionKind

_READS_AT_ONCE = 8


def with_drift(session: Session, found: Iterable[Status], max_parallel: int) -> tuple[Status, ...]:
    """Return the statuses with what a plan of each domain that should be in sync would change."""
    with ThreadPoolExecutor(max_parallel) as pool:
        return tuple(pool.map(lambda status: _checked(status, partial(_planned, session)), found))


def with_verified_files(session: Session, found: Iterable[Status]) -> tuple[Status, ...]:
    """Return the statuses with the files that aren't what the head's closure has, where they should be."""
    return tuple(_checked(status, partial(_differing_files, session)) for status in found)


def _checked(status: Status, observe: "partial[tuple[str, ...]]") -> Status:
    if status.sync not in {Sync.IN_SYNC, Sync.DRIFTED}:
        return status
    try:
        differences = observe(status.domain)
    except ScopeError as error:
        return replace(status, sync=Sync.DRIFTED, why=f"it couldn't be looked at: {error}")
    if not differences:
        return status
    return replace(
        status,
        sync=Sync.DRIFTED,
        why="changed in the workspace, not by a deploy",
        differences=(*status.differences, *differences),
    )


def _planned(session: Session, domain: str) -> tuple[str, ...]:
    with session.git_lock:
        staged = tuple(session.index.staged(session.settings.name, domain))
    with made_stage(session, domain, staged) as folder:
        plan = session.make_cli(folder, domain).plan()
    return tuple(f"{item.action} {item.short_key}" for item in plan.actions if item.action is not ActionKind.SKIP)


def _differing_files(session: Session, domain: str) -> tuple[str, ...]:
    """Compare what lies in `files` with the closure. Of a notebook that git holds as JSON only the presence is told."""
    paths = Paths(session.paths(domain).root)
    with session.git_lock:
        staged = session.index.staged(session.settings.name, domain)
        contents = session.index.snapshot.read_all({path: staged[path] for path in expected_files(staged)})
    prefix = f"{paths.files}/"
    there = {entry.path.removeprefix(prefix) for entry in session.workspace.files(paths.files)}
    names = {path: path if path in there else without_extension(path) for path in contents}
    missing = [f"missing {path}" for path, name in sorted(names.items()) if name not in there]
    extra = [f"extra {name}" for name in sorted(there - set(names.values()))]
    compared = [path for path, name in names.items() if name in there and not path.endswith(".ipynb")]
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        remote = list(pool.map(lambda path: session.workspace.read(prefix + names[path]), compared))
    edited = [f"edited {path}" for path, content in zip(compared, remote, strict=True) if content != contents[path]]
    return (*missing, *extra, *sorted(edited))
