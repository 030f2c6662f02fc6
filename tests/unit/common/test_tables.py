"""How logical table names become the names of a target."""

import re
import sys
from types import ModuleType, SimpleNamespace

import pytest

from common.tables import KEYS, PATTERN_KEYS, Prefixes, TableError, configured_prefixes, external_table, prefixes_from, table

DEV = Prefixes("finance", "dev_", "ada_", "staging_", "")
PROD = Prefixes("finance", "", "", "", "")
# Open-source Spark: one catalog for what would be many.
# Names of a repository's own: one catalog for each target, in which layers have schemas.
MAIN = Prefixes("finance", "dev", "{source}", "main", "{source}", are_patterns=True)
LAYERS = Prefixes("finance", "dev", "{domain}_{layer}", "dev", "{domain}_{layer}", are_patterns=True)
SPARK = Prefixes("finance", "spark_catalog.dev_", "ada_", "spark_catalog.staging_", "")


@pytest.mark.parametrize(
    ("prefixes", "logical", "physical"),
    [
        (PROD, "finance.stripe.final_payments", "finance.stripe.final_payments"),
        (PROD, "marketing.hubspot.final_campaign_revenue", "marketing.hubspot.final_campaign_revenue"),
        (DEV, "finance.stripe.final_payments", "dev_finance.ada_stripe.final_payments"),
        (DEV, "finance.adyen.final_payments", "dev_finance.ada_adyen.final_payments"),
        (DEV, "marketing.hubspot.final_campaign_revenue", "staging_marketing.hubspot.final_campaign_revenue"),
        (DEV, "finance_eu.stripe.final_payments", "staging_finance_eu.stripe.final_payments"),
        (MAIN, "finance.stripe.payments", "dev.stripe.payments"),
        (MAIN, "marketing.hubspot.final_campaigns", "main.hubspot.final_campaigns"),
        (LAYERS, "finance.stripe.silver_all_payments", "dev.finance_silver.all_payments"),
        (LAYERS, "marketing.hubspot.gold_campaigns", "dev.marketing_gold.campaigns"),
        (SPARK, "finance.stripe.final_payments", "spark_catalog.dev_finance__ada_stripe.final_payments"),
        (SPARK, "marketing.hubspot.final_revenue", "spark_catalog.staging_marketing__hubspot.final_revenue"),
    ],
)
def test_own_tables_get_the_target_s_prefixes_and_others_those_of_upstream(
    prefixes: Prefixes, logical: str, physical: str
) -> None:
    assert table(logical, prefixes) == physical


def test_configured_patterns_are_taken_in_the_place_of_prefixes() -> None:
    values = dict(zip(PATTERN_KEYS, ("finance", "dev", "x_{source}", "main", "{source}"), strict=True))
    assert prefixes_from(values | {"platform.catalog": "dev"}).physical("finance.stripe.payments") == "dev.x_stripe.payments"
    with pytest.raises(TableError, match=re.escape("Missing configuration: `platform.upstream_schema_pattern`")):
        prefixes_from({key: value for key, value in values.items() if key != "platform.upstream_schema_pattern"})
    for pattern in ("", "main;drop", "{table}", "${var.catalog}", "ma in"):
        with pytest.raises(TableError, match=re.escape("platform.catalog_pattern")):
            prefixes_from(values | {"platform.catalog_pattern": pattern})


def test_a_table_needs_its_layer_where_the_schema_is_made_of_it() -> None:
    with pytest.raises(TableError, match=re.escape("`finance.stripe.payments` names no layer")):
        table("finance.stripe.payments", LAYERS)


