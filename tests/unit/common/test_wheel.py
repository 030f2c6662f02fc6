"""The wheel that a deployment builds, from a copy of what a stage of finance holds."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

SRC = Path(__file__).parents[3] / "src"
STAGED = ("pyproject.toml", "common/__init__.py", "common/_version.py", "common/tables.py", "finance/__init__.py")
OUTSIDE = ["marketing", "scope", "generator", "resources", "common.money"]


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """Return a `src` with one domain and a part of `common`; it needs no example, so it holds on an emptied template too."""
    root = tmp_path / "stage/src"
    for name in STAGED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (SRC / name).exists():
            shutil.copyfile(SRC / name, root / name)
        else:
            (root / name).touch()
    (root / "finance/orders.py").write_text("from common.tables import KEYS\n\nNAME = f'{KEYS[0]} of {__name__}'\n")
    (root / "finance/rates.json").write_text("{}")
    (root / "finance/__pycache__").mkdir()
    (root / "finance/__pycache__/orders.cpython-311.pyc").touch()
    return root


def build(root: Path) -> Path:
    shutil.rmtree(root / "dist", ignore_errors=True)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=root, check=True, capture_output=True)
    (wheel,) = (root / "dist").iterdir()
    return wheel


def test_the_wheel_holds_the_staged_files_and_nothing_else(stage: Path) -> None:
    names = zipfile.ZipFile(build(stage)).namelist()
    files = {name for name in names if ".dist-info/" not in name}
    assert files == {*STAGED, "finance/orders.py", "finance/rates.json"} - {"pyproject.toml"}


def test_the_same_files_give_the_same_wheel_byte_for_byte(stage: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere/src"
    shutil.copytree(stage, elsewhere, copy_function=shutil.copyfile)
    first, second = build(stage), build(elsewhere)
    assert (first.name, first.read_bytes()) == (second.name, second.read_bytes())
    assert build(stage).read_bytes() == second.read_bytes()


def test_another_content_gives_another_version(stage: Path) -> None:
    before = build(stage).name
    (stage / "finance/rates.json").write_text('{"EUR": 1}')
    assert build(stage).name != before


@pytest.mark.parametrize("how", ["wheel", "editable"])
def test_a_fresh_environment_imports_what_was_staged_and_nothing_else(stage: Path, tmp_path: Path, how: str) -> None:
    environment = tmp_path / "fresh"
    python = environment / "bin/python"
    subprocess.run(["uv", "venv", "-q", "--python", sys.executable, environment], check=True)
    # Jobs install the wheel; pipelines the uploaded folder, in place. hatchling is lent by the environment of the tests.
    what = [build(stage)] if how == "wheel" else ["--no-build-isolation", "--editable", stage]
    command = ["uv", "pip", "install", "-q", "--offline", "--no-deps", "--python", python, *what]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")})
    code = (
        "import importlib.util, json, sys, finance.orders, common\n"
        "absent = [name for name in sys.argv[1:] if not importlib.util.find_spec(name)]\n"
        "print(json.dumps([finance.orders.NAME, common.__file__, absent]))"
    )
    run = [python, "-I", "-c", code, *OUTSIDE]
    printed = subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    name, file, absent = json.loads(printed)
    assert name == "platform.domain of finance.orders"
    assert Path(file).is_relative_to(environment if how == "wheel" else stage)
    assert absent == OUTSIDE
