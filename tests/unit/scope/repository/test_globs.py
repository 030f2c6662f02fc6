"""The globs of rules."""

import pytest

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
