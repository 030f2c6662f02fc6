"""Checks a job's schedule, parameters and tasks against the repository."""

import graphlib
import re
from collections.abc import Iterator
from typing import Any

from generator.bundle_schema import CLUSTER, ENVIRONMENT, TASK, schema_faults
from generator.cron import expression_fault, timezone_fault
from generator.errors import Problem, listed, quoted, suggestion
from generator.inventory import Inventory
from generator.layout import CODE_ROOT, COMMON, Kind, code_folder
from generator.load import LoadedSpec
from generator.names import part_fault
from generator.naming import logical_table_fault
from generator.presets import body_problems, preset_fault, preset_text_problems
from generator.resolve import TASK_PATHS
from generator.spec import Body, JobSpec, Schedule
from generator.texts import absence, has_reference, other_domain
from generator.yaml_tree import Fault, Json, TreePath

_PARAMETER = re.compile(r"[A-Za-z0-9_.-]{1,100}")
PROJECT = "project_directory"
PROJECT_FILE = "dbt_project.yml"
_TABLE_PART = re.compile(r"[a-z][a-z0-9_]*")
# Where a task's path may also lead: the workspace, volumes, cloud storage, another repository (`source: GIT`), a reference.
ELSEWHERE = re.compile(r"/|[a-z][a-z0-9+]*:|\$\{|\{\{")


def job_problems(spec: LoadedSpec, model: JobSpec, inventory: Inventory) -> Iterator[Problem]:
    """Yield the problems of the fields that only jobs have."""
    yield from _schedule_problems(spec, model, inventory)
    yield from _parameter_problems(spec, model)
    yield from body_problems(spec, inventory, "environments", model.environments, ENVIRONMENT)
    yield from body_problems(spec, inventory, "clusters", model.clusters, CLUSTER)
    if "tasks" not in spec.broken:
        yield from _task_problems(spec, model, inventory)


# Schedules and parameters


def _schedule_problems(spec: LoadedSpec, model: JobSpec, inventory: Inventory) -> Iterator[Problem]:
    schedule = model.schedule
    at: TreePath = ("schedule",)
    if schedule is None:
        return
    if "continuous" in model.settings:
        yield spec.document.problem(at, "can't go with `continuous` in the settings, which starts the job all the time.")
    if isinstance(schedule, str):
        preset = inventory.presets.get(schedule)
        if message := preset_fault(preset, schedule, "schedules", inventory):
            yield spec.document.problem(at, message)
        elif preset and isinstance(preset.value, Schedule):
            yield from preset_text_problems(spec, at, preset, inventory)
            for fault in _schedule_faults(preset.value, inventory):
                yield spec.document.problem(at, f"in {preset.document.file}, {fault.place(preset.name)}: {fault.message}")
        return
    for fault in _schedule_faults(schedule, inventory):
        yield spec.document.located(fault.below(*at))


def _schedule_faults(schedule: Schedule, inventory: Inventory) -> Iterator[Fault]:
    if cron := schedule.cron:
        # What a reference stands for is known to the CLI alone.
        if not has_reference(cron.expression) and (fault := expression_fault(cron.expression)):
            yield Fault(("cron", "expression"), fault)
        if not has_reference(cron.timezone) and (fault := timezone_fault(cron.timezone)):
            yield Fault(("cron", "timezone"), fault)
    if update := schedule.table_update:
        if not update.tables and not update.external_tables:
            yield Fault(("table_update",), "names no table; give `tables` or `external_tables`.")
        for index, table in enumerate(update.tables):
            if fault := _table_fault(table, inventory):
                yield Fault(("table_update", "tables", index), fault)
        for index, table in enumerate(update.external_tables):
            if table.count(".") != 2 and not has_reference(table):
                yield Fault(
                    ("table_update", "external_tables", index), f"{quoted(table)} is not <catalog>.<schema>.<table>."
                )
    if schedule.file_arrival and not schedule.file_arrival.url.endswith(("/", "}")):
        yield Fault(("file_arrival", "url"), "must end with `/`: it names a folder to watch.")


