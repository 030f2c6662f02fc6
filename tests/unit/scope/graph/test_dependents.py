"""Who uses a changed shared file."""

import json
import sys
import unicodedata

import pytest

from scope.graph.closure import DomainIndex
from scope.graph.dependents import Dependents
from scope.inference.wide_uses import is_wide
from tests.support.fake_git import FakeGit, Files, Node

CODE = "src/finance/stripe/base/a.py"
CSV = "src/common/readers/csv.py"
COMMON: dict[str, str | bytes | Node] = {
    "src/common/__init__.py": "",
    "src/common/money.py": "X = 1\n",
    "src/common/readers/__init__.py": "",
    CSV: "X = 1\n",
    "src/common/readers/rates.csv": "1\n",
}


def index(files: Files) -> DomainIndex:
    return DomainIndex(FakeGit().snapshot({"resources/__init__.py": "", "targets/dev.yml": "", **files}))


def users(files: Files, changed: str) -> set[str]:
    """Return the domains that use a file, when nothing but its content has changed."""
    side = index(files)
    return set(Dependents(side, side, [changed], ()).domain_paths(changed))


NOTEBOOK = "src/finance/stripe/base/n.ipynb"
YAML = "resources/finance/stripe/r.yml"
SQL = "src/finance/stripe/base/q.sql"


def notebook(*lines: str) -> str:
    return json.dumps(
        {"cells": [{"cell_type": "code", "source": [f"{line}\n" for line in lines]}], "metadata": {}}, indent=1
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (CODE, "from common.readers import csv\n"),
        (CODE, "from common import *\n"),
        (CODE, "A = 'x'; from common.readers import *\n"),
        (CODE, "from common.readers import \\\n    *\n"),
        (CODE, "from common import *\ndef broken(:\n"),
        (CODE, "import importlib\nM = importlib.import_module(name)\n"),
        (CODE, "KIND = f'common.{name}'\n"),
        (CODE, "KIND = 'common.' + name\n"),
        (CODE, "KIND = 'common.%s' % name\n"),
        (CODE, "ROOT = 'common'\n"),
        (CODE, "ROOT = 'src/common'\n"),
        (CODE, "PATH = '../../../common/' + name\n"),
        (CODE, "PATH = f'../../../common/{name}'\n"),
        (CODE, "PATH = '../../../common/re' + name\n"),
        (CODE, "# Databricks notebook source\n# MAGIC %run ../../../common\n"),
        (NOTEBOOK, notebook("from common import *")),
        (NOTEBOOK, notebook("from common import \\", "  *")),
        (NOTEBOOK, notebook("%run ../../../common")),
        (YAML, "libraries: [{glob: {include: ../../../src/common/**}}]\n"),
        (YAML, "path: ../../../src/common/\n"),
        (SQL, "-- Databricks notebook source\n-- MAGIC %python\n-- MAGIC from common import *\n"),
    ],
)
def test_every_domain_that_reaches_a_shared_file_is_found_by_its_text(path: str, text: str) -> None:
    files = {path: text, **COMMON}
    assert CSV in index(files).shared("finance").files, "the domain should reach it, or the case shows nothing"
    assert users(files, CSV) == {"finance"}


def test_a_model_that_is_imported_by_a_name_put_together_is_used() -> None:
    load = "import importlib\nM = importlib.import_module(f'resources.{name}.base')\n"
    files: Files = {"resources/finance/a/b.py": load, "resources/_models/base.py": "", "src/hr/a.py": ""}
    assert users(files, "resources/_models/base.py") == {"finance"}
    assert "resources/_models/base.py" in index(files).staged("dev", "finance")


def test_a_domain_that_names_other_shared_files_only_is_none() -> None:
    files = {CODE: "from common.money import X\n", "src/marketing/a.py": "import common.readers.csv\n", **COMMON}
    assert users(files, "src/common/money.py") == {"finance"}


def test_a_file_of_a_domain_that_no_stage_holds_uses_nothing() -> None:
    files: Files = {"src/finance/.gitignore": "from common.money import X\n", CODE: "", **COMMON}
    assert "src/common/money.py" not in index(files).shared("finance").files
    assert users(files, "src/common/money.py") == set()


