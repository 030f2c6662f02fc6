"""Spec → resource: names, paths and defaults resolved, presets and the domain's settings filled in. No text yet.

A spec is that of all targets or, where it says something about one, of that target. Other values that differ between
targets are references to variables of the bundle.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from generator.inventory import Inventory
from generator.layout import Kind, code_folder, is_code
from generator.load import LoadedSpec
from generator.names import Identity
from generator.naming import physical_table, platform_values
from generator.spec import (
    Body,
    DomainSettings,
    JobSpec,
    Notifications,
    Permission,
    PipelineSpec,
    Schedule,
    TargetSettings,
    is_reference,
)

MAX_TAGS = 25
OWNED_TAGS = ("domain", "source", "layer", "owner")

RUNTIME_PACKAGE = "data-platform-runtime"
RUNTIME_FOLDER = "--editable ${workspace.file_path}/src"

# Pipelines with one of these load no source files.
INGESTION_SETTINGS = ("ingestion_definition", "gateway_definition")
# The label that a pipeline's cluster has if it says none.
DEFAULT_CLUSTER = "default"
# Where tasks name files of the repository.
TASK_PATHS = (
    ("notebook_task", "notebook_path"),
    ("spark_python_task", "python_file"),
    ("sql_task", "file", "path"),
    ("dbt_task", "project_directory"),
)
_JOB_LEVELS = {"CAN_RUN": "CAN_MANAGE_RUN"}


def resolve(spec: LoadedSpec, inventory: Inventory) -> dict[str, Any]:
    """Return the resource that a checked spec describes, as plain JSON values."""
    settings = settings_of(spec, inventory)
    if isinstance(spec.model, PipelineSpec):
        value = _pipeline(spec.identity, spec.model, settings, inventory)
    else:
        value = _job(spec.identity, spec.model, settings, inventory)
    value |= {name: field for name, field in (spec.model.imported or {}).items() if name != "key"}
    if spec.override is not None:
        value |= _overridden(spec.override, value)
    return {name: field for name, field in value.items() if field not in (None, [], {}, ())}


def settings_of(spec: LoadedSpec, inventory: Inventory) -> DomainSettings:
    """Return the domain's settings as they count for a spec: an imported resource gets nothing of them."""
    return DomainSettings() if spec.model.imported is not None else inventory.settings_of(spec.identity.domain)


