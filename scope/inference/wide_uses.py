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
# Both git and Python read these patterns. In brackets, git takes `\t` for a backslash or a t, so they hold the characters
# themselves; notebooks write those as `\t`. Alternatives never overlap, since Python would backtrack through all of them.
_BLANKS = " \t\f\v\r"
_WRITTEN = rf"\\([nrtfv\\\"{_BLANKS}]|u00[0-9a-fA-F][0-9a-fA-F])"
_COMPOSED = r"(common|_models|resources)(\.[A-Za-z0-9_]*)*[\"'{%\\]"
_OTHERS = (
    *(re.escape(marker.decode()) for marker in MARKERS if marker not in _NAMING),
    rf"import([^A-Za-z0-9_(\\]|{_WRITTEN})*\*",
    rf"^([\"{_BLANKS}]|{_WRITTEN})*\*([{_BLANKS}]|{_WRITTEN})*([\"#;]|$)",
    r"common/|/common",
    r"importlib",
    r"dirname|pardir|\.parent",
    r"[\"']\.\.(/\.\.)*/?\\?[\"']",
)
WIDE = (*_OTHERS, _COMPOSED)
_OTHER_USE = re.compile("|".join(f"(?:{pattern})" for pattern in _OTHERS).encode(), re.MULTILINE)
# Together the same as `_COMPOSED`, which Python would try anew from each `common` of `common.common.…`.
_NAMES = re.compile(rb"(?<![A-Za-z0-9_.])[A-Za-z0-9_.]++(?=[\"'{%\\])")
_SHARED_PART = re.compile(rb"(?:common|_models|resources)(?:\.|\Z)")


def is_wide(content: bytes) -> bool:
    """Return whether one of the `WIDE` patterns matches a file."""
    return _OTHER_USE.search(content) is not None or any(_SHARED_PART.search(name[0]) for name in _NAMES.finditer(content))
