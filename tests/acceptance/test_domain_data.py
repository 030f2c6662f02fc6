"""A domain is data: the real CLI runs nothing of it, unless the platform's owners allow it by name."""

import re
from pathlib import Path

import pytest

from tests.support.builders import allow_code, resource_yaml
from tests.support.cli import CliResult, DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace

PLAIN_BUNDLE = """\
bundle: {name: data-platform}
include: [targets/*.yml, resources/*/*/*.yml, .stage/*.yml]
variables:
  domain: {default: all}
  stage: {default: none}
  catalog_prefix: {default: ""}
  schema_prefix: {default: ""}
  permissions: {type: complex, default: []}
sync: {paths: [./src]}
"""
VOLUME = resource_yaml(
    "volumes", "sales_volume", {"catalog_name": "sales", "schema_name": "orders", "name": "v", "volume_type": "MANAGED"}
)


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Give the file that the domain's code would write."""
    return tmp_path / "it-ran"


def hostile_files(mark: Path) -> dict[str, dict[str, str]]:
    """Return the ways in which a domain's own files get to run something, as the CLI takes them."""
    touch = f"touch {mark}"
    python = f"open({str(mark)!r}, 'w').close()\n"
    return {
        "module": {"resources/sales/orders/evil.py": python},
        "package": {"resources/sales/orders/__init__.py": python},
        "edited": {"resources/sales/orders/jobs/refresh.py": f"# Generated from specs/jobs/a/b/c.yml: edit that.\n{python}"},
        "script": {"resources/sales/orders/evil.yml": f"experimental: {{scripts: {{postinit: '{touch}'}}}}\n"},
        "merge": {
            "resources/sales/orders/evil.yml": f"x: &x {{experimental: {{scripts: {{postinit: '{touch}'}}}}}}\n<<: *x\n"
        },
        "tag": {
            "resources/sales/orders/evil.yml": "resources: {jobs: {evil: {name: evil, tags: &x "
            f"{{experimental: {{scripts: {{postinit: '{touch}'}}}}}}}}}}}}\n!!merge resources: *x\n"
        },
        "build": {"resources/sales/orders/evil.yml": f"artifacts: {{runtime: {{build: '{touch}'}}}}\n"},
        "target": {
            "resources/sales/orders/evil.yml": f"targets: {{prod: {{artifacts: {{runtime: {{build: '{touch}'}}}}}}}}\n"
        },
        "loader": {
            "resources/sales/orders/evil.yml": "python: {resources: ['resources.sales.evil:load']}\n",
            "resources/sales/_evil.py": f"def load(bundle):\n    {python}",
        },
    }


COMMANDS = {
    "deploy": ("deploy", "--target", "prod"),
    "reconcile": ("reconcile", "--target", "prod"),
    "bundle": ("bundle", "sales", "--target", "prod", "--", "plan"),
    "live": ("plan", "--base", "deployed", "--target", "prod", "--live"),
}


@pytest.mark.parametrize("way", hostile_files(Path("x")))
def test_no_command_runs_code_of_a_domain(platform: Platform, mark: Path, way: str) -> None:
    platform.sandbox.write_all(hostile_files(mark)[way])
    platform.push("Run something")
    check = platform.scope("check")
    assert check.exit_code == 1
    assert "resources/sales/" in check.stdout
    for name, arguments in COMMANDS.items():
        done = platform.scope(*arguments)
        assert done.exit_code == (0 if name == "live" else 3), done
        said = done.stdout + done.stderr
        if name != "live":
            assert 'allow-code = ["sales"]' in said, done
        assert not mark.exists(), name
    assert platform.workspace.writes() == []


@pytest.mark.parametrize("way", ["module", "script"])
def test_a_domain_that_is_allowed_by_name_runs_it(platform: Platform, mark: Path, way: str) -> None:
    # This also shows that the ways above are ways.
    platform.sandbox.write_all(hostile_files(mark)[way])
    platform.sandbox.write("pyproject.toml", allow_code(platform.sandbox.read("pyproject.toml"), "sales"))
    platform.push("Run something, with permission")
    assert platform.scope("check").exit_code == 0
    assert platform.deploy().exit_code == 0
    assert mark.exists()


