"""Terminals of a given width, for what is shown to people."""

import io

import pytest

# The narrow half of a split screen, the usual one, a wide one, a full screen.
WIDTHS = (60, 80, 120, 160)


class Screen(io.StringIO):
    """A stream that is a terminal; rich takes its width from `COLUMNS`, so a test has one width at a time."""

    def __init__(self, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        monkeypatch.setenv("COLUMNS", str(width))

    def isatty(self) -> bool:
        return True


def count_lines(text: str, width: int) -> int:
    """Return how many lines of a terminal a text takes: a longer one goes on in the next."""
    return sum(max(1, -(-len(line) // width)) for line in text.splitlines())