def _overridden(override: TargetSettings, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a target's own settings have, beside those that stand in the place of the spec's."""
    fields: dict[str, Any] = {}
    if override.run_as is not None:
        fields["run_as"] = override.run_as.model_dump(exclude_none=True)
    if override.paused is not None:
        status = {"pause_status": "PAUSED" if override.paused else "UNPAUSED"}
        fields |= {name: value[name] | status for name in ("schedule", "trigger") if value.get(name)}
    return fields


def tags_of(identity: Identity, model: PipelineSpec | JobSpec, settings: DomainSettings) -> dict[str, str]:
    """Return the tags of a resource; the platform's can't be overridden."""
    if model.imported is not None:
        return dict(model.tags)
    owner = {"owner": settings.owner} if settings.owner else {}
    own = {"domain": identity.domain, "source": identity.source, "layer": str(identity.layer)}
    return settings.tags | model.tags | owner | own


def run_as_variable(domain: str) -> str:
    """Return the name of the variable that holds who runs a domain's resources."""
    return f"{domain}_run_as"


def pipeline_environment(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pipeline's environment with the runtime package added, as it lies in the deployment's files."""
    dependencies = [item for item in environment.get("dependencies", []) if item != "./src/dist/*.whl"]
    return {**environment, "dependencies": [RUNTIME_FOLDER, *dependencies]}


def _pipeline(identity: Identity, spec: PipelineSpec, settings: DomainSettings, inventory: Inventory) -> dict[str, Any]:
    return {
        **_with_source_tables(spec.settings),
        **_common(identity, spec, settings),
        **(_platform_fields(identity, spec, inventory) if spec.imported is None else _own_fields(spec, inventory)),
        "clusters": spec.clusters
        if isinstance(spec.clusters, str)
        else [_labelled(label, body, inventory) for label, body in sorted(spec.clusters.items())],
        "permissions": _permissions(spec, settings, {}),
        "notifications": _extended(spec.settings.get("notifications"), _alerts(spec, settings)),
    }


def _platform_fields(identity: Identity, spec: PipelineSpec, inventory: Inventory) -> dict[str, Any]:
    """Return what the platform says about a pipeline, or adds to what the spec says."""
    is_ingestion = any(name in spec.settings for name in INGESTION_SETTINGS)
    environment = pipeline_environment(_body(spec.environment or {}, inventory))
    environment["dependencies"] += spec.dependencies
    catalog, schema = _schema_of(identity)
    return {
        "catalog": catalog,
        "schema": schema,
        "serverless": spec.serverless,
        "libraries": []
        if is_ingestion
        else [{"glob": {"include": path}} for path in (*loaded_paths(identity, spec, inventory), *spec.external_files)],
        "environment": None if is_ingestion else environment,
        "configuration": spec.configuration | platform_values(identity.naming, identity.domain),
    }


def _own_fields(spec: PipelineSpec, inventory: Inventory) -> dict[str, Any]:
    """Return the same fields of an imported pipeline, to which nothing is added."""
    environment = _body(spec.environment or {}, inventory)
    if spec.dependencies:
        environment["dependencies"] = [*_as_list(environment.get("dependencies")), *spec.dependencies]
    return {
        # None if the spec doesn't say it: what is then, is up to Databricks.
        "serverless": spec.serverless if "serverless" in spec.model_fields_set else None,
        "environment": environment,
        "configuration": spec.configuration,
    }


def _with_source_tables(settings: Body) -> dict[str, Any]:
    """Return settings in which every ingested table has a `source_table`, if only an empty one.

    databricks-bundles requires the field, and the CLI sends an empty one for a table without it.
    """
    definition = settings.get("ingestion_definition")
    objects = definition.get("objects") if isinstance(definition, dict) else None
    if not isinstance(definition, dict) or not isinstance(objects, list):
        return settings
    return {**settings, "ingestion_definition": {**definition, "objects": [_with_source_table(item) for item in objects]}}


def _with_source_table(item: Any) -> Any:  # noqa: ANN401  any JSON
    table = item.get("table") if isinstance(item, dict) else None
    return {**item, "table": {"source_table": "", **table}} if isinstance(table, dict) else item


def loaded_layers(identity: Identity, spec: PipelineSpec) -> tuple[str, ...]:
    """Return the layers whose folders a pipeline loads: its own by default, and none if it has files from elsewhere."""
    if spec.layers:
        return spec.layers
    return () if spec.external_files and not spec.files else (identity.layer,)


def loaded_paths(identity: Identity, spec: PipelineSpec, inventory: Inventory) -> list[str]:
    """Return the paths of the repository that a pipeline loads: its layers' folders, or only files in them by name."""
    paths: list[str] = []
    for layer in sorted(loaded_layers(identity, spec), key=identity.naming.layers.index):
        folder = code_folder(identity.domain, identity.source, layer)
        if spec.files:
            paths += [
                f"{folder}/{name}" for name in sorted(set(spec.files)) if inventory.checkout.is_file(f"{folder}/{name}")
            ]
        else:
            paths.append(f"{folder}/**")
    return paths


def _job(identity: Identity, spec: JobSpec, settings: DomainSettings, inventory: Inventory) -> dict[str, Any]:
    schedule = _schedule(spec, inventory)
    is_imported = spec.imported is not None
    parameters = spec.parameters if is_imported else platform_parameters(identity) | spec.parameters
    tasks: tuple[Body, ...] = spec.tasks
    if not tasks and not is_imported:
        tasks = ({"task_key": "refresh_pipeline", "refresh_pipeline": identity.name},)
    return {
        **spec.settings,
        **_common(identity, spec, settings),
        "description": spec.description,
        "parameters": [{"name": name, "default": default} for name, default in sorted(parameters.items())],
        "tasks": [_task(task, () if is_imported else platform_arguments(identity)) for task in tasks],
        "environments": [
            {"environment_key": key, "spec": _body_or_reference(body, inventory)}
            for key, body in sorted(spec.environments.items())
        ],
        "job_clusters": [
            {"job_cluster_key": key, "new_cluster": _body_or_reference(body, inventory)}
            for key, body in sorted(spec.clusters.items())
        ],
        "schedule": _cron(schedule),
        "trigger": _trigger(schedule, identity),
        "permissions": _permissions(spec, settings, _JOB_LEVELS),
        "email_notifications": _mails(spec, settings),
    }


def _common(identity: Identity, spec: PipelineSpec | JobSpec, settings: DomainSettings) -> dict[str, Any]:
    return {
        "name": identity.name,
        "tags": tags_of(identity, spec, settings),
        "budget_policy_id": settings.budget_policy,
        "run_as": "${var." + run_as_variable(identity.domain) + "}" if settings.run_as else None,
    }


def platform_parameters(identity: Identity) -> dict[str, str]:
    """Return the parameters that every job has."""
    catalog, schema = _schema_of(identity)
    return {"catalog": catalog, "schema": schema, **platform_values(identity.naming, identity.domain)}


def _schema_of(identity: Identity) -> tuple[str, str]:
    return identity.naming.schema_of(identity.domain, identity.source, identity.layer)


def _body(body: Body | str, inventory: Inventory) -> dict[str, Any]:
    value = inventory.presets[body].value if isinstance(body, str) else body
    return dict(value) if isinstance(value, dict) else {}


def _labelled(label: str, body: Body | str, inventory: Inventory) -> dict[str, Any] | str:
    value = _body_or_reference(body, inventory)
    # A cluster without a label is the default one.
    return value if isinstance(value, str) and label == DEFAULT_CLUSTER else {**_body(body, inventory), "label": label}


def _body_or_reference(body: Body | str, inventory: Inventory) -> dict[str, Any] | str:
    return body if isinstance(body, str) and is_reference(body) else _body(body, inventory)


def _as_list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _extended(given: object, first: list[Any]) -> list[Any] | str:
    """Return a list with others before it; a reference in its place stands alone."""
    return given if isinstance(given, str) else first + _as_list(given)


def _permissions(
    spec: PipelineSpec | JobSpec, settings: DomainSettings, levels: Mapping[str, str]
) -> list[dict[str, str]] | str:
    if isinstance(spec.permissions, str):
        return spec.permissions
    owner = (Permission(level="CAN_MANAGE", group_name=settings.owner),) if settings.owner else ()
    by_principal: dict[tuple[str, str], str] = {}
    for permission in (*owner, *settings.permissions, *spec.permissions):
        for kind in ("group_name", "user_name", "service_principal_name"):
            if (name := getattr(permission, kind)) is not None:
                by_principal[kind, name] = levels.get(permission.level, permission.level)
    return [{"level": level, kind: name} for (kind, name), level in sorted(by_principal.items())]


def addresses_of(spec: PipelineSpec | JobSpec, settings: DomainSettings) -> Notifications:
    """Return who gets mail about a resource: the domain's addresses and its own."""
    both = (settings.notifications, spec.notifications)
    return Notifications(
        on_failure=tuple(sorted({address for one in both for address in one.on_failure})),
        on_success=tuple(sorted({address for one in both for address in one.on_success})),
    )


def _alerts(spec: PipelineSpec, settings: DomainSettings) -> list[dict[str, Any]]:
    to = addresses_of(spec, settings)
    failure = {"alerts": ["on-update-failure", "on-flow-failure"], "email_recipients": list(to.on_failure)}
    success = {"alerts": ["on-update-success"], "email_recipients": list(to.on_success)}
    return [alert for alert in (failure, success) if alert["email_recipients"]]


def _mails(spec: JobSpec, settings: DomainSettings) -> dict[str, Any] | str:
    to = addresses_of(spec, settings)
    given = spec.settings.get("email_notifications")
    if isinstance(given, str):
        return given
    mails: dict[str, Any] = dict(given) if isinstance(given, dict) else {}
    for event, addresses in (("on_failure", to.on_failure), ("on_success", to.on_success)):
        if addresses:
            mails[event] = sorted({*addresses, *_as_list(mails.get(event))})
    return mails


def _task(task: Body, arguments: Sequence[str]) -> dict[str, Any]:
    """Return a task as Databricks has it: `refresh_pipeline` written out, and arguments added for Python code."""
    result: dict[str, Any] = dict(task)
    name = result.pop("refresh_pipeline", None)
    if name is not None:
        reference = "${resources.pipelines." + f"{name}{Kind.PIPELINES.suffix}" + ".id}"
        result["pipeline_task"] = {"pipeline_id": reference}
    for_each = result.get("for_each_task")
    if isinstance(for_each, dict) and isinstance(for_each.get("task"), dict):
        result["for_each_task"] = {**for_each, "task": _task(for_each["task"], arguments)}
    for kind, action in result.items():
        if arguments and isinstance(action, dict) and is_given_arguments(kind, action):
            result[kind] = {**action, "parameters": [*_as_list(action.get("parameters")), *arguments]}
    return result


def is_given_arguments(kind: str, action: Body) -> bool:
    """Return whether a task's action runs code of the repository that takes the platform's values as arguments."""
    if kind == "spark_python_task":
        return is_code(str(action.get("python_file")).removeprefix("./"))
    return kind == "python_wheel_task" and action.get("package_name") == RUNTIME_PACKAGE and "named_parameters" not in action


def platform_arguments(identity: Identity) -> list[str]:
    """Return the arguments that scripts of the repository get."""
    # Job parameters reach notebooks by themselves, scripts only as arguments.
    return [f"--{key}={{{{job.parameters.[{key}]}}}}" for key in platform_values(identity.naming, identity.domain)]


def _schedule(spec: JobSpec, inventory: Inventory) -> Schedule | None:
    if not isinstance(spec.schedule, str):
        return spec.schedule
    value = inventory.presets[spec.schedule].value
    return value if isinstance(value, Schedule) else None


def _cron(schedule: Schedule | None) -> dict[str, Any] | None:
    if schedule is None or schedule.cron is None:
        return None
    return {
        "quartz_cron_expression": schedule.cron.expression,
        "timezone_id": schedule.cron.timezone,
        **_pause_status(schedule),
    }


def _trigger(schedule: Schedule | None, identity: Identity) -> dict[str, Any] | None:
    if schedule is None or schedule.cron is not None:
        return None
    trigger: dict[str, Any] = _pause_status(schedule)
    if schedule.periodic:
        trigger["periodic"] = schedule.periodic.model_dump(mode="json")
    if schedule.file_arrival:
        trigger["file_arrival"] = schedule.file_arrival.model_dump(mode="json", exclude_none=True)
    if update := schedule.table_update:
        given = update.model_dump(mode="json", exclude_none=True, exclude={"tables", "external_tables"})
        own = (physical_table(identity.naming, table, identity.domain) for table in update.tables)
        names = [*own, *update.external_tables]
        trigger["table_update"] = {**given, "table_names": sorted(names)}
    return trigger


def _pause_status(schedule: Schedule) -> dict[str, str]:
    """Return what a schedule says of its pause. Of one that says nothing, the CLI pauses only those in development."""
    if "paused" not in schedule.model_fields_set:
        return {}
    if isinstance(schedule.paused, str):
        return {"pause_status": schedule.paused}
    return {"pause_status": "PAUSED" if schedule.paused else "UNPAUSED"}
