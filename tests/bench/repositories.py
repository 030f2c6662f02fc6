"""Makes repositories in this layout, of about 1,000, 10,000 and 100,000 files: the same bytes at every run.

There are 50 domains at every size, and shared code in small libraries that import each other. Each branch changes one file,
and which domains that deploys is known, since the repository is made for it.
"""

import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scope.repository.layout import CODE_ROOT, COMMON, CONFIG
from tests.bench.workspaces import Project, ignore, workspace_files
from tests.support.builders import LAYERS, allow_code, skeleton
from tests.support.sandbox import Sandbox

DOMAINS = tuple(f"dom{number:03}" for number in range(50))
_MODULES_OF_A_LIBRARY = 2
_USED_BY_ALL = "lib000.mod0"
_USED_BY_ONE = "lib010.special"
_ONLY_USER = "dom007"
# Beside the repository in the folder where it is kept: what it was made of.
_STAMP = "made-from"
_PYTHON = """\
from pyspark import pipelines as dp

from common.{module} import double
from common.tables import table


@dp.table(name="{layer}_asset{number}")
def asset{number}():
    return double({read})
"""
_SQL = """\
CREATE OR REFRESH MATERIALIZED VIEW final_report{number} AS
SELECT id, amount FROM {read} WHERE amount > {number}
"""
_UPSTREAM = "${{platform.upstream_catalog_prefix}}{domain}.${{platform.upstream_schema_prefix}}src00.final_asset0"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a repository is: sources of a domain, assets of each layer of a source, libraries of shared code."""

    name: str
    sources: int
    assets: int
    libraries: int


SIZES = {size.name: size for size in (Size("1k", 1, 3, 20), Size("10k", 9, 4, 100), Size("100k", 20, 20, 100))}


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch with one commit of one file, and the domains that it deploys."""

    name: str
    title: str
    path: str
    deploys: frozenset[str]


def _shared(module: str) -> str:
    return f"{COMMON}/{module.replace('.', '/')}.py"


BRANCHES = (
    Branch("leaf", "a file that nothing imports", f"{CODE_ROOT}/dom000/src00/base/asset1.py", frozenset({"dom000"})),
    Branch("shared-by-all", "a shared module of all 50 domains", _shared(_USED_BY_ALL), frozenset(DOMAINS)),
    Branch("shared-by-one", "a shared module of 1 of 50 domains", _shared(_USED_BY_ONE), frozenset({_ONLY_USER})),
)
_LATER_ON_MAIN = f"{CODE_ROOT}/dom001/src00/base/asset1.py"


def before(branch: str) -> str:
    """Return the branch with the same commit on main as it was before a file of another domain changed there.

    What a run of that one keeps is what the next finds after a rebase.
    """
    return f"{branch}-before"


@dataclass(slots=True)
class _Platform:
    """Files by path, and for each folder of a project the libraries that its code imports."""

    dice: random.Random
    files: dict[str, str | bytes] = field(default_factory=dict)
    uses: dict[str, set[str]] = field(default_factory=dict)


def make_files(size: Size) -> dict[str, str | bytes]:
    """Return all files of a repository, those that peers need to know its projects by too."""
    platform = _Platform(random.Random(1))  # noqa: S311  the same platform at every run
    platform.files.update(skeleton())
    # The resource modules are written by hand.
    platform.files[CONFIG] = allow_code(_text(platform.files[CONFIG]), *DOMAINS)
    platform.files[".gitignore"] = ignore(_text(platform.files[".gitignore"]))
    modules = [f"lib{lib:03}.mod{number}" for lib in range(size.libraries) for number in range(_MODULES_OF_A_LIBRARY)]
    _add_libraries(platform, modules)
    for domain in DOMAINS:
        for number in range(size.sources):
            _add_source(platform, domain, f"src{number:02}", size.assets, modules)
    projects = [
        Project(folder, folder.rpartition("/")[2], tuple(sorted(used - {folder.rpartition("/")[2]})))
        for folder, used in sorted(platform.uses.items())
    ]
    platform.files.update(workspace_files(projects))
    return platform.files


