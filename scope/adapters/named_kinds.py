"""Kinds of resources that have no deployment in them but a name of their own: how a workspace finds and deletes them.

Each finder gives the ids of what has that name, as the CLI's `bind` and its state have them; what isn't there is an empty
answer or the SDK's `NotFound`.
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
    found = client.workspace.get_status(f"{_rooted(path)}.lvdash.json")
    return (found.resource_id,)


def _alerts(client: "WorkspaceClient", path: str) -> Iterable[str | None]:
    folder, _, name = _rooted(path).rpartition("/")
    for item in client.alerts_v2.list_alerts():
        is_trashed = item.lifecycle_state is not None and item.lifecycle_state.value == "DELETED"
        if item.display_name == name and _rooted(item.parent_path or "") == folder and not is_trashed:
            yield item.id


def _apps(client: "WorkspaceClient", name: str) -> Iterable[str | None]:
    found = client.apps.get(part(name))
    status = found.compute_status.state if found.compute_status else None
    # Deleting takes minutes, in which the name isn't free yet, and there is nothing to bind any more.
    return (found.name,) if status is None or status.value != "DELETING" else ()


def _experiments(client: "WorkspaceClient", name: str) -> Iterable[str | None]:
    found = client.experiments.get_by_name(name.removeprefix("/Workspace")).experiment
    return (found.experiment_id,) if found is not None and found.lifecycle_stage != "deleted" else ()


def part(name: str) -> str:
    """Return a name as one part of a URL's path, where the SDK puts it as it is; servers see through a quoted slash."""
    if "/" in name:
        raise RemoteError(Fault.INVALID, f"`{name}` can't be a name in the workspace: there is a slash in it.")
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
    "jobs": lambda client, found: client.jobs.delete(int(found)),
    "pipelines": lambda client, found: client.pipelines.delete(part(found)),
    # Without force: one with tables in it stays.
    "schemas": lambda client, found: client.schemas.delete(part(found)),
    "volumes": lambda client, found: client.volumes.delete(part(found)),
    "registered_models": lambda client, found: client.registered_models.delete(part(found)),
    "dashboards": lambda client, found: client.lakeview.trash(part(found)),
    "alerts": lambda client, found: client.alerts_v2.trash_alert(part(found)),
    "experiments": lambda client, found: client.experiments.delete_experiment(found),
    "secret_scopes": lambda client, found: client.secrets.delete_scope(found),
    "model_serving_endpoints": lambda client, found: client.serving_endpoints.delete(part(found)),
    "apps": lambda client, found: client.apps.delete(part(found)),
    "sql_warehouses": lambda client, found: client.warehouses.delete(part(found)),
}
