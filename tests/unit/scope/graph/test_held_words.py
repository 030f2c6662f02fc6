"""The words that a file holds are those that are parts of it, as a plain search finds them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scope.graph.held_words import HeldWords

words = st.text("ab_1", max_size=5)
contents = st.text("ab_1 .\n\\", max_size=60)


@given(st.frozensets(words, max_size=40), st.lists(contents, max_size=5))
def test_words_are_found_wherever_they_stand(looked_for: frozenset[str], listed: list[str]) -> None:
    held = HeldWords(looked_for)
    for content in listed:
        assert held.find(content.encode()) == {word for word in looked_for if word in content}


def test_bytes_that_are_no_text_separate_words() -> None:
    assert HeldWords(["money", "y"]).find(b"\xffmone\xffmoney2") == {"money", "y"}


@pytest.mark.parametrize(
    "content",
    [
        b"a" * 1_000_000 + b" ww.end",
        b"a" * 1_000_000 + b" ww." + b"a" * 1_000_000 + b"end",
        b" ".join(b"%d" % number * 12 for number in range(10_000)) + b" ww.end",
    ],
    ids=["a name", "data", "names"],
)
def test_long_names_are_looked_into_in_time_and_mean_the_same(content: bytes) -> None:
    held = HeldWords(["", *("w" * length for length in range(3, 60)), "end"])
    start = time.process_time()
    assert held.find(content) == {"", "end"}
    assert time.process_time() - start < 1
