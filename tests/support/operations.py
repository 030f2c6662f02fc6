"""What a person does to a target, to be killed at any of its requests: first deploy, change, recreate, adoption, moves.

Each has a repository with a commit from which the workspace is brought to where it begins, and the head that it deploys.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.builders import domain, job_fields, pipeline_fields, resource_module, resource_yaml
from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace, Snapshot
from tests.support.sandbox import Sandbox

DEPLOY = ("deploy", "--target", "prod", "--prune", "--retry-seconds", "3", "--lock-timeout", "0")
ADOPT = ("adopt", "--target", "prod", "--lock-timeout", "0", "--yes")
KINDS = ("jobs", "pipelines", "schemas", "volumes")
_JOB, _PIPELINE = "sales_orders_refresh_job", "sales_orders_final_facts_pipeline"
_VOLUME = {"catalog_name": "main", "volume_type": "MANAGED"}
_STRANGER = "stranger@example.com"


@dataclass(frozen=True)
class Operation:
    """One operation: its repository, the commit to begin from (None: nothing is deployed), and the command."""

    platform: Platform
    begin: str | None
    command: tuple[str, ...]
    plain: Sandbox | None = None
    """A plain bundle that has deployed before scope came."""
    is_destructive: bool = False

    def prepare(self) -> tuple[Platform, tuple[str, ...]]:
        """Return the platform on a new workspace, in which the operation can begin, and the whole command."""
        sandbox, cli = self.platform.sandbox, self.platform.cli
        platform = Platform(sandbox, self.platform.workspace.other(), cli)
        _add_strangers(platform.workspace)
        if self.plain is not None:
            done = cli.bundle("deploy", cwd=self.plain.root, workspace=platform.workspace, target="prod")
            assert done.exit_code == 0, done
            shutil.rmtree(self.plain.path(".databricks"))
        if self.begin is not None:
            sandbox.git("checkout", "--quiet", "--detach", self.begin)
            done = platform.scope(*DEPLOY)
            sandbox.git("checkout", "--quiet", "main")
            assert done.exit_code == 0, done
        command = self.command
        if self.is_destructive:
            refused = platform.scope(*command)
            assert refused.exit_code == 3, refused
            command = (*command, *approve(platform))
        platform.workspace.clear_requests()
        return platform, command


def approve(platform: Platform) -> tuple[str, ...]:
    """Return the options that approve what the last deploy showed."""
    digests = sorted({item["digest"] for item in platform.results().values() if item["digest"]})
    return tuple(word for digest in digests for word in ("--approve-destructive", digest))


# What is in a workspace


def ids(snapshot: Snapshot) -> set[tuple[str, str]]:
    """Return the kinds and ids of all jobs, pipelines, schemas and volumes."""
    return {(kind, key) for kind in KINDS for key in snapshot.resources.get(kind, {})}


def strangers(snapshot: Snapshot) -> dict[tuple[str, str], str]:
    """Return what others have made, by kind and id, as it is now."""
    return {
        (kind, key): json.dumps(item, sort_keys=True)
        for kind in KINDS
        for key, item in snapshot.resources.get(kind, {}).items()
        if "stranger" in json.dumps(item)
    }


def _add_strangers(workspace: FakeWorkspace) -> None:
    """Let others have a job and a pipeline that are called as ours, and a schema and a volume beside ours."""
    workspace.call("POST", "/api/2.1/unity-catalog/catalogs", {"name": "main"})
    for name in ("sales_orders_refresh", "sales_orders_more", "revenue_orders_refresh", "sales_orders_00"):
        workspace.call("POST", "/api/2.2/jobs/create", {"name": name, "tags": {"of": "stranger"}})
    for name in ("sales_orders_final_facts", "revenue_orders_final_facts"):
        workspace.call("POST", "/api/2.0/pipelines", {"name": name, "catalog": "stranger", "allow_duplicate_names": True})
    workspace.call("POST", "/api/2.1/unity-catalog/schemas", {"name": "theirs", "catalog_name": "main"})
    workspace.set_creator("main.theirs", _STRANGER)
    volume = {**_VOLUME, "name": "landing", "schema_name": "theirs", "comment": "stranger"}
    workspace.call("POST", "/api/2.1/unity-catalog/volumes", volume)


# The operations


def first_deploy(folder: Path, workspace: FakeWorkspace, cli: DatabricksCli) -> Operation:
    platform = Platform.create(folder, workspace, cli, {"sales": ["orders"]})
    _write_data(platform, "sales")
    platform.push("Add the data")
    return Operation(platform, None, DEPLOY)


def change(folder: Path, workspace: FakeWorkspace, cli: DatabricksCli) -> Operation:
    """Edit code and a job, add a job, a schema and a volume."""
    first = first_deploy(folder, workspace, cli)
    platform, begin = first.platform, first.platform.sandbox.head
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.sandbox.write("src/sales/orders/base/more.py", "ROWS = 2\n")
    _write_job(platform, "refresh", _JOB, {**job_fields("sales_orders_refresh", _PIPELINE), "max_concurrent_runs": 3})
    _write_job(platform, "more", "sales_orders_more_job", job_fields("sales_orders_more", _PIPELINE))
    _write_data(platform, "sales", "more")
    platform.push("Change")
    return Operation(platform, begin, DEPLOY)


def recreate(folder: Path, workspace: FakeWorkspace, cli: DatabricksCli) -> Operation:
    """Change what can't be changed in place: a volume's type, a pipeline's catalog; and drop a job."""
    first = first_deploy(folder, workspace, cli)
    platform = first.platform
    _write_job(platform, "more", "sales_orders_more_job", job_fields("sales_orders_more", _PIPELINE))
    begin = platform.push("Add a job")
    platform.sandbox.delete("resources/sales/orders/jobs/more.py")
    volume = {**_VOLUME, "schema_name": "${resources.schemas.sales_orders.name}", "name": "landing"}
    external = {**volume, "volume_type": "EXTERNAL", "storage_location": "s3://bucket/landing"}
    platform.sandbox.write(
        "resources/sales/orders/volume_orders.yml", resource_yaml("volumes", "sales_orders_landing", external)
    )
    fields = {**pipeline_fields("sales", "orders"), "catalog": "other"}
    platform.sandbox.write("resources/sales/orders/pipelines/final_facts.py", resource_module("pipeline", _PIPELINE, fields))
    platform.push("Change what can't be changed in place")
    return Operation(platform, begin, DEPLOY, is_destructive=True)


