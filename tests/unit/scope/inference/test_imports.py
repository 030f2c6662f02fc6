import json
import os
import sysconfig
from functools import cache
from pathlib import Path

import pytest

from scope.inference.imports import file_uses, python_uses, text_uses
from scope.inference.uses import ModuleUse, PathUse, Uses
from scope.inference.wide_uses import MARKERS

DOMAIN_FILE = "src/finance/stripe/base/payments.py"
HERE = "src/finance/stripe/base"


def names(uses: Uses, *, certain: bool | None = None) -> set[str]:
    return {use.name for use in uses.modules if certain is None or use.certain is certain}


def uses_of(text: str, path: str = DOMAIN_FILE) -> Uses:
    return python_uses(path, text.encode())


@pytest.mark.parametrize(
    ("text", "certain", "uncertain"),
    [
        ("import common", {"common"}, set()),
        ("import common.money", {"common.money"}, set()),
        ("import os, common.money as m", {"os", "common.money"}, set()),
        ("from common import money", {"common"}, {"common.money"}),
        ("from common.money import ROUND as R, half", {"common.money"}, {"common.money.ROUND", "common.money.half"}),
        ("from common.money import (\n    a,  # why\n    b,\n)", {"common.money"}, {"common.money.a", "common.money.b"}),
        ("from common \\\n  import money", {"common"}, {"common.money"}),
        ("from common.readers import *", {"common.readers"}, {"common.readers.*"}),
        ("from src.common import money", {"common"}, {"common.money"}),
        ("import src.common.money", {"common.money"}, set()),
        ("from src import common", set(), {"common"}),
        ("from . import sibling", {HERE[4:].replace("/", ".")}, {"finance.stripe.base.sibling"}),
        ("from .sibling import x", {"finance.stripe.base.sibling"}, {"finance.stripe.base.sibling.x"}),
        ("from ..raw import x", {"finance.stripe.raw"}, {"finance.stripe.raw.x"}),
        ("from .... import common", set(), {"common"}),
        ("def f():\n    import common.money", {"common.money"}, set()),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import common.money",
            {"typing"},
            {"typing.TYPE_CHECKING", "common.money"},
        ),
        ("try:\n    import common.a\nexcept ImportError:\n    import common.b", {"common.b"}, {"common.a"}),
        ("def f(x: 'common.money.Amount'): ...", set(), {"common.money.Amount"}),
        ("if x: import common.money; import common.text", {"common.money", "common.text"}, set()),
    ],
)
def test_import_statements_are_found_in_every_form(text: str, certain: set[str], uncertain: set[str] | None) -> None:
    uses = uses_of(text)
    assert names(uses, certain=True) == certain
    if uncertain is not None:
        assert names(uses, certain=False) == uncertain
    assert uses.dynamic == ()
    assert uses.broken is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import importlib\nimportlib.import_module('common.a')", "common.a"),
        ("import importlib as il\nil.import_module(name='common.a')", "common.a"),
        ("from importlib import import_module as load\nload('common.a')", "common.a"),
        ("from importlib import import_module\nimport_module('.x', 'common.a')", "common.a.x"),
        ("from importlib import import_module\nimport_module('..x', package='common.a.b')", "common.a.x"),
        ("from importlib import import_module\nimport_module('.x', __package__)", "finance.stripe.base.x"),
        ("from importlib import import_module\nimport_module('.x', __name__)", "finance.stripe.base.payments.x"),
        ("from importlib import import_module\nimport_module('common' + '.a')", "common.a"),
        ("from importlib import import_module\nimport_module(f'{__package__}.x')", "finance.stripe.base.x"),
        ("__import__('common.a')", "common.a"),
        ("__import__('common.a', globals(), locals(), ['b'], 0)", "common.a.b"),
        ("__import__('x', globals(), locals(), [], 2)", "finance.stripe.x"),
        ("import importlib.util\nimportlib.util.find_spec('common.a')", "common.a"),
        ("from importlib.util import find_spec\nfind_spec('.x', 'common.a')", "common.a.x"),
        ("__import__(f'common.readers.{kind}', fromlist=['x'])", "common.readers.*"),
        ("__import__('common.readers', fromlist=kinds)", "common.readers.*"),
        ("import pkgutil\npkgutil.resolve_name(f'common.readers.{kind}:main')", "common.readers.*"),
        ("import runpy\nrunpy.run_module('common.a')", "common.a"),
        ("import pkgutil\npkgutil.resolve_name('common.a:main')", "common.a"),
        ("exec('from common.a import b')", "common.a.b"),
        ("load('common.a:main')", "common.a"),
        ("load('src.common.a')", "common.a"),
        ("run('python -m common.a --fast')", "common.a"),
        ("from importlib import import_module\nimport_module(f'common.readers.{kind}')", "common.readers.*"),
        ("from importlib import import_module\nimport_module(f'common.readers.re{kind}')", "common.readers.*"),
        ("from importlib import import_module\nimport_module('common.readers.' + kind)", "common.readers.*"),
        ("from importlib import import_module\nimport_module('common.readers.%s' % kind)", "common.readers.*"),
        ("from importlib import import_module\nimport_module('common.readers.{}'.format(kind))", "common.readers.*"),
        ("from importlib import import_module\nimport_module(f'.{kind}', 'common.readers')", "common.readers.*"),
        ("load(f'common.readers.{kind}')", "common.readers.*"),
        ("import pkgutil, common.readers\npkgutil.iter_modules(common.readers.__path__)", "common.readers.*"),
        ("import pkgutil\nfrom common import readers\npkgutil.walk_packages(readers.__path__)", "common.readers.*"),
        ("import pkgutil\npkgutil.iter_modules(__path__)", "finance.stripe.base.*"),
        ("from importlib.resources import files\nfiles('common')", "common.*"),
        ("from importlib import resources\nresources.files('common.schemas')", "common.schemas.*"),
        ("from importlib.resources import files\nimport common.schemas as s\nfiles(s)", "common.schemas.*"),
        ("import pkgutil\npkgutil.get_data('common.schemas', 'x.json')", "common.schemas.*"),
        ("Path(__file__).parents[3] / 'common' / 'schemas' / 'x.json'", "common.*"),
        ("import sys\nsys.path.append('../../common')", None),
    ],
)
def test_a_computed_import_whose_name_is_known_is_an_import(text: str, expected: str | None) -> None:
    uses = uses_of(text)
    if expected is not None:
        assert expected in names(uses)
    else:
        assert uses.paths
    assert uses.dynamic == ()


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\n\nimportlib.import_module(name)",
        "import importlib as il\n\nil.import_module(name)",
        "from importlib import import_module as load\n\nload(name)",
        "from importlib import import_module\n\nimport_module('.x')",
        "from importlib import import_module\n\nimport_module('.x', package)",
        "from importlib import import_module\n\nimport_module(*names)",
        "from importlib import import_module\n\nimport_module(f'{name}.x')",
        "from importlib import import_module\n\nimport_module(f'com{name}')",
        "import importlib\n\nload = importlib.import_module",
        "import importlib\n\nmap(importlib.import_module, names)",
        "import importlib\n\ngetattr(importlib, 'import_module')(name)",
        "\n\n__import__(name)",
        "import builtins\n\nbuiltins.__import__(name)",
        "\n\n__import__('x', globals(), locals(), [], level)",
        "\n\nexec(code)",
        "\n\nexec('import (')",
        "\n\neval(code)",
        "import builtins\n\nbuiltins.exec(code)",
        "import runpy\n\nrunpy.run_path(path)",
        "from runpy import run_module as go\n\ngo(name)",
        "import pkgutil\n\npkgutil.iter_modules()",
        "import pkgutil\n\npkgutil.walk_packages(folders)",
        "import importlib.util\n\nimportlib.util.spec_from_file_location('x', path)",
        "from importlib.util import find_spec\n\nfind_spec(name)",
        "from importlib.resources import files\n\nfiles(package)",
        "dbutils = 1\n\ndbutils.notebook.run(path, 60)",
        "dbutils = 1\n\ndbutils.notebook.run(f'{path}', 60)",
    ],
)
def test_an_import_that_only_the_run_decides_is_named_with_its_line(text: str) -> None:
    assert uses_of(text).dynamic == (3,)


