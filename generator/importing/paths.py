"""The paths of files in a bundle's resource → those of this repository, and the files that have to lie there.

In YAML, a path counts from the file that holds it; in a spec, from the repository's root. A file that a domain deploys stays
where it is; any other one gets a place below its source's code.
"""

import copy
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from generator.checkout import Checkout
from generator.errors import Problem, quoted
from generator.importing.definitions import Definition, Part
from generator.job_checks import ELSEWHERE
from generator.layout import CODE_ROOT, COMMON, Kind, code_folder, is_code
from generator.libraries import LIBRARY_PATHS, glob_folder, is_glob
from generator.resolve import TASK_PATHS
from generator.yaml_tree import TreePath

# Where files are named, beside the tasks' own fields; `*` is each entry of a list, and as the last part a dependency.
_OF_TASKS = (
    *(("libraries", "*", name) for name in ("whl", "jar", "egg", "requirements")),
    ("ai_runtime_task", "code_source_path"),
    ("ai_runtime_task", "deployments", "*", "command_path"),
)
_OF_JOBS = (("environments", "*", "spec", "dependencies", "*"),)
_ROOT = "root_path"
_OF_PIPELINES = (
    *(("libraries", "*", kind, field) for kind, field in LIBRARY_PATHS.items()),
    ("environment", "dependencies", "*"),
    (_ROOT,),
)
_OPTION = re.compile(r"(?P<option>-[re]) +(?P<path>.+)")
# Dependencies that are files: pip's names and versions have no folder, and packages' files have these endings.
_FILE = re.compile(r"\.{1,2}/.*|[^\s@;=<>~!\[]*(?:/[^\s@]*|\.(?:whl|jar|zip|tar\.gz))")
_DEPLOYED = "${workspace.file_path}/"
_UNTRANSLATED = (
    "names no file: with `git_source`, the CLI leaves paths as they are. Write it as ${workspace.file_path}/…, without the "
    "ending of a notebook."
)


@dataclass(frozen=True, slots=True)
class Move:
    """A file or folder outside of this repository's code, and the place that its spec names instead."""

    source: Path
    path: str
    part: Part
    at: TreePath

    def files(self) -> dict[str, Path]:
        """Return the files that it is about: their new paths, and where they lie now; none if there are none.

        A link that leads out of the bundle's folder is nobody's file.
        """
        bundle = self.part.file.bundle.resolve()
        return {path: place for path, place in self._files().items() if place.resolve().is_relative_to(bundle)}

    def _files(self) -> dict[str, Path]:
        if is_glob(self.path):
            folder, target = Path(glob_folder(self.source.as_posix())), glob_folder(self.path)
        elif self.source.is_dir():
            folder, target = self.source, self.path
        else:
            return {self.path: self.source} if self.source.is_file() else {}
        return {f"{target}/{name}": folder / name for name in Checkout(folder).files(".")}

    def problem(self, message: str) -> Problem:
        """Return a problem of the text that names it."""
        return self.part.problem(self.at, message)


@dataclass(slots=True)
class Translation:
    """A resource whose paths count from this repository's root, and what became of its files."""

    body: dict[str, Any]
    moves: list[Move] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A text that names a file: the container that holds it, its key there, and its path in the resource."""

    holder: Any
    key: str | int
    path: TreePath
    is_dependency: bool = False
    # Whether it is no file of the bundle: with `git_source`, the CLI leaves the paths of tasks as they are.
    is_in_git: bool = False


def translate_paths(definition: Definition, part: Part, domain: str, source: str, checkout: Checkout) -> Translation:
    """Return what a part of a definition says, with the paths of this repository."""
    has_git = any(isinstance(one.body.get("git_source"), dict) for one in definition.parts)
    translation = Translation(copy.deepcopy(part.body))
    for spot in _spots(definition.kind, translation.body, has_git=has_git):
        text = spot.holder[spot.key]
        if not isinstance(text, str):
            continue
        if spot.is_in_git:
            is_said = ELSEWHERE.match(text) or is_code(text.removeprefix("./"))
            if spot.holder.get("source") == "WORKSPACE" and not is_said:
                translation.problems.append(part.problem(spot.path, f"{quoted(text)} {_UNTRANSLATED}"))
            continue
        option, plain = _split_option(text) if spot.is_dependency else ("", text.strip())
        old = _locate(plain, part, checkout, is_path=bool(option) or not spot.is_dependency)
        if old is None:
            continue
        path = _place_of(old, part, domain, source, checkout)
        if fault := _path_fault(text, old, path, part, checkout):
            translation.problems.append(part.problem(spot.path, fault))
            continue
        # What lies in a root is named by itself.
        if checkout.root / path != old and spot.key != _ROOT:
            translation.moves.append(Move(old, path, part, spot.path))
        spot.holder[spot.key] = f"{option}{'./' if spot.is_dependency else ''}{path}"
    return translation


def _split_option(text: str) -> tuple[str, str]:
    match = _OPTION.fullmatch(text.strip())
    return (f"{match['option']} ", match["path"]) if match else ("", text.strip())


def _locate(text: str, part: Part, checkout: Checkout, *, is_path: bool) -> Path | None:
    """Return where the file lies that a text names, or None if it names none of the bundle's."""
    if text.startswith(_DEPLOYED) and _is_foreign(part, checkout):
        place = part.file.bundle / text.removeprefix(_DEPLOYED)
    elif ELSEWHERE.match(text) or not (is_path or _FILE.fullmatch(text)):
        return None
    else:
        place = part.file.place.parent / text
    # Lexically, as the CLI does.
    return Path(os.path.normpath(place))


