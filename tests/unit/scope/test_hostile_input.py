"""Whatever a pull request, a workspace or the CLI sends, each reader answers soon, or with one sentence.

Time is that of the processor and the bound many times what is needed, so that a busy machine makes no difference: without
their bounds these texts take minutes or gigabytes.
"""

import json
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.bundle_file import read_bundle_file
from generator.errors import SpecError
from generator.load import load_domain, load_spec
from scope.adapters.cli_output import classify_failure, first_error, masked_failure, parse_plan
from scope.controller.doctor import read_catalog_prefix
from scope.deployment.lock import parse_lock
from scope.deployment.metadata import read_cli_commit, read_cli_repository
from scope.deployment.record import parse_record
from scope.deployment.state import parse_files, parse_resources
from scope.deployment.target import Paths, read_target
from scope.documents.manifest_reader import loads
from scope.documents.matrix_results import read_results
from scope.errors import ScopeError
from scope.graph.closure import DeploymentIndex
from scope.graph.shared_code import SharedCode
from scope.inference.file_references import file_references
from scope.inference.generated_modules import module_origin, runs_nothing
from scope.inference.imports import file_uses
from scope.inference.parsing import LARGEST
from scope.inference.preset_words import find_preset_words
from scope.inference.resource_keys import defined_resources
from scope.inference.target_files import is_without_target
from scope.inference.uses import EVERYTHING
from scope.inference.wide_uses import is_wide
from scope.inference.yaml_settings import UnreadableYamlError, yaml_settings
from scope.lineage.tables import file_tables
from scope.model import Entry, Kind
from scope.planning.effect import classify_effect
from scope.repository.globs import covers, matches
from scope.repository.layout import BUNDLE
from scope.repository.moves import load_moves
from scope.repository.settings import load_rules
from scope.repository.snapshot import Snapshot
from scope.stage.bundle_checks import check_bundle
from scope.stage.variable_checks import check_variables
from tests.support.fake_git import FakeGit
from tests.support.fakes import InMemoryWorkspace

Reader = Callable[[bytes], object]
SIZE = 64 * 1024
LARGE = 4 * SIZE
# Seconds of the processor. Each of these takes less than one.
MOST = 10
SHARED = SharedCode({f"src/common/{name}.py": Entry(Kind.FILE, "0") for name in ("__init__", "a", "b/__init__", "b/c")})


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


def snapshot(files: dict[str, bytes]) -> Snapshot:
    git = FakeGit()
    return Snapshot(git, git.make(files))


def uses(path: str, content: bytes) -> object:
    return list(SHARED.edges(path, file_uses(path, content)))


def references(path: str, content: bytes) -> object:
    return [one.is_answered_by(frozenset({"src/a/b.py"}), frozenset({"src/a"})) for one in file_references(path, content)]


def effect(path: str, content: bytes) -> object:
    return classify_effect(path, content, content + b"\n")


def rules(content: bytes) -> object:
    found = load_rules(content)
    return found.owner("tools/a/b/c.py"), found.skips("tools")


def failure(content: bytes) -> object:
    text = content.decode(errors="replace")
    return classify_failure(text), first_error(text), masked_failure(text)


def target(content: bytes) -> object:
    tree = snapshot({"targets/dev.yml": content, BUNDLE: content})
    return read_catalog_prefix(tree, "dev"), read_target(tree, "dev")


def metadata(content: bytes) -> object:
    workspace, paths = InMemoryWorkspace(), Paths("/Workspace/deploy/finance")
    workspace.write(paths.metadata, content)
    return read_cli_commit(workspace, paths), read_cli_repository(workspace, paths)


def results(content: bytes) -> object:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return read_results(Path(file.name))


def bundle_checks(content: bytes) -> object:
    files = {"targets/dev.yml": content, BUNDLE: content, f"{RESOURCE}.yml": content, "src/finance/x.py": b""}
    index = DeploymentIndex(snapshot(files))
    staged = index.staged("dev", "finance")
    contents = index.snapshot.read_all(staged)
    return list(check_bundle(index, "dev", staged)), list(check_variables(index, "dev", "finance", contents))


