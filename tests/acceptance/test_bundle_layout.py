"""The bundle at the repository's root, seen by the real CLI: it validates for every target and deploys from none."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import (
    domain,
    job_fields,
    resource_module,
    resource_yaml,
    skeleton,
    wheel_job_fields,
)
from tests.support.cli import DatabricksCli
from tests.support.fake_workspace import CURRENT_USER, FakeWorkspace
from tests.support.sandbox import REPOSITORY, Sandbox

TARGETS = ("dev", "staging", "prod")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, fake_workspace_url: str) -> Sandbox:
    """Give this repository with two more domains, for tests that change nothing in it."""
    sandbox = Sandbox.of_repository(tmp_path_factory.mktemp("layout") / "checkout", leaving_out=["tests/", "docs/"])
    sandbox.write_all(domain("sales") | domain("sales_eu"))
    sandbox.write(
        "resources/sales/orders/jobs/wheel.py", resource_module("job", "sales_wheel_job", wheel_job_fields("sales_wheel"))
    )
    sandbox.point_at(FakeWorkspace(fake_workspace_url, ""))
    sandbox.commit("Add two domains, with the fake workspace as host")
    sandbox.link_venv()
    return sandbox


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace) -> Sandbox:
    """Give a bundle with the repository's loader and one small domain, to be broken."""
    sandbox = Sandbox.create(tmp_path / "platform", skeleton() | domain("sales"))
    sandbox.point_at(fake_workspace)
    sandbox.link_venv()
    return sandbox


def resolved(
    cli: DatabricksCli, sandbox: Sandbox, workspace: FakeWorkspace, target: str, domain_name: str = "all"
) -> dict[str, Any]:
    """Return the bundle as the CLI understands it."""
    result = cli.bundle("validate", "-o", "json", cwd=sandbox.root, workspace=workspace, target=target, domain=domain_name)
    assert result.exit_code == 0, result
    return result.json


# Validate


@pytest.mark.parametrize("options", [(), ("--strict",)], ids=["plain", "strict"])
@pytest.mark.parametrize("target", TARGETS)
def test_the_root_validates_without_a_word_of_complaint(
    checkout: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, target: str, options: tuple[str, ...]
) -> None:
    result = databricks_cli.bundle("validate", *options, cwd=checkout.root, workspace=fake_workspace, target=target)
    assert result.exit_code == 0, result
    assert "Validation OK!" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("target", TARGETS)
def test_each_domain_of_a_target_has_a_root_that_not_everybody_may_write(
    checkout: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, target: str
) -> None:
    bundle = resolved(databricks_cli, checkout, fake_workspace, target, "sales")
    root = bundle["workspace"]["root_path"]
    assert not root.startswith("/Workspace/Shared")
    assert root.endswith(f"/.bundle/data-platform/{target}/sales")
    assert root.startswith(f"/Workspace/Users/{CURRENT_USER}/") == (target == "dev")


@pytest.mark.parametrize("target", TARGETS)
def test_the_deployment_lock_is_on(
    checkout: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, target: str
) -> None:
    lock = resolved(databricks_cli, checkout, fake_workspace, target)["bundle"].get("deployment", {}).get("lock", {})
    # Outside development mode it is on unless something says otherwise.
    assert lock.get("enabled", target != "dev") is True


@pytest.mark.parametrize(
    ("target", "catalog", "schema"),
    [("dev", "dev_sales", "tester_orders"), ("staging", "staging_sales", "orders"), ("prod", "sales", "orders")],
)
def test_catalog_is_the_domain_and_schema_the_source_after_the_targets_prefix(
    checkout: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, target: str, catalog: str, schema: str
) -> None:
    pipeline = resolved(databricks_cli, checkout, fake_workspace, target)["resources"]["pipelines"][
        "sales_orders_final_facts_pipeline"
    ]
    assert (pipeline["catalog"], pipeline["schema"]) == (catalog, schema)


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_in_the_repository_names_no_host_that_could_answer(target: str) -> None:
    host = next(
        line for line in (REPOSITORY / f"targets/{target}.yml").read_text().splitlines() if line.strip().startswith("host:")
    )
    assert ".invalid " in f"{host} ", "a host of somebody's own was committed to the template"


