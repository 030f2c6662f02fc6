"""Rows from the files in tests/fixtures: a JSON list of objects, or CSV with a header, whose values are all text."""

import csv
import json
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[1] / "fixtures"


def read_rows(name: str, folder: Path = FIXTURES) -> list[dict[str, Any]]:
    """Return the rows of a file; other kinds and other shapes raise `ValueError`."""
    path = folder / name
    match path.suffix:
        case ".json":
            rows = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise ValueError(f"{path} holds no list of objects.")
            return rows
        case ".csv":
            with path.open(encoding="utf-8", newline="") as lines:
                return list(csv.DictReader(lines, strict=True))
        case _:
            raise ValueError(f"{path} is neither .json nor .csv.")
