"""What a run of the bench found, and the file that keeps it, so that parts of other runs can be shown beside it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.timing import Cost, Costs, Timed

# Parts that are measured side by side, and so are kept and replaced together.
PLANS = "plans"
CHECKS = "checks"
DEPLOYS = "deploys"
LARGE_DOMAIN = "large domain"
GENERATOR = "generator"
SUITE = "suite"
SUITE_SIZE = "all tests"


@dataclass(frozen=True, slots=True)
class Row:
    """One command: which part it belongs to, of what size, on which branch, and what it took."""

    part: str
    size: str
    branch: str
    name: str
    timed: Timed


@dataclass(frozen=True, slots=True)
class Results:
    """Rows in the order in which they were measured, and about each part and size when and on which machine."""

    rows: tuple[Row, ...] = ()
    runs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By part and size, see `key`: what the run was of, by words for the table."""

    def find(self, part: str, size: str, name: str, branch: str = "") -> Timed | None:
        """Return what a command took, or None if it wasn't measured."""
        place = (part, size, branch, name)
        return next((row.timed for row in self.rows if (row.part, row.size, row.branch, row.name) == place), None)

    def sizes(self, part: str) -> list[str]:
        """Return the sizes of a part, the smallest first."""
        return sorted({row.size for row in self.rows if row.part == part}, key=lambda size: (_number(size), size))

    def of(self, part: str, size: str) -> list[Row]:
        """Return the rows of a part of one size."""
        return [row for row in self.rows if (row.part, row.size) == (part, size)]

    def replace(self, part: str, size: str, rows: Iterable[Row], run: Mapping[str, str]) -> "Results":
        """Return these results with a part measured anew."""
        others = tuple(row for row in self.rows if (row.part, row.size) != (part, size))
        return Results((*others, *rows), {**self.runs, key(part, size): dict(run)})


def key(part: str, size: str) -> str:
    """Return the name of what was measured side by side."""
    return f"{part}, {size}"


def _number(size: str) -> int:
    digits = size.partition(" ")[0].removesuffix("k")
    return int(digits) if digits.isdecimal() else 0


def load(file: Path) -> Results:
    """Return what earlier runs left in a file; nothing where there is none."""
    if not file.is_file():
        return Results()
    held = json.loads(file.read_text(encoding="utf-8"))
    return Results(tuple(_read_row(row) for row in held["rows"]), held["runs"])


def save(results: Results, file: Path) -> None:
    """Write the results to a file."""
    file.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")


def _read_row(row: Mapping[str, Any]) -> Row:
    costs = Costs(tuple(Cost(**cost) for cost in row["timed"]["costs"]["runs"]))
    return Row(row["part"], row["size"], row["branch"], row["name"], Timed(costs, row["timed"]["answer"]))


def rows_of(part: str, size: str, timed: Mapping[str, Timed], branch: str = "") -> list[Row]:
    """Return what was measured as rows."""
    return [Row(part, size, branch, name, item) for name, item in timed.items()]
