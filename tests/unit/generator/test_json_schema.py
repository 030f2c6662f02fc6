"""Editors and docs know what the models know."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from generator.json_schema import schema_texts
from generator.reference import PATH, reference
from generator.spec import DomainSettings, JobSpec, PipelineSpec, Schedule
from tests.support.spec_tree import IDENTITY, REPOSITORY, SpecTree, spec_tree

EVERYTHING = REPOSITORY / "tests/golden/generator/everything/input"
PRESETS = {
    f"{path.stem}.{name}"
    for root in (REPOSITORY, EVERYTHING)
    for path in (root / "resources/_models").glob("*.yml")
    for name in yaml.safe_load(path.read_text(encoding="utf-8"))
}
TEXTS = schema_texts(PRESETS)
SCHEMAS = {path.rpartition("/")[2].removesuffix(".schema.json"): json.loads(text) for path, text in TEXTS.items()}


@cache
def validator(name: str) -> Draft202012Validator:
    Draft202012Validator.check_schema(SCHEMAS[name])
    return Draft202012Validator(SCHEMAS[name])


def schema_of(path: str) -> str:
    folder = path.split("/")[1]
    return {"pipelines": "pipeline", "jobs": "job", "domains": "domain"}.get(folder) or path.rpartition("/")[2].removesuffix(
        ".yml"
    )


def documents() -> Iterator[str]:
    for root in (REPOSITORY, EVERYTHING):
        for pattern in ("specs/*/*/*/*.yml", "specs/domains/*.yml", "resources/_models/*.yml"):
            yield from (path.relative_to(REPOSITORY).as_posix() for path in sorted(root.glob(pattern)))


@pytest.mark.parametrize("path", list(documents()))
def test_a_sound_document_is_sound_in_an_editor_too(path: str) -> None:
    tree = yaml.safe_load((REPOSITORY / path).read_text(encoding="utf-8"))
    name = schema_of(path.removeprefix("tests/golden/generator/everything/input/"))
    assert [error.message for error in validator(name).iter_errors(tree)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipeline", IDENTITY + "sheduled: x\n"),
        ("pipeline", IDENTITY.replace("final", "bronze")),
        ("pipeline", IDENTITY + "settings: {catalog: x}\n"),
        ("pipeline", IDENTITY + "settings: {chanel: x}\n"),
        ("pipeline", IDENTITY + "environment: {dependecies: []}\n"),
        ("pipeline", IDENTITY + "clusters: {default: {num_workers: many}}\n"),
        ("pipeline", IDENTITY + "clusters: {default: clusters.smal}\n"),
        ("pipeline", IDENTITY + "environment: schedules.nightly\n"),
        ("job", IDENTITY + "schedule: schedules.nihgtly\n"),
        ("job", IDENTITY + "targets: {prod: {schedule: schedules.nihgtly}}\n"),
        ("job", IDENTITY + "schedule: {periodic: {interval: 1, unit: MINUTES}}\n"),
        ("job", IDENTITY + "tasks: [{task_key: a, notbook_task: {}}]\n"),
        ("job", IDENTITY + "tasks: [{task_key: a, for_each_task: {inputs: x, task: {task_key: b, nope: 1}}}]\n"),
        ("job", IDENTITY + "settings: {max_concurrent_runs: one}\n"),
        ("job", IDENTITY + "clusters: {a: {num_wrkers: 1}}\n"),
        ("domain", "ownr: x\n"),
        ("clusters", "small: {num_wrkers: 1}\n"),
        ("schedules", "nightly: {crn: {}}\n"),
        ("environments", "default: {dependecies: []}\n"),
    ],
)
def test_an_editor_sees_what_is_wrong(name: str, text: str) -> None:
    assert list(validator(name).iter_errors(yaml.safe_load(text)))


def test_a_reference_may_stand_for_a_number() -> None:
    tree = yaml.safe_load(IDENTITY + "settings: {max_concurrent_runs: '${var.workers}'}\n")
    assert list(validator("job").iter_errors(tree)) == []


def fields(node: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401  any JSON
    for name, field in node.get("properties", {}).items():
        yield f"{place}.{name}", field
    for name, definition in node.get("$defs", {}).items():
        yield from fields(definition, name)


@pytest.mark.parametrize("model", [PipelineSpec, JobSpec, DomainSettings, Schedule])
def test_every_field_has_a_description(model: type[PipelineSpec]) -> None:
    assert [
        place for place, field in fields(model.model_json_schema(), model.__name__) if not field.get("description")
    ] == []


def test_the_docs_reference_names_every_field() -> None:
    text = (REPOSITORY / PATH).read_text(encoding="utf-8")
    assert reference() in text
    for model in (PipelineSpec, JobSpec, DomainSettings, Schedule):
        assert all(f"| `{name}` |" in text for name in model.model_fields)


def test_what_is_committed_is_fresh() -> None:
    ran = SpecTree(REPOSITORY).run("schema", "--check")
    assert (ran.exit_code, ran.stderr) == (0, "")


def test_a_stale_schema_is_found_and_refreshed(tmp_path: Path) -> None:
    tree = spec_tree(tmp_path)
    assert tree.run("schema", "--check").exit_code == 1
    assert tree.run("schema").exit_code == 0
    assert tree.run("schema", "--check").exit_code == 0
    tree.write("resources/_generated/job.schema.json", "{}")
    ran = tree.run("schema", "--check")
    assert (ran.exit_code, ran.stderr) == (1, "resources/_generated/job.schema.json is stale; run: just generate\n")


@pytest.mark.parametrize(
    "path", sorted(path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.glob("specs/*/*/*/*.yml"))
)
def test_a_spec_says_which_schema_it_has(path: str) -> None:
    line = (REPOSITORY / path).read_text(encoding="utf-8").splitlines()[0]
    schema = (REPOSITORY / path).parent / line.removeprefix("# yaml-language-server: $schema=")
    assert schema.resolve() == REPOSITORY / f"resources/_generated/{schema_of(path)}.schema.json"


def test_a_new_preset_is_offered_by_editors(tmp_path: Path) -> None:
    tree = spec_tree(tmp_path)
    tree.write("resources/_models/schedules.yml", "weekly: {periodic: {interval: 1, unit: WEEKS}}\n")
    assert tree.run("schema").exit_code == 0
    schema = json.loads((tree.root / "resources/_generated/job.schema.json").read_text(encoding="utf-8"))
    assert '"enum": ["schedules.weekly"]' in json.dumps(schema["properties"]["schedule"])
    assert '"enum": ["schedules.weekly"]' in json.dumps(schema["$defs"]["TargetSettings"]["properties"]["schedule"])


def test_the_editor_is_pointed_at_every_schema() -> None:
    settings = json.loads((REPOSITORY / ".vscode/settings.json").read_text(encoding="utf-8"))
    assert {path.removeprefix("./") for path in settings["yaml.schemas"]} == set(TEXTS)
    for pattern in settings["yaml.schemas"].values():
        assert list(EVERYTHING.glob(pattern)), pattern


@pytest.mark.parametrize(
    ("model", "pattern"), [(PipelineSpec, "specs/pipelines/*/*/*.yml"), (JobSpec, "specs/jobs/*/*/*.yml")]
)
def test_the_case_that_is_deployed_uses_every_field(model: type[PipelineSpec], pattern: str) -> None:
    used = {name for path in EVERYTHING.glob(pattern) for name in yaml.safe_load(path.read_text(encoding="utf-8"))}
    assert set(model.model_fields) - used == set()
