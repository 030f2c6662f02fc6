"""What a plain file's syntax tree says it uses is among what its text names: where no tree is read, nothing is missed."""

import ast
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scope.graph.shared_code import SharedCode
from scope.inference.imports import file_uses
from scope.inference.plain_imports import PlainImport, read_plain_imports
from scope.model import Entry, Kind

CODE = SharedCode(
    {
        path: Entry(Kind.FILE, "0" * 40)
        for path in (
            "src/common/__init__.py",
            "src/common/tables.py",
            "src/common/lib/__init__.py",
            "src/common/lib/mod.py",
            "src/common/lib/other.py",
            "src/common/lib/query.sql",
            "src/common/t.py",
            "resources/_models/__init__.py",
            "resources/_models/jobs.py",
        )
    }
)
PATHS = ("src/finance/stripe/base/a.py", "src/finance/common/a.py", "resources/finance/stripe/jobs/a.py", "src/finance/a.py")

blanks = st.sampled_from((" ", "  ", "\t", " \\\n ", "\f"))
modules = st.sampled_from(
    (
        "common",
        "common.tables",
        "common.lib",
        "common.lib.mod",
        "src.common.lib.other",
        "src",
        "src.common",
        "resources",
    )
)
plain_modules = modules.filter(lambda name: " " not in name)
origins = modules | st.sampled_from((".", "..", ".a", "...common.lib", "....", ". a", "..finance.x", "importlib", "dbutils"))
names = st.sampled_from(
    (
        "tables",
        "mod",
        "lib",
        "common",
        "t",
        "double",
        "table as t",
        "_models",
        "jobs",
        "*",
        "a.b",
        "",
        "mod as tables",
        "import_module",
        "notebook",
        "notebook as n",
        "import_module as load",
        "eval",
        "path",
        "files",
    )
)
listed = st.lists(names, min_size=1, max_size=4).map(", ".join)
tails = st.builds("{}".format, listed) | st.builds("({})".format, listed) | st.builds("(\n    {},\n)".format, listed)
imports = st.builds("from{}{}{}import{}{}".format, blanks, origins, blanks, blanks | st.just(""), tails) | st.builds(
    "import{}{}".format, blanks, st.lists(modules, min_size=1, max_size=3).map(", ".join)
)
imports = imports | st.builds("{} as {}".format, imports, st.sampled_from(("a", "common", "tables", "t, common")))
texts = st.sampled_from(
    (
        "../x.sql",
        ".",
        "./",
        "./lib/query.sql",
        "..",
        "/lib/query.sql",
        "a.b",
        "x",
        "\\x63ommon.lib",
        "com\\\nmon.lib",
        "c",
        "src.",
        "r",
        "esources._models.jobs",
        "%s",
        "{}",
        "common/lib",
        "-",
        "'",
        '"',
    )
)
quoted = st.builds("{0}{1}{2}{1}".format, st.sampled_from(("", "f", "r", "b")), st.sampled_from(("'", '"', '"""')), texts)
strings = st.recursive(
    quoted,
    lambda some: (
        st.builds("{}{}{}".format, some, st.sampled_from((" ", " + ", "", " % ")), some)
        | st.builds('f"{{{}}}{}"'.format, some, texts)
        | st.builds("{}.format({})".format, some, some)
    ),
    max_leaves=4,
)
callables = st.sampled_from(
    (
        "spark.read.table",
        "__import__",
        "t.double",
        "resources.files",
    )
)
calls = st.builds("{}({})".format, callables, strings | st.sampled_from(("x", "__name__", "f'{__package__}.lib'")))
lines = (
    imports
    | calls
    | st.builds("x = {}".format, strings)
    | st.builds("# {}".format, imports | texts)
    | st.builds("{}; {}".format, imports, imports | calls)
    | st.builds("try:\n    {}\nexcept ImportError:\n    {}".format, imports, imports | calls)
    | st.builds("def f():\n    {}\n    return {}".format, imports, calls)
    | st.builds("if x: {}".format, imports)
    | st.builds('"""\n{}\n"""'.format, imports)
    | st.sampled_from(("import .common", "from a. import common", "from from import common", "from a import common.as"))
    | st.sampled_from(("x = 1", "def", "# Databricks notebook source", "# MAGIC %run ./x", "%run ../common/x", ")", "x = ("))
    | st.sampled_from(("!pip install common", "notebook = 1", "class A:", "# -*- coding: latin-1 -*-", "x = y.common.lib"))
)
sources = st.lists(lines, max_size=5).map("\n".join)
# Code as people write it: few of the others are plain.
usual = st.lists(
    st.builds("from {} import {}".format, origins, st.sampled_from(("tables", "mod", "t", "table as t", "(mod, lib as t)")))
    | st.builds("import {}".format, modules)
    | st.builds("import {} as t".format, modules)
    | st.builds("x = spark.read.table({})".format, quoted)
    | st.sampled_from(("def f(x):\n    return x", "x: dict[str, int] = {}", '"""Reads."""', "def", "    return 2")),
    max_size=6,
).map("\n".join)

