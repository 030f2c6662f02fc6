"""What is kept of a file's tables is what the file says."""

import pytest

from scope.graph.tables import TableIndex
from scope.lineage.table_facts import dump_tables, load_tables, stands_alone
from scope.lineage.tables import Modules
from tests.support.fake_git import FakeGit
from tests.support.fakes import KeptInMemory

SQL = "src/finance/stripe/base/a.sql"
FILES = {
    SQL: "USE CATALOG x;\nCREATE TABLE b AS SELECT * FROM finance.stripe.a JOIN IDENTIFIER(:name);\nSELECT * FROM ${c}.d",
    "src/finance/stripe/base/broken.sql": "SELECT * FROM (",
    "resources/finance/stripe/j.yml": "resources:\n  jobs:\n    j:\n      trigger:\n        table_update:\n"
    "          table_names: [hr.people.staff]\n",
}


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("is_user", [False, True])
def test_kept_tables_are_those_of_the_file(path: str, is_user: bool) -> None:
    one = Modules(lambda _: None).read_file(path, FILES[path].encode(), is_user=is_user)
    assert one.uses.reads or one.uses.unresolved
    assert load_tables(dump_tables(one)) == one


def test_a_file_is_read_once_for_as_long_as_it_stays() -> None:
    git, kept = FakeGit(), KeptInMemory()
    first = TableIndex(git.snapshot(FILES), kept).read(FILES)
    assert first == TableIndex(git.snapshot(FILES)).read(FILES)
    kept.hits = 0
    changed = {**FILES, SQL: "SELECT * FROM hr.people.staff"}
    found = dict(TableIndex(git.snapshot(changed), kept).read(FILES))
    assert kept.hits == len(FILES) - 1
    (read,) = found.pop(SQL).reads
    assert read.table == "hr.people.staff"
    assert found == {path: uses for path, uses in first.items() if path != SQL}


def test_what_hangs_on_other_files_is_read_anew() -> None:
    assert stands_alone(SQL, b"SELECT 1")
    assert not stands_alone(SQL, b"-- MAGIC %run ./a")
    assert not stands_alone("src/a/b/c.PY", b"")
    assert not stands_alone("src/a/b/c.ipynb", b"")