@pytest.mark.parametrize(
    "text",
    [
        "frame.eval('a + b')",
        "eval('1 + 1')",
        "self.exec(x)",
        "import re\nre.compile(x)",
        "runner.run(path)",
        "x.get_loader(y)",
    ],
)
def test_methods_that_share_a_name_with_the_import_machinery_are_not_dynamic(text: str) -> None:
    assert uses_of(text).dynamic == ()


def test_relative_imports_of_a_package_count_from_the_package_itself() -> None:
    assert names(uses_of("from .b import x", "src/common/a/__init__.py"), certain=True) == {"common.a.b"}
    assert names(uses_of("from .b import x", "src/common/a/c.py"), certain=True) == {"common.a.b"}
    assert names(uses_of("from ...._models import jobs", "resources/finance/stripe/jobs/x.py"), certain=True) == {
        "resources._models"
    }


def test_a_shared_script_may_mean_what_lies_beside_it() -> None:
    uses = uses_of("import helper\nfrom tools import clean", "src/common/jobs/run.py")
    assert {"common.jobs.helper", "common.jobs.tools", "common.jobs.tools.clean"} <= names(uses, certain=False)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Path(__file__).parent / 'x.json'", "src/common/a/x.json"),
        ("Path(__file__).parent.parent / 'schemas' / 'x.json'", "src/common/schemas/x.json"),
        ("Path(__file__).resolve().parents[1].joinpath('schemas', 'x.json')", "src/common/schemas/x.json"),
        ("os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'schemas/x.json')", "src/common/schemas/x.json"),
        ("f'{os.path.dirname(__file__)}/../schemas/x.json'", "src/common/schemas/x.json"),
        ("'%s/%s' % (os.path.dirname(__file__), 'x.json')", "src/common/a/x.json"),
        ("__file__.rpartition('/')[0] + '/x.json'", "src/common/a/x.json"),
        ("Path(__spec__.origin).with_name('x.json')", "src/common/a/x.json"),
        ("Path(sys._getframe().f_code.co_filename).parent / 'x.json'", "src/common/a/x.json"),
        ("Path(__file__).parent / name", "src/common/a/"),
        ("Path(__file__).parent / 'schemas' / f'{name}.json'", "src/common/a/schemas/**.json"),
        ("(Path(__file__).parent / 'schemas').glob('*.json')", "src/common/a/schemas/*.json"),
        ("os.listdir(os.path.dirname(__file__))", "src/common/a"),
        ("sys.path.insert(0, str(Path(__file__).parent / 'vendor'))", "src/common/a/vendor"),
    ],
)
def test_a_path_from_the_place_of_shared_code_is_found(text: str, path: str) -> None:
    for form in (f"open({text})", f"HERE = {text}\nopen(HERE)", f"def find():\n    return {text}\nopen(find())"):
        uses = uses_of(f"import os, sys\nfrom pathlib import Path\n{form}", "src/common/a/b.py")
        assert (path, "") in {(use.path, use.relative_to) for use in uses.paths}
        assert uses.dynamic == ()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("import common.a\nopen(Path(common.a.__file__).parent / 'x.json')", "../x.json"),
        ("from common import a as m\nopen(os.path.join(os.path.dirname(m.__file__), '..', 'x.json'))", "../../x.json"),
        ("import common.a as m\nopen(m.__path__[0] + '/x.json')", "../x.json"),
        ("import importlib\nm = importlib.import_module('common.a')\nopen(Path(m.__file__).parent / name)", "../"),
        ("from importlib.resources import files\nopen(files('common.a') / '../x.json')", "../../x.json"),
        ("from importlib.util import find_spec\nopen(Path(find_spec('common.a').origin).parent / 'x.json')", "../x.json"),
    ],
)
def test_a_path_from_the_place_of_another_module_counts_from_its_file(text: str, path: str) -> None:
    uses = uses_of(f"import os\nfrom pathlib import Path\n{text}")
    assert (path, "common.a") in {(use.path, use.anchor) for use in uses.paths}
    assert uses.dynamic == ()


