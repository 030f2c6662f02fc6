"""The addresses in the workspace's web pages of what a deployment is made of: its resources and its folder."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from scope.deployment.inventory import Inventory
from scope.documents.results import Link

# By kind; `{}` is the id. Kinds that have no page, or whose id doesn't lead to it, are left out.
_PAGES: Mapping[str, str] = MappingProxyType(
    {
        "jobs": "jobs/{}",
        "pipelines": "pipelines/{}",
        "dashboards": "dashboardsv3/{}",
        "experiments": "ml/experiments/{}",
        "model_serving_endpoints": "ml/endpoints/{}",
        "apps": "apps/{}",
        "clusters": "compute/clusters/{}",
        "sql_warehouses": "sql/warehouses/{}",
    }
)
# Their ids are names in Unity Catalog, a part of the path for each part.
_CATALOG_PAGES: Mapping[str, str] = MappingProxyType(
    {"schemas": "explore/data/{}", "volumes": "explore/data/volumes/{}", "registered_models": "explore/data/models/{}"}
)
FOLDER = "folder"


def list_links(host: str, root: str, inventory: Inventory) -> tuple[Link, ...]:
    """Return the addresses of the resources that have a page, by their keys, and last that of the deployment's folder."""
    links = []
    for key, resource_id in inventory.resources.items():
        # An id comes from a file in the workspace: nothing in it may lead elsewhere.
        if key.kind in _PAGES:
            page = _PAGES[key.kind].format(quote(resource_id, safe=""))
        elif key.kind in _CATALOG_PAGES:
            page = _CATALOG_PAGES[key.kind].format("/".join(quote(part, safe="") for part in resource_id.split(".")))
        else:
            continue
        links.append(Link(key.short, f"{host}/{page}"))
    return (*links, Link(FOLDER, f"{host}/#workspace{quote(root.removeprefix('/Workspace'))}"))
