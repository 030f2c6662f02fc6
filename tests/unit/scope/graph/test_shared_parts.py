"""The edges inside shared code, as they are kept for later runs."""

from scope.graph.closure import DomainIndex
from scope.graph.shared_code import Edge
from scope.graph.shared_parts import dump_edges, load_edges
from scope.graph.uses_cache import UsesCache
from tests.support.fake_git import FakeGit
from tests.support.fakes import KeptInMemory

FILES = {"src/common/a.py": "import common.b\n", "src/common/b.py": "X = 1\n", "src/common/odd \udcff.csv": "1\n"}
EDGES = (
    Edge("src/common/a.py", "src/common/b.py", "imports", 1),
    Edge("src/common/a.py", "src/common/odd \udcff.csv", "package-data"),
    Edge("src/common/b.py", "src/common/odd \udcff.csv", "package-data"),
)


def test_edges_are_loaded_as_they_were_dumped() -> None:
    assert load_edges(dump_edges(EDGES)) == EDGES
    assert load_edges(dump_edges(())) == ()


def test_edges_of_the_same_shared_code_are_read_once() -> None:
    git, cache = FakeGit(), UsesCache(KeptInMemory())
    assert DomainIndex(git.snapshot(FILES), cache).shared_edges == EDGES
    git.files_read = 0
    assert DomainIndex(git.snapshot({**FILES, "src/finance/a.py": ""}), UsesCache(cache.kept)).shared_edges == EDGES
    assert git.files_read == 0
    changed = {**FILES, "src/common/b.py": "import common.a\n"}
    edges = DomainIndex(git.snapshot(changed), UsesCache(cache.kept)).shared_edges
    assert Edge("src/common/b.py", "src/common/a.py", "imports", 1) in edges
