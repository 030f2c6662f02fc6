"""Rows of fixtures, as the Spark tests get them."""

from pathlib import Path

import pytest

from tests.support.fixture_files import FIXTURES, read_rows


def test_json_keeps_its_types_and_csv_is_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"id": 1, "name": null}]')
    (tmp_path / "a.csv").write_text('id,name\n1,"a, b"\n')
    assert read_rows("a.json", tmp_path) == [{"id": 1, "name": None}]
    assert read_rows("a.csv", tmp_path) == [{"id": "1", "name": "a, b"}]


def test_the_repositorys_fixtures_are_readable() -> None:
    names = [path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("*") if path.suffix in {".json", ".csv"}]
    assert all(read_rows(name) for name in names)


@pytest.mark.parametrize(("name", "content"), [("a.json", '{"id": 1}'), ("a.json", "[1]"), ("a.txt", "id")])
def test_other_kinds_and_shapes_are_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=name):
        read_rows(name, tmp_path)
