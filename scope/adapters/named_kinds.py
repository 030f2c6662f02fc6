"""Kinds of resources that carry no deployment but have a name of their own: how a workspace finds and deletes them.

Each finder returns the ids of the resources with a name, in the form of the CLI's `bind` and its state; for a name that
doesn't exist it returns nothing or raises the SDK's `NotFound`.
"""

import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from scope.errors import Fault, RemoteError

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

Finder = Callable[["WorkspaceClient", str], Iterable[str | None]]
Deleter = Callable[["WorkspaceClient", str], object]


def _dashboards(client: "WorkspaceClient", path: str) -> Iterable[str | None]:
    # The list of dashboards doesn't say where they lie; the workspace's tree does.
    status = client.workspace.get_status(f"{_rooted(path)}.lvdash.json")
    return (status.resource_id,)


def _alerts(client: "WorkspaceClient", path: str) -> Iterable[str | None]:
    folder, _, name = _rooted(path).rpartition("/")
    for item in client.alerts_v2.list_alerts():
        is_trashed = item.lifecycle_state is not None and item.lifecycle_state.value == "DELETED"
        if item.display_name == name and _rooted(item.parent_path or "") == folder and not is_trashed:
            yield item.id


def _apps(client: "WorkspaceClient", name: str) -> Iterable[str | None]:
    app = client.apps.get(part(name))
    state = app.compute_status.state if app.compute_status else None
    # Deleting takes minutes, in which the name isn't free yet, and nothing is left to bind.
    return (app.name,) if state is None or state.value != "DELETING" else ()


def _experiments(client: "WorkspaceClient", name: str) -> Iterable[str | None]:
    experiment = client.experiments.get_by_name(name.removeprefix("/Workspace")).experiment
    return (experiment.experiment_id,) if experiment is not None and experiment.lifecycle_stage != "deleted" else ()


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
    "catalogs": lambda client, name: (client.catalogs.get(part(name)).name,),
    "schemas": lambda client, name: (client.schemas.get(part(name)).full_name,),
    "volumes": lambda client, name: (client.volumes.read(part(name)).full_name,),
    "registered_models": lambda client, name: (client.registered_models.get(part(name)).full_name,),
    "dashboards": _dashboards,
    "alerts": _alerts,
    "experiments": _experiments,
    "secret_scopes": lambda client, name: (item.name for item in client.secrets.list_scopes() if item.name == name),
    "model_serving_endpoints": lambda client, name: (client.serving_endpoints.get(part(name)).name,),
    "apps": _apps,
    "sql_warehouses": lambda client, name: (item.id for item in client.warehouses.list() if item.name == name),
    "clusters": lambda client, name: (item.cluster_id for item in client.clusters.list() if item.cluster_name == name),
}

DELETERS: Mapping[str, Deleter] = {
    "jobs": lambda client, resource_id: client.jobs.delete(int(resource_id)),
    "pipelines": lambda client, resource_id: client.pipelines.delete(part(resource_id)),
    # Without force: one with tables in it stays.
    "schemas": lambda client, resource_id: client.schemas.delete(part(resource_id)),
    "volumes": lambda client, resource_id: client.volumes.delete(part(resource_id)),
    "registered_models": lambda client, resource_id: client.registered_models.delete(part(resource_id)),
    "dashboards": lambda client, resource_id: client.lakeview.trash(part(resource_id)),
    "alerts": lambda client, resource_id: client.alerts_v2.trash_alert(part(resource_id)),
    "experiments": lambda client, resource_id: client.experiments.delete_experiment(resource_id),
    "secret_scopes": lambda client, resource_id: client.secrets.delete_scope(resource_id),
    "model_serving_endpoints": lambda client, resource_id: client.serving_endpoints.delete(part(resource_id)),
    "apps": lambda client, resource_id: client.apps.delete(part(resource_id)),
    "sql_warehouses": lambda client, resource_id: client.warehouses.delete(part(resource_id)),
}
