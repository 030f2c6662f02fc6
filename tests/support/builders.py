"""Builds small platforms for tests: this repository's own bundle, loader and runtime package, with made-up domains.

Everything is returned as path → content, to be written into a `Sandbox`, so a test can add, change and drop files first.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from generator.emit import Module, digest, module_text
from generator.layout import Kind
from tests.support.sandbox import REPOSITORY, tracked_files

LAYERS = ("raw", "base", "staging", "final")

_SKELETON_FILES = frozenset(
    {".gitattributes", ".gitignore", "databricks.yml", "pyproject.toml", "resources/__init__.py", "src/pyproject.toml"}
)
_SKELETON_FOLDERS = ("targets/", "resources/_", "src/common/")


def skeleton() -> dict[str, str | bytes]:
    """Return this repository's bundle without its domains and its tooling: what a plain `bundle validate` needs."""
    return {
        path: (REPOSITORY / path).read_bytes()
        for path in tracked_files(REPOSITORY)
        if path in _SKELETON_FILES or path.startswith(_SKELETON_FOLDERS)
    }


def monorepo(domains: int = 2, sources: int = 1) -> dict[str, str | bytes]:
    """Return a platform of domains `d00`, `d01`, … with sources `s00`, `s01`, …"""
    files = skeleton()
    for domain_number in range(domains):
        files |= domain(f"d{domain_number:02}", [f"s{number:02}" for number in range(sources)])
    return files


def domain(name: str, sources: Iterable[str] = ("orders",), *, imports: Iterable[str] = ()) -> dict[str, str | bytes]:
    """Return a domain; each source is a pipeline over four layers and a job that refreshes it."""
    files: dict[str, str | bytes] = {f"src/{name}/__init__.py": "", f"resources/{name}/__init__.py": ""}
    for source_name in sources:
        files |= source(name, source_name, imports=imports)
    return files


def source(domain_name: str, name: str, *, imports: Iterable[str] = ()) -> dict[str, str | bytes]:
    """Return one source of a domain; its base layer imports the modules named, say `common.money`."""
    home = f"{domain_name}/{name}"
    pipeline = f"{domain_name}_{name}_final_facts_pipeline"
    files: dict[str, str | bytes] = {f"src/{home}/__init__.py": ""}
    for layer in LAYERS:
        files[f"src/{home}/{layer}/__init__.py"] = ""
        files[f"src/{home}/{layer}/facts.py"] = _layer_module(layer, imports if layer == "base" else ())
    files |= {
        f"resources/{home}/__init__.py": "",
        f"resources/{home}/pipelines/__init__.py": "",
        f"resources/{home}/jobs/__init__.py": "",
        f"resources/{home}/pipelines/final_facts.py": resource_module(
            "pipeline", pipeline, pipeline_fields(domain_name, name)
        ),
        f"resources/{home}/jobs/refresh.py": resource_module(
            "job", f"{domain_name}_{name}_refresh_job", job_fields(f"{domain_name}_{name}_refresh", pipeline)
        ),
    }
    return files


def pipeline_fields(domain_name: str, source_name: str) -> dict[str, Any]:
    """Return a pipeline as the bundle's YAML would have it."""
    return {
        "name": f"{domain_name}_{source_name}_final_facts",
        "catalog": "${var.catalog_prefix}" + domain_name,
        "schema": "${var.schema_prefix}" + source_name,
        "serverless": True,
        "libraries": [{"glob": {"include": f"src/{domain_name}/{source_name}/**"}}],
        "environment": {"dependencies": ["--editable ${workspace.file_path}/src"]},
    }


def job_fields(name: str, pipeline: str) -> dict[str, Any]:
    """Return a job that refreshes a pipeline of the same domain."""
    refresh = {"task_key": "refresh", "pipeline_task": {"pipeline_id": f"${{resources.pipelines.{pipeline}.id}}"}}
    return {"name": name, "tasks": [refresh]}


def wheel_job_fields(name: str) -> dict[str, Any]:
    """Return a job that runs code from the wheel of `src`."""
    return {
        "name": name,
        "tasks": [
            {
                "task_key": "main",
                "environment_key": "default",
                "python_wheel_task": {"package_name": "data_platform_runtime", "entry_point": "main"},
            }
        ],
        "environments": [
            {"environment_key": "default", "spec": {"environment_version": "4", "dependencies": ["./src/dist/*.whl"]}}
        ],
    }


def resource_module(kind: str, key: str, fields: Mapping[str, Any]) -> str:
    """Return a module of resources/ that defines one `job` or `pipeline`, as the generator writes it; `key` is its key."""
    package = {"job": Kind.JOBS, "pipeline": Kind.PIPELINES}[kind]
    return module_text(Module(f"specs/{package}/{key}.yml", package, key, fields, digest(fields)))


def allow_code(config: str, *domains: str) -> str:
    """Return a `pyproject.toml` that lets these domains run code at plan and deploy."""
    return config.replace("[tool.scope]\n", f"[tool.scope]\nallow-code = {json.dumps(domains)}\n")


def resource_yaml(kind: str, key: str, fields: Mapping[str, Any]) -> str:
    """Return a YAML file that defines one resource, of any kind that the CLI knows (`volumes`, `dashboards`, …)."""
    return yaml.safe_dump({"resources": {kind: {key: dict(fields)}}}, sort_keys=False)


def _layer_module(layer: str, imports: Iterable[str]) -> str:
    lines = "".join(f"import {module}\n" for module in imports)
    return f'"""The {layer} layer."""\n\n{lines}ROWS = 1\n'
