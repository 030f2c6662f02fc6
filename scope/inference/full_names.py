"""The full names of resources: what a workspace finds one by, from the fields that a bundle, a plan or a state has of it."""

from collections.abc import Mapping
from types import MappingProxyType

# The fields by kind, and what stands between them.
_FULL_NAMES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "schemas": (".", ("catalog_name", "name")),
        "volumes": (".", ("catalog_name", "schema_name", "name")),
        "registered_models": (".", ("catalog_name", "schema_name", "name")),
        "dashboards": ("/", ("parent_path", "display_name")),
        "alerts": ("/", ("parent_path", "display_name")),
        "secret_scopes": ("", ("scope",)),
        "clusters": ("", ("cluster_name",)),
        **dict.fromkeys(("experiments", "model_serving_endpoints", "apps", "sql_warehouses"), ("", ("name",))),
    }
)
# A job's or a pipeline's name says what it is to people; a workspace may have many of one name.
_NAME = ("", ("name",))


def full_name(kind: str, fields: Mapping[str, object]) -> str | None:
    """Return the full name of a resource, or None if it refers to something that isn't created yet, or has no such name."""
    name = join_name(kind, fields) if kind in _FULL_NAMES else None
    return None if name is None or "${" in name else name


def join_name(kind: str, fields: Mapping[str, object]) -> str | None:
    """Return a name to compare resources of a kind by, with references as they stand in it; None where a part is missing."""
    between, names = _FULL_NAMES.get(kind, _NAME)
    parts = [part for name in names if isinstance(part := fields.get(name), str) and part]
    return between.join(parts) if len(parts) == len(names) else None
