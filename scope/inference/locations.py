"""A path that begins with the place of code: of the file itself, or of another module."""

import posixpath
from typing import NamedTuple

from scope.inference.strings import Text


class Location(NamedTuple):
    """A path: from the repository's root, or from the file of the module `anchor`.

    Without `whole` it is some path below that one, with `end` as its known end.
    """

    anchor: str
    path: str
    whole: bool = True
    end: str = ""

    def climb(self, levels: int = 1) -> "Location":
        """Return the folder that lies so many levels above."""
        # An unknown part is at least one level.
        ups = [".."] * (levels if self.whole else levels - 1)
        return self._replace(path=_normal(posixpath.join(self.path, *ups)), end="")

    def join(self, text: Text, end: str = "") -> "Location":
        """Return the path with more names after it; `end` is the known end of a text that isn't known as a whole."""
        if not self.whole:
            return self._replace(end=text.text if text.whole else end)
        known = text.text if text.whole else text.text[: text.text.rfind("/") + 1]
        return Location(
            self.anchor, _normal(posixpath.join(self.path, known.lstrip("/"))), text.whole, "" if text.whole else end
        )


Locations = frozenset[Location]
"""The paths that an expression may be."""
ANYWHERE = Location("", ".", whole=False)


def _normal(path: str) -> str:
    """Return a path without detours; the file of an anchor itself has none."""
    return posixpath.normpath(path) if path else ""
