"""A new source begins with files that pass every check, and beginning it twice is harmless."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.spec_tree import REPOSITORY, SpecTree, spec_tree

LAYERS = ("raw", "base", "staging", "final")


@pytest.fixture
def tree(tmp_path: Path) -> SpecTree:
    tree = spec_tree(tmp_path / "repository")
    for path in ("tests/support/engines.py", "src/common/duplicates.py", "src/common/tables.py", "src/common/__init__.py"):
        tree.write(path, (REPOSITORY / path).read_bytes())
    tree.write("tests/support/__init__.py", "")
    tree.write("tests/__init__.py", "")
    return tree


def files(tree: SpecTree) -> dict[str, bytes]:
    paths = [path for path in tree.root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(tree.root).as_posix(): path.read_bytes() for path in sorted(paths)}


def test_it_makes_code_specs_modules_and_tests(tree: SpecTree) -> None:
    ran = tree.run("scaffold", "shipping", "carrier")
    assert ran.exit_code == 0, ran
    made = files(tree)
    for layer in LAYERS:
        assert f"src/shipping/carrier/{layer}/records.py" in made
        assert f"src/shipping/carrier/{layer}/__init__.py" in made
    for kind in ("pipelines", "jobs"):
        assert f"specs/{kind}/shipping/carrier/final_records.yml" in made
        assert f"resources/shipping/carrier/{kind}/final_records.py" in made
        first = made[f"specs/{kind}/shipping/carrier/final_records.yml"].decode().splitlines()[0]
        schema = f"../../../../resources/_generated/{kind.removesuffix('s')}.schema.json"
        assert first == f"# yaml-language-server: $schema={schema}"
    assert "tests/unit/shipping/test_carrier_records.py" in made
    assert "tests/fixtures/shipping/carrier/records.json" in made
    assert "tests/fixtures/shipping/carrier/final_records.json" in made


def test_what_it_makes_agrees_with_the_specs_lints_and_types(tree: SpecTree) -> None:
    for path in LAYERS:
        (tree.root / f"src/finance/stripe/{path}/payments.py").unlink()
    (tree.root / "src/marketing/hubspot/final/campaign_revenue.py").unlink()
    tree.run("scaffold", "shipping", "carrier", "--asset", "late_parcels")
    assert tree.run("build", "--all", "--check").exit_code == 0
    interpreter = f"--python-interpreter-path={sys.executable}"
    for command in (("ruff", "format", "--check"), ("ruff", "check"), ("pyrefly", "check", interpreter)):
        places = [] if command[0] == "pyrefly" else ["--no-cache", "src", "resources", "tests"]
        done = subprocess.run(
            [sys.executable, "-m", *command, *places], cwd=tree.root, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_twice_is_harmless(tree: SpecTree) -> None:
    tree.run("scaffold", "shipping", "carrier")
    tree.write("src/shipping/carrier/raw/records.py", '"""Ours."""\n')
    before = files(tree)
    ran = tree.run("scaffold", "shipping", "carrier")
    assert (ran.exit_code, ran.stderr) == (0, "shipping/carrier already exists; nothing was changed.\n")
    assert files(tree) == before


def test_what_was_interrupted_is_finished(tree: SpecTree) -> None:
    tree.run("scaffold", "shipping", "carrier")
    before = files(tree)
    for path in ("src/shipping/carrier/final/records.py", "resources/shipping/carrier/jobs/final_records.py"):
        (tree.root / path).unlink()
    assert tree.run("scaffold", "shipping", "carrier").exit_code == 0
    assert files(tree) == before


def test_the_words_that_just_hands_over_are_understood(tree: SpecTree) -> None:
    assert tree.run("scaffold", "domain=shipping", "source=carrier").exit_code == 0
    assert (tree.root / "specs/jobs/shipping/carrier/final_records.yml").is_file()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("json", "x"), "`json` is the name of a Python package"),
        (("Shipping", "x"), "`Shipping` is not snake_case"),
        (("shipping", "../x"), "`../x` is not snake_case"),
        (("shipping", "class"), "`class` is a Python keyword"),
        (("common", "x"), "`common` is reserved"),
        (("shipping", "x", "--asset", "a-b"), "`a-b` is not snake_case"),
        (("fin_ance", "x"), "Did you mean `finance`?"),
        (("shipping", ""), "is not snake_case"),
        (("shipping", "x\n"), "is not snake_case"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_made(
    tree: SpecTree, arguments: tuple[str, ...], reason: str
) -> None:
    before = files(tree)
    ran = tree.run("scaffold", *arguments)
    assert ran.exit_code == 2
    assert reason in ran.stderr
    assert files(tree) == before


def test_a_source_that_is_there_is_not_mixed_up(tree: SpecTree) -> None:
    spec = "domain: finance\nsource: stripe\nlayer: final\nasset: payments\nlayers: [raw, base, staging, final]\n"
    tree.write("specs/pipelines/finance/stripe/final_payments.yml", spec)
    before = files(tree)
    ran = tree.run("scaffold", "finance", "stripe")
    assert (ran.exit_code, "finance/stripe already exists" in ran.stderr) == (2, True)
    assert files(tree) == before


def test_a_source_gets_a_second_pipeline_once_the_first_says_which_files_are_its_own(tree: SpecTree) -> None:
    tree.run("scaffold", "shipping", "carrier")
    before = files(tree)
    ran = tree.run("scaffold", "shipping", "carrier", "--asset", "returns")
    assert ran.exit_code == 0, ran
    made = files(tree)
    assert {path: made[path] for path in before} == before
    assert b"files: [returns.py]" in made["specs/pipelines/shipping/carrier/final_returns.yml"]
    assert "resources/shipping/carrier/pipelines/final_returns.py" in made
    assert tree.run("build", "specs/pipelines/shipping/carrier/final_returns.yml", "--check").exit_code == 0


def test_a_name_that_would_make_another_specs_resource_is_refused(tree: SpecTree) -> None:
    spec = "domain: finance\nsource: stripe_eu\nlayer: final\nasset: records\n"
    tree.write("specs/pipelines/finance/stripe_eu/final_records.yml", spec)
    ran = tree.run("scaffold", "finance_stripe", "eu")
    assert ran.exit_code == 2
    assert "would make the resource finance_stripe_eu_final_records_" in ran.stderr
