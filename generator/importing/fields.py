"""A job or a pipeline as Databricks has it → the fields of a spec that says the same, each with where it comes from.

A field of a spec is used where it can say what the resource says. Where it can't, the resource's own field stands under
`imported` as it is. Whether the spec says the same is found out elsewhere, by building it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.bundle_schema import imported_fields
from generator.layout import Kind
from generator.spec import is_reference
from generator.yaml_tree import Json, TreePath

# What stands beside `settings` under the same name, whatever it holds.
_SAME = frozenset({"configuration", "description", "external_files", "files", "layers", "serverless", "tags", "tasks"})
# Parts of a schedule that a spec calls otherwise.
_RENAMED: dict[TreePath, TreePath] = {
    ("schedule", "cron", "expression"): ("schedule", "quartz_cron_expression"),
    ("schedule", "cron", "timezone"): ("schedule", "timezone_id"),
    ("schedule", "paused"): ("schedule", "pause_status"),
    ("schedule", "table_update", "external_tables"): ("trigger", "table_update", "table_names"),
}
# Those that a reference can't stand for.
_MAPPINGS = frozenset({"configuration", "tags"})
_STARTS = frozenset({"schedule", "trigger"})
_PRINCIPALS = ("group_name", "user_name", "service_principal_name")
_JOB_LEVELS = {"CAN_MANAGE_RUN": "CAN_RUN", "CAN_RUN": "", "IS_OWNER": ""}
_EMPTY = (None, [], {})
_PAUSED = {"PAUSED": True, "UNPAUSED": False}


@dataclass(slots=True)
class SpecFields:
    """Fields of a spec, and the path in the resource that each came from."""

    tree: dict[str, Any] = field(default_factory=dict)
    origins: dict[TreePath, TreePath] = field(default_factory=dict)
    # The fields that a spec has a form of its own for, in which these values can't be said.
    unsaid: set[str] = field(default_factory=set)

    def put(self, path: tuple[str, ...], value: Json, origin: TreePath) -> None:
        """Add a field, or an entry of one."""
        *above, last = path
        holder = self.tree
        for name in above:
            holder = holder.setdefault(name, {})
        holder[last] = value
        self.origins[path] = origin


def spec_fields(kind: Kind, body: Mapping[str, Any], raw: frozenset[str]) -> SpecFields:
    """Return the fields of a spec that says what a resource says; those in `raw` are kept as they are."""
    fields = SpecFields(origins=dict(_RENAMED) if kind is Kind.JOBS else {})
    mapped = _MAPPED[kind]
    owned = imported_fields(kind)
    if len(_STARTS & {*body, *raw}) > 1 or raw & _STARTS:
        # One field of a spec says what starts a job.
        raw |= _STARTS
    for name, value in body.items():
        if value in _EMPTY:
            continue
        if name in mapped and name not in raw and (entries := mapped[name](value)) is not None:
            for path, entry, origin in entries:
                fields.put(path, entry, (name, *origin))
        elif name in _SAME and name not in raw and not (name in _MAPPINGS and isinstance(value, str)):
            fields.put((name,), value, (name,))
        elif name in owned:
            fields.unsaid |= {name} & (_MAPPINGS | set(mapped))
            fields.put(("imported", name), value, (name,))
        else:
            fields.put(("settings", name), value, (name,))
    return fields


# The entries of a spec that a field becomes: path in the spec, value, path below the field. None if it can't be said there.
_Entries = list[tuple[tuple[str, ...], Any, TreePath]] | None


def _keyed(target: str, key: str, inner: str | None) -> Callable[[Any], _Entries]:
    """Return a function that makes a list of named entries a mapping; `inner` holds what is not the name."""

    def convert(value: Any) -> _Entries:  # noqa: ANN401  any JSON
        if not isinstance(value, list):
            return None
        entries: dict[tuple[str, ...], tuple[Any, TreePath]] = {}
        for index, entry in enumerate(value):
            name = entry.get(key) if isinstance(entry, dict) else None
            if not isinstance(name, str) or (target, name) in entries:
                return None
            rest = {field: item for field, item in entry.items() if field != key}
            if inner is not None and set(rest) != {inner}:
                return None
            below: TreePath = (index,) if inner is None else (index, inner)
            entries[target, name] = (rest if inner is None else rest[inner], below)
        return [(path, item, below) for path, (item, below) in entries.items()]

    return convert


def _bodies(target: str, key: str, inner: str) -> Callable[[Any], _Entries]:
    def convert(value: Any) -> _Entries:  # noqa: ANN401
        entries = _keyed(target, key, inner)(value)
        # A text is a preset's name in a spec, unless it is a variable's.
        is_said = all(isinstance(body, dict) or _is_variable(body) for _, body, _ in entries or ())
        return entries if is_said else None

    return convert


def _is_variable(value: object) -> bool:
    return isinstance(value, str) and is_reference(value)


def _defaults(value: Any) -> _Entries:  # noqa: ANN401
    entries = _keyed("parameters", "name", "default")(value)
    return entries if all(isinstance(default, str) for _, default, _ in entries or ()) else None


def _labelled(value: Any) -> _Entries:  # noqa: ANN401
    if _is_variable(value):
        return [(("clusters",), value, ())]
    return _keyed("clusters", "label", None)(value)


def _permissions(levels: Mapping[str, str]) -> Callable[[Any], _Entries]:
    def convert(value: Any) -> _Entries:  # noqa: ANN401
        if not isinstance(value, list):
            return [(("permissions",), value, ())] if _is_variable(value) else None
        seen: set[str] = set()
        said: list[dict[str, str]] = []
        for entry in value:
            level = entry.get("level") if isinstance(entry, dict) else None
            principals = [name for name in _PRINCIPALS if isinstance(entry, dict) and entry.get(name) is not None]
            if not isinstance(level, str) or len(principals) != 1 or len(entry) != 2 or not levels.get(level, level):
                return None
            principal = entry[principals[0]]
            if not isinstance(principal, str) or principal in seen:
                return None
            seen.add(principal)
            said.append({"level": levels.get(level, level), principals[0]: principal})
        return [(("permissions",), said, ())]

    return convert


def _cron(value: Any) -> _Entries:  # noqa: ANN401
    names = {"quartz_cron_expression": "expression", "timezone_id": "timezone"}
    if not isinstance(value, dict) or set(value) - {"pause_status"} != set(names):
        return None
    return _schedule({"cron": {names[name]: value[name] for name in names}}, value)


def _trigger(value: Any) -> _Entries:  # noqa: ANN401
    if not isinstance(value, dict):
        return None
    what = {name: body for name, body in value.items() if name != "pause_status"}
    if len(what) != 1 or next(iter(what)) not in ("periodic", "file_arrival", "table_update"):
        return None
    (name, body), *_ = what.items()
    if name == "table_update" and isinstance(body, dict) and "table_names" in body:
        body = {("external_tables" if key == "table_names" else key): item for key, item in body.items()}
    return _schedule({name: body}, value)


def _schedule(schedule: dict[str, Any], value: Mapping[str, Any]) -> _Entries:
    status = value.get("pause_status")
    if isinstance(status, str) and is_reference(status):
        paused: bool | str | None = status
    else:
        paused = _PAUSED.get(status) if isinstance(status, str) else None
    if paused is None and status is not None:
        return None
    return [(("schedule",), {**schedule, **({"paused": paused} if status is not None else {})}, ())]


def _environment(value: Any) -> _Entries:  # noqa: ANN401
    return [(("environment",), value, ())] if isinstance(value, dict) else None


_MAPPED: dict[Kind, dict[str, Callable[[Any], _Entries]]] = {
    Kind.JOBS: {
        "parameters": _defaults,
        "environments": _bodies("environments", "environment_key", "spec"),
        "job_clusters": _bodies("clusters", "job_cluster_key", "new_cluster"),
        "permissions": _permissions(_JOB_LEVELS),
        "schedule": _cron,
        "trigger": _trigger,
    },
    Kind.PIPELINES: {
        "clusters": _labelled,
        "permissions": _permissions({"IS_OWNER": ""}),
        "environment": _environment,
    },
}
