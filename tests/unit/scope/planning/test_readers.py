"""Who reads the tables of what deploys."""

import json

import pytest

from scope.graph.closure import DomainIndex
from scope.graph.uses_cache import UsesCache
from scope.planning import readers as module
from scope.planning.impact import ImpactAnalysis
from scope.planning.readers import Readers, find_readers
from scope.planning.why import explain_table
from tests.support.fake_git import FakeGit, Files

READ = 'from common.tables import table\n\nX = spark.read.table(table("{}"))\n'
BASE: dict[str, str] = {
    "databricks.yml": "",
    "src/pyproject.toml": "",
    "targets/prod.yml": "",
    "src/common/tables.py": "def table(name):\n    return name\n",
    "src/finance/stripe/final/payments.py": "X = 1\n",
    "src/finance/adyen/final/refunds.py": "X = 1\n",
    "src/marketing/hubspot/final/a.py": READ.format("finance.stripe.final_payments"),
    "src/sales/crm/final/a.py": READ.format("finance.adyen.final_refunds"),
    "specs/jobs/hr/people/final_a.yml": "tables: [finance.stripe.final_payments] # finance.stripe.final_other\n",
    "src/hr/people/final/a.py": "X = 1\n",
}


def readers_of(changes: Files, base: Files = BASE, leaving_out: frozenset[str] = frozenset()) -> Readers:
    git, cache = FakeGit(), UsesCache()
    head = {**base, **changes}
    sides = [DomainIndex(git.snapshot(files), cache) for files in (base, head)]
    impact = ImpactAnalysis(sides[0], sides[1], git.changes(git.make(base), git.make(head))).find_impact()
    among = [name for name in sides[1].domains if name not in leaving_out]
    return find_readers(sides[1], sides[0], impact.impacted, among)


def places(answer: Readers) -> dict[str, list[tuple[str, str, str, int]]]:
    return {
        domain: [(item.domain, item.table, item.path, item.line) for item in listed] for domain, listed in answer.of.items()
    }


def test_other_domains_that_read_a_source_s_tables_are_named_with_file_and_line() -> None:
    assert places(readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"})) == {
        "finance": [
            ("hr", "finance.stripe.final_payments", "specs/jobs/hr/people/final_a.yml", 1),
            ("marketing", "finance.stripe.final_payments", "src/marketing/hubspot/final/a.py", 3),
        ]
    }


def test_readers_of_another_source_of_the_domain_are_not_named() -> None:
    answer = readers_of({"src/finance/adyen/final/refunds.py": "X = 2\n"})
    assert [item.domain for item in answer.of["finance"]] == ["sales"]


def test_a_change_of_the_whole_domain_names_the_readers_of_every_source() -> None:
    answer = readers_of({"specs/domains/finance.yml": "owner: x\n"})
    assert {item.domain for item in answer.of["finance"]} == {"hr", "marketing", "sales"}


def test_only_domains_that_were_asked_about_are_named() -> None:
    answer = readers_of({"specs/domains/finance.yml": "owner: x\n"}, leaving_out=frozenset({"hr", "sales"}))
    assert {item.domain for item in answer.of["finance"]} == {"marketing"}
    assert (
        readers_of({"specs/domains/finance.yml": "owner: x\n"}, leaving_out=frozenset({"hr", "sales", "marketing"})).of == {}
    )


def test_the_domain_itself_is_no_reader() -> None:
    own = {**BASE, "src/finance/adyen/final/refunds.py": READ.format("finance.stripe.final_payments")}
    answer = readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"}, own)
    assert "finance" not in {item.domain for item in answer.of["finance"]}


def test_a_source_whose_name_begins_alike_is_another() -> None:
    alike = {**BASE, "src/sales/crm/final/a.py": READ.format("finance.stripe_eu.final_payments")}
    answer = readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"}, alike)
    assert "sales" not in {item.domain for item in answer.of["finance"]}


