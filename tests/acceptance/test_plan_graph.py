"""What a change reaches through the graph, on real git."""

import json
from pathlib import Path

import pytest

from tests.support.builders import resource_yaml
from tests.support.plans import FINANCE, MARKETING, deployed, plan, platform
from tests.support.sandbox import Sandbox
from tests.support.scope_command import run_scope

A = "src/finance/stripe/base/a.py"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return platform(tmp_path / "platform")


def commit_to_main(sandbox: Sandbox) -> None:
    """Make what lies in the work tree the base."""
    sandbox.commit("Base")
    sandbox.git("branch", "--quiet", "--force", "main", "HEAD")


# Shared code


def test_a_shared_module_that_only_finance_imports_names_finance_only(sandbox: Sandbox) -> None:
    sandbox.append("src/common/text.py", "Y = 2\n")
    manifest = plan(sandbox)
    assert deployed(manifest) == FINANCE
    causes = next(item["causes"] for item in manifest["deploy"] if item["id"] == "prod/finance")
    assert causes == [
        {
            "change": "c0",
            "path": [
                {"node": "file:src/common/money.py", "edge": "imports"},
                {"node": f"file:{A}", "edge": "imports"},
                {"node": "domain:finance", "edge": "part-of"},
            ],
        }
    ]


def test_a_shared_module_that_nobody_imports_deploys_nothing_and_says_so(sandbox: Sandbox) -> None:
    sandbox.write("src/common/new.py", "X = 1\n")
    manifest = plan(sandbox)
    assert (manifest["mode"], manifest["changes"][0]["reason"]) == ("none", "no domain uses it")


def test_a_deleted_module_that_is_still_imported_reaches_its_importer(sandbox: Sandbox) -> None:
    sandbox.delete("src/common/money.py")
    manifest = plan(sandbox)
    assert deployed(manifest) == FINANCE
    assert manifest["deploy"][0]["causes"][0]["path"][0] == {"node": f"file:{A}", "edge": "imports"}


def test_a_deleted_module_whose_import_went_with_it_reaches_its_old_importer(sandbox: Sandbox) -> None:
    sandbox.delete("src/common/text.py")
    sandbox.write("src/common/money.py", "X = 1\n")
    assert deployed(plan(sandbox)) == FINANCE


def test_a_cycle_is_one_unit(sandbox: Sandbox) -> None:
    sandbox.write("src/common/text.py", "def f():\n    from common import money\n    return money\n")
    sandbox.write("src/marketing/hubspot/base/a.py", "from common import text\n")
    commit_to_main(sandbox)
    sandbox.append("src/common/money.py", "Z = 1\n")
    assert deployed(plan(sandbox)) == FINANCE | MARKETING


def test_a_syntax_error_keeps_what_the_base_reached(sandbox: Sandbox) -> None:
    sandbox.write("src/common/money.py", "from common import text\ndef broken(:\n")
    manifest = plan(sandbox)
    assert deployed(manifest) == FINANCE
    assert [(item["code"], item["path"], item["line"]) for item in manifest["warnings"]] == [
        ("syntax-error", "src/common/money.py", 2)
    ]
    commit_to_main(sandbox)
    sandbox.append("src/common/text.py", "Y = 2\n")
    assert deployed(plan(sandbox)) == FINANCE


def test_a_statement_broken_in_half_still_deploys_when_its_module_changes_too(sandbox: Sandbox) -> None:
    sandbox.write(A, "from common.mon\n")
    sandbox.append("src/common/money.py", "Y = 2\n")
    manifest = plan(sandbox)
    assert deployed(manifest) == FINANCE
    assert {item["reaches"] for item in manifest["changes"]} == {2}


def test_resources_whose_keys_only_a_run_knows_are_told_with_their_line(sandbox: Sandbox) -> None:
    path = "resources/marketing/hubspot/jobs/many.py"
    sandbox.write(
        path, "from databricks.bundles.jobs import Job\n\nfor name in ('a', 'b'):\n    globals()[name] = Job(name=name)\n"
    )
    manifest = plan(sandbox)
    assert [(item["code"], item["path"], item["line"]) for item in manifest["warnings"]] == [("unread-resources", path, 4)]


