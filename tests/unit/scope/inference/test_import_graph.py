"""Import edges beside those of `ruff analyze graph`, which reads the same files in another way.

Every edge that ruff finds is found. Those found beyond are of two kinds, and the test allows no third:

- the package around an imported module, whose `__init__` runs first (ruff names the module alone);
- a name in a string (ruff's own search for strings is switched on, but takes a name only if all of it is a module), and what
  a computed import may reach.
"""

import json
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from scope.inference.imports import python_uses
from scope.inference.uses import ModuleUse

REPOSITORY = Path(__file__).parents[4]
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))


@dataclass(frozen=True, slots=True)
class Tree:
    """Python files below import roots, by their paths."""

    files: frozenset[str]
    roots: tuple[str, ...]

    def module(self, name: str) -> str | None:
        """Return the file of the longest part of a dotted name that is a module."""
        parts = name.removesuffix(".*").split(".")
        while parts:
            for root in self.roots:
                for suffix in ("/__init__.py", ".py", ".pyi", "/__init__.pyi"):
                    if (path := root + "/".join(parts) + suffix) in self.files:
                        return path
            parts.pop()
        return None


def ruff_graph(root: Path, folders: list[str], config: list[str]) -> dict[str, list[str]]:
    """Return what ruff finds; it leaves out folders that it doesn't know as source, hence the root."""
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    command = [str(ruff), "analyze", "graph", "--detect-string-imports", "--isolated", *config, *folders]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def is_explained(use: ModuleUse, uses: frozenset[ModuleUse]) -> bool:
    is_package = any(other.name.startswith(f"{use.name}.") for other in uses)
    return is_package or not use.certain


def compare(tree: Tree, root: Path, graph: dict[str, list[str]], prefix: str) -> int:
    """Assert that ours holds all of ruff's and only explained edges beyond; return how many ruff has."""
    edges = 0
    for path, ruffs in sorted(graph.items()):
        uses = python_uses(prefix + path, (root / path).read_bytes()).modules
        ours = {file: use for use in sorted(uses) if (file := tree.module(use.name)) is not None}
        missed = set(ruffs) - set(ours) - {path}
        assert not missed, f"{path} misses {sorted(missed)}"
        unexplained = [
            use for file, use in ours.items() if file not in ruffs and file != path and not is_explained(use, uses)
        ]
        assert not unexplained, f"{path} has {unexplained}"
        edges += len(ruffs)
    return edges


def test_edges_of_this_repository_contain_those_of_ruff() -> None:
    listed = subprocess.run(["git", "ls-files", "-z", "*.py"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    files = frozenset(path for path in listed.stdout.split("\0") if path and (REPOSITORY / path).is_file())
    graph = ruff_graph(REPOSITORY, sorted({path.split("/")[0] for path in files}), ["--config", 'src=["src", "."]'])
    tree = Tree(files, ("src/", ""))
    known = {path: [file for file in uses if file in files] for path, uses in graph.items() if path in files}
    assert compare(tree, REPOSITORY, known, "") > 20


@pytest.mark.parametrize("package", ["sqlglot", "networkx"])
def test_edges_of_a_large_package_contain_those_of_ruff(package: str, tmp_path: Path) -> None:
    # Copied, because ruff leaves out what lies below a `.venv`.
    for source in (SITE_PACKAGES / package).rglob("*.py"):
        target = tmp_path / source.relative_to(SITE_PACKAGES)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    files = frozenset(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.py"))
    assert compare(Tree(files, ("",)), tmp_path, ruff_graph(tmp_path, [package], []), "src/") > 500