@pytest.mark.parametrize(
    "text",
    [
        "load(__file__, 'x.json')",
        "open(__file__.replace('b.py', 'x.json'))",
        "open(globals()['__file__'])",
        "from common import schemas; open(schemas.HERE.parent / 'x.json')",
        "from common import Table; import inspect; open(Path(inspect.getfile(Table)).parent / 'x.json')",
        "import inspect; open(Path(inspect.stack()[1].filename).parent / name)",
        "from common import load; open(Path(load.__code__.co_filename).parent / 'x.json')",
        "sys.path.append(folder)",
        "sys.path[:0] = folders",
        "__path__.append(folder)",
        "__loader__.get_data(name)",
        "import lazy; __getattr__ = lazy.make(__name__)",
        "import lazy; sys.modules[__name__] = lazy.Module(__name__)",
        "from lazy import __getattr__",
        "import common.a; open(os.path.join(common.a.HERE, '..', 'x.json'))",
        "for part in ['..', 'x.json']: folder = folder / part",
        "HERE = Path(__file__).parents[1]",
        "ROOT = next(folder for folder in Path(__file__).parents if folder.name == 'common')",
        "open(Path((lambda module: module.__file__)(os)).parent / 'x.json')",
        "os.listdir(Path(__file__).parents[2])",
    ],
)
def test_what_may_lead_anywhere_from_the_place_of_code_is_named_with_its_line(text: str) -> None:
    assert uses_of(f"import os, sys\nfrom pathlib import Path\n{text}", "src/common/a/b.py").dynamic == (3,)


