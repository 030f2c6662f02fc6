"""Every edge of a repository, from what files say and from where they lie."""

import pytest

from scope.graph.closure import DomainIndex
from scope.graph.edges import list_domain_edges
from tests.support.fake_git import FakeGit, Files

FILES: dict[str, str] = {
    "resources/__init__.py": "",
    "resources/finance/stripe/jobs/a.py": "",
    "src/finance/stripe/base/a.py": "",
    "targets/dev.yml": "",
}


def edges(files: Files) -> frozenset[tuple[str, str, str]]:
    return list_domain_edges(DomainIndex(FakeGit().snapshot(files)))


def test_a_spec_is_what_its_module_is_generated_from() -> None:
    spec = "specs/jobs/finance/stripe/a.yml"
    assert ("file:resources/finance/stripe/jobs/a.py", f"file:{spec}", "generated-from") in edges({**FILES, spec: ""})


@pytest.mark.parametrize(
    "path", ["specs", "specs/notes.txt", "specs/jobs", "specs/jobs/finance", "specs/jobs/finance/a.yml"]
)
def test_what_lies_among_specs_and_is_none_deploys_by_rule(path: str) -> None:
    assert ("domain:finance", f"file:{path}", "rule") in edges({**FILES, path: "a file\n"})