@pytest.mark.parametrize(
    "name", ["new\nline", "caf\u00e9", "a-b", "$(x)", "sp ace", "quote'\"", "back\\slash", "a.*b[", "\udcff"]
)
def test_odd_names_of_shared_files_are_searched_for_as_they_are(name: str) -> None:
    shared = f"src/common/{name}.sql"
    files: Files = {
        CODE: f"PATH = {f'../../../common/{name}.sql'!r}\n",
        "src/marketing/a.py": "import common.money\n",
        "src/hr/n.ipynb": notebook(f"PATH = {f'../../common/{name}.sql'!r}"),
        shared: "SELECT 1\n",
        "src/common/money/__init__.py": "",
    }
    assert users(files, shared) == {"finance", "hr"}


@pytest.mark.parametrize("glob", ["../../../src/common/**", "../src/common/**", "../src/common", "src/common"])
@pytest.mark.parametrize("is_reverse", [False, True])
def test_a_target_reaches_the_shared_folder_that_a_file_takes_the_place_of(glob: str, *, is_reverse: bool) -> None:
    target = {"targets/staging.yml": f"glob: {glob}\n", CODE: ""}
    sides = [index({**target, **COMMON}), index({**target, "src/common": "x"})]
    base, head = reversed(sides) if is_reverse else sides
    changed = [*COMMON, "src/common"]
    # The file is not a shared one by layout, so it isn't asked about: only the target's path leads to it.
    dependents = Dependents(base, head, list(COMMON), ())
    for path in changed:
        reached = dependents.target_paths(path)
        assert set(reached) <= {"staging"}
        assert all(steps[-1].node == "target:staging" for steps in reached.values())
    assert set(dependents.target_paths("src/common/money.py")) == {"staging"}
    assert set(dependents.target_paths("src/common")) == {"staging"}


LIKE_MONEY = (
    "from common import \N{FULLWIDTH LATIN SMALL LETTER M}oney\n",
    "from common import mon\N{MATHEMATICAL BOLD SMALL E}y\n",
    "from c\N{MATHEMATICAL MONOSPACE SMALL O}mmon import money\n",
    "from \N{FULLWIDTH LATIN SMALL LETTER C}ommon import m\N{MASCULINE ORDINAL INDICATOR}ney\n",
)


@pytest.mark.parametrize("text", LIKE_MONEY)
@pytest.mark.parametrize("files", [1, 60])
def test_letters_that_python_reads_as_plain_ones_hide_no_use(text: str, files: int) -> None:
    code = {f"src/finance/stripe/base/n{number}.py": "" for number in range(files)}
    tree = {**code, CODE: text, **COMMON}
    assert users(tree, "src/common/money.py") == {"finance"}
    assert "src/common/money.py" in index(tree).shared_files("finance")


def test_escapes_and_encodings_hide_no_use() -> None:
    cell = json.dumps({"cells": [{"cell_type": "code", "source": [LIKE_MONEY[0]]}]}, ensure_ascii=True)
    assert users({NOTEBOOK: cell, **COMMON}, "src/common/money.py") == {"finance"}
    encoded = "# coding: latin-1\nfrom common import m\N{MASCULINE ORDINAL INDICATOR}ney\n".encode("latin-1")
    assert users({CODE: encoded, **COMMON}, "src/common/money.py") == {"finance"}


def test_every_letter_that_python_reads_as_plain_ones_is_searched_for() -> None:
    names = {
        letter: normalized
        for letter in map(chr, (*range(0x80, 0xD800), *range(0xE000, sys.maxunicode + 1)))
        if f"a{letter}".isidentifier()
        and (normalized := unicodedata.normalize("NFKC", letter)).isascii()
        and normalized.isidentifier()
    }
    assert len(names) > 600
    assert [letter for letter in names if not is_wide(f"x = a{letter}".encode())] == []
    assert [letter for letter in names if not is_wide(json.dumps(letter).encode())] == []
    plain = "é ü ñ ç — … “ ” € → ° • ß 数 据 😀"
    assert not is_wide(f"# {plain} encoding = encoding\n".encode())
    assert not is_wide(b'open(path, encoding="latin-1")\n# -*- coding: utf-8 -*-\n# vim: set fileencoding=UTF8 :\n')
