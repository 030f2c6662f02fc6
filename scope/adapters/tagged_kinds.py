"""Jobs and pipelines, which say to which deployment they belong: how a workspace lists them, and tells whether they run."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from scope.adapters.answers import Answer, child, number, text
from scope.adapters.named_kinds import part
from scope.adapters.rest import RestClient
from scope.errors import Fault, RemoteError
from scope.workspace_model import RemoteResource

# Looking at pipelines takes a request each; so many go out at once.
AT_ONCE = 8
_PAGE = 100
_JOBS = "/api/2.2/jobs"
_PIPELINES = "/api/2.0/pipelines"
_BUSY_PIPELINE = frozenset({"RUNNING", "STARTING", "RECOVERING", "RESETTING", "DEPLOYING"})


def list_owned(rest: RestClient, names: frozenset[str] | None) -> Iterator[tuple[str, RemoteResource]]:
    """Yield each job and pipeline that names a deployment, after that deployment's `metadata.json`; only of some names."""
    yield from _list_jobs(rest, names)
    yield from _list_pipelines(rest, names)


def _list_jobs(rest: RestClient, names: frozenset[str] | None) -> Iterator[tuple[str, RemoteResource]]:
    doing = "listing jobs"
    for wanted in [None] if names is None else sorted(names):
        for job in rest.pages(doing, f"{_JOBS}/list", "jobs", {"limit": _PAGE, "name": wanted}):
            with rest.failures(doing):
                settings = child(job, "settings")
                path, resource = _deployment_of(settings), RemoteResource("jobs", _id_of(job), text(settings, "name") or "")
            if path:
                yield path, resource


def _list_pipelines(rest: RestClient, names: frozenset[str] | None) -> Iterator[tuple[str, RemoteResource]]:
    """Look at each pipeline, since the list doesn't say to which deployment they belong."""
    doing = "listing pipelines"
    listed: list[str] = []
    for wanted in [None] if names is None else [f"name LIKE '{_liked(name)}'" for name in sorted(names)]:
        for item in rest.pages(doing, _PIPELINES, "statuses", {"max_results": _PAGE, "filter": wanted}):
            with rest.failures(doing):
                pipeline_id, name = text(item, "pipeline_id"), text(item, "name")
            if pipeline_id and (names is None or name in names):
                listed.append(pipeline_id)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for pipeline_id, pipeline in zip(listed, pool.map(lambda one: _pipeline(rest, doing, one), listed), strict=True):
            with rest.failures(doing):
                path, name = _deployment_of(child(pipeline, "spec")), text(pipeline, "name") or ""
            if path:
                yield path, RemoteResource("pipelines", pipeline_id, name)


def is_active(rest: RestClient, resource: RemoteResource) -> bool:
    """Return whether a job or pipeline is running now."""
    doing = "looking for active runs"
    with rest.failures(doing):
        if resource.kind == "jobs":
            query = {"active_only": True, "job_id": int(resource.id), "limit": 1}
            return any(True for _ in rest.pages(doing, f"{_JOBS}/runs/list", "runs", query))
        return text(_pipeline(rest, doing, resource.id), "state") in _BUSY_PIPELINE


def _pipeline(rest: RestClient, doing: str, pipeline_id: str) -> Answer:
    """Return a pipeline, or nothing for one that is gone by now."""
    try:
        return rest.get(doing, f"{_PIPELINES}/{part(pipeline_id)}")
    except RemoteError as error:
        if error.fault is not Fault.MISSING:
            raise
        return {}


def _id_of(job: Answer) -> str:
    job_id = number(job, "job_id")
    if job_id is None:
        raise ValueError("a job has no `job_id`.")
    return str(job_id)


def _deployment_of(settings: Answer) -> str | None:
    return text(child(settings, "deployment"), "metadata_file_path")


def _liked(name: str) -> str:
    """Return a name inside a LIKE pattern. Its own wildcards stay; surplus matches are filtered out afterwards."""
    return name.replace("'", "_").replace("\\", "_")
