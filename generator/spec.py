"""The models of all documents that people write. Their descriptions are the reference in docs and editors.

Settings, tasks, clusters and environments are Databricks' own: plain mappings here, checked in `bundle_schema` against the
schema of the bundle.
"""

import re
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from generator.errors import listed, quoted
from generator.layout import Kind
from scope.naming import DEFAULT_LAYERS, Naming

Body = dict[str, JsonValue]
Model = TypeVar("Model", bound=BaseModel)

# A value that is a variable's, of whatever type the variable has.
REFERENCE = re.compile(r"^\$\{var\.[^{}]+\}$")


def is_reference(text: str) -> bool:
    """Return whether a text is a reference to a variable and nothing else."""
    return REFERENCE.match(text) is not None


class Strict(BaseModel):
    """A model that converts no values, accepts no unknown fields and can't be changed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _is_preset(value: object) -> str:
    return "(preset)" if isinstance(value, str) else "(inline)"


# A preset's name, or the value itself. The tags keep unions out of the paths in errors.
PRESET_DESCRIPTION = "A preset of resources/_models, as `<file>.<name>`."
PresetName = Annotated[str, Field(description=PRESET_DESCRIPTION, max_length=200)]
BodyOrPreset = Annotated[
    Annotated[PresetName, Tag("(preset)")] | Annotated[Body, Tag("(inline)")],
    Discriminator(_is_preset),
]


def _is_reference(value: object) -> str:
    return "(reference)" if isinstance(value, str) and is_reference(value) else "(value)"


Value = TypeVar("Value")
Reference = Annotated[str, Field(pattern=REFERENCE.pattern, description="A reference to a variable of the bundle.")]
OrReference = Annotated[
    Annotated[Value, Tag("(value)")] | Annotated[Reference, Tag("(reference)")], Discriminator(_is_reference)
]
Seconds = Annotated[OrReference[Annotated[int, Field(ge=60)]], Field(description="Seconds, at least 60.")]


class OneOf(Strict):
    """Exactly one of the fields that may be empty is given."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        choices = [name for name, field in type(self).model_fields.items() if field.default is None]
        given = [name for name in choices if getattr(self, name) is not None]
        if len(given) != 1:
            holds = f"has {listed(given, 'and')}" if given else "has none of them"
            raise PydanticCustomError(
                "rule", "needs exactly one of {choices}; it {holds}.", {"choices": listed(choices), "holds": holds}
            )
        return self


class Principal(OneOf):
    """Who: exactly one of the three."""

    group_name: str | None = Field(None, description="A group of the account.")
    user_name: str | None = Field(None, description="A person's user name.")
    service_principal_name: str | None = Field(None, description="A service principal's application id.")


class Permission(Principal):
    """What a group, a person or a service principal may do."""

    level: Literal["CAN_VIEW", "CAN_RUN", "CAN_MANAGE"] = Field(
        description="CAN_VIEW sees it, CAN_RUN also starts and stops it, CAN_MANAGE also changes it."
    )


# Databricks' levels that a permission can't have here → what to know about them, as an end of a message.
OTHER_LEVELS = {"CAN_MANAGE_RUN": " It is called CAN_RUN here.", "IS_OWNER": " The owner is whoever deploys."}


def _each_once(permissions: tuple[Permission, ...]) -> tuple[Permission, ...]:
    """Refuse a principal that is named twice: only one of its levels could count."""
    names = Counter((one.group_name, one.user_name, one.service_principal_name) for one in permissions)
    for name, count in names.items():
        if count > 1:
            raise PydanticCustomError(
                "rule", "names {name} twice. Keep one of the two.", {"name": quoted(next(filter(None, name), ""))}
            )
    return permissions


Permissions = Annotated[tuple[Permission, ...], AfterValidator(_each_once)]


class RunAs(OneOf):
    """Who runs: exactly one of the two."""

    user_name: str | None = Field(None, description="A person's user name.")
    service_principal_name: str | None = Field(None, description="A service principal's application id.")


