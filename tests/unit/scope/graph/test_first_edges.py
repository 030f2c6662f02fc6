"""The first use of shared files in each domain, and what is read to find it."""

import pytest

from scope.graph.closure import DomainIndex
from scope.graph.dependents import Dependents
from scope.graph.first_edges import FirstEdges
from scope.graph.uses_cache import UsesCache
from scope.model import Step
from tests.support.fake_git import FakeGit
from tests.support.fakes import KeptInMemory

MONEY = "src/common/readers/money.py"
USE = "from common.readers.money import X\n"
SHARED = {"src/common/__init__.py": "", "src/common/readers/__init__.py": "", MONEY: "X = 1\n", "targets/dev.yml": ""}
DOMAINS = ("a", "b", "c", "d", "e")


def many(domain: str, use: str = "", count: int = 200, at: int = 199) -> dict[str, str]:
    """Return the files of a domain of which one, `at` this position, uses something."""
    return {f"src/{domain}/s/base/n{number:03}.py": use if number == at else f"N = {number}\n" for number in range(count)}


def folders_of(domains: str) -> tuple[str, ...]:
    return tuple(f"{root}/{domain}" for domain in domains for root in ("src", "resources"))


def find(git: FakeGit, files: dict[str, str]) -> dict[str, str]:
    """Return by domain the first file that uses `MONEY`."""
    side = DomainIndex(git.snapshot({**files, **SHARED}))
    edges = FirstEdges(side, side, (), [MONEY]).find(side.domains, [MONEY])
    return {domain: edge.dependent for domain, edge in edges.items()}


def test_domains_whose_first_files_decide_are_not_searched() -> None:
    git = FakeGit()
    files = {path: text for domain in DOMAINS for path, text in many(domain, USE, at=3).items()}
    assert find(git, files) == {domain: f"src/{domain}/s/base/n003.py" for domain in DOMAINS}
    assert git.searched == []
    assert git.files_read < 100 * len(DOMAINS)


def test_domains_whose_first_files_decide_nothing_are_searched_at_once() -> None:
    git = FakeGit()
    files = {**many("a", USE, at=3), **many("b"), **many("c", USE), **many("d"), **many("e", USE, at=3)}
    expected = {"a": "src/a/s/base/n003.py", "c": "src/c/s/base/n199.py", "e": "src/e/s/base/n003.py"}
    assert find(git, files) == expected
    assert git.searched == [folders_of("bcd")]


def test_after_two_domains_that_need_a_search_no_other_is_tried_without() -> None:
    git = FakeGit()
    files = {**many("a", USE), **many("b"), **many("c", USE, at=3)}
    assert find(git, files) == {"a": "src/a/s/base/n199.py", "c": "src/c/s/base/n003.py"}
    assert git.searched == [folders_of("abc")]


def test_the_first_file_by_path_is_the_one_that_is_named() -> None:
    files = {"src/a/s/base/z.py": USE, "src/a/s/base.py": USE, "src/a/s/base-b/a.py": USE, "resources/a/s/y.yml": "common"}
    assert find(FakeGit(), files) == {"a": "src/a/s/base-b/a.py"}


@pytest.mark.parametrize(
    ("text", "is_use"),
    [
        (USE, True),
        ("from common.readers import (\n    money,\n)\n", True),
        ("P = '../../readers'\n", True),
        ('P = f"../../readers/{name}.py"\n', False),
        ("P = ('../'\n     'readers')\n", True),
        ("P = '../money.py'\n", True),
        ("from common.readers import *\n", True),
        ("P = 'common.readers'\n", True),
        ("from common.readers import csv\n", False),
        ("from common import money\n", False),
    ],
)
@pytest.mark.parametrize("position", [0, 199])
def test_a_use_is_found_in_the_first_files_as_by_a_search(text: str, position: int, *, is_use: bool) -> None:
    files = many("a", text, at=position)
    side = DomainIndex(FakeGit().snapshot({**files, **SHARED}))
    assert (MONEY in side.shared("a").files) == is_use
    assert (find(FakeGit(), files) == {"a": f"src/a/s/base/n{position:03}.py"}) == is_use


def test_tables_and_pictures_are_not_read() -> None:
    git = FakeGit()
    find(git, {f"src/a/s/base/n{number}.csv": str(number) for number in range(50)})
    assert git.files_read < 20


def test_between_the_same_folders_nothing_is_read_again() -> None:
    git, kept = FakeGit(), KeptInMemory()
    base = {**many("a", USE, at=3), **many("b"), **many("c", USE), **SHARED}
    head = {**base, MONEY: "X = 2\n"}
    expected = plan(git, kept, base, head)
    assert set(expected) == {"a", "c"}
    git.searched, git.files_read = [], 0
    assert plan(git, kept, base, head) == expected
    assert (git.searched, git.files_read) == ([], 0)
    # As after a rebase onto a change of one domain.
    new = {"src/b/s/base/n150.py": USE}
    assert set(plan(git, kept, {**base, **new}, {**head, **new})) == {"a", "b", "c"}
    assert all(folder.endswith("/b") for folders in git.searched for folder in folders)


def plan(git: FakeGit, kept: KeptInMemory, base: dict[str, str], head: dict[str, str]) -> dict[str, tuple[Step, ...]]:
    trees = git.make(base), git.make(head)
    cache = UsesCache(kept)
    before, after = (DomainIndex(git.snapshot(files), cache) for files in (base, head))
    return dict(Dependents(before, after, [MONEY], git.changes(*trees)).domain_paths(MONEY))