CODE, MODULE, RESOURCE = "src/finance/stripe/base/x", "resources/finance/stripe/jobs/x", "resources/finance/stripe/x"
PYTHON: dict[str, Reader] = {
    "uses": partial(uses, f"{CODE}.py"),
    "shared uses": partial(uses, "src/common/b/c.py"),
    "references": partial(references, f"{MODULE}.py"),
    "keys": lambda content: defined_resources({f"{MODULE}.py": content}),
    "origin": lambda content: (module_origin(content), runs_nothing(content)),
    "tables": partial(file_tables, f"{CODE}.py"),
    "effect": partial(effect, f"{CODE}.py"),
    "wide": is_wide,
}
NOTEBOOK: dict[str, Reader] = {
    "uses": partial(uses, f"{CODE}.ipynb"),
    "tables": partial(file_tables, f"{CODE}.ipynb"),
    "effect": partial(effect, f"{CODE}.ipynb"),
}
SQL: dict[str, Reader] = {
    "uses": partial(uses, f"{CODE}.sql"),
    "tables": partial(file_tables, f"{CODE}.sql"),
    "effect": partial(effect, f"{CODE}.sql"),
}
YAML: dict[str, Reader] = {
    "uses": partial(uses, f"{RESOURCE}.yml"),
    "references": partial(references, f"{RESOURCE}.yml"),
    "keys": lambda content: defined_resources({f"{RESOURCE}.yml": content}),
    "settings": lambda content: yaml_settings(content, 4),
    "target": target,
    "effect": partial(effect, f"{RESOURCE}.yml"),
    "job's spec": partial(load_spec, "specs/jobs/finance/stripe/base_payments.yml"),
    "pipeline's spec": partial(load_spec, "specs/pipelines/finance/stripe/base_payments.yml"),
    "domain": partial(load_domain, "specs/domains/finance.yml"),
    "bundle": partial(read_bundle_file, BUNDLE),
    "bundle's checks": bundle_checks,
    "preset's words": find_preset_words,
    "file of targets": is_without_target,
}
TOML: dict[str, Reader] = {"rules": rules, "moves": load_moves}
JSON: dict[str, Reader] = {
    "manifest": loads,
    "record": parse_record,
    "resources": parse_resources,
    "files": parse_files,
    "plan": parse_plan,
    "lock": parse_lock,
    "metadata": metadata,
    "results": results,
}
TEXT: dict[str, Reader] = {"failure": failure}


def read(reader: Reader, content: bytes) -> None:
    """Read a text; the only errors are those that are made for people, and they say something."""
    try:
        reader(content)
    except (ScopeError, SpecError, UnreadableYamlError) as error:
        assert str(error).strip()  # noqa: PT017  the error is one of several outcomes


