"""Which tracked files the CLI leaves out of a sync: those that an ignore file hides, and those that `sync.exclude` names.

The CLI reads patterns in its own way, in which one with a slash in its middle counts from every folder, and letters of
regular expressions mean what they mean there: https://docs.databricks.com/dev-tools/bundles/settings#sync. Those aren't
followed. Where a pattern isn't understood, nothing is left out: better a file too many than one that is missed.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import product

from scope.repository.globs import compile_glob
from scope.repository.snapshot import Snapshot

IGNORE_FILE = ".gitignore"
# What the CLI never uploads.
_OWN_FOLDERS = frozenset({".databricks", ".git"})
_CLASS = re.compile(r"\[([^\]\[!^\\][^\]\[\\]*)\]")
_NOT_UNDERSTOOD = re.compile(r"[\[\]\\?(){}|+^$]")
# `folder/*.txt`, which counts from the folder of its file.
_SUFFIX_IN_FOLDER = re.compile(r"[^/+]/.*\*\.")
_NAME = re.compile(r"\*\*/[^*/]+/?")
_SUFFIX = re.compile(r"\*\*/\*[^*/]+")
_MOST_ALTERNATIVES = 256
_MOST_KNOWN = 256


class Patterns:
    """A list of patterns, of which the last one that matches decides."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read patterns as they are written; empty lines and comments are none."""
        read = [(is_negated, glob) for line in lines for is_negated, globs in [_read(line)] for glob in globs]
        self._in_order: tuple[tuple[bool, Patterns], ...] = ()
        if any(is_negated for is_negated, _ in read):
            self._in_order = tuple((is_negated, Patterns._of_globs([glob])) for is_negated, glob in reversed(read))
        self._take([glob for _, glob in read])

    @classmethod
    def _of_globs(cls, globs: list[str]) -> "Patterns":
        patterns = cls(())
        patterns._take(globs)
        return patterns

    def _take(self, globs: list[str]) -> None:
        # Most ask for nothing but a name, or its end.
        names = [glob[3:] for glob in globs if _NAME.fullmatch(glob)]
        self._names = frozenset(name.removesuffix("/") for name in names)
        self._file_names = frozenset(name for name in names if not name.endswith("/"))
        self._suffixes = tuple(glob[4:] for glob in globs if _SUFFIX.fullmatch(glob))
        others = [glob for glob in globs if not _NAME.fullmatch(glob) and not _SUFFIX.fullmatch(glob)]
        self._others = [(glob.endswith("/"), compile_glob(glob.removesuffix("/"))) for glob in others]
        self._folders: dict[str, bool] = {"": False}

    def match(self, path: str) -> bool:
        """Return whether a path is meant, relative to the folder of the patterns; that of a folder ends with a slash."""
        for is_negated, patterns in self._in_order:
            if patterns.match(path):
                return not is_negated
        if self._in_order:
            return False
        return self._match_folder(path[:-1]) if path.endswith("/") else self._match_file(path)

    def _match_file(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return (
            self._match_folder(folder)
            or name in self._file_names
            or path.endswith(self._suffixes)
            or any(not is_folder and pattern.fullmatch(path) is not None for is_folder, pattern in self._others)
        )

    def _match_folder(self, path: str) -> bool:
        return _ask_from_above(path, self._folders, self._is_folder_named)

    def _is_folder_named(self, path: str) -> bool:
        return (
            posixpath.basename(path) in self._names
            or path.endswith(self._suffixes)
            # A star may stand for nothing: `tests/*` means the folder, too.
            or any(pattern.fullmatch(one) is not None for _, pattern in self._others for one in (path, f"{path}/"))
        )


def _ask_from_above(folder: str, known: dict[str, bool], is_meant: Callable[[str], bool]) -> bool:
    """Return whether a folder or one above it is meant, asking for each once, from the top; a path may have many."""
    if folder not in known:
        ends = [place for place, letter in enumerate(folder) if letter == "/"]
        is_found = False
        for one in (*(folder[:end] for end in ends), folder):
            is_found = known[one] = known[one] if one in known else is_found or is_meant(one)
    return known[folder]


def _read(line: str) -> tuple[bool, tuple[str, ...]]:
    """Return whether a pattern takes paths back, and the globs that it stands for; those of folders end with a slash."""
    text = line.strip("\r\n \t")
    if not text or text.startswith("#"):
        return False, ()
    is_negated = text.startswith("!")
    text = text.removeprefix("!")
    if text.startswith(("\\#", "\\!")):
        text = text[1:]
    alternatives = _expand_classes(text)
    if alternatives is None:
        return is_negated, (("**",) if is_negated else ())
    return is_negated, tuple(map(_to_glob, alternatives))


def _expand_classes(text: str) -> list[str] | None:
    """Return the texts that a pattern with classes stands for: `*.py[co]`; None if it isn't understood."""
    parts = _CLASS.split(text)
    classes = [_expand(part) if number % 2 else [part] for number, part in enumerate(parts)]
    size = 1
    for letters in classes:
        size *= len(letters)
    if size > _MOST_ALTERNATIVES or any(_NOT_UNDERSTOOD.search(part) for part in parts[::2]):
        return None
    return ["".join(chosen) for chosen in product(*classes)]


def _expand(letters: str) -> list[str]:
    """Return the letters of a class, with those between the ends of a range."""
    found: list[str] = []
    place = 0
    while place < len(letters):
        if letters[place + 1 : place + 2] == "-" and place + 2 < len(letters):
            first, last = ord(letters[place]), ord(letters[place + 2])
            found += map(chr, range(first, min(last, first + _MOST_ALTERNATIVES) + 1))
            place += 3
        else:
            found.append(letters[place])
            place += 1
    return found


def _to_glob(text: str) -> str:
    if _SUFFIX_IN_FOLDER.search(text) and not text.startswith("/"):
        text = f"/{text}"
    if text.startswith("/**/"):
        text = text[1:]
    start = "" if text.startswith("/") else "**/"
    text = text.removeprefix("/").removesuffix("/**")
    # Only between slashes do two stars cross folders.
    parts = [part if part == "**" else re.sub(r"\*+", "*", part) for part in text.split("/")]
    if parts[-1] == "**":
        parts[-1] = "*"
    return start + "/".join(parts)


class IgnoreRules:
    """The ignore files of one tree. What one of them hides, no other takes back."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Read ignore files when they are asked for."""
        self._snapshot = snapshot
        self._folders: dict[str, bool] = {"": False}
        self._rules: dict[str, tuple[tuple[str, Patterns], ...]] = {}

    def hides(self, path: str) -> bool:
        """Return whether a file is hidden, by itself or with a folder that it lies in."""
        folder = posixpath.dirname(path)
        return self._hides_folder(folder) or self._is_named(folder, path)

    def _hides_folder(self, folder: str) -> bool:
        return _ask_from_above(folder, self._folders, self._is_folder_hidden)

    def _is_folder_hidden(self, folder: str) -> bool:
        above, name = posixpath.split(folder)
        return name in _OWN_FOLDERS or self._is_named(above, f"{folder}/")

    def _is_named(self, folder: str, path: str) -> bool:
        return any(patterns.match(path.removeprefix(prefix)) for prefix, patterns in self._rules_for(folder))

    def _rules_for(self, folder: str) -> tuple[tuple[str, Patterns], ...]:
        """Return the patterns of the ignore files in a folder and above, each with the start of the paths that it knows."""
        if folder not in self._rules:
            # Folders are asked for from the top, so that of the folder above is mostly known.
            missing = [folder]
            while missing[-1] and (above := posixpath.dirname(missing[-1])) not in self._rules:
                missing.append(above)
            for one in reversed(missing):
                rules = self._rules[posixpath.dirname(one)] if one else ()
                self._rules[one] = (*self._read_own(one), *rules)
        return self._rules[folder]

    def _read_own(self, folder: str) -> Iterator[tuple[str, Patterns]]:
        name = posixpath.join(folder, IGNORE_FILE)
        content = self._snapshot.read(name)
        if content is not None:
            yield (f"{folder}/" if folder else ""), read_ignore_file(content)


@lru_cache(_MOST_KNOWN)
def read_ignore_file(content: bytes) -> Patterns:
    """Return the patterns of an ignore file."""
    return Patterns(content.decode(errors="surrogateescape").split("\n"))
