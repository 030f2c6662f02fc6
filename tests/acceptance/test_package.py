"""The tool as a distribution: what is in it, and what it does by `uvx` in a repository that knows nothing of it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tarfile
import zipfile
from functools import cache
from pathlib import Path

import pytest

from tests.support.builders import domain, skeleton
from tests.support.cli import DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.five_bundles import ORDERS, SALES, five_bundles
from tests.support.installed_tool import InstalledTool
from tests.support.sandbox import REPOSITORY, Sandbox, tracked_files

DATA = {
    "generator/bundle_schema.json",
    "generator/py.typed",
    "scope/py.typed",
    "scope/render/page/graph_page.html",
    "scope/stage/resource_fields.json",
}
PROJECTS = {
    "no project": {},
    "a project of its own": {"pyproject.toml": "[project]\nname = 'theirs'\nversion = '1'\nrequires-python = '>=3.8'\n"},
}


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> InstalledTool:
    return InstalledTool.build(tmp_path_factory.mktemp("distribution"))


@cache
def find_interpreters() -> list[str]:
    """Return the interpreters of this machine that the tool is for, one of each version: those of the PATH and pyenv's."""
    found: dict[str, str] = {}
    versions = Path.home() / ".pyenv" / "versions"
    for minor in range(11, 20):
        name = f"python3.{minor}"
        for program in (shutil.which(name), *sorted(map(str, versions.glob(f"3.{minor}.*/bin/{name}")))):
            # A shim of pyenv's may stand for a version that isn't chosen.
            if program and subprocess.run([program, "-ISc", ""], capture_output=True, check=False).returncode == 0:
                found[name] = program
                break
    return list(found.values())


# What is in it


