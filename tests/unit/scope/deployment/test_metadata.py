"""What the CLI's own metadata tells, whatever anybody has written there."""

import json

import pytest

from scope.deployment.metadata import read_cli_commit, read_cli_repository
from scope.deployment.target import Paths
from tests.support.fakes import InMemoryWorkspace

PATHS = Paths("/Workspace/deploy/sales")
COMMIT = "a" * 40


def metadata(**git: object) -> bytes:
    return json.dumps({"config": {"bundle": {"git": git}}}).encode()


@pytest.mark.parametrize(
    ("content", "commit", "repository"),
    [
        (metadata(commit=COMMIT, origin_url="git@github.com:Acme/Data.git"), COMMIT, "github.com/acme/data"),
        (metadata(commit=COMMIT, origin_url="https://x:y@github.com/acme/data"), COMMIT, "github.com/acme/data"),
        (metadata(commit=COMMIT), COMMIT, None),
        (metadata(commit="--upload-pack=x", origin_url=""), None, None),
        (metadata(commit=1, origin_url=["github.com/acme/data"]), None, None),
        (b'{"config": {"bundle": {"git": ["commit"]}}}', None, None),
        (b'{"config": []}', None, None),
        (b"[" * 100_000, None, None),
        (b"", None, None),
        (None, None, None),
    ],
)
def test_commit_and_repository_are_told_or_not(content: bytes | None, commit: str | None, repository: str | None) -> None:
    workspace = InMemoryWorkspace()
    workspace.make_folder(PATHS.state)
    if content is not None:
        workspace.write(PATHS.metadata, content)
    assert read_cli_commit(workspace, PATHS) == commit
    assert read_cli_repository(workspace, PATHS) == repository
