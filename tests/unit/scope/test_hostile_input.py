"""Whatever a pull request, a workspace or the CLI sends, each reader answers soon, or with one sentence.

Time is that of the processor and the bound many times what is needed, so that a busy machine makes no difference: without
their bounds these texts take minutes or gigabytes.
"""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scope.inference.imports import file_uses
from scope.inference.parsing import LARGEST, MOST_WORDS
from scope.inference.uses import EVERYTHING
from scope.lineage.collector import MOST_SQL
from scope.lineage.tables import file_tables
from scope.repository.globs import covers, matches
from tests.support.hostile_texts import (
    CODE,
    HOSTILE,
    JSON,
    NOTEBOOK,
    PYTHON,
    SHARED,
    SQL,
    TEXT,
    TOML,
    YAML,
    Reader,
    notebook,
    read,
)

# Seconds of the processor. Each of these takes less than one.
MOST = 10


class TooSlowError(Exception):
    """A reader took longer than it may."""


@contextmanager
def bounded(seconds: int = MOST) -> Iterator[None]:
    """Raise `TooSlowError` if the body takes more seconds of the processor, whatever else the machine does."""

    def stop(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize(
    ("reader", "content"),
    [
        pytest.param(reader, content, id=f"{shape}: {name}")
        for shape, (readers, content) in HOSTILE.items()
        for name, reader in readers.items()
    ],
)
def test_text_that_was_made_to_be_slow_is_read_soon(reader: Reader, content: bytes) -> None:
    with bounded():
        read(reader, content)


@pytest.mark.parametrize("glob", ["**/" * 60 + "x", "*a" * 60 + "x", "**a" * 60, "a/**/" * 60, "*" * 300 + "?" * 60])
def test_globs_of_many_stars_are_compared_soon(glob: str) -> None:
    with bounded():
        assert not matches(glob, "src/" + "a" * 200 + "/" + "a/" * 60 + "b.py") or glob[0] == "*"
        assert covers(glob, "src") is False


@pytest.mark.parametrize("path", [f"{CODE}.py", f"{CODE}.ipynb"])
@pytest.mark.parametrize(
    ("line", "everything"),
    [
        ("from common import a", False),
        ("from common.b.c import x", False),
        ("from common import *", True),
        ("load(ROOT / 'common' / 'b')", True),
        ("import importlib", True),
    ],
)
def test_python_too_large_to_be_parsed_uses_all_that_it_may(path: str, line: str, *, everything: bool) -> None:
    code = "x = 1\n" * (LARGEST // 6 + 1) + line
    if path.endswith(".ipynb"):
        code = json.dumps({"cells": [{"cell_type": "code", "source": code.splitlines(keepends=True)}]})
    found = file_uses(path, code.encode())
    assert found.too_large
    if everything:
        assert found == EVERYTHING
        assert {edge.dependency for edge in SHARED.edges(path, found)} == set(SHARED.files)
    else:
        exact = {edge.dependency for edge in SHARED.edges(path, file_uses(f"{CODE}.py", line.encode()))}
        assert exact <= {edge.dependency for edge in SHARED.edges(path, found)}
    assert file_uses("src/common/x.py", b"x = 1\n" * LARGEST) == EVERYTHING


@pytest.mark.parametrize("path", [f"{CODE}.py", f"{CODE}.ipynb"])
def test_python_of_too_many_words_is_not_parsed(path: str) -> None:
    lines = ["from common import a\n"] + ["a+b\n"] * (MOST_WORDS // 3 + 1)
    content = notebook(*lines) if path.endswith(".ipynb") else "".join(lines).encode()
    assert len(content) < LARGEST or path.endswith(".ipynb")
    assert file_uses(path, content).too_large


def test_all_sql_of_one_file_has_a_bound() -> None:
    query = "select * from main.a.b where c = 1"
    fits = MOST_SQL // len(query)
    found = file_tables(f"{CODE}.py", f"spark.sql('{query}')\n".encode() * (fits + 2))
    assert (len(found.reads), found.unresolved) == (fits, (fits + 1, fits + 2))
    cells = [f"%sql\n{query}"] * fits
    assert file_tables(f"{CODE}.ipynb", notebook(*cells[: fits // 2])).unresolved == ()
    assert file_tables(f"{CODE}.ipynb", notebook(*cells, *cells)).unresolved != ()


@pytest.mark.parametrize(
    "value",
    [
        "!!int",
        "!!int ''",
        "!!int _",
        "!!float ''",
        "!!bool x",
        "!!timestamp 0001-01-01T00:00:00+23:00",
        "!!int 1:_",
        "!!set [x]",
    ],
)
@pytest.mark.parametrize("name", YAML)
def test_a_tag_that_a_value_does_not_fit_ends_in_no_traceback(name: str, value: str) -> None:
    read(YAML[name], f"a: {value}\n".encode())
    read(YAML[name], value.encode())


TOKENS = {
    "python": r"""import from common . .a * ( ) , as # \ ' " \' f' { } = eval( __import__( @ def if : %run MAGIC é 9 0x""",
    "sql": r"""select from join ( ) , ; create table as with a.b.c ' ` -- /* */ ${ } {{ }} $$ insert values \ |>""",
    "yaml": r"""a: - [ ] { } , & &a *a << : ? | > ' " # --- ... ! !!int %YAML resources: jobs: name: ${ } ../src/* 1e9 ~""",
    "toml": r"""[ ] [[ ]] tool.scope rules paths deploys moves = " ' a -> . , { } # 1 1e9 true 2000-01-01 \u0000 * ** nan""",
    "json": r"""{ } [ ] , : " \ \ud800 "schema_version" "record_version" "plan" "state" "cells" "source" 1 1e999 NaN null""",
    "text": r"""Error: (404 NOT_FOUND) plan serial does not match :: ##[ 9 v1. databricks""",
}
BYTES = st.sampled_from([b"\xff", b"\0", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\r\n", b"\xc2\x85", b" ", b"\n", b"  "])


@cache
def texts(kind: str) -> st.SearchStrategy[bytes]:
    """Return texts of a language's words in any order, some of them often."""
    words = st.sampled_from([word.encode() for word in TOKENS[kind].split()]) | BYTES
    runs = st.builds(lambda word, count: word * count, words, st.sampled_from([1, 1, 1, 2, 7, 300]))
    between = st.sampled_from([b"", b" ", b"\n"])
    return st.builds(lambda parts, gap: gap.join(parts), st.lists(runs, max_size=25), between)


@pytest.mark.parametrize(
    ("kind", "reader"),
    [
        pytest.param(kind, reader, id=f"{kind}: {name}")
        for kind, readers in (
            ("python", PYTHON),
            ("json", NOTEBOOK),
            ("sql", SQL),
            ("yaml", YAML),
            ("toml", TOML),
            ("json", JSON),
            ("text", TEXT),
        )
        for name, reader in readers.items()
    ],
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_read_no_reader_ends_in_a_traceback(kind: str, reader: Reader, data: st.DataObject) -> None:
    read(reader, data.draw(texts(kind)))
