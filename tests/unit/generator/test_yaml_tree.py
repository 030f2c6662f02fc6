"""YAML comes in as plain values with places, or as one clear error."""

import pytest

from generator.errors import SpecError
from generator.layout import MAX_BYTES
from generator.yaml_tree import MAX_DEPTH, Position, parse_document

FILE = "specs/x.yml"


def problems(content: str | bytes) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_document(FILE, content if isinstance(content, bytes) else content.encode())
    return [str(problem) for problem in caught.value.problems]


def test_values_and_keys_have_the_place_where_they_stand() -> None:
    document = parse_document(FILE, b"a:\n  - b: 1\n    c: text\n")
    assert document.tree == {"a": [{"b": 1, "c": "text"}]}
    assert document.keys["a", 0, "c"] == Position(3, 5)
    assert document.values["a", 0, "c"] == Position(3, 8)


def test_a_problem_of_what_is_missing_stands_where_its_parent_does() -> None:
    document = parse_document(FILE, b"a:\n  b: 1\n")
    assert str(document.problem(("a", "c"), "is missing.")) == f"{FILE}:2:3: a.c: is missing."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        ("1.5e+3", 1500.0),
        ("e3", "e3"),
        ("1e3x", "1e3x"),
        ("01:30", "01:30"),
        ("2026-01-01 is a day", "2026-01-01 is a day"),
        ("yo", "yo"),
        ("'083'", "083"),
        ('"y"', "y"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("plain text", "plain text"),
        ("'2026-01-01'", "2026-01-01"),
        ('"yes"', "yes"),
        ('"1"', "1"),
        ("1.2.3", "1.2.3"),
        ("0 30 2 * * ?", "0 30 2 * * ?"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        ("né", "né"),
    ],
)
def test_scalars_mean_what_every_reader_takes_them_for(text: str, value: object) -> None:
    assert parse_document(FILE, f"a: {text}".encode()).tree == {"a": value}


@pytest.mark.parametrize(
    "text",
    [
        *("2026-01-01", "2026-01-01T10:00:00Z", "2026-1-1", "2026-1-1 1:2:3"),
        *("yes", "No", "on", "True", "y", "Y", "n", "N", "Null"),
        *("010", "083", "0019", "0o644", "0x1F", "0b11", "1_000", "12:30:45", "+1"),
        *("1e3", "1E5", "-1e3", "1.5e3", "1e+3", ".5", "-.5", "5.", "1.e3", ".inf", ".nan"),
        *("9223372036854775808", "-9223372036854775809", "12345678901234567890"),
    ],
)
def test_scalars_that_readers_disagree_on_are_refused_at_their_place(text: str) -> None:
    (problem,) = problems(f"a: {text}")
    assert problem.startswith(f"{FILE}:1:4: a: `{text}` ")
    assert "quotes" in problem


def test_duplicate_keys_name_both_lines() -> None:
    assert problems("a: 1\nb: 2\na: 3\n") == [f"{FILE}:3:1: a: is set twice, first in line 1. Remove one."]


def test_all_problems_of_a_text_come_at_once() -> None:
    assert len(problems("a: yes\na: 2026-01-01\nb: !!python/object:os.system x\n")) == 4


def test_a_tab_is_named_as_a_tab() -> None:
    (problem,) = problems("a:\n\tb: 1\n")
    assert problem == f"{FILE}:2:1: a tab where YAML wants spaces; indent with spaces."


def test_several_documents_are_refused() -> None:
    assert problems("a: 1\n---\nb: 2\n") == [f"{FILE}:2:1: a second document begins here; a file holds one."]


def test_anchors_are_followed_and_count_as_written_out() -> None:
    assert parse_document(FILE, b"a: &x [1, 2]\nb: *x\n").tree == {"a": [1, 2], "b": [1, 2]}


def test_anchors_that_explode_are_one_error() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]" for number in range(1, 12)]
    (problem,) = problems("\n".join(lines))
    assert "more than 20000 values" in problem


def test_an_anchor_within_itself_is_an_error() -> None:
    (problem,) = problems("a: &x [*x]\n")
    assert "`*x` refers to no anchor above it" in problem


def test_merge_keys_are_refused() -> None:
    (problem,) = problems("a: &x {b: 1}\nc:\n  <<: *x\n")
    assert problem.startswith(f"{FILE}:3:3: c.<<: merge keys aren't supported")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!!str", "!x", "!!binary"])
def test_tags_are_refused_and_nothing_is_constructed(tag: str) -> None:
    (problem,) = problems(f"a: {tag} 'x'\n")
    assert "tags aren't used here" in problem


@pytest.mark.parametrize("key", ["1", "true", "null", "2026-01-01", "y", "083", "1e3", "0o644"])
def test_keys_that_are_not_text_are_refused(key: str) -> None:
    (problem,) = problems(f"{key}: 1\n")
    assert "doesn't read as text" in problem


def test_a_list_or_a_mapping_as_a_key_is_refused() -> None:
    (problem,) = problems("? [a, b]\n: 1\n")
    assert "a field's name must be here" in problem


def test_a_byte_order_mark_is_one_error() -> None:
    assert problems(b"\xef\xbb\xbfa: 1\n") == [f"{FILE}:1:1: begins with a byte order mark; save it as UTF-8 without one."]


def test_latin_1_bytes_are_one_error_at_their_place() -> None:
    assert problems("a: 1\nb: né\n".encode("latin-1")) == [f"{FILE}:2:5: is not UTF-8 (byte 0xe9); save it as UTF-8."]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("- a\n", "has a list at the top"),
        ("text", "holds a single value"),
    ],
)
def test_what_is_no_mapping_is_one_error(content: str, reason: str) -> None:
    (problem,) = problems(content)
    assert problem.startswith(f"{FILE}:1:1: {reason}; a file of fields is needed")


def test_a_large_file_is_one_error() -> None:
    (problem,) = problems(b"a: 1\n" * (10 * 1024 * 1024 // 5))
    assert problem == f"{FILE}: has 10485760 bytes; at most {MAX_BYTES} are read."


def test_deep_nesting_is_one_error() -> None:
    (problem,) = problems("a: " + "[" * (MAX_DEPTH + 5) + "]" * (MAX_DEPTH + 5))
    assert f"nested deeper than {MAX_DEPTH} levels" in problem


def test_nesting_that_never_ends_is_one_error() -> None:
    (problem,) = problems("[" * 200_000)
    assert problem.startswith(f"{FILE}:1:")


@pytest.mark.parametrize("content", ["a: [1", "a: 'x", "a: 1\n b: 2", "{", "a: \x00", "%YAML 9\n", "a: @x", "&x", "*x"])
def test_what_is_not_yaml_is_one_error(content: str) -> None:
    (problem,) = problems(content)
    assert problem.startswith(FILE)
    assert "Traceback" not in problem