class Notifications(Strict):
    """Who gets mail."""

    on_failure: tuple[str, ...] = Field((), description="Addresses to notify of a failed run or update.")
    on_success: tuple[str, ...] = Field((), description="Addresses to notify of a successful run or update.")


class Periodic(Strict):
    """Every so often, from whenever the job was deployed."""

    interval: OrReference[Annotated[int, Field(ge=1, le=10_000)]] = Field(
        description="The number of units between two runs."
    )
    unit: OrReference[Literal["HOURS", "DAYS", "WEEKS"]] = Field(description="HOURS, DAYS or WEEKS.")


class Cron(Strict):
    """At times of the clock."""

    expression: str = Field(
        description="A Quartz expression: second, minute, hour, day of month, month, day of week, year if wanted; one of "
        "the two days is `?`. `0 30 6 * * ?` is every day at 06:30.",
    )
    timezone: str = Field(description="The expression's time zone, by its IANA name: Europe/Zurich, UTC.")


class TableUpdate(Strict):
    """When tables have been written; this is how one domain follows another."""

    tables: tuple[str, ...] = Field(
        (),
        description="Logical names, `<domain>.<source>.<layer>_<asset>`. The target's prefixes are added: this domain's own "
        "for its own tables, those of `upstream` for tables of other domains.",
    )
    external_tables: tuple[str, ...] = Field(
        (), description="Full names of tables that this repository doesn't write; used as they are in every target."
    )
    condition: OrReference[Literal["ANY_UPDATED", "ALL_UPDATED"]] = Field(
        "ANY_UPDATED", description="ANY_UPDATED: one table is enough. ALL_UPDATED: each has been written since the last run."
    )
    min_time_between_triggers_seconds: Seconds | None = Field(
        None, description="The shortest time between two runs, in seconds; at least 60."
    )
    wait_after_last_change_seconds: Seconds | None = Field(
        None, description="Wait until nothing has been written for this many seconds; at least 60."
    )


class FileArrival(Strict):
    """When files arrive in a volume or an external location."""

    url: str = Field(description="The place to watch: `/Volumes/…/` or the URL of an external location; it ends with `/`.")
    min_time_between_triggers_seconds: Seconds | None = Field(
        None, description="The shortest time between two runs, in seconds; at least 60."
    )
    wait_after_last_change_seconds: Seconds | None = Field(
        None, description="Wait until no file has arrived for this many seconds; at least 60."
    )


class Schedule(OneOf):
    """What starts a job: exactly one of the four. In dev it is paused, as everything there."""

    periodic: Periodic | None = Field(None, description="At a fixed interval of hours, days or weeks.")
    cron: Cron | None = Field(None, description="At fixed times, in a time zone.")
    table_update: TableUpdate | None = Field(None, description="When tables have been written.")
    file_arrival: FileArrival | None = Field(None, description="When files arrive.")
    paused: OrReference[bool] = Field(
        default=False,
        description="Deploy the schedule paused, in every target; or by a variable that is PAUSED or UNPAUSED. With `false` "
        "written out, it isn't paused in dev either.",
    )


class TargetSettings(BaseModel):
    """What is different in one target: any other field of the spec, and these."""

    # The other fields are those of the spec, which is checked with them in the place of the common ones.
    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    absent: bool = Field(default=False, description="Whether there is none in this target.")
    paused: bool | None = Field(None, description="Whether its schedule is paused in this target.")
    run_as: RunAs | None = Field(None, description="Who runs it in this target, instead of the domain's `run_as`.")