def rename(folder: Path, workspace: FakeWorkspace, cli: DatabricksCli) -> Operation:
    """Rename a domain with all that it has."""
    first = first_deploy(folder, workspace, cli)
    platform, begin = first.platform, first.platform.sandbox.head
    for part in ("src", "resources"):
        platform.sandbox.delete(f"{part}/sales")
    platform.sandbox.write_all(domain("revenue", ["orders"]))
    _write_data(platform, "revenue")
    _declare(platform, "sales -> revenue")
    platform.push("Rename sales")
    return Operation(platform, begin, DEPLOY)


def move(folder: Path, workspace: FakeWorkspace, cli: DatabricksCli) -> Operation:
    """Move a job and a volume to another domain, and give a schema another key."""
    first = first_deploy(folder, workspace, cli)
    platform = first.platform
    platform.sandbox.write_all(domain("ads", ["clicks"]))
    begin = platform.push("Add a domain")
    platform.sandbox.delete("resources/sales/orders/volume_orders.yml")
    platform.sandbox.delete("resources/sales/orders/schema_orders.yml")
    platform.sandbox.delete("resources/sales/orders/jobs/refresh.py")
    schema = {"name": "orders", "catalog_name": "main", "grants": [{"principal": "readers", "privileges": ["SELECT"]}]}
    platform.sandbox.write("resources/sales/orders/schema_orders.yml", resource_yaml("schemas", "facts", schema))
    volume = {**_VOLUME, "name": "landing", "schema_name": "orders"}
    platform.sandbox.write("resources/ads/clicks/volume.yml", resource_yaml("volumes", "ads_landing", volume))
    job = job_fields("sales_orders_refresh", "ads_clicks_final_facts_pipeline")
    platform.sandbox.write("resources/ads/clicks/jobs/nightly.py", resource_module("job", "nightly", job))
    _declare(
        platform,
        f"sales.jobs.{_JOB} -> ads.jobs.nightly",
        "sales.schemas.sales_orders -> sales.schemas.facts",
        "sales.volumes.sales_orders_landing -> ads.volumes.ads_landing",
    )
    platform.push("Move resources")
    return Operation(platform, begin, DEPLOY)


