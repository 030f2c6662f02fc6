"""What is known of bundles, and when it is found anew."""

from collections.abc import Mapping

import pytest

from scope.errors import UsageError
from scope.graph.bundle_index import BundleIndex
from scope.graph.uses_cache import UsesCache
from scope.repository.ownership import Rules
from scope.repository.snapshot import Snapshot
from tests.support.fake_git import FakeGit
from tests.support.fakes import KeptInMemory

FILES = {
    "b/a/databricks.yml": "include: [../../shared/*.yml]\ntargets: {dev: }\nsync: {paths: [., ../../libs]}\n",
    "b/a/x.py": "",
    "libs/x.py": "",
    "shared/x.yml": "",
    "other/x.py": "",
}


def targets(git: FakeGit, files: Mapping[str, str], kept: KeptInMemory) -> tuple[str, ...]:
    return BundleIndex(Snapshot(git, git.make(files)), Rules(bundles=("b/*",)), UsesCache(kept)).targets


@pytest.mark.parametrize(
    ("edits", "is_read"),
    [
        ({}, False),
        ({"other/x.py": "y"}, False),
        ({"new.py": ""}, False),
        ({"b/c/x.py": ""}, False),
        ({"b/a/x.py": "y"}, True),
        ({"libs/y.py": ""}, True),
        ({"shared/y.yml": "targets: {prod: }\n"}, True),
        ({".gitignore": "x.py"}, True),
        ({"b/.gitignore": "x.py"}, True),
    ],
)
def test_a_later_run_reads_a_bundle_only_if_something_differs_where_it_was_looked_for(
    edits: Mapping[str, str], is_read: bool
) -> None:
    git, kept = FakeGit(), KeptInMemory()
    assert targets(git, FILES, kept) == ("dev",)
    assert git.files_read > 0
    git.files_read = 0
    assert targets(git, {**FILES, **edits}, kept) == (("dev", "prod") if "shared/y.yml" in edits else ("dev",))
    assert (git.files_read > 0) is is_read


def test_problems_are_told_again() -> None:
    git, kept = FakeGit(), KeptInMemory()
    files = {"b/a/databricks.yml": "a: [\n"}
    messages = []
    for _ in range(2):
        index = BundleIndex(Snapshot(git, git.make(files)), Rules(bundles=("b/*",)), UsesCache(kept))
        with pytest.raises(UsageError) as caught:
            index.check_names()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert messages[0].startswith("b/a/databricks.yml:2: ")
