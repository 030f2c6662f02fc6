"""A search that an earlier run has made is made again only where a folder has changed."""

from scope.graph.search import search
from tests.support.fake_git import FakeGit
from tests.support.fakes import KeptInMemory

FILES = {"src/a/x.py": "word", "src/a/y.py": "other", "src/b/z.py": "word", "src/ab.py": "word", "src/a.py": "word"}


def test_only_what_changed_is_searched_again() -> None:
    git, kept = FakeGit(), KeptInMemory()
    folders = ("src/a", "src/b", "src/gone")
    expected = {"src/a/x.py", "src/b/z.py"}
    assert search(git.snapshot(FILES), None, ["word"], folders) == expected
    assert search(git.snapshot(FILES), kept, ["word"], folders) == expected
    assert search(git.snapshot(FILES), kept, ["word"], folders) == expected
    changed = {**FILES, "src/a/y.py": "word"}
    assert search(git.snapshot(changed), kept, ["word"], folders) == {*expected, "src/a/y.py"}
    assert search(git.snapshot(changed), kept, ["other"], ("src/b",)) == frozenset()
    assert git.searched == [folders, ("src/a", "src/b"), ("src/a",), ("src/b",)]


def test_of_a_search_that_ended_early_the_folders_before_are_kept() -> None:
    git, kept = FakeGit(), KeptInMemory()
    files = {f"src/{name}.py": "word" for name in ("a/1", "b/2", "b/3", "c/4", "d/5")}
    folders = ("src/d", "src/a", "src/b", "src/c")
    for most in (1, 1, 3):
        assert len(search(git.snapshot(files), kept, ["word"], folders, most=most)) > most
    assert search(git.snapshot(files), kept, ["word"], folders, most=5) == files.keys()
    assert len(search(git.snapshot(files), kept, ["word"], folders, most=4)) > 4
    assert git.searched == [folders, ("src/d", "src/b", "src/c"), ("src/d", "src/b", "src/c"), ("src/d", "src/c")]


def test_a_search_in_folders_that_lie_in_each_other_ends_no_earlier() -> None:
    git, kept = FakeGit(), KeptInMemory()
    files = {"src/a/x.py": "word", "src/a/b/y.py": "word"}
    assert search(git.snapshot(files), kept, ["word"], ("src/a/b",)) == {"src/a/b/y.py"}
    assert search(git.snapshot(files), kept, ["word"], ("src/a", "src/a/b"), most=2) == files.keys()


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