def test_names_made_at_run_time_in_the_files_searched_are_counted() -> None:
    made = {
        **BASE,
        "src/sales/crm/final/a.py": READ.format("finance.stripe.final_payments") + "Y = spark.read.table(name)\n",
    }
    assert readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"}, made).unresolved == 1


def test_too_many_files_are_not_read_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_FILES", 1)
    assert readers_of({"src/finance/stripe/final/payments.py": "X = 2\n"}) == Readers({}, unread=3)


NEAR = "Y = spark.read.table(f'{name}.stripe.final_payments')\n"


@pytest.mark.parametrize(("near", "readers", "told"), [(2, 0, 2), (3, 0, 0), (2, 2, 4)])
def test_places_that_spell_the_source_alone_are_told_unless_there_are_many(
    monkeypatch: pytest.MonkeyPatch, near: int, readers: int, told: int
) -> None:
    # With more than three files that spell one of the names, git ends the search.
    monkeypatch.setattr(module, "_MOST_UNSURE", 2)
    monkeypatch.setattr(module, "_MOST_SPELLING", 3)
    both = READ.format("finance.stripe.final_payments") + NEAR
    written = {f"src/sales/crm/final/{n}.py": NEAR for n in range(near)} | {
        f"src/hr/people/final/{n}.py": both for n in range(readers)
    }
    others = {path: text for path, text in BASE.items() if "stripe" not in text}
    assert readers_of(CHANGE, {**others, **written}).unresolved == told


UNKNOWN = "Y = spark.read.table(name)\n"


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("a.py", READ.format("hr.stripe.final_a") + UNKNOWN, 0),
        ("a.py", READ.format("HR.Stripe.final_a") + UNKNOWN, 0),
        ("a.sql", "SELECT * FROM ${p}hr.${platform.q}stripe.a;\nSELECT * FROM IDENTIFIER(:x)", 0),
        ("a.py", READ.format("hr.stripe.final_a") + "SOURCE = 'stripe'\n" + UNKNOWN, 1),
        ("a.py", READ.format("hr_eu.stripe.final_a") + UNKNOWN, 1),
        ("a.py", READ.format("hr.stripes.final_a") + "SOURCE = f'{name}.stripe'\n" + UNKNOWN, 1),
        ("a.py", READ.format('hr.str" "ipe.final_a') + UNKNOWN, 1),
        ("a.py", "X = f'{hr}.stripe.final_a'\n" + UNKNOWN, 1),
    ],
)
def test_who_spells_the_source_behind_another_domain_alone_is_not_asked(path: str, text: str, told: int) -> None:
    others = {file: content for file, content in BASE.items() if "stripe" not in content}
    assert readers_of(CHANGE, {**others, f"src/sales/crm/final/{path}": text}).unresolved == told


def test_nothing_deploys_and_nobody_is_asked() -> None:
    assert readers_of({"docs/a.md": "x"}) == Readers({})


