"""The YAML files of any bundle → the jobs and pipelines that they define, in each target, with their places.

A target's own fields are merged with the common ones as the CLI does it: mappings field by field, some lists by
the names of their entries, other lists one after the other.
"""

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.checkout import read_plain_file
from generator.errors import Problem, SpecError, quoted, suggestion, value_name
from generator.layout import Kind
from generator.yaml_tree import Document, Json, TreePath, parse_document

BUNDLE_NAMES = ("databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml")
_SECTIONS = frozenset(
    {"artifacts", "bundle", "environments", "experimental", "include", "permissions", "presets", "python", "resources"}
    | {"run_as", "scripts", "sync", "targets", "variables", "workspace"}
)
# Lists whose entries have names, by the path from the resource: entries of one name are merged.
_NAMED = {
    "tasks": "task_key",
    "job_clusters": "job_cluster_key",
    "parameters": "name",
    "clusters": "label",
}
# The label of a pipeline's cluster that has none.
_DEFAULT_LABEL = "default"


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A YAML file of a bundle: where it lies, and the folder of the bundle that its paths stay in."""

    document: Document
    place: Path
    bundle: Path
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping that says something about one resource, and where it stands."""

    file: BundleFile
    path: TreePath
    body: dict[str, Json]

    def problem(self, path: TreePath, message: str, *, at_key: bool = False) -> Problem:
        """Return a problem of a value in it."""
        return self.file.document.problem((*self.path, *path), message, at_key=at_key)


@dataclass(slots=True)
class Definition:
    """A job or a pipeline: what holds in every target, if anything does, and what targets say."""

    kind: Kind
    key: str
    common: Part | None = None
    targets: dict[str, Part] = field(default_factory=dict)

    @property
    def first(self) -> Part:
        """Return the part that stands for it in messages."""
        return self.common or next(iter(self.targets.values()))

    @property
    def parts(self) -> list[Part]:
        """Return all of its parts."""
        return [*([self.common] if self.common else []), *self.targets.values()]