def repeated(unit: str, head: str = "", tail: str = "", size: int = SIZE) -> bytes:
    return (head + unit * (size // len(unit)) + tail).encode()


def numbered(template: str, head: str = "", tail: str = "", size: int = SIZE) -> bytes:
    count = size // len(template)
    return (head + "".join(template.replace("#", str(number)) for number in range(count)) + tail).encode()


HOSTILE: dict[str, tuple[dict[str, Reader], bytes]] = {
    "name of many parts": (PYTHON, repeated(".a", "import a", size=LARGE)),
    "shared name of many parts": (PYTHON, repeated(".a", "from common", " import b\n", LARGE)),
    "long name of many imports": (PYTHON, numbered("x#,", "from " + "a" * SIZE + " import (", ")\n", SIZE)),
    "text of many parts": (PYTHON, repeated(".a", "x = 'common", "'\n", LARGE)),
    "one name of many imports": (
        PYTHON,
        numbered("import m# as a\n", size=SIZE // 2) + repeated("a.eval(x)\n", size=SIZE // 2),
    ),
    "f-string of many braces": (PYTHON, repeated("{x}", "spark.sql(f'select * from ", "')\n", LARGE)),
    "from and spaces": (PYTHON, repeated(" ", "( from ")),
    "from and lines": (PYTHON, repeated("\\\n", "( from ")),
    "from and dots": (PYTHON, repeated("from.", "( ")),
    "import and dots": (PYTHON, repeated(" .a", "( import a")),
    "shared words": (PYTHON, repeated("common.", "( ")),
    "magic lines": (PYTHON, repeated("!\n")),
    "deep chain": (PYTHON, repeated("[0]", "x")),
    "deep operators": (PYTHON, repeated("-", "x = ", "1")),
    "long number": (PYTHON, repeated("9", "x = ")),
    "one name of many values": (
        PYTHON,
        repeated("a = 'x'\n", size=SIZE // 2) + repeated("spark.table(a)\n", size=SIZE // 2),
    ),
    "names of names": (
        PYTHON,
        b"a0 = 'x'\n" + b"".join(b"a%d = f'{a%d}{a%d}'\n" % (n + 1, n, n) for n in range(8)) + repeated("spark.table(a8)\n"),
    ),
    "deep notebook": (NOTEBOOK, repeated("[", '{"cells": [{"cell_type": "code", "outputs": ')),
    "notebook's number": (NOTEBOOK, repeated("9", '{"cells": [], "x": ', "}")),
    "notebook of spaces": (
        NOTEBOOK,
        json.dumps({"cells": [{"cell_type": "code", "source": "( from " + " " * SIZE}]}).encode(),
    ),
    "joins of brackets": (SQL, repeated("(", "select * from ", size=SIZE)),
    "pipes": (SQL, repeated(" |> select * ", "from b", size=SIZE)),
    "from from": (SQL, repeated("from ", size=SIZE)),
    "deep lists": (YAML, repeated("[")),
    "deep block lists": (YAML, repeated("- ")),
    "deep mappings": (YAML, repeated("{a: ")),
    "deep mappings with an escape": (YAML, repeated("{a: ", "['\\', ")),
    "deep blocks": (YAML, b"".join(b" " * level + b"a:\n" for level in range(700))),
    "merges of merges": (
        YAML,
        b"a0: &a0 {x: 1}\n"
        + b"".join(b"a%d: &a%d\n  <<: [%s]\n" % (n + 1, n + 1, b", ".join([b"*a%d" % n] * 9)) for n in range(40)),
    ),
    "aliases of aliases": (
        YAML,
        b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (n + 1, n + 1, b", ".join([b"*a%d" % n] * 9)) for n in range(40)),
    ),
    "word without a dot": (YAML, repeated("a-")),
    "long command": (YAML, repeated("a ", "scripts: {x: {content: '", "'}}")),
    "command of quotes": (YAML, repeated('"a" ', "scripts: {x: {content: '", "'}}")),
    "long include": (YAML, repeated("*a", "include: ['", "']")),
    "many paths": (YAML, repeated("  - ./src/a\n", "sync:\n paths:\n")),
    "number": (YAML, repeated("9", "a: ")),
    "deep table": (TOML, repeated("[", "a=")),
    "table of many parts": (TOML, repeated(".a", "[a", "]")),
    "key of many parts": (TOML, repeated(".a", "a", " = 1")),
    "long TOML number": (TOML, repeated("9", "a = ", size=200_000)),
    "rule of many stars": (
        TOML,
        repeated("**/", '[[tool.scope.rules]]\ndeploys = "nothing"\npaths = "', 'x"', size=3000),
    ),
    "long rule": (TOML, repeated("*a", '[[tool.scope.rules]]\ndeploys = "nothing"\npaths = "', 'x"', size=200_000)),
    "many moves": (TOML, numbered('"a# -> b#",\n', "moves = [", "]", size=200_000)),
    "chain of moves": (
        TOML,
        ("moves = [" + "".join(f'"a{n} -> a{n + 1}",\n' for n in range(900)) + "]").encode(),
    ),
    "deep JSON": (JSON, repeated("[", '{"schema_version": 1, "record_version": 1, "plan": ')),
    "JSON number": (JSON, repeated("9", '{"schema_version": ', "}")),
    "errors": (TEXT, repeated("Error: failed to fetch the resource ")),
}


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


TOKENS = {
    "python": r"""import from common . .a * ( ) , as # \ ' " \' f' { } = eval( __import__( @ def if : %run MAGIC é 9 0x""",
    "sql": r"""select from join ( ) , ; create table as with a.b.c ' ` -- /* */ ${ } {{ }} $$ insert values \ |>""",
    "yaml": r"""a: - [ ] { } , & &a *a << : ? | > ' " # --- ... ! !!int %YAML resources: jobs: name: ${ } ../src/* 1e9 ~""",
    "toml": r"""[ ] [[ ]] tool.scope rules paths deploys moves = " ' a -> . , { } # 1 1e9 true 2000-01-01 \u0000 * ** nan""",
    "json": r"""{ } [ ] , : " \ \ud800 "schema_version" "record_version" "plan" "state" "cells" "source" 1 1e999 NaN null""",
    "text": r"""Error: (404 NOT_FOUND) plan serial does not match :: ##[ 9 v1. databricks""",
}
BYTES = st.sampled_from([b"\xff", b"\0", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\r\n", b"\xc2\x85", b" ", b"\n", b"  "])


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