def _table_fault(table: str, inventory: Inventory) -> str:
    parts = table.split(".")
    if len(parts) != 3 or not all(_TABLE_PART.fullmatch(part) for part in parts):
        return (
            f"{quoted(table)} is not a logical table name: <domain>.<source>.<layer>_<asset>, without a target's prefixes."
        )
    domain, source, name = parts
    if part_fault(domain) or part_fault(source) or not inventory.checkout.is_folder(code_folder(domain, source)):
        sources = [
            f"{one}.{two}"
            for one in inventory.checkout.folders(CODE_ROOT)
            for two in inventory.checkout.folders(code_folder(one))
        ]
        near = suggestion(f"{domain}.{source}", sources)
        missing = f"there is no folder {code_folder(domain, source)}"
        return (
            f"{quoted(table)} names no source of this repository: {missing}.{near} Tables of others are `external_tables`."
        )
    fault = logical_table_fault(inventory.naming, name)
    return f"{quoted(name)} {fault}" if fault else ""


def _parameter_problems(spec: LoadedSpec, model: JobSpec) -> Iterator[Problem]:
    for name in model.parameters:
        if model.imported is None and (name in ("catalog", "schema") or name.startswith("platform.")):
            yield spec.document.problem(
                ("parameters", name), "is set by the platform in every job. Leave it out.", at_key=True
            )
        elif not _PARAMETER.fullmatch(name):
            message = "is not a parameter's name: letters, digits, `_`, `-` and `.`, at most 100."
            yield spec.document.problem(("parameters", name), message, at_key=True)


# Tasks


def _task_problems(spec: LoadedSpec, model: JobSpec, inventory: Inventory) -> Iterator[Problem]:
    if not model.tasks and model.imported is not None:
        yield spec.document.problem((), "has no tasks; an imported job has those that it says, and no others.")
    if not model.tasks and model.imported is None:
        fault = _pipeline_fault(spec.identity.name, spec, inventory)
        if fault:
            yield spec.document.problem((), f"has no tasks, so it refreshes the pipeline of its own name, but {fault}")
    if not model.tasks:
        return
    keys = [str(task.get("task_key")) for task in model.tasks]
    for index, (task, key) in enumerate(zip(model.tasks, keys, strict=True)):
        if key in keys[:index]:
            yield spec.document.problem(("tasks", index, "task_key"), f"{quoted(key)} is used twice; keys must differ.")
        for fault in _task_faults(task, spec, model, inventory, keys):
            yield spec.document.located(fault.below("tasks", index))
    yield from _cycle_problems(spec, model)


def _task_faults(task: Body, spec: LoadedSpec, model: JobSpec, inventory: Inventory, keys: list[str]) -> Iterator[Fault]:
    by_schema = list(schema_faults(TASK, task))
    yield from by_schema
    actions = [name for name in task if name.endswith("_task") or name == "refresh_pipeline"]
    if len(actions) != 1 and not by_schema:
        message = f"needs `refresh_pipeline` or exactly one field that ends in `_task`; it has {listed(actions, 'and')}."
        yield Fault((), message)
    if isinstance(name := task.get("refresh_pipeline"), str) and (message := _pipeline_fault(name, spec, inventory)):
        yield Fault(("refresh_pipeline",), message)
    for index, dependency in enumerate(_mappings(task.get("depends_on"))):
        if (key := dependency.get("task_key")) not in keys or key == task.get("task_key"):
            near = suggestion(str(key), keys)
            yield Fault(("depends_on", index, "task_key"), f"{quoted(key)} is not another task of this job.{near}")
    for field, where in (("environment_key", "environments"), ("job_cluster_key", "clusters")):
        if spec.broken & {"environments", "clusters"}:
            break
        known = _declared_keys(model, field, where)
        key = task.get(field)
        if known is not None and isinstance(key, str) and not key.startswith("${") and key not in known:
            yield Fault((field,), f"{quoted(key)} is not one of this job's `{where}`.{suggestion(key, known)}")
    yield from _path_faults(task, spec, model, inventory)
    for_each = task.get("for_each_task")
    if isinstance(for_each, dict) and isinstance(inner := for_each.get("task"), dict):
        for fault in _task_faults(inner, spec, model, inventory, keys):
            yield fault.below("for_each_task", "task")


def _declared_keys(model: JobSpec, field: str, where: str) -> set[str] | None:
    """Return the keys of a job's environments or clusters, or None if only the CLI knows them."""
    kept = (model.imported or {}).get("environments" if where == "environments" else "job_clusters", [])
    if isinstance(kept, str):
        return None
    return {*getattr(model, where), *(str(entry.get(field)) for entry in _mappings(kept))}


