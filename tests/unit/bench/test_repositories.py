"""The repositories that the bench measures: the same at every run, as large as said, and with known answers."""

import json
from pathlib import Path

import pytest

from tests.bench.plans import read_answer
from tests.bench.repositories import BRANCHES, DOMAINS, SIZES, Size, before, make, make_files
from tests.bench.timing import BenchError
from tests.support.scope_command import run_scope

_TINY = Size("tiny", 1, 2, 11)


@pytest.mark.parametrize(("name", "files"), [("1k", 1_000), ("10k", 10_000), ("100k", 100_000)])
def test_a_size_has_about_as_many_files_as_its_name_says(name: str, files: int) -> None:
    assert files <= len(make_files(SIZES[name])) <= 1.1 * files


def test_the_same_size_is_the_same_files() -> None:
    assert make_files(SIZES["1k"]) == make_files(SIZES["1k"])


def test_packages_need_packages_that_are_there_and_none_that_needs_them() -> None:
    files = make_files(SIZES["10k"])
    packages = [
        json.loads(text) for path, text in files.items() if path.startswith("src/") and path.endswith("package.json")
    ]
    needs = {package["name"]: set(package["dependencies"]) for package in packages}
    assert set(DOMAINS) < needs.keys()
    # Libraries are numbered, and need only earlier ones.
    for name, needed in needs.items():
        assert needed <= {library for library in needs if library.startswith("lib") and (library < name or name in DOMAINS)}


def test_a_branch_changes_one_file_and_deploys_what_is_said(tmp_path: Path) -> None:
    sandbox = make(tmp_path / "kept", _TINY)
    for branch in BRANCHES:
        assert sandbox.git("diff", "--name-only", f"main...{branch.name}") == branch.path
        answer = run_scope(sandbox.root, "plan", "--quiet", "--format", "json", "--base", "main", "--head", branch.name)
        assert read_answer(answer.stdout, branch) == f"{len(branch.deploys)} of 50 domains"
        # Before that, it was the same change, beside another file of a domain that it doesn't touch.
        assert sandbox.git("diff", "--name-only", f"{before('main')}...{before(branch.name)}") == branch.path
        other = sandbox.git("diff", "--name-only", f"{before(branch.name)}..{branch.name}")
        assert other == sandbox.git("diff", "--name-only", f"{before('main')}..main") == "src/dom001/src00/base/asset1.py"


def test_a_plan_that_deploys_something_else_is_an_error() -> None:
    with pytest.raises(BenchError, match=r"A plan of leaf deploys \['dom001'\], not \['dom000'\]\."):
        read_answer('{"deploy": [{"domain": "dom001"}]}', BRANCHES[0])


def test_a_kept_repository_is_made_again_only_where_it_would_differ(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    first = make(folder, _TINY)
    first.write("untracked.txt", "")
    assert make(folder, _TINY).path("untracked.txt").exists()
    assert not make(folder, Size("tiny", 1, 3, 11)).path("untracked.txt").exists()
