"""The recipes and the gate, run as a user runs them, in copies of this repository."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.cli import CliResult, DatabricksCli
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import Sandbox, git_environment


def run(folder: Path, *command: str, env: Mapping[str, str] | None = None) -> CliResult:
    """Run a program in a folder with the caller's PATH and home, and without the environment of this test run."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "UV_PYTHON_DOWNLOADS", "CI") if name in os.environ}
    environment = {**git_environment(), **kept, "UV_OFFLINE": "1", **(env or {})}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    return CliResult(command, done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def just() -> str:
    """Give the program `just`, which the README has every user install."""
    program = shutil.which("just")
    assert program, "The recipes need just on the PATH: `uv tool install rust-just`."
    return program


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Give a copy of this repository with an environment of its own; tests leave it as they found it."""
    sandbox = Sandbox.of_repository(tmp_path_factory.mktemp("tooling") / "a checkout")
    assert run(sandbox.root, "uv", "sync", "--quiet", "--locked").exit_code == 0
    return sandbox


# Planted defects

# Its count is of the whole repository: it says too that nothing else fails there.
DEFECTS = {
    "format": (
        "src/common/planted.py", '"""Planted."""\n\nVALUE   = 1\n',
        ["ruff", "format", "--check", "."], "planted.py", "1 file would be reformatted, ",
    ),
    "lint": (
        "src/common/planted.py", '"""Planted."""\n\nimport os\n',
        ["ruff", "check", "."], "F401", "Found 1 error.",
    ),
    "import-root": (
        "src/common/planted.py", '"""Planted."""\n\nfrom src.common import tables\n\nVALUE = tables\n',
        ["ruff", "check", "."], "TID251", "Found 1 error.",
    ),
    "types": (
        "src/common/planted.py", '"""Planted."""\n\nVALUE: int = "text"\n',
        ["pyrefly", "check", "--summarize-errors"], "bad-assignment", "INFO 1 error ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", DEFECTS)
def test_each_gate_fails_on_a_defect_of_its_kind(checkout: Sandbox, kind: str) -> None:
    path, text, command, words, count = DEFECTS[kind]
    checkout.write(path, text)
    try:
        result = run(checkout.root, "uv", "run", "--quiet", *command)
    finally:
        checkout.path(path).unlink()
    assert result.exit_code == 1, result
    assert words in result.stdout + result.stderr
    assert count in result.stdout + result.stderr, result


# Recipes


def test_bare_just_lists_every_recipe_in_groups(checkout: Sandbox, just: str) -> None:
    result = run(checkout.root, just)
    assert result.exit_code == 0
    for group in ("[scope]", "[generate]", "[quality]", "[deploy]", "[setup]"):
        assert group in result.stdout
    listed = [line for line in result.stdout.splitlines() if line.startswith("    ") and not line.strip().startswith("[")]
    assert all("#" in line for line in listed), result.stdout


@pytest.mark.parametrize("values", [["HEAD", "--target", "prod"], ["target=prod", "base=HEAD"]])
def test_a_recipe_takes_its_values_with_or_without_their_names(checkout: Sandbox, just: str, values: list[str]) -> None:
    result = run(checkout.root, just, "scope", *values, "--format", "json")
    assert result.exit_code == 0, result
    assert '"mode": "none"' in result.stdout
    assert json.loads(result.stdout)["targets"] == ["prod"]


def test_what_a_recipe_is_given_is_no_shell_text(checkout: Sandbox, just: str) -> None:
    result = run(checkout.root, just, "scope", "base=$(touch planted); 'x")
    assert result.exit_code == 2
    assert not checkout.path("planted").exists()
    assert "isn't in this clone" in result.stderr


def test_without_just_a_user_gets_the_same_from_uv(checkout: Sandbox) -> None:
    command = ("uv", "run", "--quiet", "--no-default-groups", "scope", "plan", "--base", "HEAD")
    assert "nothing to deploy" in run(checkout.root, *command).stdout


# Editors


def test_editors_and_the_template_ignore_what_tools_make(checkout: Sandbox) -> None:
    for name in (
        ".databricks/x",
        ".scope/manifest.json",
        ".stage/stage.yml",
        "scratch/notes.py",
        "src/finance/explorations/x.ipynb",
    ):
        checkout.write(name, "")
        assert checkout.git("check-ignore", name) == name


# The recipes of daily use, on the example


def test_the_readmes_daily_recipes_do_what_they_say(
    tmp_path: Path, just: str, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    sandbox = Sandbox.of_repository(tmp_path / "daily")
    environment = databricks_cli.environment(fake_workspace)
    kept = {name: environment[name] for name in environment.keys() - {"HOME", "PATH"}}
    kept["PATH"] = os.pathsep.join([str(databricks_cli.path.parent), os.environ["PATH"]])

    def typed(*words: str) -> CliResult:
        return run(sandbox.root, just, *words, env=kept)

    # The failure that a new user meets first.
    placeholder = typed("deploy", "dev", "finance")
    assert placeholder.exit_code == 2, placeholder
    assert "targets/dev.yml" in placeholder.stderr
    assert "is a placeholder" in placeholder.stderr
    sandbox.point_at(fake_workspace)
    for target in ("dev", "staging", "prod"):
        validated = typed("validate", f"target={target}" if target == "dev" else target)
        assert validated.exit_code == 0, validated
    assert fake_workspace.snapshot().resources.get("jobs", {}) == {}
    deployed = typed("deploy", "domain=finance", "target=dev")
    assert deployed.exit_code == 0, deployed
    jobs = fake_workspace.snapshot().names("jobs")
    assert jobs
    assert not [name for name in jobs if "hubspot" in name]
    ran = typed("run", "finance_stripe_final_payments_job", "dev", "--no-wait")
    assert ran.exit_code == 0, ran
    assert len(fake_workspace.snapshot().resources["job_runs"]) == 1
    each = typed("deploy", "target=dev")
    assert each.exit_code == 0, each
    assert [name for name in fake_workspace.snapshot().names("jobs") if "hubspot" in name]
    listed = typed("destroy", "domain=finance", "target=dev")
    assert listed.exit_code == 3, listed
    digest = listed.stdout.partition("--approve-destructive ")[2].split()[0]
    gone = typed("destroy", "dev", "finance", "--approve-destructive", digest)
    assert gone.exit_code == 0, gone
    assert [name for name in fake_workspace.snapshot().names("jobs") if "stripe" in name] == []