def test_a_dynamic_import_reaches_all_shared_code_and_is_named_with_its_line(sandbox: Sandbox) -> None:
    sandbox.write("src/marketing/hubspot/base/load.py", "import importlib\n\n\ndef f(x):\n    importlib.import_module(x)\n")
    commit_to_main(sandbox)
    sandbox.append("src/common/text.py", "Y = 2\n")
    manifest = plan(sandbox)
    assert deployed(manifest) == FINANCE | MARKETING
    assert [(item["code"], item["path"], item["line"]) for item in manifest["warnings"]] == [
        ("dynamic-import", "src/marketing/hubspot/base/load.py", 5)
    ]
    assert "src/marketing/hubspot/base/load.py:5:" in run_scope(sandbox.root, "plan").stdout


def test_a_data_file_of_a_shared_package_reaches_who_imports_the_package(sandbox: Sandbox) -> None:
    sandbox.append("src/common/readers/rates.csv", "2\n")
    assert deployed(plan(sandbox)) == MARKETING


def test_a_new_data_file_of_a_shared_package_reaches_who_imports_the_package(sandbox: Sandbox) -> None:
    sandbox.write("src/common/readers/deep/more.json", "{}\n")
    assert deployed(plan(sandbox)) == MARKETING


UP = "../../../.."
NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "source": ["%run ../../../common/setup\n"]}], "metadata": {}})


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("src/finance/stripe/base/n.py", "# Databricks notebook source\n# MAGIC %run ../../../common/setup\n"),
        ("src/finance/stripe/base/n.ipynb", NOTEBOOK),
        ("src/finance/stripe/base/n.sql", "-- Databricks notebook source\n-- MAGIC %run ../../../common/setup\n"),
        ("src/finance/stripe/base/n.py", "dbutils.notebook.run('../../../common/setup', 60)\n"),
        (
            "resources/finance/stripe/jobs/n.yml",
            resource_yaml("jobs", "n", {"tasks": [{"notebook_task": {"notebook_path": f"{UP}/src/common/setup"}}]}),
        ),
        ("resources/finance/stripe/jobs/n.py", "PATH = 'src/common/setup.py'\n"),
        (
            "resources/finance/stripe/jobs/n.yml",
            resource_yaml("pipelines", "n", {"libraries": [{"glob": {"include": f"{UP}/src/common/**"}}]}),
        ),
        (
            "resources/finance/stripe/jobs/n.yml",
            resource_yaml("jobs", "n", {"tasks": [{"spark_python_task": {"python_file": f"{UP}/src/common/setup.py"}}]}),
        ),
        ("src/finance/stripe/base/n.py", "import common.setup\n"),
        ("src/finance/stripe/base/n.py", "def f():\n    from common import setup\n"),
        ("src/finance/stripe/base/n.py", "if TYPE_CHECKING:\n    from common.setup import x\n"),
        ("src/finance/stripe/base/n.py", "import importlib\nimportlib.import_module('common.setup')\n"),
        ("src/finance/stripe/base/n.py", "from common import *\n"),
        ("src/finance/stripe/base/n.py", "from ....common.setup import x\n"),
    ],
)
def test_whatever_way_a_shared_file_is_named_its_change_deploys_the_domain(
    sandbox: Sandbox, path: str, content: str
) -> None:
    shared = "src/common/setup.py"
    sandbox.write_all({shared: "x = 1\n", path: content})
    commit_to_main(sandbox)
    sandbox.append(shared, "y = 2\n")
    manifest = plan(sandbox)
    assert deployed(manifest) == FINANCE
    nodes = [step["node"] for step in manifest["deploy"][0]["causes"][0]["path"]]
    assert nodes == [f"file:{path}", "domain:finance"]


def test_a_module_re_exported_by_its_package_reaches_who_imports_the_package(sandbox: Sandbox) -> None:
    sandbox.write("src/common/readers/__init__.py", "from .csv import X\n")
    sandbox.write("src/marketing/hubspot/base/a.py", "from common.readers import X\n")
    commit_to_main(sandbox)
    sandbox.append("src/common/readers/csv.py", "Y = 2\n")
    assert deployed(plan(sandbox)) == MARKETING


