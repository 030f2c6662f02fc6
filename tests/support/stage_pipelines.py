"""A deployment's stage → its pipelines, as they are deployed, and the tables that their files write and read.

The stage is the folder that a deploy uploads; its own modules are loaded, as the CLI does it. Variables get a target's
values, and prefixes of catalogs begin with `spark_catalog.`: open-source Spark has no other catalog.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from common.tables import full_name
from scope.graph.closure import DomainIndex
from scope.stage.folder import StageFacts, write_stage

ONLY_CATALOG = "spark_catalog"
USER = "ada"
_CATALOG_PREFIXES = ("catalog_prefix", "upstream_catalog_prefix")
_REFERENCE = re.compile(r"\$\{([a-z_.]+)\}")
_EDITABLE = "--editable "
_LOAD = """
import json, sys
from databricks.bundles.core import Bundle
from resources import load_resources
found = load_resources(Bundle(target=sys.argv[1], variables={}))
problems = [f"{one.location and one.location.file}: {one.summary}" for one in found.diagnostics.items]
print(json.dumps({"problems": problems, "pipelines": {key: one.as_dict() for key, one in found.pipelines.items()}}))
"""


@dataclass(frozen=True, slots=True)
class StagedPipeline:
    """A pipeline of a stage: its settings with every variable filled in, and the tables of its files, by logical name."""

    key: str
    domain: str
    stage: Path
    settings: Mapping[str, Any]
    writes: frozenset[str]
    reads: frozenset[str]

    @property
    def python(self) -> Path:
        """The stage's own Python, which sees installed packages and not the checkout."""
        return self.stage / ".venv/bin/python"

    @property
    def import_roots(self) -> tuple[str, ...]:
        """The folders that it installs as editable, from which its files import."""
        dependencies = self.settings.get("environment", {}).get("dependencies", [])
        return tuple(one.removeprefix(_EDITABLE) for one in dependencies if one.startswith(_EDITABLE))

    def physical(self, table: str) -> str:
        """Return the full name of a table of its schema in open-source Spark."""
        return full_name(self.settings["catalog"], self.settings["schema"], table)

    def to_open_spec(self, storage: Path) -> dict[str, Any]:
        """Return what `spark-pipelines` runs it by. Raises ValueError for code that is neither a file nor a folder."""
        libraries = self.settings["libraries"]
        if other := [one for one in libraries if "glob" not in one]:
            raise ValueError(f"{self.key} has code that open-source Spark can't run, only files and folders: {other}")
        catalog, schema, _ = self.physical("any").split(".")
        return {
            "name": self.settings["name"],
            "storage": storage.as_uri(),
            "catalog": catalog,
            "schema": schema,
            "configuration": dict(self.settings.get("configuration", {})),
            "libraries": libraries,
        }


def staged_pipelines(index: DomainIndex, target: str, domain: str, folder: Path) -> list[StagedPipeline]:
    """Write the stage of a deployment into an empty folder and return its pipelines with code, in order of their keys."""
    if not index.rules.naming.has_plain_tables:
        raise RuntimeError("`just test-spark` runs pipelines by the default names alone, see docs/naming.md.")
    facts = StageFacts(target, domain, commit=None, branch=None, origin=None)
    write_stage(folder, index.snapshot, tuple(index.staged(target, domain)), facts)
    values = _variables(folder, target) | {
        "bundle.target": target,
        "workspace.file_path": str(folder),
        "workspace.current_user.short_name": USER,
    }
    values |= {f"var.{name}": f"{ONLY_CATALOG}.{_filled(values[f'var.{name}'], values)}" for name in _CATALOG_PREFIXES}
    return [
        _pipeline(index, key, domain, folder, _filled(settings, values))
        for key, settings in sorted(_load(folder, target).items())
        if settings.get("libraries")
    ]


def _load(folder: Path, target: str) -> dict[str, Any]:
    command = [folder / ".venv/bin/python", "-c", _LOAD, target]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"The resources of {folder} don't load:\n{done.stderr}")
    answer = json.loads(done.stdout)
    if answer["problems"]:
        raise RuntimeError("\n".join(answer["problems"]))
    return answer["pipelines"]


def _variables(folder: Path, target: str) -> dict[str, Any]:
    """Return the plain values of the bundle's variables in a target, by `var.<name>`."""
    bundle = yaml.safe_load((folder / "databricks.yml").read_text(encoding="utf-8"))
    own = yaml.safe_load((folder / f"targets/{target}.yml").read_text(encoding="utf-8"))["targets"][target]
    values = {name: one.get("default") for name, one in bundle["variables"].items()} | own.get("variables", {})
    return {f"var.{name}": value for name, value in values.items() if isinstance(value, str)}


def _filled(node: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  a tree of JSON
    """Return a tree with the references in its texts filled in, also those in the values; others stay as they are."""
    match node:
        case str():
            return _REFERENCE.sub(lambda one: _filled(values[one[1]], values) if one[1] in values else one[0], node)
        case dict():
            return {key: _filled(value, values) for key, value in node.items()}
        case list():
            return [_filled(value, values) for value in node]
        case _:
            return node


def _pipeline(index: DomainIndex, key: str, domain: str, folder: Path, settings: Mapping[str, Any]) -> StagedPipeline:
    included = [one["glob"]["include"] for one in settings["libraries"] if "glob" in one]
    files = [path for path in index.snapshot.files("src") if any(_includes(pattern, path) for pattern in included)]
    uses = index.tables.read(files).values()
    return StagedPipeline(
        key,
        domain,
        folder,
        settings,
        frozenset(table for one in uses for table in one.writes),
        frozenset(read.table for one in uses for read in one.reads),
    )


def _includes(pattern: str, path: str) -> bool:
    return path.startswith(pattern.removesuffix("**")) if pattern.endswith("/**") else path == pattern
