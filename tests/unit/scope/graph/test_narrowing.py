"""Of narrowed folders, what is imported counts."""

import pytest

from scope.graph.narrowing import Narrowing
from tests.support.fake_git import FakeGit

LIBRARY = {
    "libs/shared/__init__.py": "",
    "libs/shared/money.py": "from shared import rounding\n",
    "libs/shared/rounding.py": "",
    "libs/shared/dates.py": "",
    "libs/shared/rates.csv": "",
    "libs/shared/deep/__init__.py": "",
    "libs/shared/deep/notebook.ipynb": '{"cells": []}',
}


def narrow(text: str, globs: tuple[str, ...] = ("libs/*",)) -> set[str]:
    """Return the names of the library's Python files that count for a file with this text."""
    files = {**LIBRARY, "b/main.py": text}
    snapshot = FakeGit().snapshot(files)
    kept = Narrowing(snapshot, globs).narrow(snapshot.files(""))
    assert {"b/main.py", "libs/shared/rates.csv"} <= kept.keys()
    return {path.removeprefix("libs/shared/") for path in kept if path.endswith((".py", ".ipynb"))} - {"b/main.py"}


EVERYTHING = {path.removeprefix("libs/shared/") for path in LIBRARY} - {"rates.csv"}


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("", set()),
        ("import os\n", set()),
        ("import shared\n", {"__init__.py"}),
        ("from shared.dates import x\n", {"__init__.py", "dates.py"}),
        ("import shared.money\n", {"__init__.py", "money.py", "rounding.py"}),
        ("from shared import money\n", {"__init__.py", "money.py", "rounding.py"}),
        ("from shared import *\n", EVERYTHING),
        ("# Databricks notebook source\n# MAGIC %run ../libs/shared/deep/notebook\n", {"deep/notebook.ipynb"}),
        ("import importlib\nimportlib.import_module(name)\n", EVERYTHING),
        ("def broken(:\n", EVERYTHING),
    ],
)
def test_what_a_file_imports_counts_at_any_distance(text: str, counted: set[str]) -> None:
    assert narrow(text) == counted


def test_without_globs_or_beside_them_everything_counts() -> None:
    assert narrow("", ()) == EVERYTHING
    assert narrow("", ("lib/*", "other/*")) == EVERYTHING
    assert narrow("", ("libs",)) == set()