def star_notebook(*lines: str, indent: int | None = None) -> str:
    cell = {"cell_type": "code", "source": list(lines), "metadata": {}, "outputs": []}
    return json.dumps({"cells": [cell], "metadata": {"language_info": {"name": "python"}}}, indent=indent)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.py", "from common import *\n"),
        ("a.py", "from common import\t*\n"),
        ("a.py", "from common import \\\n    \t*\n"),
        ("a.py", "from common import \\\r    *\r"),
        ("a.ipynb", star_notebook("from common import\t*\n")),
        ("a.ipynb", star_notebook("from common import \\\n", "    *\n")),
        ("a.ipynb", star_notebook("from common import \\\n", "    *\n", indent=1)),
        ("a.ipynb", star_notebook("from common import \\\n    *\n")),
    ],
)
def test_a_star_import_of_all_shared_code_is_found_however_it_is_written(sandbox: Sandbox, name: str, content: str) -> None:
    sandbox.write(f"src/marketing/hubspot/base/{name}", content)
    sandbox.write("src/common/__init__.py", "__all__ = ['text']\n")
    commit_to_main(sandbox)
    sandbox.append("src/common/text.py", "Y = 2\n")
    assert deployed(plan(sandbox)) == FINANCE | MARKETING


@pytest.mark.parametrize("text", [" " * 300, "\t" * 300, "import" + " " * 300, "import" + "\\\\" * 300, '" ' * 300])
def test_the_search_takes_no_longer_for_lines_of_much_white_space(sandbox: Sandbox, text: str) -> None:
    sandbox.write(A, f"import common.text\n{text}x = 1\n")
    commit_to_main(sandbox)
    sandbox.write(A, "import common.text\n")
    sandbox.append("src/common/text.py", "Y = 2\n")
    assert deployed(plan(sandbox)) == FINANCE


def test_a_new_file_that_hides_another_reaches_who_imported_that(sandbox: Sandbox) -> None:
    sandbox.write("src/common/text/__init__.py", "X = 2\n")
    assert deployed(plan(sandbox)) == FINANCE


def test_shared_code_that_the_loader_uses_reaches_everything(sandbox: Sandbox) -> None:
    sandbox.write("resources/_models/tags.py", "X = 1\n")
    sandbox.write("resources/__init__.py", "from resources._models import tags\n")
    commit_to_main(sandbox)
    sandbox.append("resources/_models/tags.py", "Y = 2\n")
    manifest = plan(sandbox)
    assert (manifest["mode"], deployed(manifest)) == ("full", FINANCE | MARKETING)


# Domains


def test_deleting_the_folders_of_marketing_destroys_its_deployments(sandbox: Sandbox) -> None:
    sandbox.delete("src/marketing")
    sandbox.delete("resources/marketing")
    manifest = plan(sandbox)
    assert [(item["id"], item["action"], item["because"]) for item in manifest["deploy"]] == [
        ("dev/marketing", "destroy", "removed"),
        ("prod/marketing", "destroy", "removed"),
    ]
    assert manifest["deploy"][0]["resources"] == ["jobs.marketing_a_job"]
    assert manifest["deploy"][0]["fingerprint"]["head"] is None
    assert (manifest["mode"], len(manifest["matrix"]["include"])) == ("scoped", 2)
    result = run_scope(sandbox.root, "plan")
    assert result.exit_code == 0
    assert "destroy" in result.stdout


def test_the_only_domain_deleted_is_a_removal_and_no_full_deploy(sandbox: Sandbox) -> None:
    for domain in ("finance", "marketing"):
        sandbox.delete(f"src/{domain}")
        sandbox.delete(f"resources/{domain}")
    manifest = plan(sandbox)
    assert {item["action"] for item in manifest["deploy"]} == {"destroy"}
    assert manifest["mode"] == "scoped"


def test_the_last_file_of_a_source_deleted_deploys_the_domain(sandbox: Sandbox) -> None:
    sandbox.write("src/finance/wise/base/a.py", "")
    commit_to_main(sandbox)
    sandbox.delete("src/finance/wise")
    manifest = plan(sandbox)
    assert deployed(manifest) == FINANCE
    assert {item["action"] for item in manifest["deploy"]} == {"deploy"}
    assert manifest["deploy"][0]["sources"] == ["stripe"]


def test_one_of_a_domains_two_folders_deleted_leaves_the_domain(sandbox: Sandbox) -> None:
    sandbox.delete("src/marketing")
    manifest = plan(sandbox)
    assert {(item["id"], item["action"]) for item in manifest["deploy"]} == {(name, "deploy") for name in MARKETING}


