"""A user of the fake workspace, for the contracts of the workspace and of the CLI."""

from collections.abc import Iterator

import pytest

from tests.support.fake_workspace import FakeWorkspace


@pytest.fixture
def logged_in(fake_workspace: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWorkspace]:
    """Give the fake workspace with its token in the environment; it must have had an answer to every request."""
    monkeypatch.setenv("DATABRICKS_TOKEN", fake_workspace.token)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", "/dev/null")
    yield fake_workspace
    assert fake_workspace.problems() == []
