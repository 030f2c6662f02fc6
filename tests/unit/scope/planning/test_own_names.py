"""Who reads and writes which tables in a repository with names of its own, `[tool.scope.naming]`."""

import json

import pytest

from scope.documents.manifest import Base, Head
from scope.graph.closure import DomainIndex
from scope.graph.containment import Homes, list_ancestors
from scope.graph.edges import list_domain_edges
from scope.graph.table_names import find_homes
from scope.graph.uses_cache import UsesCache
from scope.planning.checks import check_removed_tables, check_repository
from scope.planning.comparison import Comparison
from scope.planning.impact import ImpactAnalysis
from scope.planning.readers import find_readers
from scope.planning.subject import find_subject
from scope.planning.why import explain_table
from tests.support.fake_git import FakeGit, Files

WRITES = 'from pyspark import pipelines as dp\n\n\n@dp.table(name="{}")\ndef rows():\n    return 1\n'
READ = 'from common.tables import table\n\nX = spark.read.table(table("{}"))\n'
SETTINGS = '[tool.scope]\ntargets = ["dev", "qa", "prod"]\n[tool.scope.naming]\nlayers = ["silver", "gold"]\n'
BUNDLE = (
    'variables:\n  catalog:\n    default: dev\n  upstream:\n    default: ${var.catalog}\n  schema_prefix:\n    default: ""\n'
)
TARGETS = {
    "targets/dev.yml": "targets:\n  dev:\n    variables:\n      schema_prefix: ${workspace.current_user.short_name}_\n"
    "      upstream: qa\n",
    "targets/qa.yml": "targets:\n  qa:\n    variables:\n      catalog: qa\n",
    "targets/prod.yml": "targets:\n  prod:\n    variables:\n      catalog: main\n",
}
MAIN = 'catalog = "${var.catalog}"\nschema = "${var.schema_prefix}{source}"\nupstream-catalog = "${var.upstream}"\n'
TARGET = 'catalog = "${bundle.target}"\nschema = "{domain}_{source}"\n'
LAYERS = 'catalog = "${bundle.target}"\nschema = "{domain}_{layer}"\n'
CHANGE = {"src/finance/stripe/gold/payments.py": WRITES.format("payments") + "\n# changed\n"}


def files(naming: str, **more: str) -> dict[str, str]:
    """Return a repository in which finance writes the table payments of stripe, in the layer gold."""
    return {
        "pyproject.toml": f"{SETTINGS}{naming}",
        "databricks.yml": BUNDLE,
        **TARGETS,
        "src/pyproject.toml": "",
        "src/common/__init__.py": "",
        "src/common/tables.py": "def table(name):\n    return name\n",
        "src/finance/stripe/silver/payments.py": "X = 1\n",
        "src/finance/stripe/gold/payments.py": WRITES.format("payments"),
        "src/marketing/hubspot/gold/a.py": "X = 1\n",
        **more,
    }


def indexed(tree: Files, git: FakeGit | None = None) -> DomainIndex:
    return DomainIndex((git or FakeGit()).snapshot(tree), UsesCache())


def readers_of(base: Files, changes: Files = CHANGE) -> list[tuple[str, str, str, int]]:
    git = FakeGit()
    head = {**base, **changes}
    sides = [indexed(tree, git) for tree in (base, head)]
    impact = ImpactAnalysis(sides[0], sides[1], git.changes(git.make(base), git.make(head))).find_impact()
    answer = find_readers(sides[1], sides[0], impact.impacted, sides[1].domains)
    return [(one.domain, one.table, one.path, one.line) for one in answer.of.get("finance", ())]


