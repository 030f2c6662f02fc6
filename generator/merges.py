"""Finds references in the place of what the platform adds something to: it can't add to what only the CLI knows."""

from collections.abc import Iterator

from generator.inventory import Inventory
from generator.load import LoadedSpec
from generator.resolve import DEFAULT_CLUSTER, addresses_of, is_given_arguments, settings_of
from generator.spec import Body, DomainSettings, JobSpec, PipelineSpec, is_reference
from generator.yaml_tree import Fault, Json


def merge_faults(spec: LoadedSpec, inventory: Inventory) -> Iterator[Fault]:
    """Yield a fault for each reference that stands for a whole list or mapping which the platform extends."""
    settings = settings_of(spec, inventory)
    if isinstance(spec.model.permissions, str) and (settings.owner or settings.permissions):
        yield Fault(("permissions",), _must_be_written("the domain's permissions"))
    if isinstance(spec.model, PipelineSpec):
        yield from _pipeline_faults(spec.model, settings)
    else:
        yield from _job_faults(spec.model, settings)


def _pipeline_faults(model: PipelineSpec, settings: DomainSettings) -> Iterator[Fault]:
    is_imported = model.imported is not None
    if is_imported:
        pass
    elif _is_reference(model.environment):
        yield Fault(("environment",), f"{_must_be_written('the runtime package')} A preset works.")
    elif isinstance(model.environment, dict) and _is_reference(model.environment.get("dependencies")):
        yield Fault(("environment", "dependencies"), _must_be_written("the runtime package"))
    for label, body in () if isinstance(model.clusters, str) else model.clusters.items():
        if label != DEFAULT_CLUSTER and _is_reference(body):
            yield Fault(("clusters", label), f"{_must_be_written('the label')} A preset works.")
    if _is_reference(model.settings.get("notifications")) and any(addresses_of(model, settings).model_dump().values()):
        yield Fault(("settings", "notifications"), _must_be_written("other addresses"))


def _job_faults(model: JobSpec, settings: DomainSettings) -> Iterator[Fault]:
    mails = model.settings.get("email_notifications")
    addresses = addresses_of(model, settings).model_dump()
    if _is_reference(mails) and any(addresses.values()):
        yield Fault(("settings", "email_notifications"), _must_be_written("other addresses"))
    if isinstance(mails, dict):
        for event in addresses:
            if addresses[event] and _is_reference(mails.get(event)):
                yield Fault(("settings", "email_notifications", event), _must_be_written("other addresses"))
    for index, task in enumerate(model.tasks if model.imported is None else ()):
        for fault in _task_faults(task):
            yield fault.below("tasks", index)


def _task_faults(task: Body) -> Iterator[Fault]:
    for name, action in task.items():
        if isinstance(action, dict) and is_given_arguments(name, action) and _is_reference(action.get("parameters")):
            yield Fault((name, "parameters"), _must_be_written("the platform's arguments"))
    for_each = task.get("for_each_task")
    if isinstance(for_each, dict) and isinstance(inner := for_each.get("task"), dict):
        for fault in _task_faults(inner):
            yield fault.below("for_each_task", "task")


def _is_reference(value: Json | None) -> bool:
    return isinstance(value, str) and is_reference(value)


def _must_be_written(addition: str) -> str:
    return f"must be written out here, not referred to: it is extended by {addition}."
