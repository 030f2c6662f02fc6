"""The folders of bundles, and what each is called."""

import pytest

from scope.errors import UsageError
from scope.model import Kind
from scope.names import MAX_NAME, is_domain_name
from scope.repository.bundles import find_bundles, name_bundle, require_root_bundle
from scope.repository.folders import is_below
from tests.support.fake_git import FakeGit, Files, Node

NAMES = ("databricks.yml", "databricks.yaml")


def find(globs: list[str], files: Files) -> dict[str, str]:
    return find_bundles(FakeGit().snapshot(files), globs, NAMES)


@pytest.mark.parametrize(
    ("globs", "folders"),
    [
        (["bundles/*"], ["bundles/a", "bundles/b"]),
        (["bundles/*/"], ["bundles/a", "bundles/b"]),
        (["bundles/a", "bundles/a"], ["bundles/a"]),
        (["bundles/**"], ["bundles/a", "bundles/a/inner", "bundles/b"]),
        (["**"], ["", "bundles/a", "bundles/a/inner", "bundles/b", "other/c d"]),
        (["."], [""]),
        (["./bundles/a"], ["bundles/a"]),
        (["**/inner"], ["bundles/a/inner"]),
        (["*/c*"], ["other/c d"]),
        (["other/*"], ["other/c d"]),
        (["nowhere/*", "README.md", "bundles/none"], []),
    ],
)
def test_bundles_are_the_folders_that_globs_match_and_that_have_a_file(globs: list[str], folders: list[str]) -> None:
    files = {
        "databricks.yml": "",
        "README.md": "",
        "bundles/a/databricks.yml": "",
        "bundles/a/inner/databricks.yaml": "",
        "bundles/b/databricks.yml": Node(b"../a/databricks.yml", Kind.SYMLINK),
        "bundles/none/x": "",
        "bundles/folder/databricks.yml/x": "",
        "other/c d/databricks.yml": "",
    }
    assert sorted(find(globs, files).values()) == folders


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("bundles/Sales-ETL", "bundles_sales_etl"),
        ("", "root"),
        ("a b/ä.ö", "a_b"),
        ("日本", "root"),
        ("2024/x", "b_2024_x"),
        ("_x_", "x"),
        ("class", "class_"),
        ("all", "all_"),
        ("common", "common_"),
        ("a\\b", "a_b"),
        ("x" * 300, "x" * MAX_NAME),
        ("9" * 300, "b_" + "9" * (MAX_NAME - 2)),
        ("x/" + "_" * 300 + "é", "x"),
    ],
)
def test_a_bundle_is_called_by_its_path(folder: str, name: str) -> None:
    assert name_bundle(folder) == name
    assert is_domain_name(name_bundle(folder))


def test_folders_that_would_be_called_alike_are_told_all_at_once() -> None:
    files = {f"{folder}/databricks.yml": "" for folder in ("a/b-c", "a/b_c", "a/B.C", "x/y", "x y", "z")}
    with pytest.raises(UsageError) as caught:
        find(["*", "*/*"], files)
    assert str(caught.value).splitlines() == [
        "pyproject.toml: the folders a/B.C and a/b-c and a/b_c would all be called a_b_c. Rename all but one.",
        "pyproject.toml: the folders x y and x/y would both be called x_y. Rename one of them.",
    ]


@pytest.mark.parametrize(
    ("files", "what", "how", "globs"),
    [
        (["bundles/a/databricks.yml"], "no databricks.yml at the root", "each by itself", '["bundles/*"]'),
        (["databricks.yml", "src/a.py"], "no target is defined in targets/. To", "it as it is", '["."]'),
        (["databricks.yml", "x/a/databricks.yml"], "1 folder below it has one: x/a. To", "each by itself", '[".", "x/*"]'),
    ],
)
def test_a_tree_that_is_laid_out_otherwise_is_told_what_to_write(files: list[str], what: str, how: str, globs: str) -> None:
    with pytest.raises(UsageError) as caught:
        require_root_bundle(FakeGit().snapshot(dict.fromkeys(files, "")))
    assert what in str(caught.value)
    assert str(caught.value).endswith(f"To deploy {how}, write into pyproject.toml:\n[tool.scope]\nbundles = {globs}")


@pytest.mark.parametrize(
    "files", [[], ["databricks.yml", "targets/dev.yml"], ["databricks.yml", "targets/dev.yml", "x/databricks.yml"]]
)
def test_a_tree_that_is_laid_out_for_domains_needs_no_bundles(files: list[str]) -> None:
    require_root_bundle(FakeGit().snapshot(dict.fromkeys(files, "")))


def test_what_lies_below_a_folder_is_told_by_whole_names() -> None:
    assert is_below("a/b", "a")
    assert is_below("a", "a")
    assert is_below("a", "")
    assert not is_below("ab", "a")
