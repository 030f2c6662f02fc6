"""The files that a bundle is made of; which of them the CLI uploads is in tests/contract/test_bundle_sync.py."""

from collections.abc import Mapping

import pytest

from scope.graph.bundle_closure import BundleClosure, read_closure
from scope.model import Kind
from scope.repository.ignore_rules import IgnoreRules
from tests.support.fake_git import FakeGit, Files, Node

LIBRARY = {"libs/one/one.py": "", "libs/one/deep/x.csv": "", "libs/two/two.py": "", "top.txt": ""}
BUILD = "artifacts: {w: {type: whl, build: uv build}}\n"


def close(files: Files, folder: str = "b/a") -> BundleClosure:
    snapshot = FakeGit().snapshot({f"{folder}/main.py": "", **LIBRARY, **files})
    return read_closure(snapshot, folder, f"{folder}/databricks.yml", IgnoreRules(snapshot))


def outside(files: Files) -> set[str]:
    """Return the files of the bundle's closure outside its folder."""
    return {path for path in close(files).files if not path.startswith("b/a/")}


ONE, TWO = {"libs/one/one.py", "libs/one/deep/x.csv"}, {"libs/two/two.py"}


@pytest.mark.parametrize(
    ("text", "more", "found"),
    [
        ("", {}, set()),
        ("sync: {paths: [., ../../libs/one]}\n", {}, ONE),
        ("targets: {dev: {sync: {paths: [., ../../libs/one]}}}\n", {}, ONE),
        ("sync: {paths: ['../../libs/${var.x}']}\n", {}, ONE | TWO),
        ("include: [../../shared/*.yml]\n", {"shared/x.yml": "", "shared/deep/y.yml": ""}, {"shared/x.yml"}),
        ("include: [../../../x.yml]\n", {}, set()),
        ("artifacts: {w: {path: ../../libs/one}}\n", {}, ONE),
        (
            "artifacts: {w: {path: ../../libs/one}}\n",
            {"libs/one/setup.py": "p = '../two'"},
            {*ONE, *TWO, "libs/one/setup.py"},
        ),
        ("artifacts: {w: {build: 'cd ../../libs/two && make'}}\n", {}, TWO),
        ("include: [conf/*]\n", {"b/a/conf/x.yml": "a: ../../../libs/two/two.py"}, TWO),
        ("include: [conf/*]\n", {"b/a/conf/x.yml": "a: ../../libs/two"}, TWO),
        ("include: [conf/*]\n", {"b/a/conf/x.yml": "a: ../"}, set()),
        ("a: file:///../../libs/two\n", {}, TWO),
        ("a: ../../libs/two/two\n", {"libs/two/two.ipynb": ""}, {*TWO, "libs/two/two.ipynb"}),
        ("a: ../../libs/two/dist/*.whl\n", {"libs/two/setup.py": ""}, {*TWO, "libs/two/setup.py"}),
        ("a: ./dist/*.whl\n", {"pyproject.toml": "[project]\n"}, set()),
        ("a: ../../libs/my lib (1)/x.py\n", {"libs/my lib (1)/x.py": ""}, {"libs/my lib (1)/x.py"}),
        ("sync: {exclude: [../../libs/one]}\n", {}, set()),
        ("scripts: {x: {content: 'cd ../../libs/one'}}\n", {}, set()),
        ("a: ..\\..\\libs\\one\n", {}, set()),
        ("a: /etc/passwd\nb: ~/x\nc: C:/x\n", {}, set()),
        ("a: ../../../../etc\n", {}, set()),
        ("a: " + "../" * 2000 + "x\n", {}, set()),
    ],
)
def test_what_a_bundle_leads_to_outside_its_folder(text: str, more: Mapping[str, str], found: set[str]) -> None:
    assert outside({"b/a/databricks.yml": text, **more}) == found