class Identified(Strict):
    """The fields that both kinds of spec have."""

    domain: str = Field(description="The domain: what deploys as one unit, and the name of its catalog.")
    source: str = Field(description="The source system, and the name of the schema.")
    layer: str = Field(description="The layer of the data; see `spec_models`.")
    asset: str = Field(description="The subject of the data, and the last part of the name.")
    permissions: OrReference[Permissions] = Field(
        (),
        description="Permissions, in addition to the domain's; for the same principal, these win. A variable in their place "
        "has them in Databricks' own form.",
    )
    notifications: Notifications = Field(Notifications(), description="Email notifications, in addition to the domain's.")
    tags: dict[str, str] = Field(
        {}, description="Tags, in addition to the domain's. `domain`, `source`, `layer` are always set and can't be changed."
    )
    imported: Body | None = Field(
        None,
        description="For a resource that was deployed before it had a spec, see `generator import`. The platform and the "
        "domain's settings add nothing to it; what they would set stands here in Databricks' own form: `name`, `run_as`, a "
        "pipeline's `catalog`, `schema` and `libraries`, …; `key` is its key in the bundle, if not the one of its names.",
    )
    targets: dict[str, TargetSettings] = Field(
        {},
        description="What is different in single targets: any field but the four of the name. Entries of mappings are added "
        "to the common ones; everything else replaces them.",
    )


class PipelineSpec(Identified):
    """A pipeline: the source files that it loads and the compute that it runs on."""

    layers: tuple[str, ...] = Field(
        (), description="The layers whose folders it loads, for a pipeline that runs a chain. By default its own layer's."
    )
    files: tuple[str, ...] = Field(
        (), description="Load only files with these names, in each of its layers. By default everything in the folders."
    )
    external_files: tuple[str, ...] = Field(
        (),
        description="Paths in the workspace of notebooks, files and folders (`/…/**`) that this repository doesn't hold; "
        "used as they are in every target. With them, folders of layers are loaded only if `layers` or `files` names some.",
    )
    serverless: OrReference[bool] = Field(default=True, description="Whether it runs on serverless compute.")
    environment: BodyOrPreset | None = Field(
        None,
        description="Its environment, as a preset (`environments.<name>`) or as Databricks' fields; the runtime package is "
        "added.",
    )
    dependencies: tuple[str, ...] = Field(
        (), description="Additional packages to install, in pip's notation: `rapidfuzz==3.13.0`."
    )
    clusters: OrReference[dict[str, BodyOrPreset]] = Field(
        {},
        description="Clusters by label (`default`, `updates`, `maintenance`), as presets or as Databricks' fields; "
        "only with `serverless: false`. A variable in their place is a list of Databricks' own.",
    )
    configuration: dict[str, str] = Field(
        {}, description="Configuration that its code reads. Keys that begin with `platform.` are reserved for the platform."
    )
    settings: Body = Field({}, description="Every other field of a pipeline in Databricks' bundles, as in their reference.")


class JobSpec(Identified):
    """A job: its schedule and its tasks."""

    description: str | None = Field(None, max_length=27_700, description="What the job is for.")
    schedule: (
        Annotated[
            Annotated[PresetName, Tag("(preset)")] | Annotated[Schedule, Tag("(inline)")],
            Discriminator(_is_preset),
        ]
        | None
    ) = Field(
        None,
        description="What starts it, as a preset (`schedules.<name>`) or inline. By default it has no schedule: people "
        "or other jobs start it.",
    )
    parameters: dict[str, str] = Field(
        {},
        description="Parameters with their defaults, in addition to `catalog`, `schema` and the platform's, which every job "
        "has.",
    )
    tasks: tuple[Body, ...] = Field(
        (),
        description="Its tasks, in Databricks' own format; `refresh_pipeline: <name>` is short for a task that refreshes a "
        "pipeline of this domain. By default one task that refreshes the pipeline with the job's own name.",
    )
    environments: dict[str, BodyOrPreset] = Field(
        {},
        description="Serverless environments by `environment_key`, as presets (`environments.<name>`) or as Databricks' "
        "fields.",
    )
    clusters: dict[str, BodyOrPreset] = Field(
        {}, description="Job clusters by `job_cluster_key`, as presets (`clusters.<name>`) or as Databricks' fields."
    )
    settings: Body = Field({}, description="Every other field of a job in Databricks' bundles, as in their reference.")