@pytest.mark.parametrize(
    ("naming", "table", "path", "text"),
    [
        # By the logical name.
        (MAIN, "main.stripe.payments", "src/marketing/hubspot/gold/a.py", READ.format("finance.stripe.payments")),
        (TARGET, "prod.finance_stripe.payments", "src/marketing/hubspot/gold/a.py", READ.format("finance.stripe.payments")),
        (
            LAYERS,
            "prod.finance_gold.payments",
            "src/marketing/hubspot/gold/a.py",
            READ.format("finance.stripe.gold_payments"),
        ),
        # By the full name in each target.
        (MAIN, "main.stripe.payments", "src/marketing/hubspot/gold/a.py", 'X = spark.read.table("main.stripe.payments")\n'),
        (MAIN, "main.stripe.payments", "src/marketing/hubspot/gold/a.py", 'X = spark.read.table("qa.stripe.payments")\n'),
        (MAIN, "main.stripe.payments", "src/marketing/hubspot/gold/a.sql", "SELECT * FROM Main.Stripe.Payments"),
        (
            MAIN,
            "main.stripe.payments",
            "src/marketing/hubspot/gold/a.sql",
            "USE CATALOG main;\nSELECT * FROM stripe.payments",
        ),
        (
            TARGET,
            "prod.finance_stripe.payments",
            "src/marketing/hubspot/gold/a.sql",
            "SELECT * FROM dev.finance_stripe.payments",
        ),
        (
            TARGET,
            "prod.finance_stripe.payments",
            "src/marketing/hubspot/gold/a.sql",
            "SELECT * FROM qa.finance_stripe.payments",
        ),
        (
            LAYERS,
            "prod.finance_gold.payments",
            "src/marketing/hubspot/gold/a.sql",
            "SELECT * FROM dev.finance_gold.payments",
        ),
        # By what the platform hands on.
        (
            MAIN,
            "main.stripe.payments",
            "src/marketing/hubspot/gold/a.sql",
            "SELECT * FROM ${platform.upstream}.${platform.schema_prefix}stripe.payments",
        ),
        (
            MAIN,
            "main.stripe.payments",
            "src/marketing/hubspot/gold/a.sql",
            "CREATE MATERIALIZED VIEW x AS SELECT * FROM ${platform.catalog}.stripe.payments",
        ),
        (
            MAIN,
            "main.stripe.payments",
            "src/marketing/hubspot/gold/a.sql",
            "SELECT * FROM ${platform.upstream_catalog_pattern}.stripe.payments",
        ),
        (
            TARGET,
            "prod.finance_stripe.payments",
            "src/marketing/hubspot/gold/a.sql",
            "SELECT * FROM ${platform.target}.finance_stripe.payments",
        ),
        (
            MAIN,
            "main.stripe.payments",
            "src/marketing/hubspot/gold/a.py",
            'c = spark.conf.get("platform.upstream")\nX = spark.sql(f"select * from {c}.stripe.payments")\n',
        ),
        # In resources and specs.
        (
            MAIN,
            "main.stripe.payments",
            "resources/marketing/hubspot/jobs/j.yml",
            (
                "resources:\n  jobs:\n    j:\n      trigger:\n        table_update:\n          table_names:\n"
                '            - "${var.upstream}.${var.schema_prefix}stripe.payments"\n'
            ),
        ),
        (
            LAYERS,
            "prod.finance_gold.payments",
            "resources/marketing/hubspot/jobs/gold_a.py",
            (
                "from databricks.bundles.jobs import Job\n\nj = Job.from_dict({'trigger': {'table_update': {'table_names': "
                "['${bundle.target}.finance_gold.payments']}}})\n"
            ),
        ),
        (
            LAYERS,
            "prod.finance_gold.payments",
            "specs/jobs/marketing/hubspot/gold_a.yml",
            "schedule:\n  table_update:\n    tables: [finance.stripe.gold_payments]\n",
        ),
        (MAIN, "main.stripe.payments", "specs/jobs/marketing/hubspot/gold_a.yml", "tables: [finance.stripe.payments]\n"),
        # Through shared code.
        (
            MAIN,
            "main.stripe.payments",
            "src/marketing/hubspot/gold/a.py",
            "from common.names import PAYMENTS\n\nX = spark.read.table(PAYMENTS)\n",
        ),
    ],
)
def test_a_reader_is_found_by_whatever_name_it_reads_a_table(naming: str, table: str, path: str, text: str) -> None:
    tree = files(naming, **{"src/common/names.py": 'PAYMENTS = "main.stripe.payments"\n', path: text})
    assert [one[:3] for one in readers_of(tree)] == [("marketing", table, path)]


@pytest.mark.parametrize(
    ("naming", "text"),
    [
        (MAIN, 'X = spark.read.table("other.stripe.payments")\n'),
        (MAIN, READ.format("finance.stripe_eu.payments")),
        (MAIN, 'X = spark.read.table("main.hubspot.payments")\n'),
        (LAYERS, 'X = spark.read.table("prod.marketing_gold.payments")\n'),
        (TARGET, 'X = spark.read.table("prod.stripe.payments")\n'),
        (TARGET, 'X = spark.read.table("finance.stripe.payments")\n'),
    ],
)
def test_another_table_is_another(naming: str, text: str) -> None:
    assert readers_of(files(naming, **{"src/marketing/hubspot/gold/a.py": text})) == []


def test_a_domain_is_no_reader_of_its_own_tables() -> None:
    tree = files(MAIN, **{"src/finance/adyen/gold/a.py": 'X = spark.read.table("main.stripe.payments")\n'})
    assert readers_of(tree) == []


