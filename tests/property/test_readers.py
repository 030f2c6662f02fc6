"""Whatever the parser knows of a table's readers, the search that goes before it finds, however the table is spelled."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scope.graph.closure import DomainIndex
from scope.lineage.table_uses import TableRead, TableUses
from scope.planning.readers import list_readers
from tests.support.fake_git import FakeGit

DOMAINS = ("finance", "hr", "sales_eu", "ads2")
READER = "marketing"
FOLDER = f"src/{READER}/hubspot"
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Table:
    domain: str
    source: str
    name: str

    @property
    def full(self) -> str:
        return f"{self.domain}.{self.source}.{self.name}"


# Words of each length and letter that a fragment of one may have. To compile the search for another word takes longer than
# all else here, and how it is spelled is what varies.
WORDS = (
    "abcd", "aaaa", "jk_q", "xyz__", "e_e_e", "paid_1", "r2d2rr", "orders2", "refunds", "glm_bhtu", "v0_week9",
    "invoices7", "facts_kqw", "zq7x_pm4k6", "dailyhours", "final538bw",
)  # fmt: skip
words = st.sampled_from(WORDS)
tables = st.builds(Table, st.sampled_from(DOMAINS), words.map("s_{}".format), words.map("t_{}".format))


# Made once: to make a strategy takes Hypothesis longer than to draw from it.
FLIPS, THIRDS = st.booleans(), st.integers(0, 2)
QUOTED, FORMS = st.sampled_from(('"{}"', "'{}'")), st.sampled_from(("implicit", "lines", "sum", "f-string", "join"))
CUTS = st.sampled_from((0, 0, 1, 2, 3, 8, 30))
NO_BLANKS, BLANKS = st.just(""), st.sampled_from(("", " ", "  "))
BLANKS_OF_LINES, BLANKS_OF_SQL = st.sampled_from(("", " ", "\n  ")), st.sampled_from(("", " ", "\n  ", " -- what\n"))
SUMS = st.sampled_from(('f"{C}.{S}.{T}"', '"{}.{}.{}".format(C, S, T)', '"%s.%s.%s" % (C, S, T)', '".".join([C, S, T])'))
STATEMENTS = st.sampled_from(
    (
        "SELECT * FROM {}",
        "BEGIN INSERT INTO b SELECT * FROM {}; END",
        "SET VAR x = (SELECT max(i) FROM {})",
        "DECLARE x INT DEFAULT (SELECT max(i) FROM {})",
        "CREATE FUNCTION f() RETURNS INT RETURN SELECT max(i) FROM {}",
        "CREATE TABLE b AS WITH q AS (SELECT * FROM {}) SELECT * FROM q",
    )
)
MASKS = [st.integers(0, 2**length - 1) for length in range(24)]
PLACES = [st.integers(1, max(length - 1, 1)) for length in range(100)]


@cache
@st.composite
def cased(draw: st.DrawFn, text: str) -> str:
    """The text with some letters in upper case, which one number per word says."""
    masks = [(word, draw(MASKS[len(word)])) for word in text.split(".")]
    return ".".join(
        "".join(letter.upper() if mask >> at & 1 else letter for at, letter in enumerate(word)) for word, mask in masks
    )


@st.composite
def dotted(draw: st.DrawFn, *parts: str, blanks: st.SearchStrategy[str] = BLANKS) -> str:
    """A name with case, back-ticks and blanks as they come."""
    written = []
    for part in parts:
        word = draw(cased(part))
        written.append(f"`{word}`" if draw(FLIPS) else word)
    dot = draw(blanks) + "." + draw(blanks)
    return dot.join(written)


@st.composite
def literals(draw: st.DrawFn, text: str) -> str:
    """A Python expression for a text: in one piece or several, of any length."""
    cuts = {draw(PLACES[len(text)]) for _ in range(draw(CUTS))}
    ends = [0, *sorted(cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(ends)]
    quoted = [draw(QUOTED).format(piece) for piece in pieces]
    match draw(FORMS):
        case "implicit":
            return " ".join(quoted)
        case "lines":
            return "\n        ".join(["(", *quoted, ")"])
        case "sum":
            return " + ".join(quoted)
        case "f-string":
            return 'f"' + "".join(f"{{{piece}}}" for piece in (f"'{one}'" for one in pieces)) + '"'
        case _:
            return f'"".join([{", ".join(quoted)}])'


Spelling = Callable[[st.DataObject, Table], dict[str, str]]


def constant_in(path: str, statement: str, name: str) -> Spelling:
    def spell(data: st.DataObject, table: Table) -> dict[str, str]:
        value = data.draw(literals(data.draw(dotted(table.domain, table.source, table.name, blanks=NO_BLANKS))))
        return {path: f"NAME = {value}\n", f"{FOLDER}/a.py": f"{statement}\nrows = spark.read.table({name})\n"}

    return spell


def python_literal(data: st.DataObject, table: Table) -> dict[str, str]:
    value = data.draw(literals(data.draw(dotted(table.domain, table.source, table.name, blanks=NO_BLANKS))))
    return {f"{FOLDER}/a.py": f"rows = spark.read.table({value})\n"}


def python_parts(data: st.DataObject, table: Table) -> dict[str, str]:
    lines = [
        f"{name} = {data.draw(literals(part))}"
        for name, part in zip("CST", (table.domain, table.source, table.name), strict=True)
    ]
    return {f"{FOLDER}/a.py": "\n".join([*lines, f"rows = spark.table({data.draw(SUMS)})\n"])}


def python_query(data: st.DataObject, table: Table) -> dict[str, str]:
    name = data.draw(dotted(table.domain, table.source, table.name, blanks=BLANKS_OF_LINES))
    return {f"{FOLDER}/a.py": 'rows = spark.sql("""\n  select *\n  from NAME""")\n'.replace("NAME", name)}


def sql_file(data: st.DataObject, table: Table) -> dict[str, str]:
    name = data.draw(dotted(table.domain, table.source, table.name, blanks=BLANKS_OF_SQL))
    return {f"{FOLDER}/a.sql": data.draw(STATEMENTS).format(name)}


def use_statements(data: st.DataObject, table: Table) -> list[str]:
    catalog, schema = data.draw(dotted(table.domain)), data.draw(dotted(table.source))
    forms = ([f"USE {catalog}.{schema}"], [f"USE CATALOG {catalog}", f"USE SCHEMA {schema}"], [f"USE CATALOG {catalog}"])
    return forms[data.draw(THIRDS)]


def sql_with_use(data: st.DataObject, table: Table) -> dict[str, str]:
    statements = use_statements(data, table)
    parts = (table.name,) if len(statements) == 2 or "." in statements[0] else (table.source, table.name)
    return {f"{FOLDER}/a.sql": ";\n".join([*statements, data.draw(dotted(*parts)).join(("SELECT * FROM ", ""))])}


def notebook_with_use(data: st.DataObject, table: Table) -> dict[str, str]:
    statements = use_statements(data, table)
    parts = (table.name,) if len(statements) == 2 or "." in statements[0] else (table.source, table.name)
    name = data.draw(dotted(*parts, blanks=NO_BLANKS))
    cells = [*(f"%sql\n{one}" for one in statements), f'rows = spark.table("{name}")']
    if data.draw(FLIPS):
        return {f"{FOLDER}/a.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})}
    magic = ["# MAGIC " + cell.replace("\n", "\n# MAGIC ") for cell in cells[:-1]]
    return {
        f"{FOLDER}/a.py": "\n\n# COMMAND ----------\n\n".join(["# Databricks notebook source", *magic, cells[-1]]) + "\n"
    }


def notebook_that_runs_another(data: st.DataObject, table: Table) -> dict[str, str]:
    statements = use_statements(data, table)
    parts = (table.name,) if len(statements) == 2 or "." in statements[0] else (table.source, table.name)
    name = data.draw(dotted(*parts, blanks=NO_BLANKS))
    return {
        f"{FOLDER}/setup.py": "".join(f'spark.sql("{one}")\n' for one in statements),
        f"{FOLDER}/a.py": f'# MAGIC %run ./setup\nrows = spark.table("{name}")\n',
    }


def shared_function(data: st.DataObject, table: Table) -> dict[str, str]:
    value = data.draw(literals(table.full))
    given = data.draw(FLIPS)
    function = (
        "def fetch(name):\n    return spark.read.table(name)\n"
        if given
        else f"def fetch():\n    return spark.read.table({value})\n"
    )
    return {
        "src/common/reading.py": function,
        f"{FOLDER}/a.py": f"from common.reading import fetch\nrows = fetch({value if given else ''})\n",
    }


def trigger(data: st.DataObject, table: Table) -> dict[str, str]:
    job = {"trigger": {"table_update": {"table_names": [data.draw(cased(table.full))]}}}
    if data.draw(FLIPS):
        return {f"resources/{READER}/hubspot/j.py": f"j = Job.from_dict({job})\n"}
    return {f"resources/{READER}/hubspot/j.yml": json.dumps({"resources": {"jobs": {"j": job}}})}


SPELLINGS: tuple[Spelling, ...] = (
    python_literal,
    python_parts,
    python_query,
    sql_file,
    sql_with_use,
    notebook_with_use,
    notebook_that_runs_another,
    shared_function,
    trigger,
    constant_in("src/common/names.py", "from common.names import NAME", "NAME"),
    constant_in("src/common/names.py", "from common import names", "names.NAME"),
    constant_in(f"{FOLDER}/names.py", "from .names import NAME", "NAME"),
    constant_in(f"{FOLDER}/names.py", f"import {READER}.hubspot.names as n", "n.NAME"),
    constant_in(f"{FOLDER}/names.py", "# MAGIC %run ./names", "NAME"),
    constant_in(f"{FOLDER}/__init__.py", "from . import NAME", "NAME"),
)  # fmt: skip
spellings = st.sampled_from(SPELLINGS)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), tables)
def test_a_reader_is_found_with_the_search_exactly_as_without_it(data: st.DataObject, table: Table) -> None:
    files = {
        "databricks.yml": "",
        **{f"src/{domain}/{table.source}/a.py": "X = 1\n" for domain in DOMAINS},
        "src/common/__init__.py": "",
        f"{FOLDER}/other.py": "rows = spark.read.table('other')\n",
        **data.draw(spellings)(data, table),
    }
    index = DomainIndex(FakeGit().snapshot(files))
    schemas = {f"{table.domain}.{table.source}"}
    without = set(list_readers(index, index.tables.everything, schemas, index.domains))
    assert (READER, table.full) in {(reader.domain, reader.table) for reader in without}
    paths = index.tables.search({table.domain}, index.domains, MOST)
    assert set(list_readers(index, index.tables.read(paths, are_users=True), schemas, index.domains)) == without
    words = ({table.domain}, {table.source})
    at_once = DomainIndex(index.snapshot).tables
    both = at_once.spelling({table.domain, table.source}, index.domains)
    each = [index.tables.spelling(some, index.domains) for some in words]
    assert [at_once.spelling(some, index.domains) for some in words] == each
    assert both == each[0] | each[1]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), tables)
def test_full_names_are_found_without_reading_the_files_that_can_spell_none(data: st.DataObject, table: Table) -> None:
    files = {
        "src/common/__init__.py": "",
        "src/common/maths.py": "def double(x):\n    return 2 * x\n",
        f"{FOLDER}/other.py": "from common.maths import double\nrows = spark.read.table('other')\n",
        **data.draw(spellings)(data, table),
    }
    index = DomainIndex(FakeGit().snapshot(files))
    paths = [path for path in files if path.startswith(FOLDER)]
    found = index.tables.read_full_names(paths, frozenset(DOMAINS))
    assert full_names(found) == full_names(index.tables.read(paths))


# A naming, and by it the catalog and the schema of a table as they are written and as they are shown.
NAMINGS: tuple[tuple[str, str, str, str], ...] = (
    ('catalog = "main"\nschema = "{source}"', "main", "{source}", "main.{source}"),
    ('catalog = "${bundle.target}"\nschema = "{domain}_{source}"', "staging", "{domain}_{source}", "prod.{domain}_{source}"),
    ('catalog = "${var.catalog}"\nschema = "of_{domain}"', "qa_lake", "of_{domain}", "lake.of_{domain}"),
    ('catalog = "{domain}_${bundle.target}"\nschema = "{source}"', "{domain}_staging", "{source}", "{domain}_prod.{source}"),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), tables, st.sampled_from(NAMINGS))
def test_a_reader_is_found_by_names_of_the_repository_s_own_exactly_as_without_the_search(
    data: st.DataObject, table: Table, naming: tuple[str, str, str, str]
) -> None:
    _, catalog, schema, shown = (text.replace("{domain}", table.domain).replace("{source}", table.source) for text in naming)
    written = Table(catalog, schema, table.name)
    files = {
        "pyproject.toml": f"[tool.scope.naming]\n{naming[0]}\n",
        "databricks.yml": "variables: {catalog: {default: lake}}",
        "targets/prod.yml": "targets: {prod: {}}",
        "targets/staging.yml": "targets: {staging: {variables: {catalog: qa_lake}}}",
        f"src/{table.domain}/{table.source}/a.py": "X = 1\n",
        "src/common/__init__.py": "",
        f"{FOLDER}/other.py": "rows = spark.read.table('other')\n",
        **data.draw(spellings)(data, written),
    }
    index = DomainIndex(FakeGit().snapshot(files))
    names = index.tables.names
    assert names.schemas_of(table.domain, table.source) == {shown}
    without = set(list_readers(index, index.tables.everything, {shown}, index.domains))
    assert (READER, f"{shown}.{table.name}") in {(reader.domain, reader.table) for reader in without}
    paths = index.tables.search(names.words(table.domain, table.source), index.domains, MOST)
    assert set(list_readers(index, index.tables.read(paths, are_users=True), {shown}, index.domains)) == without
    found = index.tables.read_full_names([path for path in files if path.startswith(FOLDER)], names.catalogs(index.domains))
    assert {read for uses in found.values() for read in uses.reads if read.table.startswith(f"{shown}.")} == {
        read
        for path, uses in index.tables.read([path for path in files if path.startswith(FOLDER)]).items()
        for read in uses.reads
        if read.table.startswith(f"{shown}.")
    }


def full_names(found: Mapping[str, TableUses]) -> set[tuple[str, TableRead]]:
    reads = ((path, read) for path, uses in found.items() for read in uses.reads)
    return {(path, read) for path, read in reads if read.parts == 3 and read.table.partition(".")[0] in DOMAINS}