TABLE = "from common.tables import table\n"
CHANGE: dict[str, str] = {"src/finance/stripe/final/payments.py": "X = 2\n"}
NAMES = 'PAYMENTS = "finance.stripe.final_payments"\nSCHEMA = "finance.stripe"\n'
PREFIXED = "${platform.upstream_catalog_prefix}finance.${platform.upstream_schema_prefix}stripe.final_payments"
NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "code", "source": source} for source in ("%sql\nUSE finance.stripe", "x = 1")]}
)
DASHBOARD = json.dumps({"datasets": [{"name": "a", "queryLines": ["SELECT *\n", "FROM finance.stripe.final_payments"]}]})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'X = spark.read.table("FINANCE.Stripe.FINAL_PAYMENTS")\n'),
        ("a.py", 'X = spark.read.table("`finance`.`stripe`.`final_payments`")\n'),
        ("a.py", 'X = spark.read.table("finance" \n  ".stripe"\n  ".final_payments")\n'),
        ("a.py", 'X = spark.read.table("finan" "ce.stripe.final_payments")\n'),
        ("a.py", 'X = spark.read.table("finance.stripe." + "final_payments")\n'),
        ("a.py", 'C = "finance"\nX = spark.read.table(f"{C}.stripe.final_payments")\n'),
        ("a.py", 'X = spark.read.table("{}.{}.{}".format("finance", "stripe", "final_payments"))\n'),
        ("a.py", 'X = spark.read.table("%s.stripe.%s" % ("finance", "final_payments"))\n'),
        ("a.py", 'X = spark.read.table(".".join(["finance", "stripe", "final_payments"]))\n'),
        ("a.py", 'for name in ("final_payments", "b"):\n    spark.read.table(f"finance.stripe.{name}")\n'),
        ("a.py", 'T = {"payments": "finance.stripe.final_payments"}\nX = spark.read.table(T["payments"])\n'),
        ("a.py", 'def read(name):\n    return spark.read.table(name)\n\nX = read("finance.stripe.final_payments")\n'),
        ("a.py", 'class T:\n    P = "finance.stripe.final_payments"\n\nX = spark.read.table(T.P)\n'),
        ("a.py", 'spark.sql("USE finance.stripe")\nX = spark.sql("select * from final_payments")\n'),
        ("a.py", 'spark.catalog.setCurrentCatalog("finance")\nX = spark.table("stripe.final_payments")\n'),
        ("a.py", 'X = spark.sql("select * from\\n finance . stripe .\\n final_payments")\n'),
        ("a.py", 'X = spark.sql("select * from PREFIXED")\n'),
        ("a.py", '# MAGIC %sql\n# MAGIC USE finance.stripe\n# COMMAND ----------\nX = spark.table("final_payments")\n'),
        ("a.ipynb", NOTEBOOK.replace("x = 1", "spark.table('final_payments')")),
        ("a.ipynb", NOTEBOOK.replace("x = 1", "%sql\\nselect * from final_payments")),
        ("a.sql", "SELECT * FROM FINANCE.STRIPE.FINAL_PAYMENTS"),
        ("a.SQL", "SELECT * FROM finance.stripe.final_payments"),
        ("a.sql", "SELECT * FROM `finance` . `stripe`\n  . `final_payments`"),
        ("a.sql", "USE finance.stripe;\nSELECT * FROM final_payments"),
        ("a.sql", "USE CATALOG finance;\nUSE SCHEMA stripe;\nSELECT * FROM final_payments"),
        ("a.sql", "SELECT * FROM PREFIXED"),
        ("a.sql", "BEGIN\n  SELECT * FROM finance.stripe.final_payments;\nEND"),
        ("a.sql", "BEGIN IF (SELECT 1 FROM finance.stripe.final_payments) = 1 THEN SELECT 1; END IF; END"),
        ("a.sql", "SET VAR x = (SELECT 1 FROM finance.stripe.final_payments)"),
        ("a.sql", "DECLARE x INT DEFAULT (SELECT 1 FROM finance.stripe.final_payments)"),
        ("a.sql", "DECLARE t STRING DEFAULT 'finance.stripe.final_payments';\nSELECT * FROM IDENTIFIER(t)"),
        ("a.sql", "EXECUTE IMMEDIATE 'SELECT * FROM finance.stripe.final_payments'"),
        ("a.sql", "CREATE PROCEDURE p() AS BEGIN INSERT INTO b SELECT * FROM finance.stripe.final_payments; END"),
        ("a.sql", "CREATE FUNCTION f() RETURNS INT RETURN SELECT max(a) FROM finance.stripe.final_payments"),
        ("a.sql", "CREATE FUNCTION f() RETURNS INT RETURN (SELECT max(a) FROM finance.stripe.final_payments)"),
        ("a.sql", "CALL p((SELECT max(a) FROM finance.stripe.final_payments))"),
        ("a.sql", "EXPLAIN SELECT * FROM finance.stripe.final_payments"),
        ("a.sql", "SELECT * FROM f(TABLE(finance.stripe.final_payments))"),
        ("a.sql", "USE finance.stripe; WITH final_payments AS (SELECT * FROM final_payments) SELECT * FROM final_payments"),
        ("a.scala", 'val x = spark.table("finance.stripe.final_payments")\n'),
        ("a.scala", 'spark.sql("""\nselect * from finance.stripe.final_payments""")\n'),
        ("a.r", 'x <- tableToDF("finance.stripe.final_payments")\n'),
        ("a.R", 'x <- sql("select * from finance.stripe.final_payments")\n'),
        ("a.py", '# MAGIC %scala\n# MAGIC spark.read.table("finance.stripe.final_payments")\nX = 1\n'),
        ("a.lvdash.json", DASHBOARD),
        ("a.py", "from common.names import PAYMENTS\nX = spark.read.table(PAYMENTS)\n"),
        ("a.py", "from common import names\nX = spark.read.table(names.PAYMENTS)\n"),
        ("a.py", "import common.names\nX = spark.read.table(common.names.PAYMENTS)\n"),
        ("a.py", "from marketing.hubspot.names import PAYMENTS as P\nX = spark.read.table(P)\n"),
        ("a.py", "from .names import PAYMENTS\nX = spark.read.table(PAYMENTS)\n"),
        ("a.py", "from . import names\nX = spark.read.table(names.PAYMENTS)\n"),
        ("a.py", "from marketing.hubspot import *\nX = spark.read.table(PAYMENTS)\n"),
        ("a.py", "from . import PAYMENTS\nX = spark.read.table(PAYMENTS)\n"),
        ("a.py", "from common.names import SCHEMA\nX = spark.read.table(f'{SCHEMA}.final_payments')\n"),
        ("a.py", "# MAGIC %run ./setup\nX = spark.table('final_payments')\n"),
        ("a.py", "# MAGIC %run ./names\nX = spark.table(PAYMENTS)\n"),
        ("a.py", "from common.reading import read_payments\nX = read_payments()\n"),
        ("a.py", "from common.reading import read_table\nX = read_table('finance.stripe.final_payments')\n"),
    ],
)
def test_a_reader_is_found_however_it_spells_the_table(path: str, text: str) -> None:
    files = {
        **BASE,
        "src/common/names.py": NAMES,
        "src/common/reading.py": TABLE
        + 'def read_payments():\n    return spark.table(table("finance.stripe.final_payments"))\n\n\n'
        + "def read_table(name):\n    return spark.table(table(name))\n",
        "src/marketing/hubspot/names.py": NAMES,
        "src/marketing/hubspot/__init__.py": "from .names import PAYMENTS\n",
        "src/marketing/hubspot/setup.py": 'spark.sql("USE finance.stripe")\n',
        "src/marketing/hubspot/final/a.py": "X = 1\n",
        f"src/marketing/hubspot/{path}": text.replace("PREFIXED", PREFIXED),
    }
    found = {(item.domain, item.table, item.path) for item in readers_of(CHANGE, files).of["finance"]}
    assert ("marketing", "finance.stripe.final_payments", f"src/marketing/hubspot/{path}") in found


