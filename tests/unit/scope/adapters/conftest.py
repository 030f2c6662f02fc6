"""Credentials for workspaces of the tests' own."""

import pytest


@pytest.fixture
def logged_in_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a token that is for any workspace, and no profiles."""
    monkeypatch.setenv("DATABRICKS_TOKEN", "t")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", "/dev/null")
