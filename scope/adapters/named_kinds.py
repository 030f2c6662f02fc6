"""Kinds of resources that carry no deployment but have a name of their own: how a workspace finds and deletes them.

Each finder returns the resources with a name, with ids in the form of the CLI's `bind` and its state; for a name that
doesn't exist it returns nothing or raises the SDK's `NotFound`.
"""

import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from scope.adapters.sdk import Services
from scope.errors import Fault, RemoteError
from scope.times import parse_time
from scope.workspace_model import NamedResource

Finder = Callable[[Services, str], Iterable[NamedResource]]
Deleter = Callable[[Services, str], object]


class _Created(Protocol):
    @property
    def created_by(self) -> str | None: ...

    @property
    def created_at(self) -> int | None: ...


def _dashboards(services: Services, path: str) -> Iterable[NamedResource]:
    # The list of dashboards doesn't say where they lie; the workspace's tree does.
    file = f"{_rooted(path)}.lvdash.json"
    status = services.workspace.get_status(file)
    yield from _found(status.resource_id, folder=file.rpartition("/")[0])


def _alerts(services: Services, path: str) -> Iterable[NamedResource]:
    folder, _, name = _rooted(path).rpartition("/")
    for item in services.alerts.list_alerts():
        is_trashed = item.lifecycle_state is not None and item.lifecycle_state.value == "DELETED"
        if item.display_name == name and _rooted(item.parent_path or "") == folder and not is_trashed:
            yield from _found(item.id, item.owner_user_name, parse_time(item.create_time), folder)


def _apps(services: Services, name: str) -> Iterable[NamedResource]:
    app = services.apps.get(part(name))
    state = app.compute_status.state if app.compute_status else None
    # Deleting takes minutes, in which the name isn't free yet, and nothing is left to bind.
    if state is None or state.value != "DELETING":
        yield from _found(app.name, app.creator, parse_time(app.create_time))


def _experiments(services: Services, name: str) -> Iterable[NamedResource]:
    experiment = services.experiments.get_by_name(name.removeprefix("/Workspace")).experiment
    if experiment is not None and experiment.lifecycle_stage != "deleted":
        owners = [tag.value for tag in experiment.tags or () if tag.key == "mlflow.ownerEmail"]
        folder = _rooted(name).rpartition("/")[0]
        yield from _found(experiment.experiment_id, *owners[:1], created_at=_time(experiment.creation_time), folder=folder)


def _warehouses(services: Services, name: str) -> Iterable[NamedResource]:
    for item in services.warehouses.list():
        if item.name == name:
            yield from _found(item.id, item.creator_name)


def _clusters(services: Services, name: str) -> Iterable[NamedResource]:
    for item in services.clusters.list():
        if item.cluster_name == name:
            yield from _found(item.cluster_id, item.creator_user_name)


def _serving_endpoints(services: Services, name: str) -> Iterable[NamedResource]:
    endpoint = services.serving_endpoints.get(part(name))
    return _found(endpoint.name, endpoint.creator, _time(endpoint.creation_timestamp))


def _found(
    resource_id: str | None, creator: str | None = None, created_at: datetime | None = None, folder: str | None = None
) -> Iterable[NamedResource]:
    return (NamedResource(resource_id, creator, created_at, folder),) if resource_id else ()


def _in_catalog(name: str | None, item: "_Created") -> Iterable[NamedResource]:
    """Return an item of Unity Catalog. Its owner can be changed afterwards; who created it can't."""
    return _found(name, item.created_by, _time(item.created_at))


def _time(milliseconds: int | None) -> datetime | None:
    """Return the time of a number of milliseconds since 1970; None for one that is no time."""
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def part(name: str) -> str:
    """Return a name as one part of a URL's path, where the SDK puts it as it is; servers see through a quoted slash."""
    if "/" in name:
        raise RemoteError(Fault.INVALID, f"`{name}` can't be a name in the workspace: it contains a slash.")
    return urllib.parse.quote(name, safe="")


def _rooted(path: str) -> str:
    return path if path.startswith("/Workspace/") else f"/Workspace{path}"


# Their names are paths.
PLACED = frozenset({"dashboards", "alerts", "experiments"})
FINDERS: Mapping[str, Finder] = {
    "catalogs": lambda services, name: _in_catalog((item := services.catalogs.get(part(name))).name, item),
    "schemas": lambda services, name: _in_catalog((item := services.schemas.get(part(name))).full_name, item),
    "volumes": lambda services, name: _in_catalog((item := services.volumes.read(part(name))).full_name, item),
    "registered_models": lambda services, name: _in_catalog(
        (item := services.registered_models.get(part(name))).full_name, item
    ),
    "dashboards": _dashboards,
    "alerts": _alerts,
    "experiments": _experiments,
    # Nothing tells who made one, or when.
    "secret_scopes": lambda services, name: (
        NamedResource(name) for item in services.secrets.list_scopes() if item.name == name
    ),
    "model_serving_endpoints": _serving_endpoints,
    "apps": _apps,
    "sql_warehouses": _warehouses,
    "clusters": _clusters,
}

DELETERS: Mapping[str, Deleter] = {
    "jobs": lambda services, resource_id: services.jobs.delete(int(resource_id)),
    "pipelines": lambda services, resource_id: services.pipelines.delete(part(resource_id)),
    # Without force: one with tables in it stays.
    "schemas": lambda services, resource_id: services.schemas.delete(part(resource_id)),
    "volumes": lambda services, resource_id: services.volumes.delete(part(resource_id)),
    "registered_models": lambda services, resource_id: services.registered_models.delete(part(resource_id)),
    "dashboards": lambda services, resource_id: services.lakeview.trash(part(resource_id)),
    "alerts": lambda services, resource_id: services.alerts.trash_alert(part(resource_id)),
    "experiments": lambda services, resource_id: services.experiments.delete_experiment(resource_id),
    "secret_scopes": lambda services, resource_id: services.secrets.delete_scope(resource_id),
    "model_serving_endpoints": lambda services, resource_id: services.serving_endpoints.delete(part(resource_id)),
    "apps": lambda services, resource_id: services.apps.delete(part(resource_id)),
    "sql_warehouses": lambda services, resource_id: services.warehouses.delete(part(resource_id)),
}