VARIABLES = "${var.upstream_catalog_prefix}finance.${var.upstream_schema_prefix}stripe.final_payments"
FULL = "finance.stripe.final_payments"
HUBSPOT = "resources/marketing/hubspot"
TRIGGER = """\
resources:
  jobs:
    j:
      trigger:
        table_update:
          table_names:
            - {}
"""
ALERT = """\
resources:
  alerts:
    a:
      query_text: |
        SELECT count(*)
        FROM finance.stripe.final_payments
"""
GENERATED = """\
j_job = Job.from_dict(
    {
        "trigger": {"table_update": {"table_names": ["NAME"]}},
    }
)
"""
CALLED = 'NAMES = ["finance.stripe.final_payments"]\nj = Job(trigger=T(table_update=U(table_names=NAMES)))\n'
DASHBOARD_YAML = "resources:\n  dashboards:\n    d:\n      serialized_dashboard: |\n        " + DASHBOARD + "\n"


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (f"{HUBSPOT}/job.yml", TRIGGER.format(VARIABLES), 7),
        (f"{HUBSPOT}/job.yaml", TRIGGER.format(FULL.upper()), 7),
        (f"{HUBSPOT}/job.yml", "resources: {jobs: {j: {trigger: {table_update: {table_names: [" + FULL + "]}}}}}\n", 1),
        (f"{HUBSPOT}/jobs/j.py", GENERATED.replace("NAME", VARIABLES), 3),
        (f"{HUBSPOT}/jobs/j.py", CALLED, 2),
        (f"{HUBSPOT}/alert.yml", ALERT, 6),
        (f"{HUBSPOT}/dashboard.yml", DASHBOARD_YAML, 5),
        (f"{HUBSPOT}/d.lvdash.json", DASHBOARD, 1),
        ("src/marketing/hubspot/d.lvdash.json", DASHBOARD, 1),
        (f"{HUBSPOT}/d.lvdash.json", json.dumps({"datasets": [{"name": "a", "asset_name": FULL}]}, indent=1), 5),
        (f"{HUBSPOT}/a.dbalert.json", json.dumps({"query_lines": ["SELECT *\n", f"FROM {FULL}"]}, indent=1), 4),
        (f"{HUBSPOT}/monitor.yml", "resources: {quality_monitors: {m: {table_name: " + FULL + "}}}", 1),
        ("specs/jobs/marketing/hubspot/j.yml", f"schedule:\n  table_update:\n    tables: [{FULL.title()}]\n", 3),
    ],
)  # fmt: skip
def test_a_resource_that_reads_a_table_is_found(path: str, text: str, line: int) -> None:
    files = {**BASE, "src/marketing/hubspot/final/a.py": "X = 1\n", path: text}
    found = {(item.domain, item.path, item.line) for item in readers_of(CHANGE, files).of["finance"]}
    assert ("marketing", path, line) in found


