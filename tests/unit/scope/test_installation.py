"""What is said to start scope again, and what is said where an extra isn't installed."""

import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from scope import cli, installation
from scope.console import as_typed
from scope.installation import require_deploy_extra, start_command

UV = "/opt/uv"
GIT = {"url": "https://git.example/platform.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}}
FROM_COMMIT = f"'data-platform-tooling[deploy] @ git+https://git.example/platform.git@{'0' * 40}'"


class Distribution:
    """A distribution that was installed from somewhere."""

    version = "1.2.3"

    def __init__(self, origin: dict[str, Any] | None) -> None:
        self.origin = origin

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self.origin is None else json.dumps(self.origin)


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Be in an environment of its own in an empty folder, started without uv."""
    for name in ("UV", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    installation._read_source.cache_clear()
    return tmp_path


def test_without_uv_it_is_on_the_path() -> None:
    assert as_typed("scope status --target prod") == "scope status --target prod"


def test_in_the_project_above_it_is_uv_run(monkeypatch: pytest.MonkeyPatch, started: Path) -> None:
    monkeypatch.setenv("UV", UV)
    monkeypatch.setenv("VIRTUAL_ENV", str(started / ".venv"))
    assert as_typed("scope status") == "uv run scope status"
    assert as_typed("git fetch") == "git fetch"


def test_of_a_project_elsewhere_uv_run_would_not_find_it(monkeypatch: pytest.MonkeyPatch, started: Path) -> None:
    monkeypatch.setenv("UV", UV)
    monkeypatch.setenv("VIRTUAL_ENV", str(started / ".venv"))
    monkeypatch.chdir(started.parent)
    assert start_command() == "scope"
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", str(started / ".venv"))
    assert start_command() == "uv run scope"


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        (None, "'data-platform-tooling[deploy]==1.2.3'"),
        (GIT, FROM_COMMIT),
        (
            {**GIT, "vcs_info": {**GIT["vcs_info"], "requested_revision": "v1"}},
            "'data-platform-tooling[deploy] @ git+https://git.example/platform.git@v1'",
        ),
        (
            {"url": "file:///a b/c'd.whl", "archive_info": {}},
            """'data-platform-tooling[deploy] @ file:///a b/c'"'"'d.whl'""",
        ),
    ],
)
def test_by_uvx_it_is_named_by_what_it_was_installed_from(
    monkeypatch: pytest.MonkeyPatch, started: Path, origin: dict[str, Any] | None, source: str
) -> None:
    monkeypatch.setenv("UV", UV)
    # An environment that the person has activated isn't the one that `uvx` made.
    monkeypatch.setenv("VIRTUAL_ENV", str(started / "activated"))
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: Distribution(origin))
    assert as_typed("scope why finance") == f"uvx --from {source} scope why finance"


def test_in_a_checkout_of_the_tool_it_is_uv_run_whatever_environment_is_activated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV", UV)
    origin = {"url": "file:///checkout", "dir_info": {"editable": True}}
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: Distribution(origin))
    assert start_command() == "uv run scope"


def test_a_tool_that_was_installed_for_good_is_on_the_path(monkeypatch: pytest.MonkeyPatch, started: Path) -> None:
    monkeypatch.setenv("UV", UV)
    (started / ".venv").mkdir()
    (started / ".venv" / "uv-receipt.toml").touch()
    assert start_command() == "scope"


def test_what_isn_t_installed_at_all_has_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setenv("UV", UV)
    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert start_command() == "scope"


# Extras


def test_a_command_whose_extra_is_missing_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise ModuleNotFoundError("No module named 'databricks'", name="databricks.sdk")

    monkeypatch.setattr("scope.commands.status.run", fail)
    assert cli.main(["status", "--target", "prod"]) == 2
    assert capsys.readouterr().err == (
        "scope: `databricks.sdk` isn't installed. It comes with the extra `deploy` of data-platform-tooling. "
        "Install that as well: `data-platform-tooling[deploy]`.\n"
    )


def test_a_module_of_nobody_s_extra_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise ModuleNotFoundError("No module named 'scop'", name="scop")

    monkeypatch.setattr("scope.commands.status.run", fail)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["status", "--target", "prod"])


def test_a_stage_needs_what_the_cli_runs_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    require_deploy_extra()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(installation.UsageError, match=r"^`databricks\.bundles` isn't installed"):
        require_deploy_extra()