def test_a_renamed_domain_is_destroyed_and_deployed(sandbox: Sandbox) -> None:
    sandbox.move("src/marketing", "src/growth")
    sandbox.move("resources/marketing", "resources/growth")
    manifest = plan(sandbox)
    assert {(item["id"], item["action"], item["because"]) for item in manifest["deploy"]} == {
        *((name, "destroy", "removed") for name in MARKETING),
        *((f"{target}/growth", "deploy", "first-deploy") for target in ("dev", "prod")),
    }


def test_a_renamed_resource_key_deploys_its_domain_under_the_new_name(sandbox: Sandbox) -> None:
    path = "resources/finance/stripe/jobs/a.py"
    sandbox.write(path, sandbox.read(path).replace("finance_a_job", "finance_b_job"))
    manifest = plan(sandbox)
    assert deployed(manifest) == FINANCE
    assert manifest["deploy"][0]["resources"] == ["jobs.finance_b_job"]


def test_a_job_that_reads_another_domains_table_is_not_deployed_with_it(sandbox: Sandbox) -> None:
    sandbox.write("src/marketing/hubspot/base/r.py", "from common.tables import table\nROWS = table('finance.stripe.a')\n")
    sandbox.write("src/common/tables.py", "def table(name):\n    return name\n")
    commit_to_main(sandbox)
    sandbox.append(A, "Y = 1\n")
    assert deployed(plan(sandbox)) == FINANCE


# Why, of tables and of what isn't there

TABLES = {
    "src/finance/stripe/final/payments.py": (
        "from pyspark import pipelines as dp\n\n@dp.table(name='finance.stripe.final_payments')\ndef f(): ...\n"
    ),
    "src/marketing/hubspot/final/revenue.py": "x = 1\ndf = spark.read.table('finance.stripe.final_payments')\n",
}


def test_a_tables_name_answers_who_writes_and_who_reads_it(sandbox: Sandbox) -> None:
    sandbox.write_all(TABLES)
    result = run_scope(sandbox.root, "why", "finance.stripe.final_payments")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:4] == [
        "finance.stripe.final_payments is written by:",
        "  finance: src/finance/stripe/final/payments.py:3",
        "finance.stripe.final_payments is read by:",
        "  marketing: src/marketing/hubspot/final/revenue.py:2",
    ]
    answer = json.loads(run_scope(sandbox.root, "why", "finance.stripe.final_payments", "--format", "json").stdout)
    assert [place["line"] for place in answer["readers"]] == [2]


HIDDEN = {
    "src/marketing/hubspot/final/query.sql": "USE Finance.stripe;\nSELECT * FROM `Final_Payments`",
    "src/marketing/hubspot/final/maybe.py": "x = spark.table(f'{c}.stripe.final_payments')\ny = spark.table(f'{c}.b')\n",
    "resources/marketing/hubspot/trigger.yml": (
        "resources: {jobs: {j: {name: j, trigger: {table_update: {table_names: "
        '["${var.upstream_catalog_prefix}finance.${var.upstream_schema_prefix}stripe.final_payments"]}}}}}\n'
    ),
}


def test_a_tables_name_answers_with_every_form_of_reading_and_what_is_not_known(sandbox: Sandbox) -> None:
    sandbox.write_all({**TABLES, **HIDDEN})
    lines = run_scope(sandbox.root, "why", "FINANCE.stripe.final_payments").stdout.splitlines()
    assert lines[2:] == [
        "finance.stripe.final_payments is read by:",
        "  marketing: resources/marketing/hubspot/trigger.yml:1",
        "  marketing: src/marketing/hubspot/final/query.sql:2",
        "  marketing: src/marketing/hubspot/final/revenue.py:2",
        "The tables of 1 other place are known only at run time, so there may be more:",
        "  marketing: src/marketing/hubspot/final/maybe.py:1",
    ]
    answer = json.loads(run_scope(sandbox.root, "why", "finance.stripe.final_payments", "--format", "json").stdout)
    assert answer["unknown"] == 1
    assert [place["line"] for place in answer["unknown_places"]] == [1]