def test_short_names_count_from_the_schema_of_their_own_layer() -> None:
    silver = WRITES.format("payments")
    gold = silver.replace("return 1", 'return spark.read.table("other")')
    task = 'X = spark.read.table("payments")\n'
    tree = files(
        LAYERS,
        **{
            "src/finance/stripe/silver/payments.py": silver,
            "src/finance/stripe/gold/payments.py": gold,
            "src/finance/stripe/tasks/report.py": task,
        },
    )
    uses = indexed(tree).tables.everything
    assert uses["src/finance/stripe/silver/payments.py"].writes == {"prod.finance_silver.payments"}
    assert uses["src/finance/stripe/gold/payments.py"].writes == {"prod.finance_gold.payments"}
    assert [one.table for one in uses["src/finance/stripe/gold/payments.py"].reads] == ["prod.finance_gold.other"]
    # Which layer a task is run for isn't known from where it lies.
    assert uses["src/finance/stripe/tasks/report.py"].reads == ()
    assert uses["src/finance/stripe/tasks/report.py"].unresolved == (1,)


def test_short_names_count_from_the_schema_of_the_pipeline_that_loads_the_file() -> None:
    full = WRITES.format("x").replace('name="x"', 'name=table("finance.stripe.silver_refunds")')
    tree = files(
        LAYERS,
        **{
            "specs/pipelines/finance/stripe/gold_payments.yml": "layers: [silver, gold]\nfiles: [payments.py]\n",
            "specs/pipelines/finance/stripe/gold_refunds.yml": "layers: [silver]\nfiles:\n  - refunds.py\n",
            "specs/pipelines/finance/adyen/gold_all.yml": "layers: [silver, gold]\n",
            "specs/pipelines/finance/other/gold_a.yml": "layers: [silver]\nfiles: [x.py]\n",
            "specs/pipelines/finance/other/silver_a.yml": "layers: [silver]\n",
            "specs/pipelines/finance/other/broken.yml": "layers: [",
            "src/finance/stripe/silver/payments.py": WRITES.format("a"),
            "src/finance/stripe/silver/refunds.py": "from common.tables import table\n" + full,
            "src/finance/stripe/silver/more.py": WRITES.format("b"),
            "src/finance/adyen/silver/deep/x.py": WRITES.format("c"),
            "src/finance/other/silver/x.py": WRITES.format("d"),
            "src/finance/other/silver/y.py": WRITES.format("e"),
        },
    )
    uses = indexed(tree).tables.everything
    assert {path.removeprefix("src/finance/"): [*one.writes] for path, one in uses.items() if "/silver/" in path} == {
        "adyen/silver/deep/x.py": ["prod.finance_gold.c"],
        "other/silver/x.py": ["prod.finance_gold.d"],
        "other/silver/y.py": ["prod.finance_silver.e"],
        "stripe/silver/more.py": ["prod.finance_silver.b"],
        "stripe/silver/payments.py": ["prod.finance_gold.a"],
        "stripe/silver/refunds.py": ["prod.finance_silver.refunds"],
    }


@pytest.mark.parametrize(
    ("naming", "table", "logical"),
    [
        (MAIN, "main.stripe.payments", "finance.stripe.payments"),
        (TARGET, "prod.finance_stripe.payments", "finance.stripe.payments"),
        (LAYERS, "prod.finance_gold.payments", "finance.stripe.gold_payments"),
    ],
)
def test_the_graph_has_the_table_in_its_domain(naming: str, table: str, logical: str) -> None:
    index = indexed(files(naming, **{"src/marketing/hubspot/gold/a.py": READ.format(logical)}))
    edges = list_domain_edges(index)
    assert ("file:src/marketing/hubspot/gold/a.py", f"table:{table}", "reads") in edges
    assert (f"table:{table}", "file:src/finance/stripe/gold/payments.py", "written-by") in edges
    homes = Homes(index.domains, find_homes(index.tables.names))
    assert list(list_ancestors(f"table:{table}", homes)) == ["source:finance.stripe", "domain:finance"]


@pytest.mark.parametrize("typed", ["finance.stripe.payments", "qa.stripe.payments", "main.stripe.payments", "payments"])
def test_a_table_is_found_by_each_of_its_names(typed: str) -> None:
    index = indexed(files(MAIN, **{"src/marketing/hubspot/gold/a.py": READ.format("finance.stripe.payments")}))
    subject = find_subject(Comparison(index, index, (), Base("none", None, None), Head("HEAD", None, dirty=False)), typed)
    assert subject.name == "main.stripe.payments"
    answer = explain_table(index, subject.name)
    assert [one.domain for one in answer.writers] == ["finance"]
    assert [one.domain for one in answer.readers] == ["marketing"]


