"""Files that were read together say the same as long as they, and all that they looked for, stay as they are."""

import pytest

from scope.graph.tables import TableIndex
from scope.model import Kind
from tests.support.fake_git import FakeGit, Files, Node
from tests.support.fakes import KeptInMemory

A, B = "src/hr/people/base/a.py", "src/hr/people/base/b.py"
FILES: dict[str, str] = {
    A: "from common.names import NAMES\nfrom .near import NEAR\n\nNAMES.append('x.y.z')\nspark.read.table(NEAR)\n",
    B: "# MAGIC %run ./setup\nfrom common.names import NAMES\n\nfor name in NAMES:\n    spark.read.table(name)\n",
    "src/hr/people/base/near.py": "NEAR = 'hr.people.near'\n",
    "src/hr/people/base/setup.py": "X = 1\n",
    "src/common/names.py": "NAMES = ['a.b.c']\n",
    "src/finance/stripe/base/c.py": "X = 1\n",
}


def read(git: FakeGit, files: Files, *groups: list[str], kept: KeptInMemory | None = None) -> dict[str, list[str]]:
    index = TableIndex(git.snapshot(files), kept)
    return {path: [one.table for one in uses.reads] for group in groups for path, uses in index.read(group).items()}


def test_a_group_is_read_once() -> None:
    git, kept = FakeGit(), KeptInMemory()
    alone = read(git, FILES, [A, B])
    assert alone == {A: ["hr.people.near"], B: ["a.b.c", "x.y.z"]}
    assert read(git, FILES, [A, B], kept=kept) == alone
    assert kept.hits == 0
    assert read(git, FILES, [A, B], kept=kept) == alone
    assert kept.hits == 1


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ({"src/finance/stripe/base/c.py": "Y = 1\n", "src/hr/people/base/other.py": "", "docs/a.py": ""}, True),
        ({"src/common/names.py": "NAMES = ['d.e.f']\n"}, False),
        ({"src/common/names.py": None}, False),
        ({"src/common/names.py": Node(b"names2.py", Kind.SYMLINK)}, False),
        ({"src/common/names/__init__.py": "NAMES = []\n"}, True),  # a module is found before a package
        ({"src/common/names.py": None, "src/common/names/__init__.py": "NAMES = ['d.e.f']\n"}, False),
        ({"src/hr/people/base/near.py": "NEAR = 'hr.people.far'\n"}, False),
        ({"src/hr/people/base/setup.py": "NAMES = []\n"}, False),
        ({A: FILES[A] + "\n"}, False),
    ],
)
def test_a_group_is_read_anew_where_anything_it_looked_for_differs(
    change: dict[str, str | Node | None], is_kept: bool
) -> None:
    git, kept = FakeGit(), KeptInMemory()
    read(git, FILES, [A, B], kept=kept)
    before = dict(kept.values)
    files = {path: content for path, content in {**FILES, **change}.items() if content is not None}
    assert read(git, files, [A, B], kept=kept) == read(git, files, [A, B])
    assert (kept.values == before) == is_kept


@pytest.mark.parametrize("are_kept", [False, True])
def test_what_another_domain_or_group_leaves_in_a_module_is_not_there(are_kept: bool) -> None:
    other = "src/sales/crm/base/c.py"
    files, kept = {**FILES, other: FILES[B].partition("\n")[2]}, KeptInMemory() if are_kept else None
    for _ in range(2):
        assert read(FakeGit(), files, [A, other], [B], kept=kept) == {
            A: ["hr.people.near"],
            other: ["a.b.c"],
            B: ["a.b.c"],
        }


def test_a_group_of_too_many_files_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scope.graph.kept_tables._MOST_FILES", 1)
    git, kept = FakeGit(), KeptInMemory()
    for _ in range(2):
        assert read(git, FILES, [A, B], kept=kept) == read(git, FILES, [A, B])
    assert kept.hits == 0
