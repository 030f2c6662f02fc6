"""What a workspace holds, in a form that can be compared with another workspace's."""

import json
import re
from collections.abc import Collection
from typing import Any

from tests.support.deploying import BASE, Platform

_KINDS = ("jobs", "pipelines", "schemas", "volumes")
Held = tuple[dict[str, bytes], dict[str, list[str]]]


def held(platform: Platform, foreign: Collection[str] = ()) -> Held:
    """Return the deployed files and resources of a workspace, without ids and times, which differ in any other.

    Schemas that others created are left out, and what belongs to another target or bundle.
    """
    snapshot = platform.workspace.snapshot()
    files = {
        path: content
        for path, content in snapshot.below(BASE).items()
        if path.split("/")[1] == "files" and not path.split("/")[0].startswith(".")
    }
    names: dict[str, str] = {}
    for kind in _KINDS:
        for resource_id, item in snapshot.resources.get(kind, {}).items():
            names[str(resource_id)] = f"<{kind} {_fields(item).get('name', '')}>"
    resources: dict[str, list[str]] = {}
    for kind in _KINDS:
        items = snapshot.resources.get(kind, {}).items()
        own = [item for key, item in items if not _is_of_others(item) and (kind != "schemas" or key not in foreign)]
        resources[kind] = sorted(_plain(item, names) for item in own)
    return files, resources


def _is_of_others(item: dict[str, Any]) -> bool:
    owner = str(_fields(item).get("deployment", {}).get("metadata_file_path", ""))
    return bool(owner) and not owner.startswith(f"{BASE}/")


def _fields(item: dict[str, Any]) -> dict[str, Any]:
    return item.get("settings") or item.get("spec") or item


def _plain(item: dict[str, Any], names: dict[str, str]) -> str:
    text = json.dumps(_fields(item), sort_keys=True)
    for resource_id, name in names.items():
        text = text.replace(f'"{resource_id}"', f'"{name}"')
    text = re.sub(r'"(created_at|updated_at|schema_id|volume_id)": [^,}]*', r'"\1": 0', text)
    # Where the workspace puts what is in a managed volume.
    return re.sub(r'"storage_location": "[^"]*/volumes/[^"]*"', '"storage_location": ""', text)


def owned_ids(platform: Platform, name: str) -> set[str]:
    """Return the ids of the jobs and pipelines that say they belong to a domain's deployment in prod."""
    path = f"{BASE}/{name}/state/metadata.json"
    resources = platform.workspace.snapshot().resources
    return {
        str(resource_id)
        for kind in ("jobs", "pipelines")
        for resource_id, item in resources.get(kind, {}).items()
        if _fields(item).get("deployment", {}).get("metadata_file_path") == path
    }