def test_yaml_resources_load_at_both_depths_of_the_tree(
    platform: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    volume = {"catalog_name": "sales", "schema_name": "orders", "volume_type": "MANAGED"}
    platform.write("resources/sales/orders/files.yml", resource_yaml("volumes", "sales_orders_a", {"name": "a", **volume}))
    platform.write(
        "resources/sales/orders/volumes/files.yml", resource_yaml("volumes", "sales_orders_b", {"name": "b", **volume})
    )
    volumes = resolved(databricks_cli, platform, fake_workspace, "prod")["resources"]["volumes"]
    assert sorted(volumes) == ["sales_orders_a", "sales_orders_b"]


# Deploy


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--var", "domain=sales"),
        ("--force", "--force-lock", "--auto-approve"),
        ("--var", "domain=sales", "--auto-approve"),
    ],
    ids=["all", "one domain", "forced", "one domain approved"],
)
@pytest.mark.parametrize("target", TARGETS)
def test_a_plain_deploy_is_refused_before_lock_and_upload(
    checkout: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, target: str, options: tuple[str, ...]
) -> None:
    before = fake_workspace.snapshot()
    result = databricks_cli.bundle("deploy", *options, cwd=checkout.root, workspace=fake_workspace, target=target)
    assert result.exit_code == 1, result
    assert f"Run: just deploy {target} DOMAIN" in result.stderr
    # It looked for a state, and did nothing else.
    assert fake_workspace.requests()
    assert [str(request) for request in fake_workspace.writes()] == []
    assert fake_workspace.snapshot() == before


@pytest.mark.parametrize("stage", ["prod/sales_eu", "staging/sales", "sales", ""])
def test_the_pass_of_another_deployment_does_not_open_the_guard(
    checkout: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, stage: str
) -> None:
    options = ("--var", f"stage={stage}")
    result = databricks_cli.bundle(
        "deploy", *options, cwd=checkout.root, workspace=fake_workspace, target="prod", domain="sales"
    )
    assert result.exit_code == 1, result
    assert [str(request) for request in fake_workspace.writes()] == []


