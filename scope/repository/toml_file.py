"""TOML of the repository → its table, whatever it holds."""

from typing import Any

# A file of settings is a few kilobytes.
_LARGEST = 256 * 1024
# The parser takes time by the square of the parts of one key.
_MOST_DOTS = 2000


class UnreadableTomlError(ValueError):
    """A file isn't TOML that can be read. The message says why."""


def load_toml(content: bytes) -> dict[str, Any]:
    """Return the table that a file holds. Raises `UnreadableTomlError`."""
    if len(content) > _LARGEST:
        raise UnreadableTomlError(f"it has more than {_LARGEST // 1024} KiB")
    if any(line.count(b".") > _MOST_DOTS for line in content.splitlines()):
        raise UnreadableTomlError(f"a line has more than {_MOST_DOTS} dots")
    import tomllib  # 3 ms, and not every tree has settings

    try:
        return tomllib.loads(content.decode())
    except RecursionError:
        raise UnreadableTomlError("it is nested too deep") from None
    # Of which no text, no TOML and a number that is too long are.
    except ValueError as error:
        raise UnreadableTomlError(str(error)) from None
