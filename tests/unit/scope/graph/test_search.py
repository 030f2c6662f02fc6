"""A search that an earlier run has made is made again only where a folder has changed."""

from scope.graph.search import search
from tests.support.fake_git import CountingGit, FakeGit
from tests.support.fakes import KeptInMemory

FILES = {"src/a/x.py": "word", "src/a/y.py": "other", "src/b/z.py": "word", "src/ab.py": "word", "src/a.py": "word"}


def test_only_what_changed_is_searched_again() -> None:
    git, kept = CountingGit(), KeptInMemory()
    folders = ("src/a", "src/b", "src/gone")
    expected = {"src/a/x.py", "src/b/z.py"}
    assert search(git.snapshot(FILES), None, ["word"], folders) == expected
    assert search(git.snapshot(FILES), kept, ["word"], folders) == expected
    assert search(git.snapshot(FILES), kept, ["word"], folders) == expected
    changed = {**FILES, "src/a/y.py": "word"}
    assert search(git.snapshot(changed), kept, ["word"], folders) == {*expected, "src/a/y.py"}
    assert search(git.snapshot(changed), kept, ["other"], ("src/b",)) == frozenset()
    assert git.searched == [folders, ("src/a", "src/b"), ("src/a",), ("src/b",)]


def test_a_search_that_ended_early_is_not_kept() -> None:
    git, kept = CountingGit(), KeptInMemory()
    folders = ("src/a", "src/b")
    for _ in range(2):
        assert len(search(git.snapshot(FILES), kept, ["word"], folders, most=1)) > 1
    assert search(git.snapshot(FILES), kept, ["word"], folders, most=2) == {"src/a/x.py", "src/b/z.py"}
    assert len(search(git.snapshot(FILES), kept, ["word"], folders, most=1)) > 1
    assert git.searched == [folders] * 3


def test_folders_may_lie_in_each_other() -> None:
    snapshot, kept = FakeGit().snapshot(FILES), KeptInMemory()
    for _ in range(2):
        assert search(snapshot, kept, ["word"], ("src/a", "src")) == FILES.keys() - {"src/a/y.py"}
        assert search(snapshot, kept, ["word"], ("src/a",)) == {"src/a/x.py"}


def test_what_isn_t_a_list_of_texts_is_no_answer() -> None:
    snapshot, kept = FakeGit().snapshot(FILES), KeptInMemory()
    expected = search(snapshot, kept, ["word"], ("src",))
    for value in ("null", "{}", "[1]", '"x"'):
        kept.values = dict.fromkeys(kept.values, value)
        assert search(snapshot, kept, ["word"], ("src",)) == expected
