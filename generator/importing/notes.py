"""What a person has to know and to do about an import: what isn't taken over, and the steps that follow."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generator.checkout import Checkout, shown_path
from generator.errors import Problem, listed, visible
from generator.importing.definitions import BundleFile, BundleResources, Part
from generator.importing.draft import Draft
from generator.importing.text import Comment, comments_above, comments_of
from generator.layout import RESOURCE_ROOT
from generator.yaml_tree import Json, TreePath

# Sections of a bundle that change its resources, and what to do about them here.
_SECTIONS = {
    "artifacts": "what it builds isn't built here: src/ is one wheel. Move the code there.",
    "permissions": "holds for every resource of the old bundle. Here, those of targets/<target>.yml, domains and specs do.",
    "presets": "changes names, tags and schedules when they are deployed. Here, targets/<target>.yml can have presets.",
    "run_as": "is who runs every resource of the old bundle, and is kept in each spec that has none of its own.",
}
# The number of files that are listed one by one.
_MAX_PAIRS = 20
# References whose values are those of the bundle that deploys.
_OF_BUNDLE = re.compile(
    r"\$\{(?:bundle\.name|bundle\.uuid|bundle\.git\.[^{}]*|workspace\.(?:root|file|artifact|state)_path)\}"
)


@dataclass(slots=True)
class Notes:
    """Things to know, and steps to take in their order."""

    known: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def add_all(
        self,
        found: BundleResources,
        drafts: Sequence[Draft],
        copies: Mapping[str, Path],
        checkout: Checkout,
        *,
        copied: bool,
    ) -> None:
        """Add everything that there is to say about an import."""
        foreign = [file for file in found.files if file.bundle.resolve() != checkout.root.resolve()]
        self.known += map(str, found.notes)
        self.known += map(str, _left_over(found, drafts))
        for file in foreign:
            self.known += map(str, _sections(file, found))
        self.known += map(str, _of_bundle(drafts, foreign))
        self.known += _comments(found, drafts)
        if copies and not copied:
            pairs = [f"  {shown_path(place, checkout)} → {path}" for path, place in copies.items()]
            pairs[_MAX_PAIRS:] = [f"  and {len(pairs) - _MAX_PAIRS} more"] if len(pairs) > _MAX_PAIRS else []
            self.steps.append("\n".join(["copy these files, or import with `--copy-files`:", *pairs]))
        self.steps += _removals(found, drafts, foreign)
        self.steps.append("build the modules: `just generate`")
        if copies:
            self.steps.append("copy what these files import and `%run`, too: `just scope-check` finds what is missing")
        self.steps += _continuity(drafts, foreign)


def home_of(drafts: Sequence[Draft]) -> str:
    """Return the folder for what has no specs."""
    return f"{RESOURCE_ROOT}/{drafts[0].identity.domain}/{drafts[0].identity.source}" if drafts else RESOURCE_ROOT


def _left_over(found: BundleResources, drafts: Sequence[Draft]) -> Iterator[Problem]:
    home = home_of(drafts)
    for file, path in found.others:
        kind = visible(path[-2])
        if file.document.file.startswith(f"{RESOURCE_ROOT}/"):
            message = f"{kind} have no specs; it stays where it is."
        else:
            message = f"{kind} have no specs. Move it, as YAML, to a file in {home}/; paths in it count from that file."
        yield file.document.problem(path, message, at_key=True)


def _sections(file: BundleFile, found: BundleResources) -> Iterator[Problem]:
    plain: list[TreePath] = []
    for owner, path in found.sections:
        if owner is not file or path[-1] == "variables":
            continue
        if message := _SECTIONS.get(str(path[-1])):
            yield file.document.problem(path, message, at_key=True)
        elif len(path) == 1:
            plain.append(path)
    if plain:
        names = listed([str(path[-1]) for path in plain], "and")
        message = f"not taken over: {names}. Here, databricks.yml and targets/ have their own."
        yield Problem(file.document.file, 0, 0, "", message)


def _of_bundle(drafts: Iterable[Draft], foreign: Iterable[BundleFile]) -> Iterator[Problem]:
    files = [file.place for file in foreign]
    for draft in drafts:
        for part in draft.definition.parts:
            if part.file.place in files:
                for path, text in _texts(part.body, ()):
                    if match := _OF_BUNDLE.search(text):
                        yield part.problem(path, f"`{match[0]}` is kept, and is this bundle's from now on.")


def _texts(value: Json, path: TreePath) -> Iterator[tuple[TreePath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, key))


def kept_comments(part: Part) -> list[Comment]:
    """Return the comments that go to the spec of a resource."""
    return comments_above(part.file.document.keys[part.path].line, comments_of(part.file.text))


def _comments(found: BundleResources, drafts: Iterable[Draft]) -> Iterator[str]:
    firsts = {id(draft.definition.first.file): draft.definition.first for draft in drafts}
    for file in found.files:
        if id(file) not in firsts:
            continue
        kept = {one.line for draft in drafts if (part := draft.definition.first).file is file for one in kept_comments(part)}
        lost = [str(one.line) for one in comments_of(file.text) if one.line not in kept]
        if lost:
            shown = listed(lost, "and") if len(lost) <= 6 else f"{', '.join(lost[:6])} and {len(lost) - 6} more"
            yield f"{file.document.file}: comments aren't taken over, but those right above a resource: lines {shown}."


def _removals(found: BundleResources, drafts: Iterable[Draft], foreign: Sequence[BundleFile]) -> Iterator[str]:
    by_file: dict[str, list[str]] = defaultdict(list)
    places: dict[str, set[TreePath]] = defaultdict(set)
    for draft in drafts:
        for part in draft.definition.parts:
            if part.file not in foreign:
                name = part.file.document.file
                line = part.file.document.keys[part.path].line
                by_file[name].append(f"{draft.definition.kind}.{visible(draft.definition.key)} (line {line})")
                places[name].add(part.path)
    for file in found.files:
        name = file.document.file
        if name in by_file:
            if _is_used_up(file, found, places[name]):
                yield f"delete {name}, or its resources are defined twice"
            else:
                yield f"remove {listed(by_file[name], 'and')} from {name}, or they are defined twice"


def _is_used_up(file: BundleFile, found: BundleResources, taken: set[TreePath]) -> bool:
    parts = {part.path for one in found.definitions.values() for part in one.parts if part.file is file}
    rest = [path for owner, path in (*found.others, *found.sections) if owner is file]
    return not rest and parts == taken


def _continuity(drafts: Sequence[Draft], foreign: Sequence[BundleFile]) -> Iterator[str]:
    renamed = [draft for draft in drafts if draft.key != draft.definition.key]
    here = [draft for draft in renamed if draft.definition.first.file not in foreign]
    if here:
        lines = [
            f'  "{draft.identity.domain}.{draft.identity.kind}.{visible(draft.definition.key)} -> '
            f'{draft.identity.domain}.{draft.identity.kind}.{draft.key}",'
            for draft in here
        ]
        yield "\n".join(["keys with other signs than letters, digits and `_` change; add to moves.toml:", *lines])
    if others := [visible(draft.definition.key) for draft in renamed if draft not in here]:
        yield (
            f"{listed(others, 'and')} can't be adopted under another key: adopt it as YAML in {RESOURCE_ROOT}/ first, then "
            "import that"
        )
    if foreign and len(renamed) < len(drafts):
        yield "adopt what is deployed, before any deploy: `scope adopt --target TARGET --from ROOT_PATH_OF_THE_OLD_BUNDLE`"