class DomainSettings(Strict):
    """Settings for all resources of one domain."""

    owner: str | None = Field(
        None, description="The group that owns the domain: it may manage everything, and is set as a tag."
    )
    run_as: dict[str, RunAs] = Field(
        {},
        description="Who runs the domain's jobs and pipelines, by target. Targets in development mode may be left out: "
        "there, the person who deploys does.",
    )
    permissions: Permissions = Field((), description="Permissions on all of the domain's jobs and pipelines.")
    notifications: Notifications = Field(
        Notifications(), description="Email notifications about all of the domain's jobs and pipelines."
    )
    budget_policy: str | None = Field(None, description="The id of the serverless budget policy to charge.")
    tags: dict[str, str] = Field({}, description="Tags of all of the domain's jobs and pipelines.")


SPEC_MODELS: dict[Kind, type[PipelineSpec] | type[JobSpec]] = {Kind.PIPELINES: PipelineSpec, Kind.JOBS: JobSpec}


@cache
def spec_models(layers: tuple[str, ...] = DEFAULT_LAYERS) -> Mapping[Kind, type[PipelineSpec] | type[JobSpec]]:
    """Return the models of specs in a repository with some layers, which are the only ones that their fields take."""
    layer: Any = StrEnum("Layer", {name.upper(): name for name in layers})
    is_default = layers == DEFAULT_LAYERS
    layer.__doc__ = f"The stages of data{': landed, typed, joined, reported' if is_default else ', in their order'}."
    of_layer: dict[str, Any] = {"layer": (layer, Field(description=f"{listed(layers)}."))}
    of_layers: dict[str, Any] = {"layers": (tuple[layer, ...], PipelineSpec.model_fields["layers"])}
    return {
        Kind.PIPELINES: _with_fields(PipelineSpec, of_layer | of_layers),
        Kind.JOBS: _with_fields(JobSpec, of_layer),
    }


def _with_fields(model: type[Model], given: dict[str, Any]) -> type[Model]:
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **given)


# Fields that the platform sets, which `settings` may not, and how to influence them instead.
OWNED_SETTINGS: dict[Kind, dict[str, str]] = {
    Kind.PIPELINES: {
        "name": "it is made of domain, source, layer and asset",
        "catalog": "it is the domain, with the target's prefix",
        "schema": "it is the source, with the target's prefix",
        "target": "it is the source, with the target's prefix, as `schema`",
        "storage": "the tables lie in Unity Catalog",
        "libraries": "use `layers`, `files` and `external_files`",
        "configuration": "use `configuration` beside `settings`",
        "environment": "use `environment` and `dependencies` beside `settings`",
        "clusters": "use `clusters` beside `settings`",
        "serverless": "use `serverless` beside `settings`",
        "tags": "use `tags` beside `settings`",
        "permissions": "use `permissions` beside `settings`",
        "run_as": "use `run_as` in the domain's settings",
        "budget_policy_id": "use `budget_policy` in the domain's settings",
        "development": "it follows from the target",
        "schedule": "a job starts a pipeline. Write a job's spec with `schedule`",
        "trigger": "a job starts a pipeline. Write a job's spec with `schedule`",
        "id": "the deployment knows it",
    },
    Kind.JOBS: {
        "name": "it is made of domain, source, layer and asset",
        "description": "use `description` beside `settings`",
        "schedule": "use `schedule` beside `settings`",
        "trigger": "use `schedule` beside `settings`",
        "parameters": "use `parameters` beside `settings`",
        "tasks": "use `tasks` beside `settings`",
        "environments": "use `environments` beside `settings`",
        "job_clusters": "use `clusters` beside `settings`",
        "tags": "use `tags` beside `settings`",
        "permissions": "use `permissions` beside `settings`",
        "run_as": "use `run_as` in the domain's settings",
        "budget_policy_id": "use `budget_policy` in the domain's settings",
    },
}


def owned_settings(kind: Kind, naming: Naming) -> Mapping[str, str]:
    """Return the fields of a kind that the platform sets, and how to influence them, in a repository with some naming."""
    if naming.has_plain_tables or kind is Kind.JOBS:
        return OWNED_SETTINGS[kind]
    said = {name: f"`{key}` of [tool.scope.naming] says it" for name, key in _OF_NAMING.items()}
    return OWNED_SETTINGS[kind] | said


_OF_NAMING = {"catalog": "catalog", "schema": "schema", "target": "schema"}