def adoption(folder: Path, workspace: FakeWorkspace, cli: DatabricksCli) -> Operation:
    """Adopt the jobs of a plain bundle into two domains; one job stays behind, since no domain defines it."""
    platform = Platform.create(folder, workspace, cli, {"sales": (), "ads": ()})
    jobs = {f"{name}_orders_{number:02}_job": _plain_job(name, number) for name in ("sales", "ads") for number in range(2)}
    for name in ("sales", "ads"):
        home = f"{name}/orders"
        for path in (f"src/{home}", f"resources/{home}", f"resources/{home}/jobs"):
            platform.sandbox.write(f"{path}/__init__.py", "")
        platform.sandbox.write(f"src/{home}/main.py", "ROWS = 1\n")
    for key, fields in jobs.items():
        path = f"resources/{key.split('_')[0]}/orders/jobs/{key}.py"
        platform.sandbox.write(path, resource_module("job", key, fields))
    platform.push("Define what the plain bundle has deployed")
    bundle = {
        "bundle": {"name": "plain"},
        "targets": {"prod": {"workspace": {"host": workspace.url, "root_path": BASE}}},
        "resources": {"jobs": {**jobs, "nobodys_job": {**_plain_job("sales", 9), "name": "nobodys"}}},
    }
    files: dict[str, str | bytes] = {f"src/{name}/orders/main.py": "ROWS = 1\n" for name in ("sales", "ads")}
    plain = Sandbox.create(folder / "plain", files | {"databricks.yml": yaml.safe_dump(bundle)})
    return Operation(platform, None, ADOPT, plain=plain)


OPERATIONS: Mapping[str, Callable[[Path, FakeWorkspace, DatabricksCli], Operation]] = {
    "first deploy": first_deploy,
    "change": change,
    "recreate": recreate,
    "adoption": adoption,
    "rename of a domain": rename,
    "move of resources": move,
}


def _write_data(platform: Platform, name: str, source: str = "orders") -> None:
    """Define a schema with grants, and a volume in it."""
    grants = [{"principal": "readers", "privileges": ["SELECT"]}]
    schema = {"name": source, "catalog_name": "main", "grants": grants}
    key, home = f"{name}_{source}", f"resources/{name}/orders"
    platform.sandbox.write(f"{home}/schema_{source}.yml", resource_yaml("schemas", key, schema))
    volume = {**_VOLUME, "schema_name": f"${{resources.schemas.{key}.name}}", "name": "landing"}
    platform.sandbox.write(f"{home}/volume_{source}.yml", resource_yaml("volumes", f"{key}_landing", volume))


def _write_job(platform: Platform, file: str, key: str, fields: Mapping[str, Any]) -> None:
    platform.sandbox.write(f"resources/sales/orders/jobs/{file}.py", resource_module("job", key, fields))


def _declare(platform: Platform, *lines: str) -> None:
    platform.sandbox.write("moves.toml", f"moves = {json.dumps(lines)}\n")


def _plain_job(name: str, number: int) -> dict[str, Any]:
    task = {
        "task_key": "main",
        "environment_key": "default",
        "spark_python_task": {"python_file": f"src/{name}/orders/main.py"},
    }
    environment = {"environment_key": "default", "spec": {"environment_version": "4"}}
    return {"name": f"{name}_orders_{number:02}", "tasks": [task], "environments": [environment]}