# What a file must not be plain with: each is found by its syntax tree alone.
traps = st.sampled_from(
    (
        *('f("common.lib.mod")', 'f("com" "mon.lib.mod")', "f('com' + 'mon.lib.mod')", 'f("src.c" "ommon.lib.mod")'),
        *("f(f\"{'commo'}n.lib.mod\")", 'f(f"com{"mon.lib.mod"}")', 'f("resou" "rces._mod" "els.jobs")', 'f("common")'),
        *('f("\\x63ommon.lib.mod")', 'f("com\\\nmon.lib.mod")', "f('common/lib/query.sql')", "f('c' 'ommon/lib/query.sql')"),
        *('f("../lib/query.sql")', 'f("." "./lib/query.sql")', "f(f\".{'./lib/query.sql'}\")", "f('.' + './lib/query.sql')"),
        *("import x.notebook as n\nn.run('a')", "from x import notebook\nnotebook . run(a)", "x.notebook . run(a)"),
        *("import importlib\nimportlib.import_module(x)", "from importlib import import_module as i\ni('common.tables')"),
        *("from runpy import run_path as r\nr(x)", "exec('import ' + 'common.tables')", "import sys as s\ns.path.append(x)"),
        *("from sys import path\npath.append('..')", "from os.path import dirname\nf(dirname(__file__))"),
        *("from importlib.resources import files\nfiles('common.lib')", "import common.lib; import common.lib.mod"),
        *("if x: import common.lib.mod", "from common import *", "from common import (tables,  # lib\n mod)", "%run ./x"),
        *(
            "# MAGIC %run ./x",
            "%run ../common/lib/mod",
            "from common import tables \\\n    , t",
            "from  common . lib import mod",
        ),
        *(
            "import pkgutil as p\np.get_data('common.lib', x)",
            "# coding: utf-7\nf('c+AG8-mmon.lib.mod')",
            "x = 1\rimport common.lib.mod",
        ),
        *(
            "from\fcommon.lib import mod",
            "import a, common\n.lib",
            "import a.b as c, common.lib.mod as d; e",
            "import .common",
        ),
        *("from a. import common", "from from import common", "\n".join(f"import x{number} as y" for number in range(22))),
    )
)
quiet = st.sampled_from(
    ("x = 1", "from common import tables", "from . import a", "import common.t", "def f(x):\n    return x", "def")
)
tricky = st.builds("{}\n{}\n{}".format, quiet | st.just("#"), traps, quiet)


def read(path: str, text: str) -> tuple[PlainImport, ...] | None:
    return read_plain_imports(path, text.encode(errors="surrogatepass"))


@settings(max_examples=1000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(PATHS), sources | usual | tricky)
def test_a_plain_file_uses_only_what_its_statements_name(counts: Counter[str], path: str, text: str) -> None:
    imports = read(path, text)
    counts["plain" if imports is not None else "others"] += 1
    if imports is None:
        return
    uses = file_uses(path, text.encode(errors="surrogatepass"))
    possible = CODE.reached_by_names(name for one in imports for name in one.possible)
    assert CODE.reached({path: uses}) <= possible
    assert not uses.dynamic
    assert not uses.runs
    assert {use.name for use in uses.modules if use.certain} <= {name for one in imports for name in one.modules}
    assert {(name.module, name.name) for name in uses.names} <= {
        (one.modules[0], name) for one in imports for name in one.names
    }


@given(
    st.lists(
        st.builds("from {} import {}".format, plain_modules, st.sampled_from(("a", "(b, c as d)"))),
        max_size=4,
    )
)
def test_usual_code_is_plain(statements: list[str]) -> None:
    text = "\n".join(['"""Reads payments."""', "", *statements, "", "", "def read(x):", '    return x.table("a.b.c")', ""])
    ast.parse(text)
    imports = read("src/finance/stripe/base/a.py", text)
    assert imports is not None
    assert len(imports) == len(statements)
