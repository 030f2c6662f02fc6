"""The wheel's version says what the deployment is made of, no more and no less."""

import os
import re
import runpy
import shutil
from pathlib import Path

import pytest

MODULE = Path(__file__).parents[3] / "src/common/_version.py"


def version(root: Path) -> str:
    return runpy.run_path(str(root / "common/_version.py"))["version"]()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "pyproject.toml": "x",
        "common/__init__.py": "",
        "common/_version.py": MODULE.read_text(),
        "finance/a.py": "a = 1\n",
    }
    for name, content in files.items():
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text(content)
    return tmp_path / "src"


def test_it_is_a_version_with_twelve_digits_of_the_digest(root: Path) -> None:
    assert re.fullmatch(r"0\.1\.0\+[0-9a-f]{12}", version(root))


def test_where_the_files_lie_and_when_they_were_written_does_not_matter(root: Path, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(root, tmp_path / "else where", copy_function=shutil.copyfile)
    os.utime(elsewhere / "finance/a.py", (0, 0))
    assert version(elsewhere) == version(root)


def test_caches_and_built_wheels_do_not_matter(root: Path) -> None:
    before = version(root)
    for name in ("dist/a.whl", "finance/__pycache__/a.cpython-311.pyc"):
        (root / name).parent.mkdir()
        (root / name).write_text("built")
    assert version(root) == before


@pytest.mark.parametrize(
    "name", ["finance/a.py", "pyproject.toml", "common/__init__.py", "finance/new.sql", "common/_version.py"]
)
def test_every_other_file_matters(root: Path, name: str) -> None:
    before = version(root)
    with (root / name).open("a") as file:
        file.write("# more\n")
    assert version(root) != before


def test_a_file_that_moves_or_goes_matters(root: Path) -> None:
    before = version(root)
    (root / "finance/a.py").rename(root / "finance/b.py")
    moved = version(root)
    (root / "finance/b.py").unlink()
    assert len({before, moved, version(root)}) == 3


def test_what_goes_from_one_file_to_the_next_matters(root: Path) -> None:
    (root / "finance/a.py").write_text("ab")
    (root / "finance/b.py").write_text("c")
    before = version(root)
    (root / "finance/a.py").write_text("a")
    (root / "finance/b.py").write_text("bc")
    assert version(root) != before