def test_a_file_of_the_machine_that_deploys_stays_there(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "cache.json").write_text('{"query_lines": ["top secret"]}')
    alert = {"display_name": "late", "warehouse_id": "1", "file_path": str(tmp_path / "cache.json")}
    platform.sandbox.write("resources/sales/orders/late.yml", resource_yaml("alerts", "late", alert))
    platform.push("Watch")
    done = platform.deploy()
    assert done.exit_code == 3, done
    assert f"resources/sales/orders/late.yml:6:18: `{alert['file_path']}` leads out of the repository" in done.stdout, done
    assert "planning" not in done.stderr
    # This also shows that it is a way.
    platform.sandbox.write("pyproject.toml", allow_code(platform.sandbox.read("pyproject.toml"), "sales"))
    platform.push("Allow it")
    assert platform.deploy().exit_code == 0
    assert "top secret" in str(platform.workspace.call("GET", "/api/2.0/alerts"))


def test_a_domain_of_a_package_s_name_runs_nothing_in_the_build(platform: Platform, mark: Path) -> None:
    platform.sandbox.write("src/typing/__init__.py", f"open({str(mark)!r}, 'w').close()\n")
    platform.sandbox.write("resources/typing/a/b.yml", "resources: {}\n")
    platform.push("Add a domain")
    assert platform.deploy("--domain", "typing").exit_code == 3
    platform.sandbox.write("pyproject.toml", allow_code(platform.sandbox.read("pyproject.toml"), "typing"))
    platform.push("Allow it")
    platform.deploy("--domain", "typing")
    assert not mark.exists()


# The CLI's own restriction


def planned(platform: Platform, **extra: str) -> CliResult:
    return platform.scope("bundle", "sales", "--target", "prod", "--", "plan", **extra)


def test_a_restriction_that_the_caller_sets_reaches_the_cli(platform: Platform) -> None:
    assert planned(platform).exit_code == 0
    restricted = {"DATABRICKS_BUNDLE_RESTRICTED_CODE_EXECUTION": "true"}
    assert planned(platform, **restricted).exit_code != 0
    done = platform.deploy(**restricted)
    assert done.exit_code == 1
    assert "Running Python code is not allowed" in done.stdout + done.stderr


def test_a_bundle_that_needs_no_code_is_deployed_with_the_restriction(platform: Platform, tmp_path: Path) -> None:
    log, wrapper = tmp_path / "restrictions", tmp_path / "bin" / "databricks"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" = version ] || echo "${{DATABRICKS_BUNDLE_RESTRICTED_CODE_EXECUTION-none}}" >> {log}\n'
        f'exec {platform.cli.path} "$@"\n'
    )
    wrapper.chmod(0o755)
    path = {"PATH": f"{wrapper.parent}:{platform.cli.environment(platform.workspace)['PATH']}"}
    assert platform.deploy(**path).exit_code == 0
    assert planned(platform, **path).exit_code == 0
    assert set(log.read_text().split()) == {"none"}
    log.unlink()
    for name in [name for name in platform.sandbox.tracked if name.startswith("resources/")]:
        platform.sandbox.delete(name)
    platform.sandbox.write("resources/sales/orders/volume.yml", VOLUME)
    platform.sandbox.write("databricks.yml", PLAIN_BUNDLE)
    platform.push("Use YAML alone")
    assert planned(platform, **path).exit_code == 0
    removed = platform.deploy(**path)
    digest = re.search(r"--approve-destructive (\w+)", removed.stdout + removed.stderr)
    assert digest is not None, removed
    done = platform.deploy("--approve-destructive", digest[1], **path)
    assert done.exit_code == 0, done
    assert "volumes" in str(platform.record("sales")["inventory"])
    assert set(log.read_text().split()) == {"true"}