def test_a_removed_table_is_found_wherever_it_is_read_and_what_is_not_known_is_told(sandbox: Sandbox) -> None:
    sandbox.write_all({**TABLES, **HIDDEN})
    commit_to_main(sandbox)
    sandbox.write("src/finance/stripe/final/payments.py", "X = 1\n")
    result = run_scope(sandbox.root, "check", "--base", "main")
    found = [line.partition(": Reads")[0] for line in result.stdout.splitlines() if "which this change removes" in line]
    assert found == [
        "resources/marketing/hubspot/trigger.yml:1",
        "src/marketing/hubspot/final/query.sql:2",
        "src/marketing/hubspot/final/revenue.py:2",
    ]
    assert (
        "Whether somebody else reads finance.stripe.final_payments isn't known in full: the tables of 1 place are known "
        "only at run time: src/marketing/hubspot/final/maybe.py:1." in result.stderr
    )


def test_a_table_that_nobody_knows_is_said_to_be_unknown(sandbox: Sandbox) -> None:
    sandbox.write_all(TABLES)
    result = run_scope(sandbox.root, "why", "finance.stripe.final_paymnt")
    assert result.stdout.splitlines()[:3] == [
        "finance.stripe.final_paymnt is written by no file that is known.",
        "finance.stripe.final_paymnt is read by no file that is known.",
        "Did you mean finance.stripe.final_payments?",
    ]


@pytest.mark.parametrize(
    ("subject", "hint"),
    [
        ("src/common/mony.py", "Did you mean `src/common/money.py`?"),
        ("mony.py", "Did you mean `src/common/money.py`?"),
        ("finanse", "Did you mean `finance`?"),
        ("docs/zzzz.md", "For a file that you are going to add, say --new."),
        ("finance.stripe.b.c", "For a file that you are going to add, say --new."),
        ("stripe.final_nothing", "For a file that you are going to add, say --new."),
        ("elsewhere.stripe.final_payments_x", "For a file that you are going to add, say --new."),
    ],
)
def test_what_is_not_there_gets_no_answer_and_the_nearest_is_named(sandbox: Sandbox, subject: str, hint: str) -> None:
    sandbox.write_all({**TABLES, "src/common/money.py": "X = 1\n"})
    result = run_scope(sandbox.root, "why", subject)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"scope: There is no domain, file or table `{subject}`. {hint}\n"


def test_a_file_that_is_going_to_be_added_is_asked_about_as_such(sandbox: Sandbox) -> None:
    result = run_scope(sandbox.root, "why", "--new", "tools/new.cfg")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("tools/new.cfg would deploy finance, marketing")


def test_a_deleted_file_is_told_as_it_was(sandbox: Sandbox) -> None:
    sandbox.delete("src/common/text.py")
    result = run_scope(sandbox.root, "why", "src/common/text.py")
    assert (result.exit_code, result.stderr) == (0, "src/common/text.py is deleted; as it was:\n")
    assert "would deploy" in result.stdout


@pytest.mark.parametrize(
    "name",
    [
        "final_payments",
        "stripe.final_payments",
        "`finance`.`stripe`.`final_payments`",
        "dev_finance.me_stripe.final_payments",
    ],
)
def test_a_table_is_known_by_its_short_name_and_with_a_targets_prefixes(sandbox: Sandbox, name: str) -> None:
    sandbox.write_all(TABLES)
    result = run_scope(sandbox.root, "why", name)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "finance.stripe.final_payments is written by:"), result


def test_a_short_name_of_several_tables_is_asked_back(sandbox: Sandbox) -> None:
    sandbox.write_all(TABLES)
    sandbox.write("src/marketing/hubspot/final/more.py", "df = spark.read.table('finance.adyen.final_payments')\n")
    result = run_scope(sandbox.root, "why", "final_payments")
    assert result.exit_code == 2
    assert result.stderr == (
        "scope: `final_payments` is the name of 2 tables. "
        "Say which: finance.adyen.final_payments, finance.stripe.final_payments.\n"
    )


@pytest.mark.parametrize(
    "command", [["check"], ["doctor"], ["graph"], ["why", "finance"], ["why", "docs/a.md"]], ids=" ".join
)
def test_every_answer_in_json_begins_with_its_version_and_tool(sandbox: Sandbox, command: list[str]) -> None:
    answer = json.loads(run_scope(sandbox.root, *command, "--format", "json").stdout)
    assert list(answer)[:2] == ["schema_version", "tool"]
