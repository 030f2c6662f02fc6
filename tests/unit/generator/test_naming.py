"""Names of a repository's own, `[tool.scope.naming]`, in what specs become."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.spec_tree import REPOSITORY, SpecTree, spec_tree

LAYERS = ("bronze", "silver", "gold")
MAIN = """
[tool.scope.naming]
catalog = "${var.catalog}"
schema = "${var.schema_prefix}{source}"
layers = ["bronze", "silver", "gold"]
resource = "{source}_{asset}_{layer}"
"""
BY_LAYER = """
[tool.scope.naming]
catalog = "${bundle.target}"
schema = "{domain}_{layer}"
layers = ["bronze", "silver", "gold"]
"""
CATALOG = "variables:\n  catalog:\n    description: The catalog.\n    default: dev\n"
PAYMENTS = "domain: finance\nsource: stripe\nlayer: gold\nasset: payments\n"


def named_tree(root: Path, naming: str) -> SpecTree:
    """Make a repository with names of its own, in which finance has the source stripe and a file for each layer."""
    tree = spec_tree(root / "repository")
    (tree.root / "src/marketing/hubspot/final/campaign_revenue.py").unlink()
    for layer in ("raw", "base", "staging", "final"):
        (tree.root / f"src/finance/stripe/{layer}/payments.py").unlink()
    for layer in LAYERS:
        tree.write(f"src/finance/stripe/{layer}/payments.py", '"""Payments."""\n')
    tree.write("targets/names.yml", CATALOG)
    text = (tree.root / "pyproject.toml").read_text(encoding="utf-8")
    tree.write("pyproject.toml", text + naming)
    return tree


@pytest.fixture
def tree(tmp_path: Path) -> SpecTree:
    return named_tree(tmp_path, MAIN)


def resource_of(tree: SpecTree, path: str) -> tuple[str, dict[str, Any]]:
    """Return the key and the value of the resource in a generated module."""
    module = ast.parse(tree.build().expected[path].text)
    found = next(node for node in module.body if isinstance(node, ast.Assign))
    assert isinstance(found.targets[0], ast.Name)
    assert isinstance(found.value, ast.Call)
    return found.targets[0].id, ast.literal_eval(found.value.args[0])


def test_a_pipeline_has_the_names_that_the_repository_says(tree: SpecTree) -> None:
    tree.write("specs/pipelines/finance/stripe/gold_payments.yml", PAYMENTS + "layers: [gold, bronze, silver]\n")
    key, pipeline = resource_of(tree, "resources/finance/stripe/pipelines/gold_payments.py")
    assert (key, pipeline["name"]) == ("stripe_payments_gold_pipeline", "stripe_payments_gold")
    assert (pipeline["catalog"], pipeline["schema"]) == ("${var.catalog}", "${var.schema_prefix}stripe")
    assert [one["glob"]["include"] for one in pipeline["libraries"]] == [f"src/finance/stripe/{one}/**" for one in LAYERS]
    assert pipeline["configuration"] == {
        "platform.domain": "finance",
        "platform.catalog": "${var.catalog}",
        "platform.schema_prefix": "${var.schema_prefix}",
        "platform.catalog_pattern": "${var.catalog}",
        "platform.schema_pattern": "${var.schema_prefix}{source}",
        "platform.upstream_catalog_pattern": "${var.catalog}",
        "platform.upstream_schema_pattern": "${var.schema_prefix}{source}",
    }
    assert pipeline["tags"]["layer"] == "gold"


def test_a_job_follows_tables_by_the_same_names(tree: SpecTree) -> None:
    schedule = "schedule:\n  table_update:\n    tables: [finance.stripe.payments]\n"
    tree.write("specs/pipelines/finance/stripe/gold_payments.yml", PAYMENTS + "layers: [bronze, silver, gold]\n")
    tree.write("specs/jobs/finance/stripe/gold_payments.yml", PAYMENTS + schedule)
    _, job = resource_of(tree, "resources/finance/stripe/jobs/gold_payments.py")
    assert job["trigger"]["table_update"]["table_names"] == ["${var.catalog}.${var.schema_prefix}stripe.payments"]
    assert {one["name"]: one["default"] for one in job["parameters"]}["catalog"] == "${var.catalog}"
    assert "stripe_payments_gold_pipeline" in json.dumps(job["tasks"])


def test_where_layers_have_schemas_a_table_s_layer_is_none_of_its_own_name(tmp_path: Path) -> None:
    tree = named_tree(tmp_path, BY_LAYER)
    for layer in LAYERS:
        spec = PAYMENTS.replace("gold", layer)
        tree.write(f"specs/pipelines/finance/stripe/{layer}_payments.yml", spec)
    schedule = "schedule:\n  table_update:\n    tables: [finance.stripe.silver_payments]\n"
    tree.write("specs/jobs/finance/stripe/gold_payments.yml", PAYMENTS + schedule)
    for layer in LAYERS:
        _, pipeline = resource_of(tree, f"resources/finance/stripe/pipelines/{layer}_payments.py")
        assert (pipeline["catalog"], pipeline["schema"]) == ("${bundle.target}", f"finance_{layer}")
        assert pipeline["configuration"]["platform.target"] == "${bundle.target}"
    _, job = resource_of(tree, "resources/finance/stripe/jobs/gold_payments.py")
    assert job["trigger"]["table_update"]["table_names"] == ["${bundle.target}.finance_silver.payments"]


def test_a_pipeline_that_loads_other_layers_writes_to_the_schema_of_its_own(tmp_path: Path) -> None:
    tree = named_tree(tmp_path, BY_LAYER)
    tree.write("specs/pipelines/finance/stripe/gold_payments.yml", PAYMENTS + "layers: [bronze, silver, gold]\n")
    _, pipeline = resource_of(tree, "resources/finance/stripe/pipelines/gold_payments.py")
    assert pipeline["schema"] == "finance_gold"
    assert [one["glob"]["include"] for one in pipeline["libraries"]] == [f"src/finance/stripe/{one}/**" for one in LAYERS]


def test_two_pipelines_of_a_source_load_files_of_their_own(tree: SpecTree) -> None:
    tree.write("src/finance/stripe/gold/refunds.py", '"""Refunds."""\n')
    for asset in ("payments", "refunds"):
        spec = PAYMENTS.replace("payments", asset) + f"layers: [bronze, silver, gold]\nfiles: [{asset}.py]\n"
        tree.write(f"specs/pipelines/finance/stripe/gold_{asset}.yml", spec)
    tree.write("src/finance/stripe/bronze/refunds.py", '"""Refunds."""\n')
    tree.write("src/finance/stripe/silver/refunds.py", '"""Refunds."""\n')
    assert resource_of(tree, "resources/finance/stripe/pipelines/gold_refunds.py")[0] == "stripe_refunds_gold_pipeline"
    assert resource_of(tree, "resources/finance/stripe/pipelines/gold_payments.py")[0] == "stripe_payments_gold_pipeline"


def test_two_specs_that_make_one_name_are_one_problem_with_both(tmp_path: Path) -> None:
    tree = named_tree(tmp_path, MAIN.replace("_{asset}", ""))
    tree.write("src/finance/stripe/gold/refunds.py", '"""Refunds."""\n')
    for asset in ("payments", "refunds"):
        spec = PAYMENTS.replace("payments", asset) + f"files: [{asset}.py]\n"
        tree.write(f"specs/pipelines/finance/stripe/gold_{asset}.yml", spec)
    assert tree.problems() == [
        (
            "specs/pipelines/finance/stripe/gold_refunds.yml: makes the resource stripe_gold_pipeline, and so does "
            "specs/pipelines/finance/stripe/gold_payments.yml. Rename a part of one of them."
        )
    ]


def test_specs_take_the_repository_s_layers_alone(tree: SpecTree) -> None:
    tree.write("specs/pipelines/finance/stripe/final_payments.yml", PAYMENTS.replace("gold", "final"))
    tree.write("specs/pipelines/finance/stripe/gold_payments.yml", PAYMENTS + "layers: [silver, bronz]\n")
    assert tree.problems() == [
        (
            "specs/pipelines/finance/stripe/final_payments.yml: has a file name that is not <layer>_<asset>.yml with one of "
            "the layers bronze, silver, gold."
        ),
        (
            "specs/pipelines/finance/stripe/gold_payments.yml:5:18: layers[1]: is bronze, silver or gold, not `bronz`. Did "
            "you mean `bronze`?"
        ),
    ]


def test_editors_offer_the_repository_s_layers(tree: SpecTree) -> None:
    assert tree.run("schema").exit_code == 0
    schema = json.loads((tree.root / "resources/_generated/pipeline.schema.json").read_bytes())
    assert schema["$defs"]["Layer"]["enum"] == ["bronze", "silver", "gold"]
    assert schema["properties"]["layer"]["description"] == "bronze, silver or gold."
    assert schema["properties"]["layers"]["items"] == {"$ref": "#/$defs/Layer"}


@pytest.mark.parametrize(
    ("folder", "hint"),
    [("bronz", " Did you mean `bronze`?"), ("final", ""), ("helpers", None), ("transforms", None)],
)
def test_a_folder_that_is_named_like_a_layer_and_is_none_is_told(tree: SpecTree, folder: str, hint: str | None) -> None:
    tree.write("specs/pipelines/finance/stripe/gold_payments.yml", PAYMENTS + "layers: [bronze, silver, gold]\n")
    path = f"src/finance/stripe/{folder}/refunds.py"
    tree.write(path, '"""Refunds."""\n')
    told = f"{path}: is in the folder {folder}, which is no layer; the layers are bronze, silver and gold.{hint}"
    assert [str(problem) for problem in tree.build().unreached] == ([] if hint is None else [told])


@pytest.mark.parametrize("naming", [MAIN, BY_LAYER])
def test_a_new_source_has_the_repository_s_layers_and_names(tmp_path: Path, naming: str) -> None:
    tree = named_tree(tmp_path, naming)
    for layer in LAYERS:
        (tree.root / f"src/finance/stripe/{layer}/payments.py").unlink()
    for path in ("tests/support/engines.py", "src/common/duplicates.py", "src/common/tables.py", "src/common/__init__.py"):
        tree.write(path, (REPOSITORY / path).read_bytes())
    ran = tree.run("scaffold", "shipping", "carrier")
    assert ran.exit_code == 0, ran
    assert tree.run("build", "--all", "--check").exit_code == 0
    assert {path.parent.name for path in tree.root.glob("src/shipping/carrier/*/records.py")} == {*LAYERS, "transforms"}
    silver = (tree.root / "src/shipping/carrier/silver/records.py").read_text(encoding="utf-8")
    specs = sorted(path.name for path in tree.root.glob("specs/pipelines/shipping/carrier/*.yml"))
    if naming == MAIN:
        assert 'name="silver_records"' in silver
        assert 'read.table("bronze_records")' in silver
        assert specs == ["gold_records.yml"]
    else:
        assert 'name="records"' in silver
        assert 'read.table(table("shipping.carrier.bronze_records"))' in silver
        assert specs == [f"{layer}_records.yml" for layer in sorted(LAYERS)]
    for command in (["ruff", "format", "--check"], ["ruff", "check"]):
        places = ["--no-cache", "src/shipping", "resources/shipping", "tests"]
        ran_ruff = subprocess.run(
            [sys.executable, "-m", *command, *places], cwd=tree.root, capture_output=True, encoding="utf-8", check=False
        )
        assert ran_ruff.returncode == 0, ran_ruff.stdout


@pytest.mark.parametrize(
    ("naming", "problem"),
    [
        (
            '[tool.scope.naming]\nschema = "{sorce}"\n',
            (
                "pyproject.toml:{1}:11: tool.scope.naming.schema: has a placeholder `{{sorce}}`; there are `{{domain}}`, "
                "`{{source}}`, `{{layer}}`. Did you mean `source`?"
            ),
        ),
        (
            '[tool.scope.naming]\n\ncatalog = "x_${var.catalogue}_{domain}"\n',
            (
                "pyproject.toml:{2}:14: tool.scope.naming.catalog: refers to `${{var.catalogue}}`, which is no variable of "
                "the bundle. Did you mean `catalog`? Declare it under `variables` in databricks.yml, and give it a value in "
                "targets/<target>.yml."
            ),
        ),
        (
            '[tool.scope.naming]\ncatalog = "main"\nschema = "{source}"\n',
            (
                "pyproject.toml:{2}:1: tool.scope.naming.schema: gives finance/stripe and marketing/stripe one schema, "
                "main.stripe: each domain is deployed on its own, and one could overwrite the other's tables. Put "
                "{{domain}} into `catalog` or `schema`."
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_naming_is_told_at_its_place(tmp_path: Path, naming: str, problem: str) -> None:
    tree = named_tree(tmp_path, f"\n{naming}")
    tree.write("src/marketing/stripe/raw/payments.py", '"""Payments."""\n')
    for domain in ("finance", "marketing"):
        tree.write(
            f"specs/pipelines/{domain}/stripe/raw_payments.yml", PAYMENTS.replace("gold", "raw").replace("finance", domain)
        )
    tree.write("src/finance/stripe/raw/payments.py", '"""Payments."""\n')
    lines = (tree.root / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    at = lines.index("[tool.scope.naming]") + 1
    assert tree.problems() == [problem.format(at, at + 1, at + 2)]
    ran = tree.run("build", "--all")
    assert (ran.exit_code, ran.stderr.strip()) == (2, tree.problems()[0])


def test_another_naming_makes_modules_stale_not_edited(tree: SpecTree) -> None:
    tree.write("specs/pipelines/finance/stripe/gold_payments.yml", PAYMENTS + "layers: [bronze, silver, gold]\n")
    assert tree.run("build", "--all").exit_code == 0
    text = (tree.root / "pyproject.toml").read_text(encoding="utf-8")
    tree.write("pyproject.toml", text.replace('"${var.catalog}"', '"main"'))
    ran = tree.run("build", "--all", "--check")
    assert (ran.exit_code, "is older than its spec, or what the spec uses" in ran.stderr) == (1, True)
    assert tree.run("build", "--all").exit_code == 0
