"""The parts of databricks-sdk that are used, without its `__init__`: that imports every service, which takes a second.

Logging in is the SDK's own, in all of its ways, and so are its client, which knows what to retry, and its errors. Services
are imported one by one, where a kind of resource needs one.
"""

import importlib
import importlib.util
import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from databricks.sdk.core import ApiClient
    from databricks.sdk.service.apps import AppsAPI
    from databricks.sdk.service.catalog import CatalogsAPI, RegisteredModelsAPI, SchemasAPI, VolumesAPI
    from databricks.sdk.service.compute import ClustersAPI
    from databricks.sdk.service.dashboards import LakeviewAPI
    from databricks.sdk.service.jobs import JobsAPI
    from databricks.sdk.service.ml import ExperimentsAPI
    from databricks.sdk.service.pipelines import PipelinesAPI
    from databricks.sdk.service.serving import ServingEndpointsAPI
    from databricks.sdk.service.sql import AlertsV2API, WarehousesAPI
    from databricks.sdk.service.workspace import SecretsAPI, WorkspaceAPI

_PACKAGE = "databricks.sdk"
_importing = threading.RLock()


@contextmanager
def modules_alone() -> Iterator[None]:
    """Let modules of the SDK be imported without its `__init__`, unless that has been imported already.

    Meanwhile a module stands in for the package that knows no more than where it lies. Whoever imports the package itself
    afterwards gets the whole of it.
    """
    with _importing:
        spec = None if _PACKAGE in sys.modules else importlib.util.find_spec(_PACKAGE)
        if spec is None:
            yield
            return
        stand_in = sys.modules[_PACKAGE] = importlib.util.module_from_spec(spec)
        try:
            yield
        finally:
            if sys.modules.get(_PACKAGE) is stand_in:
                del sys.modules[_PACKAGE]


@dataclass(frozen=True, slots=True)
class Connection:
    """The SDK's client of a workspace, and the headers that its services add to each request."""

    client: "ApiClient"
    headers: Mapping[str, str]


def connect(host: str, profile: str | None, *, request_seconds: int, retry_seconds: int) -> Connection:
    """Return a connection with the credentials in the environment, or those of a profile; asks the host how to log in.

    Raises `ValueError` if there are none.
    """
    with modules_alone():
        from databricks.sdk.core import ApiClient, Config

    # What it warns of, the requests that follow fail at, or not.
    logging.getLogger("databricks").addHandler(logging.NullHandler())
    config = Config(
        host=host,
        profile=profile,
        http_timeout_seconds=request_seconds,
        retry_timeout_seconds=retry_seconds,
        product="scope",
    )
    # One host may serve several workspaces.
    return Connection(ApiClient(config), {"X-Databricks-Workspace-Id": config.workspace_id} if config.workspace_id else {})


# By the name that they have in `Services`: the module, and the class in it.
_SERVICES = {
    "alerts": ("sql", "AlertsV2API"),
    "apps": ("apps", "AppsAPI"),
    "catalogs": ("catalog", "CatalogsAPI"),
    "clusters": ("compute", "ClustersAPI"),
    "experiments": ("ml", "ExperimentsAPI"),
    "jobs": ("jobs", "JobsAPI"),
    "lakeview": ("dashboards", "LakeviewAPI"),
    "pipelines": ("pipelines", "PipelinesAPI"),
    "registered_models": ("catalog", "RegisteredModelsAPI"),
    "schemas": ("catalog", "SchemasAPI"),
    "secrets": ("workspace", "SecretsAPI"),
    "serving_endpoints": ("serving", "ServingEndpointsAPI"),
    "volumes": ("catalog", "VolumesAPI"),
    "warehouses": ("sql", "WarehousesAPI"),
    "workspace": ("workspace", "WorkspaceAPI"),
}


class Services:
    """The services that find and delete the resources of each kind; each is imported when it is first asked for."""

    alerts: "AlertsV2API"
    apps: "AppsAPI"
    catalogs: "CatalogsAPI"
    clusters: "ClustersAPI"
    experiments: "ExperimentsAPI"
    jobs: "JobsAPI"
    lakeview: "LakeviewAPI"
    pipelines: "PipelinesAPI"
    registered_models: "RegisteredModelsAPI"
    schemas: "SchemasAPI"
    secrets: "SecretsAPI"
    serving_endpoints: "ServingEndpointsAPI"
    volumes: "VolumesAPI"
    warehouses: "WarehousesAPI"
    workspace: "WorkspaceAPI"

    def __init__(self, client: "ApiClient") -> None:
        """Import nothing yet."""
        self._client = client

    def __getattr__(self, name: str) -> object:
        """Return the service of this name."""
        if name not in _SERVICES:
            raise AttributeError(name)
        module, kind = _SERVICES[name]
        with modules_alone():
            service = getattr(importlib.import_module(f"{_PACKAGE}.service.{module}"), kind)(self._client)
        setattr(self, name, service)
        return service
