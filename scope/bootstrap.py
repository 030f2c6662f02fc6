"""From a repository and a target's name to a session on it: everything that must be right before the first request."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scope.adapters.bundle_cli import StagedCli, check_version, find_cli, restriction
from scope.adapters.ci import find_ci
from scope.adapters.credentials import find_credentials
from scope.adapters.forks import Forks
from scope.adapters.git import GitRepository
from scope.adapters.processes import end_running
from scope.adapters.workspace import DatabricksWorkspace
from scope.controller.session import Options, RateLimit, Revision, Session
from scope.deployment.ancestry import check_branch
from scope.deployment.places import find_places, read_settings
from scope.deployment.record import repository_name
from scope.deployment.target import TargetSettings, check_host
from scope.errors import UsageError
from scope.files import prepare_own_file, require_no_link
from scope.graph.index import DeploymentIndex
from scope.graph.layouts import open_index
from scope.graph.uses_cache import UsesCache
from scope.repository.snapshot import Snapshot
from scope.stage.domain_data import needs_code
from scope.stage.values import find_values

LOGS = Path(".scope", "logs")


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a caller asks of a session before it is opened."""

    target: str
    options: Options = field(default_factory=Options)
    max_parallel: int = 4
    needs_branch: bool = True
    needs_cli: bool = True
    # The domains that the session is about, if not all of the target: bundles may lie in several workspaces.
    domains: tuple[str, ...] = ()


@contextmanager
def open_session(
    start: Path,
    request: SessionRequest,
    progress: Callable[[str, str], None],
    event: Callable[[str, str], None] | None = None,
) -> Iterator[Session]:
    """Open a session on a target: the head, the CLI, credentials for the target's own host, the branch, who they are.

    Staging and prod are deployed from the commit that is checked out, whatever lies in the work tree; a development target
    from the work tree. Raises `ScopeError` before anything is sent if something isn't right.
    """
    with GitRepository(start) as git:
        commit = git.commit("HEAD")
        if commit is None:
            raise UsageError("This repository has no commit yet. Make the first one, then run this again.")
        cache = UsesCache(workers=Forks(git))
        committed = git.root_tree(commit)
        index, settings, problem = _committed_target(Snapshot(git, committed), request, cache)
        is_dirty = False
        if index is None or settings is None or not settings.is_production:
            tree = git.work_tree()
            is_dirty = tree != committed
            index = open_index(Snapshot(git, tree), cache)
            settings = _work_tree_target(index, request, problem)
        version = check_version(find_cli(git.root)) if request.needs_cli else ""
        credentials = find_credentials(settings)
        check_host(settings, credentials.host)
        if request.needs_branch and settings.is_production:
            check_branch(git, settings, commit)
        workspace = DatabricksWorkspace(settings.host or credentials.host, credentials.profile)
        user = workspace.user()
        find_places(workspace, settings, user, repository_name(git.origin), request.domains)
        branch = settings.branch if settings.is_production and settings.branch else git.branch
        head = Revision(commit, is_dirty, branch, git.origin, repository_name(git.origin))
        rate = rate_limit(os.environ, request.max_parallel)
        logs = LOGS / request.target

        git_lock = threading.Lock()

        def make_cli(folder: Path, domain: str) -> StagedCli:
            with git_lock:
                restricted = restriction(needs_code=needs_code(index, request.target, domain))
                values = find_values(index, request.target, domain, os.environ).environment
                frame = index.frame(request.target, domain)
            child = {**values, **credentials.settings(), **restricted, "DATABRICKS_RATE_LIMIT": str(rate.share())}
            log = prepare_own_file(git.root, logs / f"{domain}.log")
            require_no_link(log, git.root)
            return StagedCli(find_cli(git.root), folder, request.target, domain, log, child, frame=frame)

        yield Session(
            root=git.root,
            git=git,
            index=index,
            head=head,
            settings=settings,
            workspace=workspace,
            user=user,
            options=request.options,
            cli_version=version,
            make_cli=make_cli,
            run_url=find_ci(os.environ).run_url,
            environment=os.environ,
            stop=threading.Event(),
            progress=progress,
            event=event or progress,
            rate=rate,
            git_lock=git_lock,
            abort=end_running,
        )


def _committed_target(
    snapshot: Snapshot, request: SessionRequest, cache: UsesCache
) -> tuple[DeploymentIndex | None, TargetSettings | None, UsageError | None]:
    """Return the deployments of the commit and a target's settings in it, or what is wrong. The work tree may be right."""
    try:
        index = open_index(snapshot, cache)
        if request.target not in index.targets:
            return index, None, None
        return index, read_settings(index, request.target, request.domains), None
    except UsageError as error:
        return None, None, error


def _work_tree_target(index: DeploymentIndex, request: SessionRequest, problem: UsageError | None) -> TargetSettings:
    settings = read_settings(index, request.target, request.domains)
    if settings.is_production:
        raise problem or UsageError(
            f"{index.target_place(request.target)} isn't committed, and {request.target} is deployed from commits only. "
            "Commit it first."
        )
    return settings


def rate_limit(environment: Mapping[str, str], max_parallel: int) -> RateLimit:
    """Return the limit on requests: DATABRICKS_RATE_LIMIT is for all deploys together, not for each."""
    given = environment.get("DATABRICKS_RATE_LIMIT", "")
    total = int(given) if given.isdecimal() and int(given) > 0 else RateLimit().total
    return RateLimit(total, max_parallel)
