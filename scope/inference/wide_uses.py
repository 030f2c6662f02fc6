"""Words and patterns by which a file that may use shared code is found without being parsed, by git or here."""

import re

from scope.inference.plain_text import MACHINERY_NAMES, PLACE_NAMES

# A file of a domain in which none of these occurs uses nothing outside of its domain, and nothing computed. Shared code is
# always read: it uses its neighbours by relative imports, without a word of these.
MARKERS: tuple[bytes, ...] = tuple(
    sorted(
        {name.encode() for name in MACHINERY_NAMES | PLACE_NAMES}
        | {b"common", b"_models", b"resources", b"pkgutil", b"pkg_resources", b"%run", b"dbutils", b"notebook.run"}
    )
)

# Markers that only say that something shared is named: the names of the changed files are narrower.
_NAMING = frozenset({b"common", b"resources", b"_models"})
# Uses that reach shared files without naming them: loaders, star imports (also in notebooks, whose lines are JSON strings),
# whole folders, names composed at run time, packages whose files are opened, folders around those that shared code offers.
#
# Git and Python read these patterns. No alternative begins like another, and what was matched is given back nowhere, so that
# a line takes time by its length, however long it is.
# A space, a tab, and so on; `\v` has another meaning in git.
_BLANKS = r" \t\f\x0b\r"
_WRITTEN = rf"\\(?:[nrtfv\\\"{_BLANKS}]|u00[0-9a-fA-F][0-9a-fA-F])"
_NAME = "[A-Za-z0-9_.]"
_ENDS = "[\"'{%\\\\]"
_SHARED = "(?:common|_models|resources)"
_OTHERS = (
    *(re.escape(marker.decode()) for marker in MARKERS if marker not in _NAMING),
    rf"import(?:[^A-Za-z0-9_(\\*]|{_WRITTEN})*+\*",
    rf"^(?:[\"{_BLANKS}]|{_WRITTEN})*+\*(?:[{_BLANKS}]|{_WRITTEN})*+(?:[\"#;]|$)",
    r"common/|/common",
    r"importlib",
    r"dirname|pardir|\.parent",
    r"[\"']\.\.(?:/\.\.)*+/?\\?[\"']",
)
WIDE = (*_OTHERS, rf"(?<!{_NAME})(?={_NAME}*+{_ENDS}){_NAME}*{_SHARED}(?:\.|(?!{_NAME}))")
_WIDE = re.compile("|".join(f"(?:{pattern})" for pattern in WIDE).encode(), re.MULTILINE)


def _extend(pattern: str) -> str:
    r"""Return a pattern as an extended regular expression, in whose brackets `\t` is a backslash or a t."""
    for written, plain in (("(?:", "("), ("*+", "*"), (_BLANKS, " \t\f\v\r")):
        pattern = pattern.replace(written, plain)
    return pattern


# The same for a git that knows no other expressions.
EXTENDED_WIDE = (
    *map(_extend, _OTHERS),
    *(_extend(f"{start}{_NAME}*{_SHARED}(\\.{_NAME}*)?{_ENDS}") for start in ("^", "[^A-Za-z0-9_.]")),
)


def is_wide(content: bytes) -> bool:
    """Return whether one of the `WIDE` patterns matches a file."""
    return _WIDE.search(content) is not None