@pytest.mark.parametrize(
    ("prefixes", "physical"),
    [
        (PROD, "ingest.stripe.payments"),
        (DEV, "ingest.stripe.payments"),
        (SPARK, "spark_catalog.ingest__stripe.payments"),
    ],
)
def test_a_table_that_others_fill_has_the_same_name_in_every_target(
    prefixes: Prefixes, physical: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = (prefixes.domain, prefixes.catalog, prefixes.schema, prefixes.upstream_catalog, prefixes.upstream_schema)
    monkeypatch.setattr(sys, "argv", ["task.py", *(f"--{key}={value}" for key, value in zip(KEYS, values, strict=True))])
    assert external_table("ingest.stripe.payments") == physical


@pytest.mark.parametrize(
    "logical",
    [
        "",
        "final_payments",
        "stripe.final_payments",
        "a.b.c.d",
        "finance..final",
        "Finance.stripe.final",
        "finance.stripe.`x`",
        "finance.stripe.1_final",
        "finance.stripe._final",
        "finance.stripe.final-payments",
        "finance.stripe.final payments",
        "finance.stripe.final\n",
        "finance.stripe.x; DROP TABLE y",
        "finance.stripe.\N{LATIN SMALL LETTER LONG S}inal",
        "${domain}.stripe.final",
    ],
)
def test_a_name_that_would_need_quoting_is_refused(logical: str) -> None:
    with pytest.raises(TableError, match="is not a logical table name"):
        table(logical, PROD)


def test_a_name_longer_than_the_catalog_allows_is_refused() -> None:
    assert table(f"finance.stripe.{'x' * 255}", PROD)
    with pytest.raises(TableError, match="has 256 characters; Unity Catalog allows 255"):
        table(f"finance.stripe.{'x' * 256}", PROD)
    with pytest.raises(TableError, match="has 256 characters"):
        table("finance.stripe.final", Prefixes("finance", "x" * 249, "", "", ""))


def test_missing_configuration_names_every_key_to_set() -> None:
    with pytest.raises(TableError) as failure:
        prefixes_from({"platform.domain": "finance", "platform.catalog_prefix": "", "platform.other": "x"})
    named = re.findall(r"`(platform\.\w+)`", str(failure.value))
    assert named == ["platform.schema_prefix", "platform.upstream_catalog_prefix", "platform.upstream_schema_prefix"]
    assert "--platform.schema_prefix=" in str(failure.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("platform.domain", ""),
        ("platform.domain", "Finance"),
        ("platform.catalog_prefix", "dev-"),
        ("platform.catalog_prefix", "a.b.c_"),
        ("platform.catalog_prefix", ".dev_"),
        ("platform.schema_prefix", "ada.b_"),
        ("platform.schema_prefix", "a\n"),
        ("platform.upstream_catalog_prefix", "`"),
    ],
)
def test_configuration_that_would_need_quoting_is_refused(key: str, value: str) -> None:
    values = dict.fromkeys(KEYS, "") | {"platform.domain": "finance"} | {key: value}
    with pytest.raises(TableError, match=re.escape(f"`{key}` is {value!r}")):
        prefixes_from(values)


def test_the_task_s_arguments_configure_it(monkeypatch: pytest.MonkeyPatch) -> None:
    values = dict(zip(KEYS, ("finance", "dev_", "ada_", "staging_", ""), strict=True))
    arguments = [f"--{key}={value}" for key, value in values.items()]
    monkeypatch.setattr(sys, "argv", ["report.py", "--days=7", "platform.domain=x", *arguments, "rest"])
    assert configured_prefixes() == DEV


def test_the_pipeline_s_configuration_configures_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark's own part is stood in for: an active session whose configuration answers for the keys it has."""
    values = dict(zip(KEYS, ("finance", "dev_", "ada_", "staging_", ""), strict=True))
    session = SimpleNamespace(conf=values)
    sql = ModuleType("pyspark.sql")
    vars(sql)["SparkSession"] = SimpleNamespace(active=lambda: session)
    monkeypatch.setitem(sys.modules, "pyspark", ModuleType("pyspark"))
    monkeypatch.setitem(sys.modules, "pyspark.sql", sql)
    monkeypatch.setattr(sys, "argv", ["pipeline"])
    assert configured_prefixes() == DEV
    del values["platform.domain"]
    with pytest.raises(TableError, match=r"Missing configuration: `platform\.domain`\."):
        configured_prefixes()


def test_an_argument_given_twice_with_two_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["report.py", "--platform.domain=finance", "--platform.domain=marketing"])
    with pytest.raises(TableError, match=r"`--platform\.domain` is given twice, as 'finance' and as 'marketing'"):
        configured_prefixes()


def test_arguments_and_spark_configuration_are_never_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["report.py", "--platform.domain=finance"])
    with pytest.raises(TableError, match=r"Missing configuration: `platform\.catalog_prefix`"):
        configured_prefixes()
