"""The globs of rules."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scope.repository.globs import matches


@pytest.mark.parametrize(
    ("glob", "path", "does"),
    [
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/**", "a/b/c", True),
        ("a/**", "ab", False),
        ("**/x.md", "x.md", True),
        ("**/x.md", "a/b/x.md", True),
        ("**/x.md", "a/ax.md", False),
        ("a/**/b", "a/b", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.b", "axb", False),
        ("[x]", "[x]", True),
        ("a/*", "a/new\nline", True),
    ],
)
def test_globs_cross_folders_with_two_stars_only(glob: str, path: str, *, does: bool) -> None:
    assert matches(glob, path) is does


_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@given(
    glob=st.lists(st.sampled_from(["a", "b", "/", "?", "*", "**", "**/", "/**/"]), max_size=10).map("".join),
    path=st.text(alphabet="ab/", max_size=8),
)
def test_a_glob_of_many_stars_means_what_one_of_few_does(glob: str, path: str) -> None:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    slow = re.compile("".join(_PARTS.get(part, re.escape(part)) for part in parts))
    assert matches(glob, path) is (slow.fullmatch(path) is not None)