def test_with_its_pass_a_deploy_uploads_the_sources_and_the_wheel_where_it_belongs(
    checkout: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    # What the guard alone keeps from happening. The permit is given by hand here; a stage has it in its overlay.
    result = databricks_cli.bundle(
        "deploy", "--var", "stage=prod/sales", cwd=checkout.root, workspace=fake_workspace, target="prod", domain="sales"
    )
    assert result.exit_code == 0, result
    held = fake_workspace.snapshot("/Workspace/deploy/.bundle/data-platform/prod/sales")
    uploaded = held.below("/Workspace/deploy/.bundle/data-platform/prod/sales/files")
    assert sorted(uploaded) == [path for path in checkout.tracked if path.startswith("src/")]
    wheels = [path for path in held.files if path.endswith(".whl")]
    assert len(wheels) == 1
    assert wheels[0].startswith(
        "/Workspace/deploy/.bundle/data-platform/prod/sales/artifacts/.internal/data_platform_runtime-"
    )
    wheel_job = next(job["settings"] for job in held.resources["jobs"].values() if job["settings"]["name"] == "sales_wheel")
    assert wheel_job["environments"][0]["spec"]["dependencies"] == wheels


def test_kinds_that_only_yaml_can_say_deploy_with_their_domain_and_go_with_it(
    platform: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    volume = {"name": "files", "catalog_name": "sales", "schema_name": "orders", "volume_type": "MANAGED"}
    dashboard = {"display_name": "Sales", "warehouse_id": "w", "file_path": "./sales.lvdash.json"}
    platform.write("resources/sales/orders/volumes.yml", resource_yaml("volumes", "sales_orders_files", volume))
    platform.write(
        "resources/sales/orders/scopes.yml", resource_yaml("secret_scopes", "sales_orders_keys", {"name": "sales"})
    )
    platform.write("resources/sales/orders/dashboards.yml", resource_yaml("dashboards", "sales_orders_board", dashboard))
    platform.write("resources/sales/orders/sales.lvdash.json", '{"pages": []}')
    kinds = ("volumes", "secret_scopes", "dashboards")

    deploy = ("deploy", "--var", "stage=staging/sales")
    result = databricks_cli.bundle(*deploy, cwd=platform.root, workspace=fake_workspace, target="staging", domain="sales")
    assert result.exit_code == 0, result
    held = fake_workspace.snapshot()
    assert [held.names(kind) for kind in kinds] == [["files"], ["sales"], ["Sales"]]

    destroy = ("destroy", "--auto-approve")
    result = databricks_cli.bundle(*destroy, cwd=platform.root, workspace=fake_workspace, target="staging", domain="sales")
    assert result.exit_code == 0, result
    held = fake_workspace.snapshot()
    assert [held.names(kind) for kind in kinds] == [[], [], []]
    assert fake_workspace.problems() == []


# The loader


def test_a_module_that_does_not_import_is_named_with_its_line(
    platform: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    platform.write("resources/sales/orders/jobs/broken.py", "\nimport no_such_module_here\n")
    platform.write("resources/sales/orders/jobs/unfinished.py", "x = 1\ny = (\n")
    result = databricks_cli.bundle("validate", cwd=platform.root, workspace=fake_workspace)
    assert result.exit_code == 1, result
    assert "resources.sales.orders.jobs.broken does not import: ModuleNotFoundError" in result.stderr
    assert "in resources/sales/orders/jobs/broken.py:2" in result.stderr
    assert "resources.sales.orders.jobs.unfinished does not import: SyntaxError" in result.stderr
    assert "in resources/sales/orders/jobs/unfinished.py:2" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("second_kind", ["job", "pipeline"])
def test_a_key_that_two_modules_define_is_named_with_both_files(
    platform: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace, second_kind: str
) -> None:
    # Also where the kinds differ: `bundle run` could not tell which one is meant.
    platform.write("resources/sales/orders/jobs/first.py", resource_module("job", "sales_twice", {"name": "a"}))
    second = "# A comment\n" + resource_module(second_kind, "sales_twice", {"name": "b"})
    platform.write("resources/sales/orders/jobs/second.py", second)
    result = databricks_cli.bundle("validate", cwd=platform.root, workspace=fake_workspace)
    assert result.exit_code == 1, result
    assert "sales_twice is defined twice: in resources/sales/orders/jobs/first.py and in" in result.stderr
    assert "in resources/sales/orders/jobs/second.py:5" in result.stderr


def test_folders_that_begin_with_an_underscore_hold_no_resources(
    platform: Sandbox, databricks_cli: DatabricksCli, fake_workspace: FakeWorkspace
) -> None:
    platform.write("resources/_models/defaults.py", resource_module("job", "a_default_job", {"name": "a"}))
    platform.write("resources/_models/__init__.py", "")
    assert "a_default_job" not in resolved(databricks_cli, platform, fake_workspace, "prod")["resources"]["jobs"]


def test_a_thousand_modules_load(platform: Sandbox, tmp_path: Path) -> None:
    pipeline = "sales_orders_final_facts_pipeline"
    for number in range(1000):
        key = f"sales_orders_{number:04}_job"
        platform.write(
            f"resources/sales/orders/jobs/job_{number:04}.py", resource_module("job", key, job_fields(key, pipeline))
        )
    # The CLI starts this process, twice in each command; alone it takes a third of a whole `validate`.
    (tmp_path / "in.json").write_text(
        '{"python": {"resources": ["resources:load_resources"]}, "bundle": {"name": "x", "target": "prod"}, "variables": {}}'
    )
    files = [f"--{name}={tmp_path / name}.json" for name in ("output", "diagnostics", "locations")]
    subprocess.run(
        [
            ".venv/bin/python",
            "-m",
            "databricks.bundles.build",
            "--phase=load_resources",
            f"--input={tmp_path}/in.json",
            *files,
        ],
        cwd=platform.root,
        check=True,
    )
    jobs = json.loads((tmp_path / "output.json").read_text())["resources"]["jobs"]
    assert len(jobs) == 1001
    assert jobs["sales_orders_0999_job"]["name"] == "sales_orders_0999_job"
    located = [json.loads(line) for line in (tmp_path / "locations.json").read_text().splitlines()]
    where = next(item for item in located if item["path"] == "resources.jobs.sales_orders_0999_job")
    assert (where["file"], where["line"]) == ("resources/sales/orders/jobs/job_0999.py", 4)


# The runtime package


def build_wheel(source: Path) -> Path:
    """Build the wheel of a folder as the bundle's artifact does, and return it."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=source, check=True, capture_output=True)
    (wheel,) = (source / "dist").glob("*.whl")
    return wheel


@pytest.fixture
def runtime(tmp_path: Path) -> Sandbox:
    """Give the runtime package with one small domain."""
    return Sandbox.create(
        tmp_path / "runtime",
        {path: text for path, text in (skeleton() | domain("sales")).items() if path.startswith("src/")},
    )


def version_of(runtime: Sandbox) -> str:
    """Return the version that hatchling gives the wheel of `src`."""
    for old in runtime.path("src/dist").glob("*.whl"):
        old.unlink()
    return build_wheel(runtime.path("src")).name.split("-")[1]


def test_the_wheels_version_stays_while_the_content_stays(runtime: Sandbox, tmp_path: Path) -> None:
    version = version_of(runtime)
    for path in runtime.path("src").rglob("*.py"):
        os.utime(path, (1, 1))
    runtime.write("src/sales/__pycache__/orders.cpython-311.pyc", b"\0")
    assert version_of(runtime) == version
    elsewhere = Sandbox.create(tmp_path / "a folder elsewhere")
    elsewhere.write_all({path: runtime.path(path).read_bytes() for path in runtime.tracked})
    assert version_of(elsewhere) == version


def test_the_wheels_version_changes_with_any_content(runtime: Sandbox) -> None:
    seen = [version_of(runtime)]
    runtime.append("src/sales/orders/final/facts.py", "# one more line\n")
    seen.append(version_of(runtime))
    runtime.write("src/sales/orders/final/rates.csv", "a,b\n")
    seen.append(version_of(runtime))
    runtime.move("src/sales/orders/final/rates.csv", "src/sales/orders/final/prices.csv")
    seen.append(version_of(runtime))
    runtime.delete("src/sales/orders/raw/facts.py")
    seen.append(version_of(runtime))
    runtime.append("src/pyproject.toml", "\n# a comment\n")
    seen.append(version_of(runtime))
    assert len(set(seen)) == len(seen)


def test_the_wheel_holds_the_packages_and_their_data_and_nothing_of_the_folder_beside_them(runtime: Sandbox) -> None:
    runtime.write("src/sales/orders/final/rates.csv", "a,b\n")
    runtime.write("src/dist/left_over.txt", "x")
    with zipfile.ZipFile(build_wheel(runtime.path("src"))) as wheel:
        names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert "sales/orders/final/rates.csv" in names
    assert {name.split("/")[0] for name in names} == {"common", "sales"}


def test_two_builds_of_one_content_are_the_same_bytes(runtime: Sandbox) -> None:
    wheel = build_wheel(runtime.path("src"))
    first = wheel.read_bytes()
    wheel.unlink()
    assert build_wheel(runtime.path("src")).read_bytes() == first
