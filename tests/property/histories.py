"""Random repositories and histories: files that use each other in every way that scope knows, and what happens to them.

A history is drawn as plain numbers, which shrink well, and played on a dict of path → content. Names are few, so that moves,
deletions and new files hit what others use.
"""

import json
from dataclasses import dataclass, field
from typing import Final

from hypothesis import strategies as st

from scope.model import Kind
from tests.support.fake_git import Node

State = dict[str, bytes | Node]

DOMAINS: Final = ("finance", "marketing", "sales", "sales_eu", "hr")
SOURCES: Final = ("stripe", "orders")
TARGETS: Final = ("dev", "prod", "staging", "qa")
MODULES: Final = (
    "common",
    "common.money",
    "common.money.rates",
    "common.text",
    "common.readers",
    "common.readers.csv",
    "common.readers.sql",
    "common.readers.data",
    "common.gone",
    "resources._models",
    "resources._models.base",
    "resources._models.sizes.small",
)
DATA: Final = (
    "src/common/rates.csv",
    "src/common/readers/rates.csv",
    "src/common/readers/data/rates.csv",
    "src/common/readers/data/né w.json",
    "src/common/sql/load.sql",
    "src/common/new\nline.txt",
    "src/common/setup.py",
    "src/common/setup.ipynb",
    "src/common/.gitignore",
    "src/common/a-b/café.sql",
)
SHARED: Final = (
    "src/common/__init__.py",
    "src/common/_version.py",
    "src/common/money.py",
    "src/common/money/__init__.py",
    "src/common/money/rates.py",
    "src/common/text.py",
    "src/common/readers/__init__.py",
    "src/common/readers/csv.py",
    "src/common/readers/sql.py",
    "src/common/readers/data/__init__.py",
    *DATA,
)
MODELS: Final = (
    "resources/_models/__init__.py",
    "resources/_models/base.py",
    "resources/_models/sizes/small.py",
    "resources/_models/clusters.yml",
    "resources/_models/tags.yaml",
    "resources/_models/more/tags.yml",
    "resources/_models/notes.txt",
)
ELSEWHERE: Final = (
    "databricks.yml",
    "resources/__init__.py",
    "resources/other.py",
    "resources/_generated/x.json",
    "resources/loose.yml",
    "src/pyproject.toml",
    "src/loose.py",
    "uv.lock",
    "generator/emit.py",
    "scope/plan.py",
    "docs/a.md",
    "docs/api/deep/b.md",
    "docs/finance/README.md",
    "tests/x.py",
    "README.md",
    "Makefile",
    ".gitignore",
    "tools/a.sh",
    "tools/sub/b.sh",
    "tools/sub/deep/c.sh",
    "data/finance/x.csv",
    "specs/loose.yml",
    "specs/jobs/finance",
    "specs/domains/finance.yml",
    "specs/domains/sales.yml",
    "src/common",
    "resources/_models",
    "src/hr",
    *(f"targets/{name}.yml" for name in TARGETS),
    "targets/README.md",
    "targets/odd.yml/x.yml",
)
RULES: Final = (
    "",
    '[[tool.scope.rules]]\npaths = ["tools/*"]\ndeploys = "nothing"\n',
    '[[tool.scope.rules]]\npaths = ["tools/**"]\ndeploys = "nothing"\n',
    '[[tool.scope.rules]]\npaths = ["docs/**"]\ndeploys = "everything"\n',
    '[[tool.scope.rules]]\npaths = ["docs/api/**"]\ndeploys = ["finance", "sales"]\n',
    '[[tool.scope.rules]]\npaths = ["docs/finance/**", "data/finance/*.csv"]\ndeploys = ["finance"]\n',
    '[[tool.scope.rules]]\npaths = ["*.toml", "uv.lock"]\ndeploys = "nothing"\n',
    """
[[tool.scope.rules]]
paths = ["*.toml"]
deploys = "nothing"
[[tool.scope.rules]]
paths = ["docs/**", "tools/**/*.sh"]
deploys = "everything"
""",
    '[[tool.scope.rules]]\npaths = ["**"]\ndeploys = "nothing"\n',
    '[tool.scope.naming]\ncatalog = "main"\nschema = "{domain}_{source}"\n',
    '[tool.scope.naming]\ncatalog = "${bundle.target}"\nschema = "{domain}_{layer}"\n',
    '[[tool.scope.rules]]\npaths = ["**/sub/?.sh", "src/**", "specs/**"]\ndeploys = ["hr"]\n',
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One step, as numbers: what happens, and what it happens to."""

    kind: int
    place: int
    other: int
    form: int
    salt: int


@dataclass
class History:
    """States of one repository, in their order."""

    states: list[State] = field(default_factory=list)

    @property
    def pairs(self) -> list[tuple[State, State]]:
        """Return what to compare: each step, the whole, and the way back."""
        first, last = self.states[0], self.states[-1]
        return [*zip(self.states, self.states[1:], strict=False), (first, last), (last, first)]


def drawn() -> st.SearchStrategy[Drawn]:
    number = st.integers(0, 2**16 - 1)
    return st.builds(Drawn, number, number, number, number, st.integers(0, 2))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Return a repository and what happens to it."""
    state = draw(st.sampled_from(starts())).copy()
    for step in draw(st.lists(drawn(), max_size=12)):
        _write(state, step, [state])
    history = History([state])
    for commit in draw(st.lists(st.lists(drawn(), min_size=1, max_size=3), min_size=1, max_size=3)):
        state = state.copy()
        for step in commit:
            play(state, step, history.states)
        history.states.append(state)
    return history


def starts() -> list[State]:
    """Return repositories to begin with: an empty one, one of three domains, and one with many files in a domain."""
    files: State = {
        "databricks.yml": b"bundle: {name: x}\n",
        "pyproject.toml": b"",
        "resources/__init__.py": b"import importlib\nfor name in ():\n    importlib.import_module(name)\n",
        "src/pyproject.toml": b"[project]\nname = 'x'\n",
        "docs/a.md": b"",
        "src/common/__init__.py": b"",
        "src/common/money.py": b"from . import text\nX = 1\n",
        "src/common/text.py": b"X = 1\n",
        "src/common/readers/__init__.py": b"",
        "src/common/readers/csv.py": b"from common.readers import sql\nX = 1\n",
        "src/common/readers/sql.py": b"X = 1\n",
        "src/common/readers/data/rates.csv": b"1\n",
        "src/common/rates.csv": b"1\n",
        "resources/_models/clusters.yml": b"small: {}\n",
        "resources/_models/base.py": b"X = 1\n",
    }
    files |= {f"targets/{name}.yml": b"targets: {}\n" for name in TARGETS[:3]}
    for name in DOMAINS[:3]:
        files[f"src/{name}/stripe/base/a.py"] = b"X = 1\n"
        files[f"resources/{name}/stripe/jobs/a.py"] = b"X = 1\n"
    files["src/finance/stripe/base/a.py"] = b"from common.money import X\n"
    files["src/marketing/stripe/base/a.py"] = b"import common.readers.csv\n"
    wide = files | {f"src/finance/stripe/raw/n{number:02}.py": b"Y = %d\n" % number for number in range(55)}
    return [files, {}, files, files, wide]


def play(state: State, step: Drawn, earlier: list[State]) -> None:
    """Change a state by one step."""
    kinds = (
        *(_write,) * 8,
        *(_delete,) * 3,
        _delete_folder,
        *(_move,) * 2,
        _rename_domain,
        _copy_domain,
        _revert,
        _revert_file,
        _change_kind,
        _change_rules,
        _comment,
    )
    kinds[step.kind % len(kinds)](state, step, earlier)


def _write(state: State, step: Drawn, _earlier: list[State]) -> None:
    path = _place(step)
    put(state, path, content_of(path, step))


def _delete(state: State, step: Drawn, _earlier: list[State]) -> None:
    if state:
        del state[sorted(state)[step.place % len(state)]]


def _delete_folder(state: State, step: Drawn, _earlier: list[State]) -> None:
    folders = sorted({path.rsplit("/", 1)[0] for path in state if "/" in path})
    if folders:
        _drop(state, folders[step.place % len(folders)])


def _move(state: State, step: Drawn, _earlier: list[State]) -> None:
    if state:
        content = state.pop(sorted(state)[step.other % len(state)])
        put(state, _place(step), content)


def _rename_domain(state: State, step: Drawn, earlier: list[State]) -> None:
    old = DOMAINS[step.other % len(DOMAINS)]
    _copy_domain(state, step, earlier)
    for top in ("src", "resources", "specs/jobs", "specs/pipelines"):
        _drop(state, f"{top}/{old}")


def _copy_domain(state: State, step: Drawn, _earlier: list[State]) -> None:
    old, new = DOMAINS[step.other % len(DOMAINS)], DOMAINS[step.place % len(DOMAINS)]
    for path in [path for path in state if old in path.split("/")]:
        put(state, "/".join(new if part == old else part for part in path.split("/")), state[path])


def _revert(state: State, step: Drawn, earlier: list[State]) -> None:
    old = earlier[step.place % len(earlier)]
    state.clear()
    state.update(old)


def _revert_file(state: State, step: Drawn, earlier: list[State]) -> None:
    old = earlier[step.other % len(earlier)]
    if old:
        path = sorted(old)[step.place % len(old)]
        put(state, path, old[path])


def _change_kind(state: State, step: Drawn, _earlier: list[State]) -> None:
    """Turn a file into a symlink or submodule, or a folder into one of these, or back."""
    path = (*SHARED, *MODELS, *ELSEWHERE, "src/finance", "resources/sales", "src/finance/stripe")[step.place % 60 % 40]
    kind = (Kind.SYMLINK, Kind.SUBMODULE, Kind.FILE)[step.form % 3]
    put(state, path, Node(b"from common import money\n" if step.other % 2 else b"../x", kind))


def _change_rules(state: State, step: Drawn, _earlier: list[State]) -> None:
    put(state, "pyproject.toml", RULES[step.form % len(RULES)].encode())


def _comment(state: State, step: Drawn, _earlier: list[State]) -> None:
    """Change how some Python reads, and nothing else."""
    modules = sorted(path for path, content in state.items() if path.endswith(".py") and isinstance(content, bytes))
    if modules:
        path = modules[step.place % len(modules)]
        state[path] = _bytes(state[path]) + b"# %d\n" % step.salt


def _bytes(content: bytes | Node) -> bytes:
    return content.content if isinstance(content, Node) else content


def put(state: State, path: str, content: bytes | Node) -> None:
    """Put a file at a path; what is in its way goes."""
    _drop(state, path)
    parts = path.split("/")
    for depth in range(1, len(parts)):
        state.pop("/".join(parts[:depth]), None)
    state[path] = content


def _drop(state: State, path: str) -> None:
    for doomed in [name for name in state if name == path or name.startswith(f"{path}/")]:
        del state[doomed]


def _place(step: Drawn) -> str:
    """Return the path of a step: one half in domains, one in what they share, the rest anywhere."""
    domain, source = DOMAINS[step.place % len(DOMAINS)], SOURCES[step.place // 7 % len(SOURCES)]
    inside = (
        f"src/{domain}/{source}/base/a.py",
        f"src/{domain}/{source}/base/b.py",
        f"src/{domain}/__init__.py",
        f"src/{domain}/{source}/base/n.ipynb",
        f"src/{domain}/{source}/base/q.sql",
        f"src/{domain}/.gitignore",
        f"resources/{domain}/{source}/jobs/a.py",
        f"resources/{domain}/{source}/r.yml",
        f"specs/jobs/{domain}/{source}/a.yml",
        f"specs/domains/{domain}.yml",
    )
    match step.place // 100 % 4:
        case 0 | 1:
            return inside[step.place // 800 % len(inside)]
        case 2:
            listed = (*SHARED, *SHARED, *MODELS)
            return listed[step.place // 800 % len(listed)]
        case _:
            return ELSEWHERE[step.place // 800 % len(ELSEWHERE)]


def content_of(path: str, step: Drawn) -> bytes:
    """Return a file's content: one use of something shared, or none."""
    module, data = MODULES[step.other % len(MODULES)], DATA[step.other // 16 % len(DATA)]
    suffix = path.rpartition(".")[2]
    if suffix == "py":
        return python_text(step.form, module, data, step.salt).encode()
    if suffix == "ipynb":
        lines = python_text(step.form, module, data, step.salt).splitlines(keepends=True)
        return json.dumps({"cells": [{"cell_type": "code", "source": lines}], "metadata": {}}, indent=1).encode()
    if suffix in {"yml", "yaml"}:
        if path.startswith("specs/"):
            return f"size: {('clusters.small', 'tags.team', 'none', '')[step.form % 4]}\n# {step.salt}\n".encode()
        text = ("x: 1", f"path: ../../../{data}", "glob: ../../../src/common/**", "glob: ../../../src/common/re*")
        return f"{text[step.form % 4]}\n# {step.salt}\n".encode()
    if suffix == "sql":
        text = ("SELECT 1", "-- Databricks notebook source\n-- MAGIC %run ../../../common/setup\n", _SQL_STAR)
        return f"{text[step.form % 3]}\n-- {step.salt}\n".encode()
    if path == "pyproject.toml":
        return RULES[step.form % len(RULES)].encode()
    return b"%d\n" % step.salt


_SQL_STAR = "-- Databricks notebook source\n-- MAGIC %python\n-- MAGIC from common.readers import *\n"


def python_text(form: int, module: str, data: str, salt: int) -> str:
    """Return Python that uses a module or a data file in one of many ways."""
    package, _, name = module.rpartition(".")
    package, name = package or "common", name or "money"
    relative = data.removeprefix("src/")
    forms = (
        f"X = {salt}",
        f"import {module}",
        f"import {module} as m",
        f"from {package} import {name}",
        f"from {package} import {name} as n, X",
        f"from {package} import (\n    X,\n    {name},\n)",
        f"from {package} import *",
        f"A = 'x'; from {package} import *",
        f"from {package} import \\\n    *",
        f"from {module} import *",
        f"def f():\n    from {module} import X\n    return X",
        f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {module}",
        f"import importlib\nM = importlib.import_module('{module}')",
        f"import importlib\nM = importlib.import_module('{package}.' + '{name}')",
        f"import importlib\nN = '{name}'\nM = importlib.import_module(f'{package}.{{N}}')",
        "import importlib\nM = importlib.import_module(N)",
        "from importlib import import_module as load\nM = load(N)",
        f"M = __import__('{module}', fromlist=['X'])",
        f"exec('import {module}')",
        "exec(N)",
        f"KIND = f'{package}.{{N}}'",
        f"KIND = '{package}.' + N",
        f"KIND = '{package}.%s' % N",
        f"KIND = '{module}:main'",
        f"from {package} import {name}\ndef broken(:",
        f"from {package} import\nX = 1",
        f"from {package} import (",
        f"import {module}\n\tbad indent",
        "# Databricks notebook source\n# MAGIC %run ../../../common/setup",
        "# Databricks notebook source\n# MAGIC %run ../../../common",
        f"# Databricks notebook source\n# MAGIC %sql\n# MAGIC SELECT 1\n# COMMAND ----------\nimport {module}",
        f"PATH = '../../../{relative}'",
        f"PATH = {relative!r}",
        f"PATH = {data!r}",
        "PATH = f'../../../common/{N}.csv'",
        "PATH = '../../../common/' + N",
        "PATH = '../../../common/re' + N",
        "PATH = 'src/common/**/*.csv'",
        "PATH = f'{N}/common/readers/x{N}'",
        "from pathlib import Path\nROOT = Path(__file__).parents[3] / 'common'",
        "ROOT = 'src/common'",
        "ROOT = '../common/'",
        f"from importlib.resources import files\nT = files('{package}').joinpath('rates.csv')",
        f"import pkgutil\nD = pkgutil.get_data('{package}', 'data/rates.csv')",
        "from pathlib import Path\nT = Path(__file__).parent.parent / 'rates.csv'",
        f"from . import {name}",
        f"from .{name} import X",
        "from . import *",
        f"from .. import {name}",
        f"from ..{name} import X",
        f"from .... import common\nX = common.{name}",
        f"from ....common import {name}",
        "dbutils.notebook.run('../../../common/setup', 60)",
        f"%pip install x\nimport {module}",
        f"from src.{module} import X",
        "import common",
    )
    return f"{forms[form % len(forms)]}\n# {salt}\n"