@pytest.mark.parametrize(
    "text",
    [
        "import logging; log = logging.getLogger(__file__)",
        "print(f'reading in {__file__}')",
        "import pyspark; open(pyspark.__file__)",
        "ROOT = Path(__file__).parents[3]\nif str(ROOT) not in sys.path:\n    sys.path.insert(0, str(ROOT))",
        "sys.path.append('/Workspace/shared')",
        "before = list(sys.path)",
        "if __spec__ is None: x = __spec__.name",
        "ROOT = Path(__file__).parents[2]\nopen(ROOT / 'config.yml')",
        "import sys; sys.modules['pyspark'] = fake",
        "def __getattr__(name): raise AttributeError(name)",
        "if '..' in folder.parts: raise ValueError(folder)",
    ],
)
def test_ordinary_mentions_of_the_place_of_code_lead_nowhere(text: str) -> None:
    assert uses_of(f"import os, sys\nfrom pathlib import Path\n{text}").dynamic == ()


def test_a_name_that_may_have_other_values_is_not_taken_for_one_of_them() -> None:
    text = (
        "from pathlib import Path\nname = 'x.json'\ndef read(name):\n    return (Path(__file__).parent / name).read_text()"
    )
    paths = {use.path for use in uses_of(text, "src/common/a/b.py").paths}
    assert "src/common/a/" in paths


def test_a_folder_that_is_climbed_until_it_is_found_may_be_any() -> None:
    text = "from pathlib import Path\nroot = Path(__file__)\nwhile root.name != 'common':\n    root = root.parent"
    assert uses_of(text, "src/common/a/b/c.py").dynamic == (2, 4)
    assert uses_of(text).dynamic == (4,)


def test_names_that_a_helper_makes_lazily_are_used() -> None:
    text = (
        "import lazy_loader as lazy\n__getattr__, __dir__, __all__ = lazy.attach(__name__, submod_attrs={'rates': ['rate']})"
    )
    uses = uses_of(text, "src/common/__init__.py")
    assert "common.rates" in names(uses)
    assert uses.dynamic == ()


def test_a_relative_path_in_a_shared_file_is_a_path() -> None:
    uses = uses_of("open('../schemas/x.json')\nopen(f'../rates/{day}.csv')", "src/common/jobs/run.py")
    assert {(use.path, use.relative_to) for use in uses.paths} == {
        ("../schemas/x.json", "src/common/jobs"),
        ("../rates/", "src/common/jobs"),
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("open('../../../common/schemas/x.json')", "../../../common/schemas/x.json"),
        ("open('common/x.json')", "common/x.json"),
        ("open(f'common/schemas/{name}.json')", "common/schemas/"),
        ("open(f'common/schemas/a{name}.json')", "common/schemas/"),
        ("open('common/schemas/a%s.json' % name)", "common/schemas/"),
        ("open('common/schemas/a{}.json'.format(name))", "common/schemas/"),
        ("open('/Workspace/x/src/common/s/' + name)", "/Workspace/x/src/common/s/"),
        ("glob('common/schemas/*.json')", "common/schemas/"),
        ("dbutils.notebook.run('../common/setup', 60)", "../common/setup"),
        ("dbutils.notebook.run('./load', 60)", "./load"),
        ("dbutils.notebook.run(f'../common/{step}', 60)", "../common/"),
        ("# MAGIC %run ../../common/setup", "../../common/setup"),
        ('# Databricks notebook source\n# MAGIC %run "./a b" $x="1"', "./a b"),
        ("%run ../../common/setup", "../../common/setup"),
        ("x = 1\n%run ../../common/setup $a=1\nimport os", "../../common/setup"),
        ("# MAGIC %sh cat ../common/a.txt", "../common/a.txt"),
        ("!pip install -r ../common/requirements.txt", "../common/requirements.txt"),
    ],
)
def test_paths_into_shared_code_and_notebooks_are_found(text: str, path: str) -> None:
    uses = uses_of(text)
    assert path in {use.path for use in uses.paths}
    assert {use.relative_to for use in uses.paths} == {HERE}
    assert uses.broken is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("file: ${workspace.file_path}/src/common/sql/x.sql", "common/sql/x.sql"),
        ("file: ${var.a}/common/${var.b}/x.sql", "common/"),
        ("glob: '**/common/sql/*.sql'", "common/sql/"),
        ("file: /Workspace/${bundle.target}/src/common", "common/"),
        ("file: ../../src/common/sql/x.sql", "../../src/common/sql/x.sql"),
        ("file: ../../src/common", "../../src/common/"),
    ],
)
def test_a_placeholder_before_the_shared_folder_does_not_hide_it(text: str, path: str) -> None:
    assert {use.path for use in text_uses("resources/finance/stripe/jobs/x.yml", text.encode()).paths} == {path}
    value = text.partition(" ")[2].strip("'")
    assert {use.path for use in uses_of(f"open({value!r})").paths} == {path}


