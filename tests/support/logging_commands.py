"""The commands that Azure Pipelines' agent finds in what a step prints."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_COMMAND = re.compile(r"##vso\[([a-z.]+)(?: ([^\]]*))?\](.*)", re.IGNORECASE)
_ESCAPES = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%"))


@dataclass(frozen=True, slots=True)
class Command:
    """What the agent is told to do."""

    name: str
    properties: Mapping[str, str]
    message: str


def read_commands(text: str) -> list[Command]:
    """Return the commands in a log, wherever in a line they begin."""
    return [
        Command(match[1].lower(), _read_properties(match[2] or ""), _unescape(match[3])) for match in _COMMAND.finditer(text)
    ]


def _read_properties(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if part)
    return {name: _unescape(value) for name, _, value in pairs}


def _unescape(text: str) -> str:
    for escape, character in _ESCAPES:
        text = text.replace(escape, character)
    return text
