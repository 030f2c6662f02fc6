"""The readers of what a pull request, a workspace or the CLI sends, and texts that were made to be slow to read."""

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from generator.bundle_file import read_bundle_file
from generator.errors import SpecError
from generator.load import load_domain, load_spec
from scope.adapters.cli_output import classify_failure, first_error, masked_failure, parse_plan
from scope.deployment.lock import parse_lock
from scope.deployment.metadata import read_cli_commit, read_cli_repository
from scope.deployment.record import parse_record
from scope.deployment.state import parse_files, parse_resources
from scope.deployment.target import Paths, read_target
from scope.documents.manifest_reader import loads
from scope.documents.matrix_results import read_results
from scope.errors import ScopeError
from scope.graph.closure import DomainIndex
from scope.graph.shared_code import SharedCode
from scope.inference.file_references import file_references
from scope.inference.generated_modules import module_origin, runs_nothing
from scope.inference.imports import file_uses
from scope.inference.parsing import LARGEST, MOST_WORDS
from scope.inference.plain_imports import read_plain_imports
from scope.inference.preset_words import find_preset_words
from scope.inference.resource_keys import defined_resources
from scope.inference.target_files import is_without_target
from scope.inference.variables import declared_variables, variable_values
from scope.inference.wide_uses import is_wide
from scope.inference.yaml_nodes import LARGEST_YAML
from scope.inference.yaml_settings import UnreadableYamlError, yaml_settings
from scope.lineage.collector import MOST_SQL
from scope.lineage.full_names import may_spell
from scope.lineage.tables import file_tables
from scope.model import Entry, Kind
from scope.planning.effect import classify_effect
from scope.repository.layout import BUNDLE
from scope.repository.moves import load_moves
from scope.repository.settings import load_rules
from scope.repository.snapshot import Snapshot
from scope.stage.bundle_checks import check_bundle
from scope.stage.field_checks import check_fields
from scope.stage.variable_checks import check_variables
from scope.stage.wheel_checks import check_wheels
from tests.support.fake_git import FakeGit
from tests.support.fakes import InMemoryWorkspace

Reader = Callable[[bytes], object]
SIZE = 64 * 1024
LARGE = 4 * SIZE
MIB = 1024 * 1024
SHARED = SharedCode({f"src/common/{name}.py": Entry(Kind.FILE, "0") for name in ("__init__", "a", "b/__init__", "b/c")})


def snapshot(files: dict[str, bytes]) -> Snapshot:
    git = FakeGit()
    return Snapshot(git, git.make(files))


def uses(path: str, content: bytes) -> object:
    return list(SHARED.edges(path, file_uses(path, content)))


def references(path: str, content: bytes) -> object:
    return [one.means("src/a/b.py") for one in file_references(path, content)]


def effect(path: str, content: bytes) -> object:
    return classify_effect(path, content, content + b"\n")


def rules(content: bytes) -> object:
    found = load_rules(content)
    return found.owner("tools/a/b/c.py"), found.skips("tools")


def failure(content: bytes) -> object:
    text = content.decode(errors="replace")
    return classify_failure(text), first_error(text), masked_failure(text)


def target(content: bytes) -> object:
    tree = snapshot({"targets/dev.yml": content, BUNDLE: b"bundle: {name: x}"})
    return read_target(tree, "dev")