@pytest.mark.parametrize("text", ["'uncommon/x'", "'a/commonly/b'", "'-common/x'", "'finance/x'"])
def test_look_alikes_of_the_shared_folder_are_not_paths_into_it(text: str) -> None:
    assert uses_of(f"open({text})").paths == frozenset()


def test_docstrings_and_comments_use_nothing() -> None:
    uses = uses_of('"""See common.money and common/x.sql."""\n# import common.text\ndef f():\n    "common.readers"\n')
    assert uses == Uses()


def test_lines_are_those_of_the_statement() -> None:
    uses = uses_of("\n\nimport common.a\n\nfrom common import (\n    b,\n)\n# MAGIC %run ../common/c\n")
    assert uses.modules == {
        ModuleUse("common.a", 3, certain=True),
        ModuleUse("common", 5, certain=True),
        ModuleUse("common.b", 5, certain=False),
    }
    assert PathUse("../common/c", 8, HERE) in uses.paths


def notebook(*cells: str, language: str = "python") -> bytes:
    return json.dumps(
        {
            "cells": [{"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": []} for cell in cells],
            "metadata": {"kernelspec": {"language": language}},
            "nbformat": 4,
        }
    ).encode()


def test_notebook_cells_are_read_by_their_language() -> None:
    uses = python_uses(
        "src/finance/stripe/base/load.ipynb",
        notebook(
            "import common.a\n%pip install x\nfrom common.b import c",
            "%run ../../common/setup",
            "%%time\nimport common.d",
            "%sql\nselect 1",
            "%sh\necho import common.e from (",
            "!ls\nx = 1",
        ),
    )
    assert names(uses, certain=True) == {"common.a", "common.b", "common.d"}
    assert "../../common/setup" in {use.path for use in uses.paths}
    assert uses.broken is None


def test_python_cells_of_a_notebook_in_sql_are_read() -> None:
    uses = file_uses(
        "src/finance/stripe/base/load.sql",
        b"-- Databricks notebook source\nselect 1\n-- COMMAND ----------\n"
        b"-- MAGIC %python\n-- MAGIC from common.a import b\n"
        b"-- COMMAND ----------\n-- MAGIC %run ../../common/setup\n",
    )
    assert "common.a" in names(uses, certain=True)
    assert "../../common/setup" in {use.path for use in uses.paths}


@pytest.mark.parametrize(
    "source", [b"", b"{", b"[]", b'{"cells": 1}', b'{"cells": [1]}', b'{"cells": [{"cell_type": "code"}]}', b"\xff"]
)
def test_a_notebook_that_cannot_be_read_is_broken(source: bytes) -> None:
    uses = python_uses("src/finance/x.ipynb", source)
    assert uses.broken is not None


def test_a_broken_notebook_still_reaches_what_its_text_names() -> None:
    uses = python_uses("src/finance/x.ipynb", notebook("from common.a import b\n", "import common.c\n")[:-30])
    assert {"common.a", "common.a.b", "common.c"} <= names(uses)
    assert uses.broken is not None


def test_other_text_is_searched_for_names_and_paths_of_shared_code() -> None:
    uses = text_uses(
        "resources/finance/stripe/jobs/x.yml",
        b"entry_point: common.jobs:main\nfile: ../../../../src/common/sql/x.sql\n"
        b"glob: 'src/common/q/**'\nuncommon.x: a.common.y",
    )
    assert names(uses) == {"common.jobs"}
    assert {use.path for use in uses.paths} == {"../../../../src/common/sql/x.sql", "src/common/q/"}
    assert {use.line for use in uses.paths} == {2, 3}