def _path_fault(text: str, old: Path, path: str, part: Part, checkout: Checkout) -> str:
    if not old.is_relative_to(part.file.bundle):
        return f"{quoted(text)} leads out of the folder of its bundle. Put the file into it first."
    if text.endswith(".whl") and checkout.root / path != old:
        return (
            f"{quoted(text)} is built by the old bundle, from its own code. Here, {CODE_ROOT}/ is one wheel: move the code "
            "there, and use the preset environments.runtime, or an environment with the dependency `./src/dist/*.whl`."
        )
    return ""


def _is_foreign(part: Part, checkout: Checkout) -> bool:
    return part.file.bundle.resolve() != checkout.root.resolve()


def _place_of(old: Path, part: Part, domain: str, source: str, checkout: Checkout) -> str:
    """Return the path of this repository at which a file of a bundle is deployed with a domain."""
    if old.is_relative_to(checkout.root):
        path = old.relative_to(checkout.root).as_posix()
        # In the bundle of this repository, what a spec can't name is told like any other path.
        if f"{path}/".startswith((f"{code_folder(domain)}/", f"{COMMON}/")) or not _is_foreign(part, checkout):
            return path
    if not old.is_relative_to(part.file.bundle):
        return ""
    inside = old.relative_to(part.file.bundle).as_posix()
    own = f"{code_folder(domain, source)}/"
    return inside if inside.startswith(own) else posixpath.normpath(own + (inside[4:] if is_code(inside) else inside))


def _spots(kind: Kind, body: dict[str, Any], *, has_git: bool) -> Iterator[_Spot]:
    if kind is Kind.PIPELINES:
        yield from _walk(body, _OF_PIPELINES, ())
        return
    yield from _walk(body, _OF_JOBS, ())
    tasks = body.get("tasks")
    for index, task in enumerate(tasks if isinstance(tasks, list) else ()):
        yield from _task_spots(task, ("tasks", index), has_git=has_git)


def _task_spots(task: Any, at: TreePath, *, has_git: bool) -> Iterator[_Spot]:  # noqa: ANN401  any JSON
    for spot in _walk(task, TASK_PATHS, at):
        yield replace(spot, is_in_git=has_git or spot.holder.get("source") == "GIT")
    yield from _walk(task, _OF_TASKS, at)
    for inner in _walk(task, (("for_each_task", "task"),), at):
        yield from _task_spots(inner.holder["task"], inner.path, has_git=has_git)


def _walk(holder: Any, fields: Iterable[tuple[str, ...]], at: TreePath) -> Iterator[_Spot]:  # noqa: ANN401
    """Yield what stands at paths below a value, where `*` is each entry of a list."""
    for first, *rest in fields:
        keys: Iterable[str | int] = ()
        if first == "*":
            keys = range(len(holder)) if isinstance(holder, list) else ()
        elif isinstance(holder, dict) and first in holder:
            keys = (first,)
        for key in keys:
            if rest:
                yield from _walk(holder[key], (tuple(rest),), (*at, key))
            else:
                yield _Spot(holder, key, (*at, key), is_dependency=first == "*")
