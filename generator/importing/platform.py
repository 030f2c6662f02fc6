"""A resource that was built from a spec → what its spec says: without all that the platform and the domain's settings add.

Whether it was, is found out elsewhere: what is left here, built anew, must give the resource that it was taken from.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from generator.inventory import Inventory
from generator.layout import Kind, code_folder
from generator.names import Identity
from generator.naming import platform_values
from generator.resolve import (
    OWNED_TAGS,
    RUNTIME_FOLDER,
    is_given_arguments,
    platform_arguments,
    platform_parameters,
    run_as_variable,
)
from generator.spec import DomainSettings

_REFRESH = "${resources.pipelines."


def without_platform(kind: Kind, body: Mapping[str, Any], identity: Identity, inventory: Inventory) -> dict[str, Any]:
    """Return what a spec of its own says about a resource, in Databricks' fields and those that only specs have."""
    settings = inventory.settings_of(identity.domain)
    left = dict(body)
    left.pop("name", None)
    if left.get("run_as") == "${var." + run_as_variable(identity.domain) + "}" and settings.run_as:
        del left["run_as"]
    if left.get("budget_policy_id") == settings.budget_policy:
        left.pop("budget_policy_id", None)
    if isinstance(tags := left.get("tags"), dict):
        left["tags"] = {
            name: value for name, value in tags.items() if name not in OWNED_TAGS and settings.tags.get(name) != value
        }
    if isinstance(permissions := left.get("permissions"), list):
        left["permissions"] = [one for one in permissions if one not in _permissions(kind, settings)]
    return (_job if kind is Kind.JOBS else _pipeline)(left, identity, settings, inventory)


def _permissions(kind: Kind, settings: DomainSettings) -> list[dict[str, str]]:
    owner = [{"level": "CAN_MANAGE", "group_name": settings.owner}] if settings.owner else []
    others = [one.model_dump(mode="json", exclude_none=True) for one in settings.permissions]
    if kind is Kind.JOBS:
        others = [one | {"level": "CAN_MANAGE_RUN"} if one["level"] == "CAN_RUN" else one for one in others]
    return owner + others


def _job(left: dict[str, Any], identity: Identity, settings: DomainSettings, inventory: Inventory) -> dict[str, Any]:
    added = [{"name": name, "default": default} for name, default in platform_parameters(identity).items()]
    if isinstance(parameters := left.get("parameters"), list):
        left["parameters"] = [one for one in parameters if one not in added]
    if isinstance(mails := left.get("email_notifications"), dict):
        known = {"on_failure": settings.notifications.on_failure, "on_success": settings.notifications.on_success}
        kept = {event: _without(addresses, known.get(event, ())) for event, addresses in mails.items()}
        left["email_notifications"] = {event: addresses for event, addresses in kept.items() if addresses}
    if isinstance(tasks := left.get("tasks"), list):
        left["tasks"] = [_task(task, identity, inventory) for task in tasks]
        if left["tasks"] == [{"task_key": "refresh_pipeline", "refresh_pipeline": identity.name}]:
            del left["tasks"]
    return left


def _task(task: Any, own: Identity, inventory: Inventory) -> Any:  # noqa: ANN401  any JSON
    if not isinstance(task, dict):
        return task
    result = {name: _without_arguments(name, action, platform_arguments(own)) for name, action in task.items()}
    reference = task.get("pipeline_task")
    if isinstance(reference, dict) and set(reference) == {"pipeline_id"}:
        key = str(reference["pipeline_id"]).removeprefix(_REFRESH).removesuffix(".id}")
        identity = inventory.identities.get(key)
        if identity is not None and key == identity.key and reference["pipeline_id"] == f"{_REFRESH}{key}.id}}":
            del result["pipeline_task"]
            result["refresh_pipeline"] = identity.name
    for_each = task.get("for_each_task")
    if isinstance(for_each, dict) and "task" in for_each:
        result["for_each_task"] = {**for_each, "task": _task(for_each["task"], own, inventory)}
    return result


def _without_arguments(kind: str, action: Any, arguments: list[str]) -> Any:  # noqa: ANN401
    given = action.get("parameters") if isinstance(action, dict) else None
    if not isinstance(given, list) or not is_given_arguments(kind, action) or given[-len(arguments) :] != arguments:
        return action
    own = given[: -len(arguments)]
    return {name: value for name, value in action.items() if name != "parameters"} | ({"parameters": own} if own else {})


def _pipeline(left: dict[str, Any], identity: Identity, settings: DomainSettings, _inventory: Inventory) -> dict[str, Any]:
    left.pop("catalog", None)
    left.pop("schema", None)
    if left.get("serverless") is True:
        del left["serverless"]
    if isinstance(configuration := left.get("configuration"), dict):
        added = platform_values(identity.naming, identity.domain)
        left["configuration"] = {name: value for name, value in configuration.items() if added.get(name) != value}
    environment = left.get("environment")
    if isinstance(environment, dict) and isinstance(dependencies := environment.get("dependencies"), list):
        rest = {name: value for name, value in environment.items() if name != "dependencies"}
        own = _without(dependencies, [RUNTIME_FOLDER])
        left["environment"] = rest | ({"dependencies": own} if own else {})
    if isinstance(alerts := left.get("notifications"), list):
        to = settings.notifications
        known = [
            {"alerts": ["on-update-failure", "on-flow-failure"], "email_recipients": list(to.on_failure)},
            {"alerts": ["on-update-success"], "email_recipients": list(to.on_success)},
        ]
        left["notifications"] = [alert for alert in alerts if alert not in known]
    if isinstance(libraries := left.pop("libraries", None), list):
        left |= _sources(libraries, identity)
    return left


def _sources(libraries: list[Any], identity: Identity) -> dict[str, Any]:
    """Return the layers, the names of files and the files of the workspace that make a pipeline's libraries."""
    layers: list[str] = []
    files: list[str] = []
    external: list[str] = []
    home = f"{code_folder(identity.domain, identity.source)}/"
    for library in libraries:
        holder = library.get("glob") if isinstance(library, dict) else None
        path = str(holder.get("include")) if isinstance(holder, dict) else ""
        layer, _, name = path.removeprefix(home).partition("/")
        if path.startswith(home) and layer in identity.naming.layers:
            layers.append(layer)
            files += [] if name == "**" else [name]
        else:
            external.append(path)
    layers = list(dict.fromkeys(layers))
    is_default = layers == [identity.layer] and (not external or bool(files))
    return {"layers": [] if is_default else layers, "files": sorted(set(files)), "external_files": external}


def _without(values: Any, known: Iterable[str]) -> Any:  # noqa: ANN401
    return [value for value in values if value not in known] if isinstance(values, list) else values