@dataclass(slots=True)
class BundleResources:
    """What a bundle's files hold: jobs and pipelines, what has no spec, what is the bundle's own, and problems."""

    files: list[BundleFile] = field(default_factory=list)
    definitions: dict[tuple[Kind, str], Definition] = field(default_factory=dict)
    # Each with its file and its path in it.
    others: list[tuple[BundleFile, TreePath]] = field(default_factory=list)
    sections: list[tuple[BundleFile, TreePath]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def run_as(self) -> dict[str | None, Json]:
        """Return who runs every resource that names nobody: in all targets, under None, and in single ones."""
        runners: dict[str | None, Json] = {}
        for file, path in self.sections:
            if path[-1] == "run_as":
                value: Any = file.document.tree
                for name in path:
                    value = value[name]
                runners[str(path[1]) if len(path) > 1 else None] = value
        return runners


def read_bundle_resources(paths: Iterable[Path], name_of: Callable[[Path], str]) -> BundleResources:
    """Read files, and those that they include, which `name_of` names for people.

    Raises SpecError if one can't be read; other problems are collected.
    """
    found = BundleResources()
    bundles = {place: find_bundle(place) for place in paths}
    waiting = list(bundles)
    unreadable: list[Problem | str] = []
    for place in waiting:
        name = name_of(place)
        try:
            content = read_plain_file(place, name)
            document = parse_document(name, content, merges=True, may_be_empty=True)
        except SpecError as error:
            unreadable += error.problems
            continue
        file = BundleFile(document, place, bundles[place], content.decode())
        found.files.append(file)
        for included in _included(file, found):
            if included not in bundles:
                # Wherever it lies.
                bundles[included] = file.bundle
                waiting.append(included)
    if unreadable:
        raise SpecError(*unreadable)
    for file in found.files:
        _collect(file, found)
    return found


def find_bundle(place: Path) -> Path:
    """Return the folder of the bundle that a file belongs to; without a bundle's own file, its own or the one above it."""
    for folder in place.parents:
        if any((folder / name).is_file() for name in BUNDLE_NAMES):
            return folder
    return place.parent.parent if place.parent.name == "resources" else place.parent


def _included(file: BundleFile, found: BundleResources) -> Iterator[Path]:
    patterns = file.document.tree.get("include")
    if patterns is None:
        return
    if not isinstance(patterns, list):
        found.problems.append(file.document.problem(("include",), f"must be a list, not {value_name(patterns)}."))
        return
    for index, pattern in enumerate(patterns):
        at = ("include", index)
        if not isinstance(pattern, str) or pattern.startswith("/"):
            found.problems.append(file.document.problem(at, "is not a pattern of files, relative to this one."))
            continue
        # Not Path.glob, which goes into folders at `**` where the CLI does not.
        names = sorted(glob.glob(pattern, root_dir=file.place.parent))  # noqa: PTH207
        if not names and not glob.has_magic(pattern):
            found.problems.append(file.document.problem(at, f"{quoted(pattern)} doesn't exist."))
        for name in names:
            place = Path(os.path.normpath(file.place.parent / name))
            if place.suffix in (".yml", ".yaml", ".json") and place.is_file():
                yield place


def _collect(file: BundleFile, found: BundleResources) -> None:
    document = file.document
    for name, value in document.tree.items():
        if name not in _SECTIONS:
            message = f"is not a field of a bundle, so nothing is taken from it.{suggestion(name, _SECTIONS)}"
            found.notes.append(document.problem((name,), message, at_key=True))
        elif name == "resources":
            _collect_resources(file, (name,), value, None, found)
        elif name in ("targets", "environments"):
            for target, settings in _entries(file, (name,), value, found):
                for inner, inner_value in _entries(file, (name, target), settings, found):
                    if inner == "resources":
                        _collect_resources(file, (name, target, inner), inner_value, target, found)
                    elif inner not in ("default", "mode"):
                        found.sections.append((file, (name, target, inner)))
        else:
            found.sections.append((file, (name,)))


def _entries(file: BundleFile, path: TreePath, value: Json, found: BundleResources) -> list[tuple[str, Json]]:
    if value is None:
        return []
    if isinstance(value, dict):
        return list(value.items())
    found.problems.append(file.document.problem(path, f"must be a mapping, not {value_name(value)}."))
    return []


def _collect_resources(file: BundleFile, path: TreePath, value: Json, target: str | None, found: BundleResources) -> None:
    for kind, resources in _entries(file, path, value, found):
        for key, body in _entries(file, (*path, kind), resources, found):
            at = (*path, kind, key)
            if kind not in tuple(Kind):
                found.others.append((file, at))
            elif not isinstance(body, dict):
                found.problems.append(file.document.problem(at, f"must be a mapping, not {value_name(body)}."))
            else:
                _add_part(Kind(kind), key, target, Part(file, at, _without_nulls(body)), found)


def _without_nulls(value: Any) -> Any:  # noqa: ANN401  any JSON
    """Return a value without empty fields, which say nothing."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _add_part(kind: Kind, key: str, target: str | None, part: Part, found: BundleResources) -> None:
    definition = found.definitions.setdefault((kind, key), Definition(kind, key))
    first = definition.common if target is None else definition.targets.get(target)
    if first is not None:
        line = first.file.document.keys[first.path].line
        found.problems.append(
            part.problem((), f"is defined twice, first in {first.file.document.file}:{line}. Remove one.", at_key=True)
        )
    elif target is None:
        definition.common = part
    else:
        definition.targets[target] = part


def merge_bodies(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource with what a target says about it."""
    merged: dict[str, Any] = dict(common)
    for name, value in own.items():
        before = merged.get(name)
        if isinstance(before, list) and isinstance(value, list) and name in _NAMED:
            merged[name] = _merge_named(_NAMED[name], before, value)
        else:
            merged[name] = _merge_values(before, value)
    return merged


def _merge_values(before: Any, value: Any) -> Any:  # noqa: ANN401  any JSON
    if value is None:
        return before
    if isinstance(before, dict) and isinstance(value, dict):
        return {**before, **{name: _merge_values(before.get(name), inner) for name, inner in value.items()}}
    if isinstance(before, list) and isinstance(value, list):
        return [*before, *value]
    return value


def _merge_named(name: str, before: list[Any], value: list[Any]) -> list[Any]:
    merged: dict[object, Any] = {}
    for index, entry in enumerate([*before, *value]):
        label = entry.get(name) if isinstance(entry, dict) else None
        if name == "label":
            label = str(label or _DEFAULT_LABEL).lower() if isinstance(entry, dict) else None
        # What has no name is nobody else's entry.
        key: object = label if isinstance(label, str) and label else ("", index)
        merged[key] = _merge_values(merged[key], entry) if key in merged else entry
    return list(merged.values())