def _mappings(value: Json | Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _pipeline_fault(name: str, spec: LoadedSpec, inventory: Inventory) -> str:
    key = name + Kind.PIPELINES.suffix
    identity = inventory.identities.get(key)
    if identity is None or identity.kind is not Kind.PIPELINES:
        known = [one.name for one in inventory.identities.values() if one.kind is Kind.PIPELINES]
        return f"there is no pipeline {quoted(name)}.{suggestion(name, known)} Write its spec first."
    if identity.domain != spec.identity.domain:
        return f"{quoted(name)} {other_domain(identity.domain)}"
    missing = absence(key, inventory, spec.targets)
    return f"{quoted(name)} {missing}" if missing else ""


def _path_faults(task: Body, spec: LoadedSpec, model: JobSpec, inventory: Inventory) -> Iterator[Fault]:
    has_git = "git_source" in model.settings or "settings" in spec.broken
    for *above, field in TASK_PATHS:
        holder: Any = task
        for name in above:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if not isinstance(holder, dict):
            continue
        value = holder.get(field)
        if holder.get("source") == "GIT" and not has_git:
            yield Fault((*above, "source"), "is GIT, but there is no `git_source` in the settings.")
        elif (holder.get("source") or ("GIT" if has_git else "WORKSPACE")) == "GIT":
            continue
        elif value is None and field == PROJECT:
            message = "is missing. Name a folder with a dbt_project.yml, or `git_source` in the settings."
            yield Fault((*above, field), message)
        elif isinstance(value, str) and not ELSEWHERE.match(value):
            fault_of = _project_fault if field == PROJECT else file_fault
            if fault := fault_of(value, spec, inventory):
                yield Fault((*above, field), fault)


def place_fault(path: str, spec: LoadedSpec) -> str:
    """Return why a path can't be one that is deployed with a spec's domain, or an empty text if it can."""
    plain = path.removeprefix("./")
    parts = plain.split("/")
    if ".." in parts or "" in parts:
        return f"{quoted(path)} must be a path from the repository's root, without `..`."
    own = _own_folders(spec)
    if not f"{plain}/".startswith(own):
        return f"{quoted(path)} is not deployed with this domain, which deploys {listed(own, 'and')}."
    return ""


def _own_folders(spec: LoadedSpec) -> tuple[str, ...]:
    return f"{code_folder(spec.identity.domain)}/", f"{COMMON}/"


def file_fault(path: str, spec: LoadedSpec, inventory: Inventory) -> str:
    """Return why a path isn't a file that is deployed with a spec's domain, or an empty text if it is."""
    if fault := place_fault(path, spec):
        return fault
    plain = path.removeprefix("./")
    if inventory.checkout.is_file(plain):
        return ""
    siblings = inventory.checkout.files(plain.rpartition("/")[0])
    near = suggestion(plain, [name for name in siblings if not name.endswith("__init__.py")])
    return f"{quoted(path)} doesn't exist.{near}"


def _project_fault(path: str, spec: LoadedSpec, inventory: Inventory) -> str:
    if fault := place_fault(path.rstrip("/"), spec):
        return fault
    plain = path.removeprefix("./").rstrip("/")
    folders = _own_folders(spec)
    if inventory.checkout.is_file(f"{plain}/{PROJECT_FILE}"):
        return ""
    files = [name for folder in folders for name in inventory.checkout.files(folder) if name.endswith(f"/{PROJECT_FILE}")]
    near = suggestion(plain, [name.removesuffix(f"/{PROJECT_FILE}") for name in files])
    fault = f"holds no {PROJECT_FILE}" if inventory.checkout.is_folder(plain) else "doesn't exist"
    return f"{quoted(path)} {fault}.{near}"


def _cycle_problems(spec: LoadedSpec, model: JobSpec) -> Iterator[Problem]:
    graph = {
        str(task.get("task_key")): [str(dependency.get("task_key")) for dependency in _mappings(task.get("depends_on"))]
        for task in model.tasks
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        cycle: list[str] = error.args[1]
        if len(set(cycle)) > 1:
            yield spec.document.problem(("tasks",), f"depend on each other in a circle: {' → '.join(cycle[::-1])}.")
