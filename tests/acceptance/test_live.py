"""`scope plan --live`: the CLI's own plan beside scope's, of what is due and of what should not change at all."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.manifests import assert_follows_schema


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"], "support": ["tickets"]})


def live(platform: Platform) -> dict[str, dict[str, Any]]:
    done = platform.scope("plan", "--base", "deployed", "--target", "prod", "--live", "--output", "-", "--quiet")
    assert done.exit_code == 0, done
    assert_follows_schema(done.stdout.encode())
    return {plan.pop("id"): plan for plan in json.loads(done.stdout)["live"]}


NOTHING = {"create": 0, "update": 0, "delete": 0, "recreate": 0, "destructive": [], "digest": None, "problem": None}


def test_what_the_cli_would_do_stands_beside_what_scope_says(platform: Platform) -> None:
    new = live(platform)
    assert set(new) == {"prod/sales", "prod/support"}
    assert new["prod/sales"] == NOTHING | {"create": 2}

    assert platform.deploy().exit_code == 0
    assert live(platform) == {}

    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = True\n")
    platform.push("Code only")
    assert live(platform) == {"prod/sales": NOTHING}
    platform.scope("plan", "--base", "deployed", "--target", "prod", "--live")
    assert "| `sales` | deploy: code only |" in platform.scope("comment").stdout

    platform.sandbox.delete("resources/sales/orders/jobs/refresh.py")
    platform.push("Remove a job")
    gone = live(platform)["prod/sales"]
    assert gone["delete"] == 1
    assert gone["destructive"][0].startswith("delete jobs.sales_orders_refresh_job")
    assert gone["digest"]
    # The digest is the one that a deploy would ask for.
    refused = platform.deploy()
    assert refused.exit_code == 3
    assert gone["digest"] in refused.stderr + refused.stdout


def test_a_change_that_scope_cannot_explain_is_named(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    jobs = platform.workspace.snapshot().resources["jobs"]
    number, job = next((int(key), job) for key, job in jobs.items() if "support" in json.dumps(job))
    settings = {**job["settings"], "max_concurrent_runs": 7}
    platform.workspace.call("POST", "/api/2.2/jobs/reset", {"job_id": number, "new_settings": settings})
    assert live(platform) == {"prod/support": NOTHING | {"update": 1}}
    platform.scope("plan", "--base", "deployed", "--target", "prod", "--live")
    text = platform.scope("comment").stdout
    assert "**Deploys nothing.**" in text
    assert "> - `prod/support`: 1 updated" in text


def test_live_asks_one_workspace_and_plans_what_is_here(platform: Platform) -> None:
    assert "Add `--target NAME`" in platform.scope("plan", "--live").stderr
    assert "leave `--head` away" in platform.scope("plan", "--live", "--target", "prod", "--head", "HEAD").stderr
