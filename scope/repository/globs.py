"""The globs of `[tool.scope]` and of the bundle: `*` stays in one folder, `**` crosses folders."""

import re
from collections import defaultdict
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Protocol

_WILDCARDS = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
_TOKEN = re.compile(r"(\*\*/|\*\*|\*|\?)")
# With more, a regular expression may try every way in which they can share a path.
_MOST_STARS = 2
# No system takes a longer path.
_LONGEST_PATH = 4096


class Pattern(Protocol):
    """A glob that is ready to be compared with paths."""

    def fullmatch(self, string: str, /) -> object | None:
        """Return something if the glob matches the whole path, else None."""
        ...


@lru_cache(maxsize=4096)
def compile_glob(glob: str) -> Pattern:
    """Return the pattern of a glob. `**/` also stands for no folder at all."""
    parts = [part for part in _TOKEN.split(glob) if part]
    if len(glob) <= _LONGEST_PATH and sum(part.startswith("*") for part in parts) <= _MOST_STARS:
        return re.compile("".join(_WILDCARDS.get(part, re.escape(part)) for part in parts), re.DOTALL)
    return _ManyStars(parts)


class _ManyStars:
    """A glob of many wildcards. All ways through it are followed at once, so the time grows with the path alone.

    A state is a place in the glob, and the states that a path has reached are the bits of a number.
    """

    def __init__(self, parts: list[str]) -> None:
        self._literals: dict[str, int] = defaultdict(int)
        self._one = self._folder = self._any = self._optional = 0
        self._end = 1
        # Longer than any path without its stars, it matches none.
        self._is_possible = sum(len(part) for part in parts if not part.startswith("*")) <= _LONGEST_PATH
        previous = ""
        for part in parts if self._is_possible else ():
            # The same twice is the same.
            if part != previous or not part.startswith("*"):
                self._add(part)
            previous = part

    def _add(self, part: str) -> None:
        match part:
            case "*":
                self._folder |= self._end
                self._end <<= 1
            case "**":
                self._any |= self._end
                self._end <<= 1
            case "**/":
                # Nothing, or else anything and a slash.
                self._optional |= self._end
                self._any |= self._end << 1
                self._literals["/"] |= self._end << 1
                self._end <<= 2
            case "?":
                self._one |= self._end
                self._end <<= 1
            case _:
                for letter in part:
                    self._literals[letter] |= self._end
                    self._end <<= 1

    def fullmatch(self, path: str) -> object | None:
        """Return something if the glob matches the whole path, else None."""
        if not self._is_possible:
            return None
        states = self._skip(1)
        for letter in path:
            steps = self._literals.get(letter, 0) | (0 if letter == "/" else self._one)
            stays = self._any | (0 if letter == "/" else self._folder)
            states = self._skip((states & steps) << 1 | states & stays)
        return True if states & self._end else None

    def _skip(self, states: int) -> int:
        """Return the states with those behind wildcards that stand for nothing."""
        while True:
            optional = states & self._optional
            # `**/` is left without its slash only before anything was read for it.
            more = (
                states | (states & (self._folder | self._any & ~(self._optional << 1))) << 1 | optional << 1 | optional << 2
            )
            if more == states:
                return states
            states = more


def matches(glob: str, path: str) -> bool:
    """Return whether a glob matches a path."""
    return compile_glob(glob).fullmatch(path) is not None


def matches_cli(glob: str, path: str) -> bool:
    """Return whether one of the CLI's own globs, in which no `*` crosses a folder, matches a path."""
    if len(glob) - glob.count("*") > _LONGEST_PATH:
        return False
    parts, names = glob.replace("[^", "[!").split("/"), path.split("/")
    # The last names differ most.
    return len(parts) == len(names) and all(map(fnmatchcase, reversed(names), reversed(parts)))


def covers(glob: str, folder: str) -> bool:
    """Return whether a glob matches every path below a folder: `tools/**` does, `tools/*` misses those in its folders."""
    return glob.endswith("**") and compile_glob(glob).fullmatch(f"{folder}/\0") is not None


def may_match_below(glob: str, folder: str) -> bool:
    """Return whether a glob might match a path below a folder; True if in doubt."""
    fixed = re.split(r"[*?]", glob, maxsplit=1)[0]
    return fixed.startswith(f"{folder}/") or f"{folder}/".startswith(fixed)
