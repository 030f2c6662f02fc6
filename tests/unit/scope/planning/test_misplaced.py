"""Files in the place of folders and folders in the place of files: the set stays exact, and every question has an answer."""

import itertools

import pytest

from scope.graph.closure import DomainIndex
from scope.graph.edges import list_domain_edges
from scope.graph.picture import Extent, draw_picture
from scope.graph.uses_cache import UsesCache
from scope.model import Kind
from scope.planning.checks import check_removed_tables, check_repository
from scope.planning.impact import ImpactAnalysis
from scope.planning.readers import find_readers
from scope.planning.why import explain_path
from tests.support.fake_git import FakeGit, Files, Node

BASE: dict[str, str | bytes | Node] = {
    "databricks.yml": "",
    "pyproject.toml": "",
    "resources/__init__.py": "",
    "resources/_models/__init__.py": "",
    "resources/_models/base.py": "",
    "src/pyproject.toml": "",
    "src/common/__init__.py": "",
    "src/common/money.py": "import common.text\n",
    "src/common/text.py": "",
    "src/common/data/rates.csv": "1\n",
    "src/finance/stripe/base/a.py": "from common import *\nspark.table('hr.x.y').write.saveAsTable('y')\n",
    "src/hr/x/base/a.py": "spark.range(1).write.saveAsTable('y')\n",
    "targets/dev.yml": "",
    "targets/prod.yml": "a: ../src/common/**\nb: ../resources/_models/**\n",
}
PLACES = (
    "resources",
    "resources/_models",
    "resources/finance",
    "specs",
    "specs/domains",
    "specs/domains/finance.txt",
    "specs/jobs",
    "specs/jobs/finance",
    "specs/jobs/finance/a.yml",
    "specs/notes.txt",
    "specs/other/finance/stripe/base/a.yml",
    "src",
    "src/a.py",
    "src/common",
    "src/common/money.py/a.py",
    "src/finance",
    "src/finance/a.py",
    "targets",
    "targets/dev.yml/a.yml",
)
RULES = ("", '[[tool.scope.rules]]\npaths = ["resources", "specs", "specs/**", "src", "src/**"]\ndeploys = ["finance"]\n')
NODES = (Node(b"text\n"), Node(b"elsewhere", Kind.SYMLINK))


def replaced(files: Files, path: str, node: Node) -> Files:
    kept = {
        name: content
        for name, content in files.items()
        if not name.startswith(f"{path}/") and not path.startswith(f"{name}/")
    }
    return {**kept, path: node}


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("rules", RULES, ids=["no-rules", "rules"])
def test_what_lies_in_the_place_of_something_else_is_answered_for(path: str, rules: str) -> None:
    files = {**BASE, "pyproject.toml": rules}
    for node, (one, other) in itertools.product(NODES, [(0, 1), (1, 0)]):
        trees = (files, replaced(files, path, node))
        git, cache = FakeGit(), UsesCache()
        base, head = (DomainIndex(git.snapshot(trees[side]), cache) for side in (one, other))
        changes = git.changes(base.snapshot.tree, head.snapshot.tree)
        impact = ImpactAnalysis(base, head, changes).find_impact()
        pairs = itertools.product(head.targets, {*base.domains, *head.domains})
        differing = {pair for pair in pairs if base.fingerprint(*pair) != head.fingerprint(*pair)}
        assert {(item.target, item.domain) for item in impact.impacted} == differing
        for change in changes:
            assert explain_path(head, change.path).subject == change.path
        assert find_readers(head, base, impact.impacted, head.domains).unread == 0
        findings = (*check_removed_tables(base, head, changes), *check_repository(head))
        assert {finding.path for finding in findings} <= {*trees[one], *trees[other], path}
        edges, extent = list_domain_edges(head), Extent(domains=frozenset(head.domains))
        assert len(draw_picture(edges, extent, limit=1).nodes) <= len(draw_picture(edges, extent, limit=None).nodes)