WORKSPACE = '[tool.uv.workspace]\nmembers = ["libs/*"]\n'
PACKAGES = {
    "libs/one/pyproject.toml": '[project]\nname = "One.Lib"\n',
    "libs/two/pyproject.toml": '[project]\nname = "two"\n',
}


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, set()),
        ({"uv.lock": "", "b/.python-version": "3.12"}, {"uv.lock", "b/.python-version"}),
        ({"pyproject.toml": "[tool.ruff]\n"}, set()),
        ({"pyproject.toml": "[project]\n", "uv.lock": ""}, {"pyproject.toml", "uv.lock"}),
        ({"pyproject.toml": "[broken"}, {"pyproject.toml"}),
        ({"pyproject.toml": "[project]\n", "b/a/pyproject.toml": "[project]\n"}, set()),
        ({"pyproject.toml": "[project]\n", "b/pyproject.toml": "[project]\n"}, {"b/pyproject.toml"}),
        ({"pyproject.toml": WORKSPACE, "b/a/pyproject.toml": "[project]\n"}, {"pyproject.toml"}),
        (
            {
                "pyproject.toml": WORKSPACE,
                "b/a/pyproject.toml": "[tool.uv.sources]\none-lib = { workspace = true }\n",
                **PACKAGES,
            },
            {"pyproject.toml", *ONE, "libs/one/pyproject.toml"},
        ),
        ({"b/a/pyproject.toml": '[tool.uv.sources]\nx = { path = "../../libs/two" }\n'}, TWO),
        ({"b/a/requirements.txt": "-e ../../libs/two\n"}, TWO),
        ({"b/a/x.sh": "cp ../../top.txt .\n"}, {"top.txt"}),
        ({"b/a/link": Node(b"../../libs/two", Kind.SYMLINK)}, TWO),
        ({"b/a/link": Node(b"../../../../etc", Kind.SYMLINK)}, set()),
        ({"b/a/link": Node(b"link", Kind.SYMLINK)}, set()),
    ],
)
def test_where_a_bundle_builds_what_the_build_reads_counts(more: Files, found: set[str]) -> None:
    files = {"b/a/databricks.yml": BUILD + "sync: {exclude: ['*.md']}\n", "b/a/notes.md": "", **more}
    assert {path for path in outside(files) if not path.startswith("b/a")} == found
    assert "b/a/notes.md" in close(files).files


def test_what_is_excluded_counts_only_where_the_bundle_runs_code_or_names_it() -> None:
    text = "sync: {exclude: [notes.md, x.json]}\na: ./x.json\n"
    files = {"b/a/databricks.yml": text, "b/a/notes.md": "", "b/a/x.json": ""}
    assert set(close(files).files) == {"b/a/databricks.yml", "b/a/main.py", "b/a/x.json"}


def test_a_file_that_git_ignores_counts_only_if_the_cli_reads_it() -> None:
    files = {"b/a/databricks.yml": "include: [x.yml]\n", "b/a/x.yml": "", "b/a/y.yml": "", ".gitignore": "*.yml\n"}
    assert set(close(files).files) == {"b/a/databricks.yml", "b/a/main.py", "b/a/x.yml"}


def test_links_are_read_through() -> None:
    closure = close(
        {
            "b/a/databricks.yml": Node(b"../shared.yml", Kind.SYMLINK),
            "b/shared.yml": "targets: {dev: }\ninclude: [conf/*.yml]\n",
            "b/a/conf/x.yml": Node(b"../../../more.yml", Kind.SYMLINK),
            "more.yml": "targets: {prod: }\nx: ../libs/two\n",
        }
    )
    assert [name for name, _, _ in closure.targets] == ["dev", "prod"]
    assert {"b/shared.yml", "more.yml"} <= closure.files.keys()
    assert not closure.problems


LINKS = {"linked": Node(b"libs/one", Kind.SYMLINK), "b/twice": Node(b"../linked", Kind.SYMLINK)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sync: {paths: [., ../../linked]}\n", {"linked", *ONE}),
        ("sync: {paths: [., ../../linked/deep]}\n", {"linked", "libs/one/deep/x.csv"}),
        ("sync: {paths: [., ../twice]}\n", {"b/twice", "linked", *ONE}),
        ("a: ../../linked/one.py\n", {"linked", "libs/one/one.py"}),
        ("", set()),
    ],
)
def test_the_cli_goes_through_links_in_the_paths_that_it_is_given(text: str, found: set[str]) -> None:
    assert outside({"b/a/databricks.yml": text, **LINKS}) == found


@pytest.mark.parametrize("content", [b"a: [", b"- x", b"\xff", b"[" * 5000, b"a: " + b"x" * 400_000], ids=str)
def test_of_a_bundle_that_cannot_be_read_the_whole_folder_counts_and_the_problem_is_told(content: bytes) -> None:
    closure = close({"b/a/databricks.yml": content, "b/a/x.txt": ""})
    assert {"b/a/x.txt", "b/a/main.py"} <= closure.files.keys()
    [(path, _, why)] = closure.problems
    assert path == "b/a/databricks.yml"
    assert why


def test_projects_may_name_each_other_and_the_folder_that_they_lie_in() -> None:
    closure = close(
        {
            "b/a/databricks.yml": "artifacts: {w: {path: ../../libs/one}}\n",
            "libs/one/setup.py": "'../two' '..' '../../b/a'",
            "libs/two/setup.py": "'../one' './.' '../../..'",
        }
    )
    assert {*ONE, *TWO, "libs/one/setup.py", "libs/two/setup.py"} <= closure.files.keys()
    assert closure.named["libs/two"] == "libs/one/setup.py"


def test_a_bundle_at_the_root_has_everything() -> None:
    closure = close({"databricks.yml": "", "x/y.py": ""}, folder="")
    assert {"databricks.yml", "x/y.py", "libs/one/one.py"} <= closure.files.keys()
    assert not closure.named
