"""What is searched for piece by piece is what one expression finds, and no word of a text is missed."""

import re

from hypothesis import given
from hypothesis import strategies as st

from scope.lineage.full_names import has_word, may_spell

WORDS = frozenset({"finance", "hr", "kpi", "straße"})
# What makes names of texts, written as one expression, and what may be a comment.
SIGNS = re.compile(
    r"[+%{|]|\\[\r\nNUux0-7]"
    r"|\b(?:concat\w*|format\w*|join|partition|remove\w+|replace\w*|rpartition|rsplit|split|strip|lstrip|rstrip|translate)\b"
    r"|[\"'\0]\s*+[rRbBuUfF]{0,2}[\"'\0]"
)
TRIPLE = re.compile("\"\"\"|'''")
COMMENT = re.compile(r"([\"'\0\n])[^\S\n]*+#([^\n]*)")

pieces = st.sampled_from(
    (
        *("\n", "\r", " ", "#", '"', "'", '"""', "'''", "\\", "\\x", "\0", "f", "rb", "_", ".", "(", "+", "%", "\xe9"),
        *("split", "lstrip", "stripped", "concat_ws", "formatted", "rejoin", "join", "remove", "removesuffix", "replace"),
        *("finance", "FINANCE", "finances", "hr", "\N{KELVIN SIGN}pi", "STRASSE", "stra\xdfe", "\u0130hr"),
    )
)
texts = st.lists(pieces, max_size=14).map("".join)


def keep_quote(comment: re.Match[str]) -> str:
    return comment[1] + ("'" if comment[1] == "\n" and not {*comment[2]}.isdisjoint("\"'\0") else "")


@given(texts)
def test_a_word_is_found_as_an_expression_finds_it(text: str) -> None:
    assert has_word(text, WORDS) == (not WORDS.isdisjoint(re.findall(r"\w+", text.lower())))


@given(texts)
def test_signs_are_found_as_one_expression_finds_them(text: str) -> None:
    plain = TRIPLE.sub("\0", text)
    is_signed = SIGNS.search(plain) is not None or SIGNS.search(COMMENT.sub(keep_quote, plain)) is not None
    assert may_spell(text, WORDS) == (has_word(text, WORDS) or is_signed)
