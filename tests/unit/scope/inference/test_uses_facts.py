"""What is kept of a file's uses is what the file uses."""

import pytest

from scope.inference.imports import file_uses
from scope.inference.uses import EVERYTHING, Uses
from scope.inference.uses_facts import dump_uses, load_uses

FILES = {
    "src/finance/stripe/base/a.py": "import os\nfrom common.m import X\ntry:\n    import common.y\nexcept ImportError: 1\n",
    "src/finance/stripe/base/b.py": "import importlib\nimportlib.import_module(x)\nopen('../../../common/' + y)\n",
    "src/finance/stripe/base/c.py": "# Databricks notebook source\n# MAGIC %run ../../../common/setup\n",
    "src/finance/stripe/base/d.py": "from common import (\n",
    "src/common/e.py": "from pathlib import Path\nfrom . import f\nT = Path(__file__).parent / 'x.sql'\n",
    "src/finance/stripe/base/f.sql": "SELECT * FROM x -- ../../../common/f.sql\n",
    "src/finance/stripe/base/g.py": "x = '\N{SNOWMAN}\\udcff'\n",
}


@pytest.mark.parametrize("path", FILES)
def test_kept_uses_are_those_of_the_file(path: str) -> None:
    uses = file_uses(path, FILES[path].encode())
    assert load_uses(dump_uses(uses)) == uses


@pytest.mark.parametrize("uses", [Uses(), EVERYTHING])
def test_all_and_nothing_are_kept_as_well(uses: Uses) -> None:
    assert load_uses(dump_uses(uses)) == uses
