"""What git says of trees, the double and the real one alike: contents, differences, and above all what a search finds."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import Mock

import pytest

from scope.adapters import git as adapter
from scope.adapters.git import GitRepository
from scope.adapters.git_objects import ObjectReader
from scope.adapters.processes import run_process
from scope.errors import ScopeError
from scope.graph.search import search
from scope.inference.wide_uses import EXTENDED_WIDE, MARKERS, WIDE, are_wide, is_wide
from scope.lineage.spelling import extended_spelling_patterns, spelling_patterns, spells
from scope.model import Kind, Status
from scope.ports import Found, Git
from scope.repository.snapshot import Snapshot
from tests.support.fake_git import FakeGit, Files, Node
from tests.support.fakes import KeptInMemory
from tests.support.sandbox import Sandbox

ODD = ("a b.py", "né.py", "tab\there.py", 'quote".py', "line\nend.py", "$(x).py")


@dataclass(frozen=True, slots=True)
class Subject:
    """A repository, and the way to a tree of some files."""

    port: Git
    make: Callable[[Files], str]


@pytest.fixture(params=["double", "real"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "double":
        fake = FakeGit()
        yield Subject(fake, fake.make)
        return
    sandbox = Sandbox.create(tmp_path / "repository")
    with GitRepository(sandbox.root) as git:

        def make(files: Files) -> str:
            for path in sandbox.tracked:
                sandbox.delete(path)
            for path, content in files.items():
                if isinstance(content, Node) and content.kind is Kind.SYMLINK:
                    sandbox.path(path).parent.mkdir(parents=True, exist_ok=True)
                    sandbox.path(path).symlink_to(content.content.decode())
                else:
                    sandbox.write(path, content.content if isinstance(content, Node) else content)
            return git.root_tree(sandbox.commit("Files"))

        yield Subject(git, make)


def test_a_tree_says_what_lies_in_it(subject: Subject) -> None:
    snapshot = Snapshot(subject.port, subject.make({"a/b/c.py": "1", "a/link": Node(b"b/c.py", Kind.SYMLINK), "d": "2"}))
    assert {name: entry.kind for name, entry in snapshot.names("").items()} == {"a": Kind.FOLDER, "d": Kind.FILE}
    assert {name: entry.kind for name, entry in snapshot.names("a").items()} == {"b": Kind.FOLDER, "link": Kind.SYMLINK}
    assert list(snapshot.files("")) == ["a/b/c.py", "a/link", "d"]
    assert list(snapshot.entries(["d", "a/b/c.py", "a/none/x", "none", "d/x"])) == ["a/b/c.py", "d"]
    assert snapshot.read("a/b/c.py") == b"1"
    assert snapshot.read("a/link") is None


def test_names_come_as_they_are(subject: Subject) -> None:
    files = {f"src/{name}": f"# {name!r}\n" for name in ODD}
    snapshot = Snapshot(subject.port, subject.make(files))
    assert sorted(snapshot.names("src")) == sorted(ODD)
    contents = snapshot.read_all(snapshot.files("src"))
    assert contents == {path: content.encode() for path, content in files.items()}
    assert snapshot.grep(("#",), ("src",)).files == files.keys()


def test_differences_are_told_without_renames_and_sorted(subject: Subject) -> None:
    before = subject.make({"a.py": "same\n", "b.py": "1\n", "gone.py": "moved\n", "type.py": "b.py"})
    after = subject.make({"a.py": "same\n", "b.py": "2\n", "new.py": "moved\n", "type.py": Node(b"b.py", Kind.SYMLINK)})
    assert [(change.path, change.status) for change in subject.port.changes(before, after)] == [
        ("b.py", Status.MODIFIED),
        ("gone.py", Status.DELETED),
        ("new.py", Status.ADDED),
        ("type.py", Status.TYPE),
    ]
    everything = subject.port.changes(subject.port.empty_tree, after)
    assert {change.status for change in everything} == {Status.ADDED}
    assert [change.path for change in everything] == ["a.py", "b.py", "new.py", "type.py"]
    assert subject.port.changes(after, after) == ()


def test_contents_are_read_many_at_once(subject: Subject) -> None:
    tree = subject.make({"a": "1", "b": "1", "c": "2\0\r\n"})
    oids = [entry.oid for entry in subject.port.tree(tree).values()]
    assert sorted(subject.port.blobs([*oids, *oids]).values()) == [b"1", b"2\0\r\n"]
    assert subject.port.blobs([]) == {}


def test_a_search_looks_into_its_folders_only(subject: Subject) -> None:
    tree = subject.make(
        {"src/sales/a.py": "x.y\n", "src/sales_eu/a.py": "x.y\n", "a.py": "x.y\n", "src/sales/b.py": "xzy\n"}
    )
    assert subject.port.grep(tree, (r"x\.y",), ("src/sales",)).files == {"src/sales/a.py"}
    assert subject.port.grep(tree, (r"x\.y", "xzy"), ("src/sales", "src/sales_eu")).files == {
        "src/sales/a.py",
        "src/sales/b.py",
        "src/sales_eu/a.py",
    }
    assert subject.port.grep(tree, (), ("src",)).files == frozenset()
    assert subject.port.grep(tree, ("x",), ()).files == frozenset()
    assert subject.port.grep(tree, ("x",), ("none",)).files == frozenset()


def test_a_search_may_end_with_more_files_than_are_wanted(subject: Subject) -> None:
    files = {f"src/{number}/{'long' * 40}.py": "x\n" for number in range(2_000)}
    tree = subject.make(files)
    found = subject.port.grep(tree, ("x",), ("src",), most=3)
    assert len(found.files) > 3
    assert found.files <= files.keys()
    assert not found.folders
    assert subject.port.grep(tree, ("x",), ("src",), most=2_000).files == files.keys()


@pytest.mark.parametrize("patterns", [("",), ("", "y"), ("y", "")])
def test_an_empty_pattern_matches_every_file_with_a_line(subject: Subject, patterns: tuple[str, ...]) -> None:
    tree = subject.make({"src/a": "x\n", "src/b": "y\n"})
    assert subject.port.grep(tree, patterns, ("src",)).files == {"src/a", "src/b"}


def test_a_search_does_not_mind_what_a_file_is(subject: Subject) -> None:
    tree = subject.make(
        {"src/a": b"\0\0 found\n", "src/b": "found", "src/c": b"\xff found\r\n", "src/d": Node(b"found", Kind.SYMLINK)}
    )
    assert subject.port.grep(tree, ("found",), ("src",)).files == {"src/a", "src/b", "src/c"}


def test_a_pattern_with_a_line_end_is_refused(subject: Subject) -> None:
    tree = subject.make({"src/a": "x\n"})
    with pytest.raises(ScopeError, match="line end"):
        subject.port.grep(tree, ("x\ny",), ("src",))


LINES = {
    "star": ["from x import *", "from x import\t*", "import \t\f*", "\t*", ' "*\\n",', '"  *"', "*", "* # all", "*;", "*\r"],
    "notebook": [r"import\t*", r"import \\\n\", \"  *", r"import\u0020*", r'["from x import \\\n", "  *\n"]', r"\t*\n"],
    "old line ends": ["import \\\r   *\r"],
    "text": ['"common"', "'common.a'", "common/", "/common", "f'common{x}'", "resources.a%s", "_models\\"],
    "machinery": ["importlib", "%run x", "__import__('x')", "exec(x)"],
    "words": [f"x{word.decode()}y" for word in MARKERS if word not in (b"common", b"resources", b"_models")],
    "places": ["dirname", "pardir", "Path().parent", "'..'", '"../.."'],
    "letters": ["from common import m\N{FULLWIDTH LATIN SMALL LETTER O}ney", r'"\uFF4d"', "# coding: latin-1"],
    "none": [
        "# é — 数",
        "a * b",
        "import (a, *b)",
        "x = common",
        "import x",
        "y = a*",
        "2 ** 3",
        "def f(*, a): pass",
        "import x as y * 2",
        "sys.exit(1)",
        "lazy_loading, load, sources, Source, run_all, __name__, walk_all",
    ],
}


def test_a_search_for_uses_that_name_nothing_means_the_same(tmp_path: Path) -> None:
    lines = [line for some in LINES.values() for line in some]
    files = {f"src/{number}.py": f"x = 1\n{line}\nz = 2\n" for number, line in enumerate(lines)}
    fake, sandbox = FakeGit(), Sandbox.create(tmp_path / "repository", dict(files))
    with GitRepository(sandbox.root) as git:
        tree = git.root_tree(sandbox.head)
        matches = git.grep(tree, WIDE, ("src",)).files
        extended = git.grep(tree, ("(",), ("src",), EXTENDED_WIDE).files  # no matcher takes the first
    expected = {path for path, line in zip(files, lines, strict=True) if line not in LINES["none"]}
    assert matches == expected == extended
    assert fake.grep(fake.make(files), WIDE, ("src",)).files == expected
    together = dict(zip(files, are_wide([text.encode() for text in files.values()]), strict=True))
    assert together == {path: is_wide(text.encode()) for path, text in files.items()}
    assert {path for path, wide in together.items() if wide} == expected


LONG_LINES = {
    "src/blanks.py": "import " + " " * 3_000_000 + "x\n",
    "src/dots.py": "." * 3_000_000 + "\n",
    "src/first.py": "common.a" * 300_000 + "\n",
    "src/lists.py": "import " + "\\n\\t" * 500_000 + "\n",
    "src/names.py": "x = " + "common.a" * 300_000 + "\n",
    "src/parents.py": "x = " + "'.." + "/.." * 500_000 + "x\n",
    "src/quotes.py": "x = '" + "a" * 2_000_000 + "'\n",
    "src/star.py": "import " + "\\n" * 1_000_000 + "*\n",
    "src/start.py": "x\n" + " " * 2_000_000 + "*" + " " * 1_000_000 + "x\n",
}


def test_long_lines_are_searched_in_time(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "repository", dict(LONG_LINES))
    with GitRepository(sandbox.root) as git:
        tree = git.root_tree(sandbox.head)
        # No extended expression stands in: these would take hours for the first names of a line.
        assert git.grep(tree, WIDE, ("src",), ("none",)).files == {"src/star.py"}
    assert {path for path, text in LONG_LINES.items() if is_wide(text.encode())} == {"src/star.py"}


def test_files_are_remembered_as_far_as_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scope.adapters.git._ROOM", 500)
    asked: list[list[str]] = []
    read = ObjectReader.read_many
    monkeypatch.setattr(ObjectReader, "read_many", lambda self, oids: asked.append(oids) or read(self, oids))
    sandbox = Sandbox.create(tmp_path / "repository", {"large": "1" * 500, "small": "2"})
    with GitRepository(sandbox.root) as git:
        names = git.tree(git.root_tree(sandbox.head))
        large, small = (names[name].oid for name in ("large", "small"))
        asked.clear()
        expected = {large: b"1" * 500, small: b"2"}
        assert [git.blobs([large, small, small]) for _ in range(2)] == [expected, expected]
    assert asked == [[large, small], [large]]


def test_many_folders_are_searched_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scope.adapters.git.count_cores", lambda: 3)
    folders = [f"src/d{number}" for number in range(30)]
    files = {f"{folder}/a.py": "import x\n" for folder in folders}
    sandbox = Sandbox.create(tmp_path / "repository", {**files, "src/d7/b.py": "y\n"})
    with GitRepository(sandbox.root) as git:
        tree = git.root_tree(sandbox.head)
        assert git.grep(tree, ("import",), folders).files == set(files)
        assert git.grep(tree, ("(",), folders, ("import|y",)).files == {*files, "src/d7/b.py"}
        assert git.grep(tree, ("import",), folders, most=4).files <= set(files)
        with pytest.raises(ScopeError, match="git grep"):
            git.grep(tree, ("(",), folders)


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_a_search_tells_which_folders_it_has_gone_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr("scope.adapters.git.count_cores", lambda: cores)
    # Names that sort otherwise with a slash behind them, and answers that are longer than a pipe holds.
    folders = [f"src/d{number}{end}" for number in range(20) for end in ("", "-", ".x")]
    files = {f"{folder}/{number}{'long' * 40}.py": "import x\n" for folder in folders for number in range(30)}
    sandbox = Sandbox.create(tmp_path / "repository", dict(files))
    begins = tuple(f"{folder}/" for folder in folders)
    with GitRepository(sandbox.root) as git:
        tree = git.root_tree(sandbox.head)
        for most in (0, 10, 300, len(files) - 1):
            ended = git.grep(tree, ("import",), folders, most=most)
            assert len(ended.files) > most
            assert ended.files <= files.keys()
            searched = tuple(begin for begin in begins if begin.removesuffix("/") in ended.folders)
            assert {file for file in files if file.startswith(searched)} <= ended.files
            assert searched or most < 300
        whole = git.grep(tree, ("import",), folders, most=len(files))
        assert whole == Found(frozenset(files), frozenset(folders))


def test_folders_in_each_other_are_searched_to_their_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scope.adapters.git.count_cores", lambda: 2)
    folders = [f"src{'/d' * depth}" for depth in range(20)]
    files = {f"{folder}/{number}{'long' * 40}.py": "import x\n" for folder in folders for number in range(100)}
    sandbox = Sandbox.create(tmp_path / "repository", dict(files))
    with GitRepository(sandbox.root) as git:
        snapshot = Snapshot(git, git.root_tree(sandbox.head))
        for kept in (None, KeptInMemory()):
            for most in (len(files), len(files) - 1):
                found = search(snapshot, kept, ["import"], folders, most=most)
                assert found == files.keys() or (len(found) > most and found <= files.keys())


def test_a_git_without_perl_s_matcher_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox.create(tmp_path / "repository", {"src/a.py": "import x\n", "src/b.py": "y\n"})
    program = tmp_path / "programs" / "git"
    program.parent.mkdir()
    real = shutil.which("git")
    refuse = "fatal: cannot use Perl-compatible regexes when not compiled with USE_LIBPCRE"
    program.write_text(f'#!/bin/sh\ncase "$*" in *--perl-regexp*) echo "{refuse}" >&2; exit 128;; esac\nexec {real} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    with GitRepository(sandbox.root) as git:
        assert git.grep(git.root_tree(sandbox.head), ("import|from",), ("src",)).files == {"src/a.py"}


def test_a_file_that_a_search_can_t_read_is_no_file_without_a_match(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "repository", {"src/a.py": "import x\n", "src/b.py": "import y\n"})
    with GitRepository(sandbox.root) as git:
        oid = sandbox.git("rev-parse", "HEAD:src/a.py").strip()
        sandbox.path(f".git/objects/{oid[:2]}/{oid[2:]}").unlink()
        with pytest.raises(ScopeError, match=rf"unable to read {oid}"):
            git.grep(git.root_tree(sandbox.head), ("import",), ("src",))


SPELLED = (
    *('"finance.stripe"', "FINANCE.x", "`Finance` .", "from\\nfinance.x", "${p}finance.x", "USE finance;", "x = finance"),
    *('"fin" "ance.x"', '("f" + "inance")', "f\"{'fin'}{'ance'}\"", '"fi" f"nance"', '"f" r"ina" "nce"'),
    *('x = ("finan"', '\t"ance.x"', '  "nce" ', '"finance\\n",', 'x = "finan\\', "nance.x", '\\"finan\\"\\n"'),
    *('"%snance" % x', 'f"{x}nan{y}"', "# MAGIC nance", "x.format('fina')", '"an"', "  'n' ", '"a'),
)
NOT_SPELLED = (
    "refinance",
    "finances",
    "my_finance",
    "financed = 1",
    "fin = ance",
    "x = ance",
    "enhance",
    '"fa"',
    "fi nance(",
    "hr",
)


def test_a_search_for_spellings_means_the_same(tmp_path: Path) -> None:
    lines = (*SPELLED, *NOT_SPELLED)
    files = {f"src/{number}.py": f"x = 1\n{line}\nz = 2\n" for number, line in enumerate(lines)}
    fake, sandbox = FakeGit(), Sandbox.create(tmp_path / "repository", dict(files))
    patterns, extended = spelling_patterns({"finance"}), extended_spelling_patterns({"finance"})
    with GitRepository(sandbox.root) as git:
        tree = git.root_tree(sandbox.head)
        matches = git.grep(tree, patterns, ("src",)).files
        assert git.grep(tree, ("(?no Perl",), ("src",), extended).files == matches
    assert sorted(line for path, line in zip(files, lines, strict=True) if path in matches) == sorted(SPELLED)
    assert fake.grep(fake.make(files), patterns, ("src",)).files == matches
    assert {path for path, text in files.items() if spells(text, {"finance"})} == matches


def test_names_of_branches_and_remotes_are_told_though_they_are_no_text(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "repository", {"a": "a"})
    name = os.fsdecode(b"b\xffr")
    sandbox.git("switch", "--quiet", "--create", name)
    sandbox.git("remote", "add", "origin", f"https://x.invalid/{name}.git")
    with GitRepository(sandbox.root) as git:
        assert git.branch == r"b\xffr"
        assert git.origin == r"https://x.invalid/b\xffr.git"
        sandbox.git("switch", "--quiet", "--detach")
        assert git.branch is None


def test_each_process_of_a_search_gets_as_many_folders_of_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{root}/d{number}/a.py": "x\n" for number in range(10) for root in ("src", "resources")}
    sandbox = Sandbox.create(tmp_path / "repository", dict(files))
    spy = Mock(wraps=run_process)
    monkeypatch.setattr(adapter, "run_process", spy)
    monkeypatch.setattr(adapter, "count_cores", lambda: 2)
    folders = [path.rpartition("/")[0] for path in files]
    with GitRepository(sandbox.root) as git:
        assert git.grep(git.root_tree(sandbox.head), ("x",), folders).files == files.keys()
    searches = [command for call in spy.call_args_list if "grep" in (command := call.args[0])]
    assert [sum(")src/" in argument for argument in command) for command in searches] == [5, 5]