def prefix(content: bytes) -> object:
    return variable_values(b"", "dev", content, ["catalog_prefix", "x"]), declared_variables([content])


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
    index = DomainIndex(snapshot(files))
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
    "tables of resources": partial(file_tables, f"{MODULE}.py"),
    "effect": partial(effect, f"{CODE}.py"),
    "plain imports": partial(read_plain_imports, f"{CODE}.py"),
    "wide": is_wide,
    "full names": lambda content: may_spell(content.decode(errors="replace"), {"finance"}),
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
OTHER_CODE: dict[str, Reader] = {
    "Scala": partial(file_tables, f"{CODE}.scala"),
    "R": partial(file_tables, f"{CODE}.r"),
}
YAML: dict[str, Reader] = {
    "uses": partial(uses, f"{RESOURCE}.yml"),
    "tables": partial(file_tables, f"{RESOURCE}.yml"),
    "tables of a spec": partial(file_tables, "specs/jobs/finance/stripe/x.yml"),
    "references": partial(references, f"{RESOURCE}.yml"),
    "keys": lambda content: defined_resources({f"{RESOURCE}.yml": content}),
    "settings": lambda content: yaml_settings(content, 4),
    "target": target,
    "prefix": prefix,
    "effect": partial(effect, f"{RESOURCE}.yml"),
    "job's spec": partial(load_spec, "specs/jobs/finance/stripe/base_payments.yml"),
    "pipeline's spec": partial(load_spec, "specs/pipelines/finance/stripe/base_payments.yml"),
    "domain": partial(load_domain, "specs/domains/finance.yml"),
    "bundle": partial(read_bundle_file, BUNDLE),
    "bundle's checks": bundle_checks,
    "fields": lambda content: list(check_fields({f"{RESOURCE}.yml": content})),
    "wheels": lambda content: list(check_wheels({f"{RESOURCE}.yml": content})),
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
DASHBOARD: dict[str, Reader] = {"tables": partial(file_tables, f"{CODE}.lvdash.json")}
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


def notebook(*cells: str) -> bytes:
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}).encode()


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
    "quotes in comments": (PYTHON, repeated("#'\n", "x = '\n", size=LARGE)),
    "quotes in one comment": (PYTHON, repeated("#'", "x = '", "\n", size=LARGE)),
    "quotes and spaces": (PYTHON, repeated(" ", "x = '") + repeated("' # ")),
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
    "functions that call functions": (
        PYTHON,
        b"def f0(x): spark.table(x)\n"
        + b"".join(b"def f%d(x): f%d(x + 'a'), f%d(x + 'b'), f%d(x)\n" % (n + 1, n, n, n) for n in range(40))
        + b"f40('x')\n",
    ),
    "loops in loops": (
        PYTHON,
        b"names = [%s]\n" % b", ".join(b"'%d'" % n for n in range(99))
        + b"".join(b"%sfor a%d in names:\n" % (b" " * n, n) for n in range(19))
        + b" " * 19
        + b"spark.table(f'{a1}.{a2}')\n",
    ),
    "comprehensions of comprehensions": (
        PYTHON,
        b"x = [%s]\nx = [spark.table(a) %s]\n"
        % (b", ".join([b"'y'"] * 99), b" ".join(b"for a%d in x" % n for n in range(99))),
    ),
    "lists of lists": (
        PYTHON,
        b"a0 = ['x']\n" + b"".join(b"a%d = a%d + a%d\n" % (n + 1, n, n) for n in range(400)) + b"spark.table(a400[0])\n",
    ),
    "lists that hold themselves": (PYTHON, b"a = []\na.append(a)\nspark.table(a[0])\n" + repeated("a.extend(a)\n")),
    "classes of classes": (PYTHON, b"class a: b = 'x'\n" + repeated("class a(a): spark.table(a.c)\n")),
    "branches": (PYTHON, repeated("if x: spark.sql('use a')\nelse: spark.sql('use b')\n", "a = 1\n")),
    "formats": (PYTHON, repeated("{}", "spark.table('", "'.format('a'))\n")),
    "percents": (PYTHON, repeated("%s", "spark.table('", "' % x)\n")),
    "long query of calls": (
        PYTHON,
        repeated("{table('a.b.c')}", "from common.tables import table\nspark.sql(f'select ", "')\n"),
    ),
    "Scala's quotes": (OTHER_CODE, repeated('"')),
    "Scala's triple quotes": (OTHER_CODE, repeated('"""\n')),
    "Scala's comments": (OTHER_CODE, repeated("/*")),
    "Scala's calls": (OTHER_CODE, repeated("spark.table(")),
    "Scala's blanks": (OTHER_CODE, repeated(" ", "spark")),
    "R's arguments": (OTHER_CODE, repeated("a ,", "spark_read_table(")),
    "deep dashboard": (DASHBOARD, repeated("[", '{"query": ')),
    "dashboard's texts": (DASHBOARD, repeated('"a",', '{"queryLines": [', '"from b"]}')),
    "deep notebook": (NOTEBOOK, repeated("[", '{"cells": [{"cell_type": "code", "outputs": ')),
    "notebook's number": (NOTEBOOK, repeated("9", '{"cells": [], "x": ', "}")),
    "notebook of spaces": (
        NOTEBOOK,
        json.dumps({"cells": [{"cell_type": "code", "source": "( from " + " " * SIZE}]}).encode(),
    ),
    "joins of brackets": (SQL, repeated("(", "select * from ", size=SIZE)),
    "pipes": (SQL, repeated(" |> select * ", "from b", size=SIZE)),
    "blocks of blocks": (SQL, repeated("BEGIN ", size=SIZE)),
    "conditions": (SQL, repeated("IF CASE ", size=SIZE)),
    "identifiers": (SQL, repeated("IDENTIFIER(", "select * from ", size=SIZE)),
    "texts that are run": (SQL, repeated("EXECUTE IMMEDIATE 'select 1';", size=SIZE)),
    "references": (SQL, repeated("${", "select * from ", size=SIZE)),
    "queries in queries": (SQL, repeated("with a as (", "", "select 1" + ")" * (SIZE // 11), SIZE)),
    "hints in one comment": (SQL, repeated("/*+", "select 1 -- ")),
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
    "chain of merged jobs": (
        YAML,
        b"resources:\n jobs:\n  a0: &a0 {name: x}\n"
        + b"".join(b"  a%d: &a%d {<<: *a%d}\n" % (number + 1, number + 1, number) for number in range(9000)),
    ),
    "aliases of aliases": (
        YAML,
        b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (n + 1, n + 1, b", ".join([b"*a%d" % n] * 9)) for n in range(40)),
    ),
    "word without a dot": (YAML, repeated("a-")),
    "long command": (YAML, repeated("a ", "scripts: {x: {content: '", "'}}")),
    "command of quotes": (YAML, repeated('"a" ', "scripts: {x: {content: '", "'}}")),
    "long include": (YAML, repeated("*a", "include: ['", "']", LARGE)),
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

# As much as is read of one file, in forms that take long.
DENSE: dict[str, tuple[dict[str, Reader], bytes]] = {
    "operators": (PYTHON, repeated("a+b*c-d\n", size=MOST_WORDS)),
    "calls": (PYTHON, repeated("f(a,b,c)\n", size=MOST_WORDS)),
    "names": (PYTHON, repeated("a\n", size=MOST_WORDS)),
    "long lines": (PYTHON, repeated("abcdefghijk = 'lmnop qrstu vwxyz'\n", size=LARGEST)),
    "paths": (PYTHON, repeated("open('src/common/a.py')\n", size=LARGEST // 2)),
    "imports": (PYTHON, repeated("from common import a\n", size=LARGEST)),
    "tables": (PYTHON, repeated("spark.table('main.a.b')\n", size=LARGEST // 2)),
    "queries": (PYTHON, repeated("spark.sql('select * from a.b.c')\n", size=LARGEST // 2)),
    "cells of code": (NOTEBOOK, notebook(*["f(a,b,c)\n"] * (MOST_WORDS // 8))),
    "cells of SQL": (NOTEBOOK, notebook(*["%sql\nselect * from a.b.c"] * (MOST_SQL // 20))),
    "columns": (SQL, repeated("a,", "select ", "b from x", MOST_SQL - 20)),
    "functions": (SQL, repeated("f(a),", "select ", "b from x", MOST_SQL - 20)),
    "calls of functions": (
        PYTHON,
        repeated("f(table='main.a.b')\n", "def f(table): spark.table(table)\n", size=LARGEST // 2),
    ),
    "dashboard": (DASHBOARD, numbered('{"query": "select * from a.b.c#", "table_name": "a.b.c#"},\n', "[", "{}]", MOST_SQL)),
    "Scala": (OTHER_CODE, repeated('spark.sql("select * from a.b.c")\n', size=MOST_SQL)),
    "statements": (SQL, repeated("select * from a.b.c;", size=MOST_SQL)),
    "flow lists": (YAML, repeated("a, ", "a: [", "]", LARGEST_YAML - 20)),
    "block lists": (YAML, repeated("- a\n", size=LARGEST_YAML - 20)),
    "settings": (YAML, numbered("k#: {a: b, c: 1}\n", size=LARGEST_YAML * 3 // 4)),
    "rules": (TOML, repeated('[[tool.scope.rules]]\ndeploys = "nothing"\npaths = "a/*"\n', size=250_000)),
    "JSON lists": (JSON, repeated("1,", '{"schema_version": 1, "record_version": 1, "plan": [', "1]}", MIB)),
    "lines": (TEXT, repeated("Error: a b\n", size=MIB)),
}
