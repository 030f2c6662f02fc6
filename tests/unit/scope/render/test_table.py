"""Tables at every width: what tells rows apart stays whole, and what explains them goes below."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from scope.render.table import Column, Row, lay_out, wrap

COLUMNS = (Column("deployment"), Column("outcome"), Column("files", is_number=True), Column("by"))


def lines(width: int | None, *rows: Row, items: str = "") -> list[str]:
    return [line.plain for line in lay_out(COLUMNS, rows, width, items)]


def test_a_table_that_fits_has_all_its_columns() -> None:
    assert lines(80, Row(("prod/ads", Text("failed", "red"), "7", "me"), notes=("a reason",), commands=("scope x",))) == [
        "deployment  outcome  files  by",
        "──────────────────────────────",
        "prod/ads    failed       7  me",
        "    a reason",
        "    scope x",
    ]


def test_columns_that_do_not_fit_go_below_from_the_right() -> None:
    text = lines(60, Row(("prod/ads", "failed", "7", "x" * 36)), Row(("prod/b", "deployed", "123456", "")))
    assert text[0] == "deployment  outcome    files"
    assert text[2:] == ["prod/ads    failed         7", f"    by {'x' * 36}", "prod/b      deployed  123456"]


def test_a_long_name_has_a_line_of_its_own_and_the_others_keep_the_table() -> None:
    text = lines(60, Row(("prod/ads", "failed", "7", "me")), Row((f"prod/{'a' * 50}", "deployed", "8", "me")))
    assert text[2:] == ["prod/ads    failed        7  me", f"prod/{'a' * 50}", "            deployed      8  me"]


def test_a_list_stands_beside_the_columns_or_below_them_and_breaks_between_names() -> None:
    row = Row(("prod/ads", "failed", "7", "me"), tuple(f"domain_{number}" for number in range(5)))
    beside = lines(64, row, items="domains")
    assert beside[0].endswith("by  domains")
    assert beside[2:] == [
        "prod/ads    failed       7  me  domain_0, domain_1, domain_2,",
        "                                domain_3, domain_4",
    ]
    assert lines(50, row, items="domains")[2:] == [
        "prod/ads    failed       7  me",
        "    domain_0, domain_1, domain_2, domain_3,",
        "      domain_4",
    ]


def test_a_command_in_a_reason_stays_in_one_line() -> None:
    why = "The state of this deployment is gone. Run: scope recover --target prod --domain a_domain_with_a_long_name"
    text = lines(60, Row(("prod/ads", "failed", "7", "me"), notes=(why,)))
    assert text[3:] == [
        "    The state of this deployment is gone. Run:",
        "      scope recover --target prod --domain a_domain_with_a_long_name",
    ]


def test_without_a_width_nothing_wraps() -> None:
    text = lines(None, Row(("prod/ads", "failed", "7", "me"), tuple(["domain"] * 99), ("word " * 99,)), items="domains")
    assert len(text) == 4


WORDS = st.text(st.sampled_from("ab/é漢 "), max_size=60).map(lambda text: " ".join(text.split()))


@pytest.mark.parametrize("width", [5, 12, 40])
@given(text=WORDS)
def test_wrapping_loses_nothing_and_breaks_at_spaces_and_slashes_only(width: int, text: str) -> None:
    wrapped = wrap(text, width)
    assert "".join(wrapped).replace(" ", "") == text.replace(" ", "")
    for line in wrapped:
        # What is longer can't be broken any further.
        assert cell_len(line) <= width or " " not in line.strip()
        assert cell_len(line) <= width or "/" not in line[:-1]
    for one, after in itertools.pairwise(wrapped):
        assert one.endswith("/") or f"{one} {after}" in text