def test_shared_code_reads_for_the_domains_that_use_it() -> None:
    files = {
        **BASE,
        "src/common/reading.py": 'READERS = {"p": lambda: spark.table("finance.stripe.final_payments")}\n',
        "src/common/more.py": "from common.reading import READERS\n",
        "src/sales/crm/final/b.py": "from common import more\n\n\nX = more.READERS\n",
    }
    found = {(item.domain, item.path, item.line) for item in readers_of(CHANGE, files).of["finance"]}
    assert ("sales", "src/common/reading.py", 1) in found
    assert ("hr", "src/common/reading.py", 1) not in found


def test_shared_code_that_no_domain_uses_is_nobody_to_review_with() -> None:
    files = {**BASE, "src/common/reading.py": "X = spark.table('finance.stripe.final_payments')\n"}
    head = {**files, **CHANGE}
    assert {item.domain for item in readers_of(CHANGE, files).of["finance"]} == {"hr", "marketing"}
    readers = explain_table(DomainIndex(FakeGit().snapshot(head)), "finance.stripe.final_payments").readers
    assert {(place.domain, place.path) for place in readers} >= {("common", "src/common/reading.py")}


def test_a_place_that_is_not_known_is_told() -> None:
    made = {**BASE, "src/sales/crm/final/a.py": 'FINANCE = "finance"\n\nY = spark.read.table(name)\n'}
    assert [(place.path, place.line) for place in readers_of(CHANGE, made).unknown] == [("src/sales/crm/final/a.py", 3)]


def test_a_place_of_which_the_source_is_known_is_told_and_one_of_another_source_is_not() -> None:
    part = "Y = spark.read.table(f'{{catalog}}.{}.a')\n"
    made = {
        **BASE,
        "src/sales/crm/final/a.py": part.format("stripe"),
        "src/sales/crm/final/b.py": 'FINANCE = "finance"\n' + part.format("adyen"),
    }
    assert [place.path for place in readers_of(CHANGE, made).unknown] == ["src/sales/crm/final/a.py"]