BREAKS = ["\ndef (:\n", "\nx = (\n", "\n'''\n", "\n  x y\n"]


@pytest.mark.parametrize("break_", BREAKS)
@pytest.mark.parametrize(
    "text",
    [
        "import common.a, common.b as c",
        "import os, \\\n  common.a",
        "from common.readers import a, b",
        "from common.readers import (\n  a,\n  # with ) in a comment\n  b,\n)",
        "from common.readers import (a,",
        "from .x import y",
        "from.x import y",
        "from . . x import y",
        "from .. import y",
        "from common import *",
        "if a: import common.a; from common import b",
        "load('common.a:main')",
        "open('../common/a.txt')",
        "# MAGIC %run ../common/a",
    ],
)
def test_a_file_that_does_not_parse_still_reaches_what_it_used(text: str, break_: str) -> None:
    whole = uses_of(text if not text.endswith("(a,") else text + ")")
    broken = uses_of(text + break_)
    assert broken.broken is not None
    assert names(broken) >= names(whole)
    assert {use.path for use in broken.paths} >= {use.path for use in whole.paths}


@pytest.mark.parametrize("text", ["import_module(name)", "__import__(x)", "exec(x)", "eval (x)", "dbutils.notebook.run(x)"])
def test_a_file_that_does_not_parse_keeps_its_dynamic_lines(text: str) -> None:
    assert uses_of(f"\n{text}\n)").dynamic == (2,)


@pytest.mark.parametrize(
    "source",
    [
        b"\x00import common.a",
        b"# coding: latin-1\nimport common.a  # \xe9",
        b"# coding: no-such\nimport common.a",
        b"\xef\xbb\xbfimport common.a",
        b"import common.a\r\nimport common.b\r\n",
        b"import common.a # \xff\xfe",
        b"x = '\\d'\nimport common.a",
        b"type X = int\nimport common.a",
        b"import common.a\n" + b"(" * 1000,
        b"import common.a\nx = " + b"-" * 50_000 + b"1",
    ],
)
def test_odd_bytes_are_read_all_the_same(source: bytes) -> None:
    assert "common.a" in names(python_uses(DOMAIN_FILE, source))


@pytest.mark.parametrize(
    "source",
    [
        b"from " * 50_000,
        b"from common import (" * 20_000,
        b"common." * 50_000,
        b"a/" * 100_000 + b"common",
        b"# MAGIC %run x\n" * 20_000 + b")",
        b"%run common/x\n" * 20_000 + b")",
        b"'" + b"\\\n" * 100_000,
    ],
)
def test_hostile_text_takes_no_more_than_seconds(source: bytes) -> None:
    python_uses(DOMAIN_FILE, source)
    text_uses("src/finance/x.sql", source)


@cache
def stdlib() -> list[Path]:
    found = []
    for folder, names_below, files in os.walk(sysconfig.get_path("stdlib")):
        names_below[:] = [name for name in names_below if name != "site-packages"]
        found += [Path(folder, name) for name in files if name.endswith(".py")]
    return sorted(found)


def stdlib_sample() -> list[Path]:
    """Return all short files, and of the others a tenth: each is read twice, and long files say the same again and again."""
    short = [path for path in stdlib() if path.stat().st_size < 16 * 1024]
    return [*short, *sorted({*stdlib()} - {*short})[::10]]


def test_every_file_of_the_standard_library_is_read_and_its_guess_covers_what_it_uses() -> None:
    # A file whose guess is dynamic may import anything, so nothing can be missing from it.
    checked = 0
    for path in stdlib_sample():
        source = path.read_bytes()
        uses = python_uses(DOMAIN_FILE, source)
        if uses.broken is not None:
            continue
        guess = python_uses(DOMAIN_FILE, source + b"\n)(\n")
        assert guess.broken is not None, path
        missed = names(uses, certain=True) - names(guess)
        assert guess.dynamic or not missed, (path, missed)
        assert guess.dynamic or not uses.dynamic, path
        checked += not guess.dynamic
    assert checked > 100


def test_a_domain_file_without_markers_uses_nothing_computed_or_shared() -> None:
    checked = 0
    for path in stdlib():
        source = path.read_bytes()
        if any(marker in source for marker in MARKERS):
            continue
        uses = python_uses(DOMAIN_FILE, source)
        assert uses.dynamic == (), path
        shared = {name for name in names(uses) if name.split(".")[0] in ("common", "resources", "*")}
        assert not shared, (path, shared)
        checked += 1
    assert checked > 100
