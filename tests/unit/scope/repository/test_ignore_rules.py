"""Ignore files and `sync.exclude` as the CLI reads them; what it does itself is in tests/contract/test_bundle_sync.py."""

import time

import pytest

from scope.model import Kind
from scope.repository.ignore_rules import IgnoreRules, Patterns
from tests.support.fake_git import FakeGit, Node


@pytest.mark.parametrize(
    ("lines", "meant", "others"),
    [
        (["*.log"], ["x.log", "a/b/x.log", "x.log/y"], ["x.logs", "log"]),
        (["tests"], ["tests", "tests/a", "a/tests/b"], ["mytests", "tests.py"]),
        (["tests/"], ["tests/", "a/tests/b"], ["tests"]),
        (["tests/", "tests"], ["tests"], ["mytests"]),
        (["tests/*"], ["tests/", "tests/a"], ["tests"]),
        (["tests/**"], ["tests/", "tests", "tests/a/b"], ["a/test"]),
        (["/tests"], ["tests/a"], ["a/tests"]),
        (["src/tests"], ["src/tests/a", "x/src/tests"], ["src/a/tests"]),
        (["src/*.log"], ["src/x.log"], ["a/src/x.log", "src/b/x.log"]),
        (["**/tests/**"], ["tests/a", "a/tests/b/c"], ["a/testsx/b"]),
        (["a/**/b"], ["a/b", "a/x/y/b"], ["ab"]),
        (["*.py[co]"], ["x.pyc", "a/x.pyo"], ["x.py", "x.pyx"]),
        (["[Bb]uild/"], ["build/x", "Build/x"], ["uild/x"]),
        (["v[0-2]"], ["v0", "v2/x"], ["v3", "v-"]),
        (["*", "!src/**"], ["a", "a/b"], ["src/a", "a/src/b"]),
        (["*.txt", "!a.txt", "a.txt"], ["a.txt", "b.txt"], ["c"]),
        (["# x", "", "  a  ", "\\#b"], ["a", "#b"], ["# x", "x"]),
    ],
)
def test_a_path_is_meant_by_a_list_of_patterns(lines: list[str], meant: list[str], others: list[str]) -> None:
    patterns = Patterns(lines)
    assert [path for path in (*meant, *others) if patterns.match(path)] == meant


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "a|b", "a?", "[!a]x", "[^a]x", "[]", "[[:alpha:]]", "a\\b", "{a,b}", "[a-\uffff]"]
)
def test_a_pattern_that_is_not_understood_means_nothing(pattern: str) -> None:
    assert not Patterns([pattern]).match("a")
    assert not Patterns([pattern]).match("b/a")


def test_a_pattern_that_takes_back_what_nobody_understands_takes_back_everything() -> None:
    assert not Patterns(["*.txt", "![^x].txt"]).match("a.txt")
    assert Patterns(["*.txt", "![^x].txt", "b.txt"]).match("b.txt")


@pytest.mark.parametrize("pattern", ["*a" * 2000, "**/" * 2000 + "x", "[ab]" * 2000, "a" * 100_000, "!" * 2000, "/" * 5000])
def test_hostile_patterns_take_no_time(pattern: str) -> None:
    started = time.process_time()
    Patterns([pattern]).match("a" * 200 + "/" + "a/" * 100 + "b")
    assert time.process_time() - started < 1


def test_an_ignored_folder_is_never_looked_into_and_nothing_above_is_taken_back() -> None:
    rules = IgnoreRules(
        FakeGit().snapshot(
            {
                ".gitignore": "build/\n!build/kept.txt\n*.log\n",
                "a/.gitignore": "!*.log\n/own\n",
                "b/.gitignore": b"\xff\n*\r\n",
                "a/x": "",
            }
        )
    )
    hidden = [
        path for path in ("build/kept.txt", "a/x.log", "a/own/x", "own/x", "a/b/own", "a/x", "b/x") if rules.hides(path)
    ]
    assert hidden == ["build/kept.txt", "a/x.log", "a/own/x", "b/x"]


def test_a_link_in_the_place_of_an_ignore_file_says_nothing() -> None:
    rules = IgnoreRules(FakeGit().snapshot({"a/.gitignore": Node(b"*", Kind.SYMLINK)}))
    assert not rules.hides("a/x")


def test_a_path_of_hundreds_of_folders_is_looked_at() -> None:
    assert not IgnoreRules(FakeGit().snapshot({".gitignore": "b"})).hides("a/" * 400 + "x")
    assert IgnoreRules(FakeGit().snapshot({".gitignore": "b"})).hides("a/" * 400 + "b/x")


@pytest.mark.parametrize("path", [".databricks/x", "a/.databricks/b/x", ".git/config"])
def test_the_clis_own_folders_are_never_uploaded(path: str) -> None:
    assert IgnoreRules(FakeGit().snapshot({"a": ""})).hides(path)
