"""What was changed in the workspace by hand: found by a plan in a stage, and by comparing the files with the closure."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from scope.controller.deploy import made_stage
from scope.controller.session import Run
from scope.controller.status import Status, Sync
from scope.deployment.state import without_extension
from scope.deployment.target import Paths
from scope.deployment.verification import expected_files
from scope.errors import ScopeError
from scope.model import ActionKind

_READS_AT_ONCE = 8


def with_drift(run: Run, found: Iterable[Status], max_parallel: int) -> tuple[Status, ...]:
    """Return the statuses with what a plan of each domain that should be in sync would change."""
    with ThreadPoolExecutor(max_parallel) as pool:
        return tuple(pool.map(lambda status: _checked(status, partial(_planned, run)), found))


def with_verified_files(run: Run, found: Iterable[Status]) -> tuple[Status, ...]:
    """Return the statuses with the files that aren't what the head's closure has, where they should be."""
    return tuple(_checked(status, partial(_differing_files, run)) for status in found)


def _checked(status: Status, look: "partial[tuple[str, ...]]") -> Status:
    if status.sync not in {Sync.IN_SYNC, Sync.DRIFTED}:
        return status
    try:
        differences = look(status.domain)
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


def _planned(run: Run, domain: str) -> tuple[str, ...]:
    with run.git_lock:
        staged = tuple(run.closures.staged(run.settings.name, domain))
    with made_stage(run, domain, staged) as folder:
        plan = run.make_cli(folder, domain).plan()
    return tuple(f"{item.action} {item.short_key}" for item in plan.actions if item.action is not ActionKind.SKIP)


def _differing_files(run: Run, domain: str) -> tuple[str, ...]:
    """Compare what lies in `files` with the closure. Of a notebook that git holds as JSON only the presence is told."""
    paths = Paths(run.paths(domain).root)
    with run.git_lock:
        staged = run.closures.staged(run.settings.name, domain)
        contents = run.closures.snapshot.read_all({path: staged[path] for path in expected_files(staged)})
    prefix = f"{paths.files}/"
    there = {entry.path.removeprefix(prefix) for entry in run.workspace.files(paths.files)}
    names = {path: path if path in there else without_extension(path) for path in contents}
    missing = [f"missing {path}" for path, name in sorted(names.items()) if name not in there]
    extra = [f"extra {name}" for name in sorted(there - set(names.values()))]
    compared = [path for path, name in names.items() if name in there and not path.endswith(".ipynb")]
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        remote = list(pool.map(lambda path: run.workspace.read(prefix + names[path]), compared))
    edited = [f"edited {path}" for path, content in zip(compared, remote, strict=True) if content != contents[path]]
    return (*missing, *extra, *sorted(edited))
