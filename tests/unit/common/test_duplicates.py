"""Which of the records with the same key is kept."""

from tests.support.engines import Engine

SCHEMA = "id string, version bigint, name string"


def test_the_record_with_the_greatest_value_is_kept_and_of_equals_the_greatest_second(engine: Engine) -> None:
    duplicates = engine.module("common.duplicates")
    records = engine.frame(SCHEMA, [("a", 1, "old"), ("a", 2, "new"), ("a", 2, "newer"), ("b", None, "x"), (None, 1, "y")])
    latest = duplicates.latest_by_key(records, "id", records["version"], records["name"])
    assert engine.rows(latest, "id", "version", "name") == [("a", 2, "newer"), ("b", None, "x"), (None, 1, "y")]


def test_no_column_is_added(engine: Engine) -> None:
    duplicates = engine.module("common.duplicates")
    records = engine.frame(SCHEMA, [("a", 1, "x")])
    assert duplicates.latest_by_key(records, "id", records["version"]).columns == ["id", "version", "name"]
