"""A repository that was made of a template: which files the template keeps up, and what another version makes of them.

Specs, sources, targets and resources are the team's from the first commit on. Of the others, a file that the template has
changed is taken if the team has left it alone, and merged if not.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from scope.errors import UsageError
from scope.repository.layout import LOADER

ANSWERS = ".bundle-template.json"
_OF_THE_TEAM = (
    "specs/", "src/", "targets/", "resources/", "tests/unit/", "tests/fixtures/", "README.md", ".github/CODEOWNERS",
)  # fmt: skip
_REPOSITORY = re.compile(r"(?:https|ssh|file)://[A-Za-z0-9._~:/@+-]+")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")


class TemplateFile(NamedTuple):
    """A file as a template makes it."""

    content: bytes
    is_executable: bool = False


class Outcome(StrEnum):
    """What an update does with a file."""

    ADDED = "added"
    UPDATED = "updated"
    MERGED = "merged"
    CONFLICT = "conflict"
    REMOVED = "removed"
    KEPT = "kept"


class FileUpdate(NamedTuple):
    """What an update does with one file. `file` is what is written, None for a file that is removed or left as it is."""

    path: str
    outcome: Outcome
    file: TemplateFile | None = None
    why: str = ""


class Merged(NamedTuple):
    """A file with the changes of both sides, and whether some of them conflict."""

    content: bytes
    has_conflicts: bool


Merge = Callable[[bytes, bytes, bytes], Merged]
"""From the team's content, the old template's and the new template's."""


def read_answers(content: bytes | None) -> dict[str, str]:
    """Return the answers that a repository was made with. Raises `UsageError` if there are none, or they can't be used."""
    if content is None:
        raise UsageError(f"There is no {ANSWERS} in HEAD, so this repository wasn't made by `databricks bundle init`.")
    try:
        answers = json.loads(content)
    except ValueError as error:
        raise UsageError(f"{ANSWERS} can't be read: {error}. Take it from an older commit.") from None
    if not isinstance(answers, dict) or not all(isinstance(value, str) for value in answers.values()):
        raise UsageError(f"{ANSWERS} isn't a list of names with texts. Take it from an older commit.")
    for key, pattern, what in (("repository", _REPOSITORY, "a git URL"), ("version", _VERSION, "a tag")):
        if not pattern.fullmatch(answers.get(key, "")):
            raise UsageError(f"{ANSWERS}: `{key}` is {what}, not {answers.get(key)!r}.")
    return answers


def check_version(version: str) -> None:
    """Raise `UsageError` unless a text can be a tag's name."""
    if not _VERSION.fullmatch(version):
        raise UsageError(f"{version!r} is no version: it is the name of a tag of the template's repository, such as v0.2.0.")


def plan_update(
    old: Mapping[str, TemplateFile],
    new: Mapping[str, TemplateFile],
    read: Callable[[str], bytes | None],
    merge: Merge,
) -> tuple[FileUpdate, ...]:
    """Return what becomes of the files that differ between two versions, by path; `read` gives the team's."""
    return tuple(_plan_all(old, new, read, merge))


def _plan_all(
    old: Mapping[str, TemplateFile],
    new: Mapping[str, TemplateFile],
    read: Callable[[str], bytes | None],
    merge: Merge,
) -> Iterator[FileUpdate]:
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        if before == after or _is_of_the_team(path):
            continue
        mine = read(path)
        if mine != (after.content if after else None) and (update := _plan_file(path, before, after, mine, merge)):
            yield update


def _is_of_the_team(path: str) -> bool:
    return path.startswith(_OF_THE_TEAM) and path != LOADER


def _plan_file(
    path: str, before: TemplateFile | None, after: TemplateFile | None, mine: bytes | None, merge: Merge
) -> FileUpdate | None:
    """Return what becomes of a file that the template has changed and that isn't yet as the new one has it."""
    is_untouched = mine == (before.content if before else None)
    if after is None:
        if is_untouched:
            return FileUpdate(path, Outcome.REMOVED)
        return FileUpdate(path, Outcome.KEPT, why="the template has it no more, and it was changed here")
    if is_untouched:
        return FileUpdate(path, Outcome.UPDATED if before else Outcome.ADDED, after)
    if mine is None:
        return FileUpdate(path, Outcome.KEPT, why="it was removed here, and the template has changed it")
    merged = merge(mine, before.content if before else b"", after.content)
    outcome = Outcome.CONFLICT if merged.has_conflicts else Outcome.MERGED
    return FileUpdate(path, outcome, TemplateFile(merged.content, is_executable=after.is_executable))