def _add_libraries(platform: _Platform, modules: list[str]) -> None:
    """Add shared modules. Each imports two of those before it, so that no two libraries import each other."""
    for number, module in enumerate(modules):
        imported = platform.dice.sample(modules[:number], min(2, number))
        lines = (f"from common.{other} import double as double{place}\n" for place, other in enumerate(imported))
        platform.files[_shared(module)] = "".join(lines) + "\n\ndef double(x):\n    return 2 * x\n"
        library = module.partition(".")[0]
        platform.files[f"{COMMON}/{library}/__init__.py"] = ""
        platform.uses.setdefault(f"{COMMON}/{library}", set()).update(other.partition(".")[0] for other in imported)
    platform.files[_shared(_USED_BY_ONE)] = "def double(x):\n    return 2 * x\n"


def _add_source(platform: _Platform, domain: str, source: str, assets: int, modules: list[str]) -> None:
    """Add a source: Python in four layers, SQL in the last, a resource module and a spec."""
    home = f"{domain}/{source}"
    for layer in LAYERS:
        for number in range(assets):
            module = platform.dice.choice(modules)
            if (source, layer, number) == ("src00", "raw", 0):
                module = _USED_BY_ALL
            if (domain, source, layer, number) == (_ONLY_USER, "src00", "raw", 1):
                module = _USED_BY_ONE
            upstream = _choose_upstream(platform.dice)
            read = f'spark.read.table(table("{upstream}.src00.final_asset0"))' if upstream else "spark.range(9)"
            platform.files[f"{CODE_ROOT}/{home}/{layer}/asset{number}.py"] = _PYTHON.format(
                module=module, layer=layer, number=number, read=read
            )
            platform.uses.setdefault(f"{CODE_ROOT}/{domain}", set()).add(module.partition(".")[0])
    for number in range(assets):
        upstream = _choose_upstream(platform.dice)
        read = _UPSTREAM.format(domain=upstream) if upstream else f"final_asset{number}"
        platform.files[f"{CODE_ROOT}/{home}/final/report{number}.sql"] = _SQL.format(number=number, read=read)
    resource = f"{home.replace('/', '_')}_pipeline = Pipeline.from_dict({{}})\n"
    platform.files[f"resources/{home}/pipelines/all.py"] = resource
    platform.files[f"specs/pipelines/{home}/all.yml"] = "layers: [raw]\n"


def _choose_upstream(dice: random.Random) -> str | None:
    """Return the domain whose table a file reads: one file in fifty reads any domain's, the others only their own's."""
    domain = dice.choice(DOMAINS)
    return domain if dice.random() < 0.02 else None


def make(folder: Path, size: Size) -> Sandbox:
    """Return a repository in a folder, with its branches; taken as it is if the same was made there before."""
    files = make_files(size)
    stamp = f"{_digest(files)}\n"
    made, root = folder / _STAMP, folder / "repository"
    if made.is_file() and made.read_text(encoding="utf-8") == stamp:
        return Sandbox(root)
    if folder.exists():
        shutil.rmtree(folder)
    sandbox = Sandbox.create(root, files)
    sandbox.switch(before("main"), create=True)
    sandbox.append(_LATER_ON_MAIN, "CHANGED = 0\n")
    sandbox.commit("Be as before")
    for branch in BRANCHES:
        for base, name in (("main", branch.name), (before("main"), before(branch.name))):
            sandbox.switch(base)
            sandbox.switch(name, create=True)
            sandbox.append(branch.path, "CHANGED = 1\n")
            sandbox.commit(f"Change {branch.title}")
    sandbox.switch("main")
    # As in a clone: objects in one pack, as small as git makes them.
    packing = ("-c", "pack.compression=-1", "-c", "pack.window=10", "-c", "pack.threads=0")
    sandbox.git(*packing, "repack", "-a", "-d", "--quiet")
    made.write_text(stamp, encoding="utf-8")
    return sandbox


def _digest(files: dict[str, str | bytes]) -> str:
    """Return what tells these files and branches from others."""
    digest = hashlib.sha256(json.dumps([_LATER_ON_MAIN, *((branch.name, branch.path) for branch in BRANCHES)]).encode())
    for path, content in _sorted_bytes(files):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _text(content: str | bytes) -> str:
    return content.decode() if isinstance(content, bytes) else content


def _sorted_bytes(files: dict[str, str | bytes]) -> Iterator[tuple[str, bytes]]:
    for path, content in sorted(files.items()):
        yield path, content if isinstance(content, bytes) else content.encode()
