"""Checks what the bundle's own files name, databricks.yml and the target's, against the stage.

The CLI looks for it in the stage, half-way through a deploy, or silently goes without it: an `include` that matches nothing
there leaves its resources undeployed, and says nothing.
"""

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from scope.graph.index import DeploymentIndex
from scope.inference.yaml_settings import ITEM, Setting, UnreadableYamlError, yaml_settings
from scope.model import Entry, Finding, Kind, quote_path
from scope.repository.folders import find_folders
from scope.repository.globs import matches_cli
from scope.repository.layout import BUNDLE, target_file
from scope.stage.folder import RESERVED

_CODE = "bundle-path"
_DEPTH = 7  # targets.<target>.artifacts.<name>.files.[].source
_WILDCARDS = re.compile(r"[*?\[{]")
# What decides where a target lies and how it is deployed, which is looked up in its own file.
_OF_TARGET_FILES = frozenset({("mode",), ("git", "branch"), ("workspace", "host"), ("workspace", "root_path")})
# Words before a program's name.
_OPENING = frozenset({"!", "{", "}", "do", "else", "if", "then", "time", "while"})
# Programs that only say what they are given.
_SAYING = frozenset({"echo", "printf"})
_PLACE = "A stage holds resources/<domain>/<source>/[<folder>/]<name>.yml and the target's own file."


def check_bundle(index: DeploymentIndex, target: str, staged: Mapping[str, Entry]) -> Iterator[Finding]:
    """Yield a finding for each path that the bundle or the target names and that its stage doesn't hold."""
    stage = _Stage(index, frozenset(staged))
    for path in (BUNDLE, target_file(target)):
        if path not in staged:
            continue
        try:
            settings = yaml_settings(index.snapshot.read(path) or b"", _DEPTH)
        except UnreadableYamlError as error:
            yield Finding(path, 0, _CODE, f"Not YAML that scope can read: {error}. Correct it.")
            continue
        yield from _check_places(index, target, path, settings)
        for setting in settings:
            if message := stage.explain(_local_keys(setting, target), setting.text, posixpath.dirname(path)):
                yield Finding(path, setting.line, _CODE, f"`{setting.name}`: {message}")


def _check_places(index: DeploymentIndex, target: str, path: str, settings: Iterable[Setting]) -> Iterator[Finding]:
    """Yield a finding for each target whose settings stand where scope, or a stage of the target, doesn't read them."""
    told: set[str] = set()
    for setting in settings:
        if setting.keys[0] != "targets" or len(setting.keys) < 2:
            continue
        name = setting.keys[1]
        home = target_file(name)
        if path == BUNDLE and setting.keys[2:] in _OF_TARGET_FILES and name in index.targets:
            message = f"`{setting.name}` is read from {home} alone. Move it there."
        elif name in told or (name in index.targets if path == BUNDLE else name == target):
            continue
        elif path == BUNDLE:
            message = f"`{name}` is no target without a file of its own: nothing plans or deploys it. Move it to {home}."
        else:
            message = f"`{name}` is another target, whose stages don't hold this file. Move what it says to {home}."
        told.add(name)
        yield Finding(path, setting.line, _CODE, message)


def _local_keys(setting: Setting, target: str) -> tuple[str, ...]:
    """Return the keys of a setting as if it stood in databricks.yml; none for one of another target."""
    if setting.keys[0] != "targets":
        return setting.keys
    return setting.keys[2:] if setting.keys[1:2] == (target,) else ()


