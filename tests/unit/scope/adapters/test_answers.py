"""Values in the workspace's JSON: another type is never taken for what was asked for, nor for nothing."""

from collections.abc import Callable

import pytest

from scope.adapters.answers import Answer, as_object, child, children, number, text

READERS: dict[str, tuple[Callable[[Answer, str], object], object]] = {
    "text": (text, "x"),
    "number": (number, 7),
    "child": (child, {"a": 1}),
    "children": (children, [{"a": 1}, {}]),
}
VALUES = ["x", "", 7, 0, 7.5, True, False, {"a": 1}, {}, [{"a": 1}, {}], [], ["x"], [None], [[]]]


@pytest.mark.parametrize("name", READERS)
def test_a_value_is_read_as_it_is_and_none_as_nothing(name: str) -> None:
    read, value = READERS[name]
    assert read({"k": value}, "k") == (tuple(value) if isinstance(value, list) else value)
    assert read({}, "k") == read({"k": None}, "k")
    assert not read({}, "k")


@pytest.mark.parametrize("name", READERS)
def test_another_type_is_an_error_that_says_which(name: str) -> None:
    read, good = READERS[name]
    for value in VALUES:
        if type(value) is type(good) and not (isinstance(value, list) and value in (["x"], [None], [[]])):
            assert read({"k": value}, "k") == (tuple(value) if isinstance(value, list) else value)
            continue
        with pytest.raises(ValueError, match=r"^(`k` is|an object was expected, not) (an?|true or) \w+|null"):
            read({"k": value}, "k")


def test_an_answer_is_an_object() -> None:
    assert as_object({"a": 1}) == {"a": 1}
    with pytest.raises(ValueError, match=r"^an object was expected, not a list\.$"):
        as_object([])
