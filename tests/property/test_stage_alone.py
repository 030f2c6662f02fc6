"""A stage stands on its own: what imports in the full repository imports in the stage, and is the same there."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scope.graph.closure import DomainIndex
from scope.model import Finding
from scope.stage.checks import check_stage
from scope.stage.folder import StageFacts, write_stage
from tests.support.fake_git import FakeGit
from tests.support.sandbox import REPOSITORY, tracked_files

PROGRAM = Path(__file__).with_name("importing.py")
BATCHES = max(int(os.environ.get("SCOPE_HISTORIES", "1000")) // 200, 1)
"""Each of 20 repositories."""
DOMAINS = ("finance", "marketing")
MODULES = (
    "common",
    "common.money",
    "common.text",
    "common.readers",
    "common.readers.csv",
    "common.readers.sql",
    "common.readers.deep.tree",
    "common.loose.plain",
)
MODELS = ("resources._models", "resources._models.base", "resources._models.sizes")
PACKAGES = ["common", "resources", *DOMAINS]


@dataclass(frozen=True, slots=True)
class Place:
    """Modules of a folder and how they are imported there."""

    folder: str
    roots: tuple[str, ...]
    modules: tuple[str, ...]

    def __post_init__(self) -> None:
        assert self.modules, self.folder


def imported(places: list[Place]) -> list[dict[str, Any]]:
    """Return what the modules of each place hold once they are imported, in one process that sees no checkout."""
    request = [[place.folder, place.roots, PACKAGES, place.modules] for place in places]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _START, str(PROGRAM), sysconfig.get_path("purelib")],
        input=json.dumps(request),
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


# `-S` leaves editable installs out; packages are then put back without their `.pth` files.
_START = "import runpy, sys; sys.path.append(sys.argv[2]); runpy.run_path(sys.argv[1], run_name='__main__')"


def path_of(module: str, *, is_package: bool) -> str:
    folder = module.replace(".", "/")
    root = "" if module.startswith("resources") else "src/"
    return f"{root}{folder}/__init__.py" if is_package else f"{root}{folder}.py"


def statement(form: int, target: str, home: str) -> str:
    """Return one way for a module in the package `home` to use another, or the data that lies beside that."""
    package, _, name = target.rpartition(".")
    package, name = package or target, name if package else "X"
    ups = len(home.split("."))
    relative = f"from {'.' * ups}{target.partition('.')[2] or '__init__'} import X as R\n"
    forms = (
        f"import {target}\n",
        f"import {target} as m\nY = m.X\n",
        f"from {package} import {name} as n\n",
        f"from {target} import X as Z\n",
        f"from {target} import *\n",
        f"from {package} import *\n",
        f"def f():\n    import {target}\n    return {target}.X\nY = f()\n",
        f"import importlib\nY = importlib.import_module('{target}').X\n",
        f"import importlib\nNAME = '{name}'\nY = importlib.import_module(f'{package}.{{NAME}}').X\n",
        f"from importlib import import_module as load\nY = load(''.join(reversed('{target[::-1]}'))).X\n",
        f"Y = __import__('{target}', fromlist=['X']).X\n",
        f"exec('import {target}')\n",
        f"try:\n    import surely_missing\nexcept ImportError:\n    from {target} import X as Z\n",
        f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {target}\n",
        f"from importlib.resources import files\nDATA = files('{package}').joinpath('rates.csv').read_text()\n",
        f"import pkgutil\nDATA = pkgutil.get_data('{package}', 'rates.csv').decode()\n",
        f"import pkgutil\nimport {package}\nNAMES = [m.name for m in pkgutil.iter_modules({package}.__path__)]\n",
        f"import runpy\nY = runpy.run_module('{target}')['X']\n",
        f"from importlib import util\nSPEC = util.find_spec('{target}').name\n",
        "from pathlib import Path\nDATA = Path(__file__).with_name('rates.csv').read_text()\n",
        "from pathlib import Path\nDATA = (Path(__file__).parent / 'data' / 'rates.csv').read_text()\n",
        "from pathlib import Path\nDATA = (Path(__file__).parents[3] / 'common' / 'rates.csv').read_text()\n",
        relative if target.partition(".")[0] == home.partition(".")[0] else f"import {target}\n",
    )
    return forms[form % len(forms)]


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, str]:
    """Return a repository of modules that use each other; some of it fails to import, as in life."""
    number = st.integers(0, 1000)
    files = {"src/common/rates.csv": "common\n", "src/common/readers/rates.csv": "readers\n"}
    files |= {"src/common/readers/data/rates.csv": "data\n", "src/common/data/rates.csv": "more\n"}
    files |= {"resources/__init__.py": "", "targets/dev.yml": "", "databricks.yml": "", "src/pyproject.toml": ""}
    names = [*MODULES, *MODELS]
    packages = {name for name in names if any(other.startswith(f"{name}.") for other in names)}
    for name in names:
        home = name if name in packages else name.rpartition(".")[0]
        known = MODELS if name.startswith("resources") else MODULES
        used = draw(st.lists(st.tuples(number, st.sampled_from(known)), max_size=2))
        files[path_of(name, is_package=name in packages)] = f"X = {name!r}\n" + "".join(
            statement(form, target, home) for form, target in used if target != name
        )
    if draw(st.booleans()):
        files["src/common/readers/data/__init__.py"] = ""
    for domain in DOMAINS:
        for layer in ("raw", "base"):
            home = f"{domain}.stripe.{layer}"
            used = draw(st.lists(st.tuples(number, st.sampled_from((*MODULES, f"{domain}.stripe.raw.a"))), max_size=2))
            text = "".join(statement(form, target, home) for form, target in used)
            files[f"src/{domain}/stripe/{layer}/a.py"] = f"X = {layer!r}\n{text}"
        used = draw(st.lists(st.tuples(number, st.sampled_from(MODELS)), max_size=2))
        home = f"resources.{domain}.stripe"
        files[f"resources/{domain}/stripe/a.py"] = "X = 1\n" + "".join(statement(form, name, home) for form, name in used)
    return files


def modules_below(files: Mapping[str, object], root: str, *tops: str) -> tuple[str, ...]:
    """Return the names of the modules below some folders, as they are imported from a root."""
    modules: set[str] = set()
    for path in files:
        inside = path.removeprefix(f"{root}/") if root else path
        if path.endswith(".py") and inside.split("/")[0] in tops and (not root or path != inside):
            modules.add(inside.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    return tuple(sorted(modules))


def places_of(folder: Path, files: Mapping[str, object], domain: str) -> list[Place]:
    """Return what a deployment of a domain imports: its code and the shared one from `src`, resources from the top."""
    code = modules_below(files, "src", "common", domain)
    top = tuple(
        name for name in modules_below(files, "", "resources") if name.split(".")[1:2] in (["_models"], [domain], [])
    )
    return [Place(str(folder), ("src",), code), Place(str(folder), ("",), top)]


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def missing_edges(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.code == "import"]


def check(repositories: list[Mapping[str, str | bytes]], domains: tuple[str, ...], root: Path, counts: Counter[str]) -> None:
    """Write every repository whole and in stages, import all of it, and compare."""
    full: list[Place] = []
    alone: list[Place] = []
    for number, files in enumerate(repositories):
        write(root / f"{number}", files)
        index = DomainIndex(FakeGit().snapshot(files))
        for domain in domains:
            folder = root / f"{number}-{domain}"
            folder.mkdir()
            staged = index.staged("dev", domain)
            facts = StageFacts("dev", domain, commit=None, branch=None, origin=None)
            write_stage(folder, index.snapshot, tuple(staged), facts)
            counts["stages"] += 1
            counts["findings of the stage check"] += len(check_stage(index, "dev", domain))
            alone += places_of(folder, staged, domain)
            full += [
                Place(str(root / f"{number}"), place.roots, place.modules) for place in places_of(folder, staged, domain)
            ]
    for place, whole, stage in zip(alone, imported(full), imported(alone), strict=True):
        for name in place.modules:
            if "error" in whole[name]:
                counts["modules that import nowhere"] += 1
            else:
                assert stage[name] == whole[name], f"{name} in {place.folder}"
                counts["modules that import alike"] += 1


@settings(max_examples=BATCHES, deadline=None, suppress_health_check=[*HealthCheck])
@pytest.mark.filterwarnings("default::hypothesis.errors.HypothesisWarning")  # a failing batch is long to print
@given(batch=st.lists(repositories(), min_size=20, max_size=20))
def test_what_imports_in_a_random_repository_imports_in_its_stages(
    batch: list[Mapping[str, str | bytes]], tmp_path_factory: pytest.TempPathFactory, counts: Counter[str]
) -> None:
    root = tmp_path_factory.mktemp("alone")
    try:
        counts["repositories"] += len(batch)
        check(batch, DOMAINS, root, counts)
    finally:
        shutil.rmtree(root)


def test_what_imports_in_this_repository_imports_in_its_stages(tmp_path: Path, counts: Counter[str]) -> None:
    files = {path: (REPOSITORY / path).read_bytes() for path in tracked_files(REPOSITORY)}
    index = DomainIndex(FakeGit().snapshot(files))
    assert {"finance", "marketing"} <= set(index.domains)
    check([files], index.domains, tmp_path, counts)
    assert counts["modules that import nowhere"] == 0
    assert counts["findings of the stage check"] == 0
    assert counts["modules that import alike"] > 20
