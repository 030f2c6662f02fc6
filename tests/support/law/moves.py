"""The lines of a platform's `moves.toml`, as people keep them: none that contradicts what the repository has."""

import json
import tomllib
from collections.abc import Callable, Iterable

from tests.support.sandbox import Sandbox

_PATH = "moves.toml"


def declare(sandbox: Sandbox, *lines: str) -> None:
    """Add lines; those that lead from or to the same place, or on from where a new one ends, give way."""
    sources, destinations = zip(*(line.split(" -> ") for line in lines), strict=True)
    ends = {*destinations} - {"nowhere"}
    _keep(sandbox, lines, lambda source, goal: source not in {*sources, *ends} and goal not in ends)


def forget_source(sandbox: Sandbox, domain: str) -> None:
    """Drop the lines that lead away from a domain that comes (again)."""
    _keep(sandbox, (), lambda source, _: source.split(".")[0] != domain)


def forget_destination(sandbox: Sandbox, domain: str) -> None:
    """Drop the lines that lead to a domain that goes."""
    _keep(sandbox, (), lambda _, goal: goal.split(".")[0] != domain)


def _keep(sandbox: Sandbox, lines: Iterable[str], is_kept: Callable[[str, str], bool]) -> None:
    path = sandbox.path(_PATH)
    declared: list[str] = tomllib.loads(path.read_text())["moves"] if path.exists() else []
    kept = [line for line in declared if is_kept(*line.split(" -> "))]
    sandbox.write(_PATH, f"moves = {json.dumps(sorted({*kept, *lines}))}\n")