def test_a_removed_table_that_another_domain_reads_is_told() -> None:
    git = FakeGit()
    base = files(TARGET, **{"src/marketing/hubspot/gold/a.py": READ.format("finance.stripe.payments")})
    head = {path: text for path, text in base.items() if not path.startswith("src/finance/stripe/gold/")}
    sides = indexed(base, git), indexed(head, git)
    findings = check_removed_tables(*sides, git.changes(git.make(base), git.make(head)))
    assert [(one.path, one.line, one.code) for one in findings] == [("src/marketing/hubspot/gold/a.py", 3, "removed-table")]
    gone = {path: text for path, text in base.items() if "finance" not in path}
    sides = indexed(base, git), indexed(gone, git)
    assert len(check_removed_tables(*sides, git.changes(git.make(base), git.make(gone)))) == 1


def settings_of(tree: Files) -> list[str]:
    """Return the findings about settings and names of tables."""
    found = check_repository(indexed(tree))
    return [
        f"{one.path}:{one.line}:{one.column}: {one.message}" for one in found if one.code in {"setting", "literal-table"}
    ]


def test_a_name_as_one_target_has_it_is_told() -> None:
    tree = files(MAIN, **{"src/marketing/hubspot/gold/a.py": 'X = spark.read.table("qa.stripe.payments")\n'})
    assert settings_of(tree) == [
        (
            "src/marketing/hubspot/gold/a.py:1:0: `main.stripe.payments` is written as one target has it, and is that "
            "target's table in every target. Read it through `common.tables.table(…)`."
        )
    ]
    sql = files(MAIN, **{"src/marketing/hubspot/gold/a.sql": "SELECT * FROM ${platform.upstream}.stripe.payments"})
    assert settings_of(sql) == []


def test_a_name_that_is_the_same_everywhere_is_no_finding() -> None:
    tree = files(
        'catalog = "main"\nschema = "{source}"\n', **{"src/marketing/hubspot/gold/a.sql": "SELECT * FROM main.stripe.x"}
    )
    assert settings_of(tree) == []


@pytest.mark.parametrize(
    ("naming", "more", "found"),
    [
        (MAIN, {}, []),
        (
            'catalog = "${var.catalogue}"\nschema = "{source}"\n',
            {},
            [
                (
                    "pyproject.toml:5:12: `naming.catalog` refers to `${var.catalogue}`, which is no variable of the "
                    "bundle. Did you mean `catalog`? Declare it under `variables` in databricks.yml, and give it a value "
                    "in targets/<target>.yml."
                )
            ],
        ),
        (
            'catalog = "main"\nschema = "x_{source}"\n',
            {"src/marketing/stripe/gold/a.py": "X = 1\n"},
            [
                (
                    "pyproject.toml:6:1: `naming.schema` gives finance/stripe and marketing/stripe one schema, "
                    "main.x_stripe: each domain is deployed on its own, and one could overwrite the other's tables. Put "
                    "{domain} into `catalog` or `schema`."
                )
            ],
        ),
    ],
)
def test_settings_that_name_what_is_not_there_are_found(naming: str, more: dict[str, str], found: list[str]) -> None:
    assert settings_of(files(naming, **more)) == found


def test_a_table_that_two_sources_of_a_schema_write_is_told() -> None:
    written = WRITES.format("payments")
    tree = files(LAYERS, **{"src/finance/adyen/gold/a.py": written, "src/finance/adyen/silver/a.py": written})
    assert [
        (one.path, one.line, one.code, one.message) for one in check_repository(indexed(tree)) if "table" in one.code
    ] == [
        (
            "src/finance/stripe/gold/payments.py",
            4,
            "shared-table",
            (
                "Writes `prod.finance_gold.payments`, and so does src/finance/adyen/gold/a.py: both sources have the schema "
                "prod.finance_gold, and only one pipeline can own a table. Give one of them another name."
            ),
        )
    ]
    assert [one for one in check_repository(indexed({**tree, **files(MAIN)})) if "table" in one.code] == []


def test_a_value_from_the_environment_is_not_the_default() -> None:
    naming = files(MAIN, **{"src/marketing/hubspot/gold/a.py": READ.format("finance.stripe.payments")})
    settings = naming["pyproject.toml"].replace("[tool.scope]\n", '[tool.scope]\nvariables = ["catalog"]\n')
    given = indexed({**naming, "pyproject.toml": settings}).tables.everything
    # The name of the variable, in the place of a value that only the deploy knows.
    assert [one.table for one in given["src/marketing/hubspot/gold/a.py"].reads] == ["catalog.stripe.payments"]


def test_what_is_kept_of_a_file_is_kept_by_the_names_of_its_tree() -> None:
    keys = {json.dumps(indexed(files(naming)).tables.names.key) for naming in (MAIN, TARGET, LAYERS, MAIN)}
    assert len(keys) == 3
    assert indexed({"src/a/b/gold/x.py": ""}).tables.names.key == ()
