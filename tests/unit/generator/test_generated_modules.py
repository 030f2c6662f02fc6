"""What is generated is as good as what people write: it is formatted, it lints, its types hold, and the loader loads it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.spec_tree import BUNDLE_FILES, REPOSITORY, SpecTree

EVERYTHING = REPOSITORY / "tests/golden/generator/everything/input"


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> SpecTree:
    """Give a repository with the modules of specs that use all that there is."""
    tree = SpecTree(tmp_path_factory.mktemp("everything"))
    for path in (*BUNDLE_FILES, "resources/__init__.py"):
        tree.write(path, (REPOSITORY / path).read_bytes())
    for path in EVERYTHING.rglob("*"):
        if path.is_file():
            tree.write(path.relative_to(EVERYTHING).as_posix(), path.read_bytes())
    assert tree.run("build", "--all").exit_code == 0
    return tree


def succeeds(tree: SpecTree, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tree.root,
        capture_output=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_they_are_formatted(everything: SpecTree) -> None:
    succeeds(everything, "ruff", "format", "--check", "--no-cache", "resources")


def test_they_lint(everything: SpecTree) -> None:
    succeeds(everything, "ruff", "check", "--no-cache", "resources")


def test_their_types_hold(everything: SpecTree) -> None:
    interpreter = f"--python-interpreter-path={sys.executable}"
    succeeds(everything, "pyrefly", "check", interpreter, "--summarize-errors")


@pytest.mark.parametrize(("target", "absent"), [("dev", ["finance_stripe_final_by_reference_job"]), ("staging", [])])
def test_the_loader_loads_them_all(everything: SpecTree, target: str, absent: list[str]) -> None:
    load = (
        "from databricks.bundles.core import Bundle\nimport resources\n"
        f"loaded = resources.load_resources(Bundle(target={target!r}, variables={{}}))\n"
        "assert not loaded.diagnostics.items, loaded.diagnostics\n"
        "print(*sorted([*loaded.jobs, *loaded.pipelines]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", load],
        cwd=everything.root,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONPATH": "."},
    )
    assert done.returncode == 0, done.stderr
    specs = [path for kind in ("jobs", "pipelines") for path in (everything.root / "specs" / kind).rglob("*.yml")]
    expected = [f"{path.parts[-3]}_{path.parts[-2]}_{path.stem}_{path.parts[-4].removesuffix('s')}" for path in specs]
    own = {"finance_stripe_raw_nightly_job": "nightly_load", "finance_stripe_raw_nightly_pipeline": "nightly"}
    assert done.stdout.split() == sorted(own.get(key, key) for key in set(expected) - set(absent))


def test_nothing_but_from_dict_runs_on_import(everything: SpecTree) -> None:
    for path in (everything.root / "resources").glob("*/*/*/*.py"):
        text = path.read_text(encoding="utf-8").splitlines()
        lines = [line for line in text if line and line[0] not in " )}#"]
        assert len(lines) == (0 if path.name == "__init__.py" or len(text) == 1 else 2), path


def test_this_repositorys_modules_are_what_its_specs_say() -> None:
    ran = SpecTree(REPOSITORY).run("build", "--all", "--check")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")


def test_the_resource_keys_of_a_job_and_its_pipeline_differ(everything: SpecTree) -> None:
    texts = [path.read_text(encoding="utf-8") for path in Path(everything.root / "resources").rglob("final_payments.py")]
    keys = [line.split(" = ")[0] for text in texts for line in text.splitlines() if ".from_dict(" in line]
    assert sorted(keys) == ["finance_stripe_final_payments_job", "finance_stripe_final_payments_pipeline"]
