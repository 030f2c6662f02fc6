"""The globs of `[tool.scope]` and of the bundle: `*` stays in one folder, `**` crosses folders."""

import re
from functools import lru_cache

_WILDCARDS = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}


@lru_cache(maxsize=4096)
def compile_glob(glob: str) -> re.Pattern[str]:
    """Return the pattern of a glob. `**/` also stands for no folder at all."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return re.compile("".join(_WILDCARDS.get(part, re.escape(part)) for part in parts), re.DOTALL)


def matches(glob: str, path: str) -> bool:
    """Return whether a glob matches a path."""
    return compile_glob(glob).fullmatch(path) is not None


def covers(glob: str, folder: str) -> bool:
    """Return whether a glob matches every path below a folder: `tools/**` does, `tools/*` misses those in its folders."""
    return glob.endswith("**") and compile_glob(glob).fullmatch(f"{folder}/\0") is not None


def may_match_below(glob: str, folder: str) -> bool:
    """Return whether a glob might match a path below a folder; True if in doubt."""
    fixed = re.split(r"[*?]", glob)[0]
    return fixed.startswith(f"{folder}/") or f"{folder}/".startswith(fixed)