def test_the_wheel_holds_the_two_packages_with_their_data_and_nothing_else(tool: InstalledTool) -> None:
    with zipfile.ZipFile(tool.wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {path for path in tracked_files(REPOSITORY) if re.fullmatch(r"(scope|generator)/.*\.py", path)}
    assert held == modules | DATA


def test_the_source_distribution_holds_what_the_wheel_is_built_from(tool: InstalledTool) -> None:
    with tarfile.open(tool.sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert held >= DATA
    assert {name.partition("/")[0] for name in held} == {
        "scope", "generator", "pyproject.toml", "README.md", "LICENSE", "PKG-INFO", ".gitignore",
    }  # fmt: skip
    assert not [name for name in held if "node_modules" in name]


def test_its_metadata_says_what_it_is_and_where_it_runs(tool: InstalledTool) -> None:
    with zipfile.ZipFile(tool.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode()
    fields = metadata.partition("\n\n")[0].splitlines()
    assert "Requires-Python: >=3.11" in fields
    assert {"Provides-Extra: all", "Provides-Extra: deploy", "Provides-Extra: generator"} <= set(fields)
    assert "Classifier: Typing :: Typed" in fields
    assert "Description-Content-Type: text/markdown" in fields


# What it does elsewhere


@pytest.mark.parametrize("project", PROJECTS)
@pytest.mark.parametrize("python", find_interpreters(), ids=lambda path: Path(path).name)
def test_a_repository_that_knows_nothing_of_it_is_planned_and_left_as_it_was(
    tmp_path: Path, tool: InstalledTool, python: str, project: str
) -> None:
    files = {path: content for path, content in skeleton().items() if path not in {"pyproject.toml", ".gitignore"}}
    theirs = Sandbox.create(tmp_path / "theirs", files | domain("sales") | PROJECTS[project])
    theirs.switch("change", create=True)
    theirs.append("src/sales/orders/base/facts.py", "CHANGED = True\n")
    theirs.commit("Change sales")
    planned = tool.run(theirs.root, "scope", "plan", "--base", "main", "--head", "HEAD", python=python)
    assert planned.exit_code == 0, planned
    assert "sales" in planned.stdout
    assert theirs.git("status", "--porcelain", "--ignored") == "!! .scope/"
    manifest = json.loads(theirs.read(".scope/manifest.json"))
    assert {item["domain"] for item in manifest["deploy"]} == {"sales"}
    # What it says to run next can be run there.
    (line,) = (line for line in planned.stdout.splitlines() if " scope why " in line)
    program, flag, source, *words = shlex.split(line)
    assert (program, flag, source) == ("uvx", "--from", tool.requirement("deploy"))
    why = tool.run(theirs.root, *words, extra="deploy", python=python)
    assert why.exit_code == 0, why
    assert "src/sales/orders/base/facts.py" in why.stdout


def test_the_generator_is_an_extra_and_formats_without_a_project_too(tmp_path: Path, tool: InstalledTool) -> None:
    sandbox = Sandbox.of_repository(tmp_path / "theirs", leaving_out=("scope/", "generator/", "tests/", "docs/"))
    sandbox.delete("pyproject.toml")
    sandbox.commit("Have no project")
    shown = tool.run(sandbox.root, "generator", "--help", extra="generator")
    assert shown.stdout.startswith("usage: generator"), shown
    built = tool.run(sandbox.root, "generator", "build", "--all", extra="generator")
    assert built.exit_code == 0, built
    missing = tool.run(sandbox.root, "generator", "build", "--all", "--check")
    assert missing.exit_code == 2, missing
    assert missing.stderr == (
        "`jsonschema` isn't installed. It comes with the extra `generator` of data-platform-tooling: "
        "install `data-platform-tooling[generator]`.\n"
    )


def test_without_its_extra_a_deploy_says_how_to_start_it(tmp_path: Path, tool: InstalledTool) -> None:
    theirs = Sandbox.create(tmp_path / "theirs", skeleton() | domain("sales"))
    theirs.path("targets/dev.yml").write_text(
        theirs.read("targets/dev.yml").replace("https://dev-workspace.invalid", "http://127.0.0.1:9"), encoding="utf-8"
    )
    env = {"DATABRICKS_HOST": "http://127.0.0.1:9", "DATABRICKS_TOKEN": "x", "DATABRICKS_CONFIG_FILE": os.devnull}
    done = tool.run(theirs.root, "scope", "status", "--target", "dev", env=env)
    assert done.exit_code == 2, done
    assert "It comes with the extra `deploy` of data-platform-tooling. Start scope with: uvx --from" in done.stderr


@pytest.mark.parametrize(
    "python", sorted({find_interpreters()[0], find_interpreters()[-1]}), ids=lambda path: Path(path).name
)
def test_an_installed_tool_deploys(
    tmp_path: Path, tool: InstalledTool, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli, python: str
) -> None:
    """The stage's environment is that of `uvx`, which builds the wheel and loads the resources."""
    platform = Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})
    kept = databricks_cli.environment(fake_workspace)
    env = {name: value for name, value in kept.items() if name != "HOME"}
    deployed = tool.run(platform.sandbox.root, "scope", "deploy", "--target", "prod", extra="deploy", python=python, env=env)
    assert deployed.exit_code == 0, deployed
    platform.check("sales", ["sales_orders_refresh"], ["sales_orders_final_facts"])
    status = tool.run(
        platform.sandbox.root,
        "scope",
        "status",
        "--target",
        "prod",
        "--detailed-exitcode",
        extra="deploy",
        python=python,
        env=env,
    )
    assert status.exit_code == 0, status


def test_an_installed_tool_plans_and_deploys_a_teams_own_bundles_from_an_empty_clone(
    tmp_path: Path, tool: InstalledTool, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli
) -> None:
    team = Sandbox.create(tmp_path / "team", five_bundles(fake_workspace.url))
    clone = team.clone(tmp_path / "clone")
    kept = databricks_cli.environment(fake_workspace)
    env = {name: value for name, value in kept.items() if name != "HOME"}
    clone.switch("change", create=True)
    clone.append("libs/shared/shared/money.py", "CENTS = 100\n")
    clone.commit("Change the library")
    planned = tool.run(clone.root, "scope", "plan", "--base", "main", "--head", "HEAD", "--output", "-")
    assert planned.exit_code == 0, planned
    assert {item["domain"] for item in planned.json["deploy"]} == {ORDERS, SALES}
    deployed = tool.run(clone.root, "scope", "deploy", "--target", "prod", "--domain", SALES, extra="deploy", env=env)
    assert deployed.exit_code == 0, deployed
    assert fake_workspace.snapshot().names("jobs") == ["sales report prod"]
    assert clone.git("status", "--porcelain", "--ignored") == "!! .scope/"
