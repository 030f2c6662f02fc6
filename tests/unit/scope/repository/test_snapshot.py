"""One tree, read on demand."""

from scope.model import Kind
from tests.support.fake_git import FakeGit, Node

FILES = {
    "a.txt": "a",
    "src/finance/x.py": "x",
    "src/finance/deep/y.py": "y",
    "src/link": Node(b"finance", Kind.SYMLINK),
    "src/module": Node(b"1" * 40, Kind.SUBMODULE),
    "sales": "file",
    "sales_eu/x": "x",
}


def test_an_entry_is_a_file_a_folder_or_nothing() -> None:
    snapshot = FakeGit().snapshot(FILES)
    assert {path: entry.kind if (entry := snapshot.entry(path)) else None for path in ["", "src", "a.txt", "src/link"]} == {
        "": Kind.FOLDER,
        "src": Kind.FOLDER,
        "a.txt": Kind.FILE,
        "src/link": Kind.SYMLINK,
    }
    assert snapshot.entry("nothing") is None
    assert snapshot.entry("a.txt/below") is None
    assert snapshot.entry("src/link/x.py") is None


def test_files_lists_all_below_sorted_with_links_and_submodules() -> None:
    snapshot = FakeGit().snapshot(FILES)
    assert list(snapshot.files("src")) == ["src/finance/deep/y.py", "src/finance/x.py", "src/link", "src/module"]
    assert list(snapshot.files("")) == sorted(FILES)
    assert list(snapshot.files("a.txt")) == ["a.txt"]
    assert snapshot.files("gone") == {}


def test_the_first_files_are_the_regular_ones_in_the_order_of_their_paths() -> None:
    names = ["x/a.py", "x/a/b.py", "x/a-b/c.py", "x/a0", "x/ab/c/d.py", "x/ab/c.py", "x/é.py", "x/\udcff.py"]
    files = {**dict.fromkeys((*names, "y/z.py", "y.py"), "1"), "x/link": Node(b"a.py", Kind.SYMLINK)}
    snapshot = FakeGit().snapshot(files)
    found = snapshot.first_files(["x", "y", "none", "y.py"], 100)
    assert {folder: list(inside) for folder, inside in found.items()} == {
        "x": sorted(names),
        "y": ["y/z.py"],
        "none": [],
        "y.py": [],
    }
    assert list(snapshot.first_files(["x"], 3)["x"]) == sorted(names)[:3]
    assert found["x"] == {path: snapshot.entry(path) for path in names}


def test_folders_that_are_skipped_are_not_looked_into() -> None:
    snapshot = FakeGit().snapshot(FILES)
    assert list(snapshot.files("src", skip=lambda folder: folder == "src/finance")) == ["src/link", "src/module"]


def test_only_regular_files_have_content() -> None:
    snapshot = FakeGit().snapshot(FILES)
    assert snapshot.read("src/finance/x.py") == b"x"
    assert snapshot.read("src/link") is None
    assert snapshot.read("src") is None
    assert snapshot.read_all(snapshot.files("src")) == {"src/finance/deep/y.py": b"y", "src/finance/x.py": b"x"}


def test_names_are_those_directly_in_a_folder() -> None:
    snapshot = FakeGit().snapshot(FILES)
    assert sorted(snapshot.names("src")) == ["finance", "link", "module"]
    assert snapshot.names("a.txt") == {}
    assert snapshot.names("gone") == {}