@dataclass(frozen=True)
class _Stage:
    """A stage's files, beside all those of the repository."""

    index: DeploymentIndex
    files: frozenset[str]

    @cached_property
    def _folders(self) -> frozenset[str]:
        return find_folders(self.files) | {""}

    def explain(self, keys: tuple[str, ...], text: str | None, folder: str) -> str | None:
        """Return why what a setting names isn't there in the stage, or None. Its path counts from a folder."""
        if not text:
            return None
        match keys:
            case ["include", item] if item == ITEM:
                return self._explain_include(text)
            case ["sync", "paths", item] if item == ITEM:
                return self._explain_path(text, folder)
            case ["artifacts", _, "path"]:
                return self._explain_path(text, folder)
            case ["python", "resources" | "mutators", item] | ["experimental", "python", "resources" | "mutators", item] if (
                item == ITEM
            ):
                return self._explain_function(text)
            case ["scripts", _, "content"] | ["experimental", "scripts", _]:
                return self._explain_command(text)
            case _:
                return None

    def _holds(self, path: str) -> bool:
        return path in self.files or path in self._folders or path.partition("/")[0] in RESERVED

    def _is_tracked(self, path: str) -> bool:
        return self.index.snapshot.entry(path) is not None

    def _explain_path(self, text: str, folder: str) -> str | None:
        path = posixpath.normpath(posixpath.join(folder, text))
        if "${" in text or self._holds("" if path == "." else path):
            return None
        shown = quote_path(path)
        if path.startswith("../") or path == "..":
            return f"{shown} lies outside of the repository, which a stage never holds. Move it to src/common."
        if self._is_tracked(path):
            return f"{shown} isn't in the stage, so the deploy fails. Move what is needed to src/common or src/<domain>."
        return f"there is no {shown}, so the deploy fails. Correct the path, or remove the line."

    def _explain_include(self, glob: str) -> str | None:
        path = posixpath.normpath(glob)
        if not _WILDCARDS.search(glob):
            if self._holds(path):
                return None
            if self._is_tracked(path):
                return f"{quote_path(path)} isn't in the stage, so every deploy fails. {_PLACE}"
            return f"there is no {quote_path(path)}, so every deploy fails. Remove the line."
        lost = next((one for one in self._find_tracked(path) if not self._is_elsewhere(one)), None)
        if lost is None:
            return None
        return f"{quote_path(lost)} isn't in the stage, so what it defines is silently not deployed. {_PLACE}"

    def _find_tracked(self, glob: str) -> Iterator[str]:
        """Yield the files of the repository that one of the CLI's globs matches, in which no `*` crosses a folder."""
        fixed, depth = _WILDCARDS.split(glob)[0].rpartition("/")[0], glob.count("/")
        for path, entry in self.index.snapshot.files(fixed, skip=lambda folder: folder.count("/") >= depth).items():
            if entry.kind is Kind.FILE and matches_cli(glob, path):
                yield path

    def _is_elsewhere(self, path: str) -> bool:
        """Return whether a file is in this stage, or in those of other domains or targets."""
        owner = self.index.rules.owner(path)
        return self._holds(path) or owner.is_staged

    def _explain_function(self, text: str) -> str | None:
        module = text.partition(":")[0].replace(".", "/")
        if "${" in text or self._holds(f"{module}.py") or self._holds(f"{module}/__init__.py"):
            return None
        return f"the module {module.replace('/', '.')} isn't in the stage, so every deploy fails. Put it into resources/."

    def _explain_command(self, text: str) -> str | None:
        for word in _arguments(text):
            path = posixpath.normpath(word)
            entry = None if path.startswith(("..", "/")) or path == "." else self.index.snapshot.entry(path)
            # A folder's name is too often just a word.
            is_path = entry is not None and (entry.kind is not Kind.FOLDER or "/" in word)
            if is_path and not self._holds(path):
                return f"{quote_path(path)} isn't in the stage, in which the command runs. Move it to src/common."
        return None


def _arguments(text: str) -> Iterator[str]:
    """Yield the words of shell commands, but those that are only said; none of a line that can't be split by itself."""
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        program = None
        try:
            for word in list(lexer):
                if word in _OPENING or not word.strip("();<>|&"):
                    program = None
                    continue
                program = program or word
                if program not in _SAYING:
                    yield word
        except ValueError:
            continue
