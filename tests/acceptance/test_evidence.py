"""A name is no proof: what others have created is neither taken nor deleted, and a lost record lets no older commit win."""

import json
from pathlib import Path

import pytest

from tests.support.builders import domain, resource_yaml
from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace

RECORD = f"{BASE}/sales/state/scope.json"
SCHEMA = {"name": "orders", "catalog_name": "sales"}
CREATE_SCHEMA = ("POST", "/api/2.1/unity-catalog/schemas")


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})


def change(platform: Platform) -> str:
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    return platform.push("Change")


@pytest.mark.parametrize("content", [None, b"{", b'{"record_version": 99}'], ids=["gone", "truncated", "newer"])
def test_an_older_commit_does_not_win_where_the_record_cannot_be_read(platform: Platform, content: bytes | None) -> None:
    older = platform.sandbox.head
    change(platform)
    assert platform.deploy().exit_code == 0
    if content is None:
        platform.workspace.delete(RECORD)
    else:
        platform.workspace.write(RECORD, content)
    files = platform.files("sales")
    platform.sandbox.git("checkout", "--quiet", older)
    late = platform.deploy()
    assert late.exit_code == 0, late
    assert "is newer, and was deployed or tried already" in late.stdout
    assert platform.files("sales") == files
    # A recovery keeps what it can know of the order.
    assert platform.scope("recover", "--target", "prod", "--domain", "sales", "--yes").exit_code == 0
    assert "is newer, and was deployed or tried already" in platform.deploy().stdout
    assert platform.files("sales") == files


def test_an_older_commit_asks_where_nothing_tells_what_is_there(platform: Platform) -> None:
    older = platform.sandbox.head
    change(platform)
    assert platform.deploy().exit_code == 0
    platform.workspace.delete(RECORD)
    platform.workspace.delete(f"{BASE}/sales/state/metadata.json")
    platform.sandbox.git("checkout", "--quiet", older)
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    assert "Nothing tells which commit prod/sales runs" in refused.stdout
    assert "add --allow-rollback" in refused.stdout
    platform.sandbox.git("checkout", "--quiet", "main")
    assert platform.deploy().exit_code == 0


def test_a_domain_that_only_a_newer_commit_has_is_not_pruned_by_an_older_one(platform: Platform) -> None:
    older = platform.sandbox.head
    platform.sandbox.write_all(domain("marketing"))
    platform.push("Add another")
    assert platform.deploy().exit_code == 0
    platform.sandbox.git("checkout", "--quiet", older)
    late = platform.deploy("--prune")
    assert late.exit_code == 0, late
    assert "is newer, and was deployed or tried already" in late.stdout
    assert platform.owned("marketing")["jobs"] == ["marketing_orders_refresh"]


def test_a_root_that_was_changed_is_refused_and_adopted_from_the_old_one(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    before = set(platform.workspace.snapshot().resources["jobs"])
    text = platform.sandbox.read("databricks.yml")
    platform.sandbox.write("databricks.yml", text.replace("name: data-platform", "name: data-platform-2"))
    platform.push("Rename the bundle")
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    assert f"prod/sales is deployed at {BASE}/sales already" in refused.stdout
    assert set(platform.workspace.snapshot().resources["jobs"]) == before
    line = f"--target prod --domain sales --from {BASE}/sales"
    assert line in refused.stdout
    here = f"{BASE.replace('data-platform', 'data-platform-2')}/sales"
    assert platform.scope("adopt", "--target", "prod", "--domain", "sales", "--from", here, "--yes").exit_code == 2
    adopted = platform.scope("adopt", *line.split(), "--yes")
    assert adopted.exit_code == 0, adopted
    assert set(platform.workspace.snapshot().resources["jobs"]) == before


def test_another_repository_on_the_same_root_is_refused(platform: Platform) -> None:
    assert platform.deploy().exit_code == 0
    record = json.loads(platform.workspace.read(RECORD) or b"")
    platform.workspace.write(RECORD, json.dumps({**record, "repository": "github.com/acme/other"}).encode())
    change(platform)
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    assert "has a deployment of another repository" in refused.stdout


@pytest.mark.parametrize("content", [None, b"garbage"])
@pytest.mark.parametrize("is_gone", [False, True])
def test_another_repository_takes_no_deployment_whose_record_is_lost(
    platform: Platform, content: bytes | None, *, is_gone: bool
) -> None:
    assert platform.deploy().exit_code == 0
    before = platform.files("sales"), platform.owned("sales")
    if content is None:
        platform.workspace.delete(RECORD)
    else:
        platform.workspace.write(RECORD, content)
    change(platform)
    if is_gone:
        platform.sandbox.write_all(domain("ads"))
        platform.sandbox.delete("src/sales")
        platform.sandbox.delete("resources/sales")
        platform.push("Have another domain")
    platform.sandbox.git("remote", "set-url", "origin", "https://github.com/acme/other")
    done = platform.deploy("--prune")
    assert (platform.files("sales"), platform.owned("sales")) == before, done
    assert done.exit_code == (0 if is_gone else 3), done
    assert is_gone or "has a deployment of another repository" in done.stdout
    assert is_gone or "--new-repository" in done.stdout


def test_a_destroy_without_a_state_deletes_what_the_record_lists(platform: Platform) -> None:
    platform.sandbox.write("resources/sales/orders/schemas.yml", resource_yaml("schemas", "sales_orders", SCHEMA))
    platform.push("Add a schema")
    assert platform.deploy().exit_code == 0
    platform.workspace.delete(f"{BASE}/sales/state/resources.json")
    done = platform.scope("destroy", "--target", "prod", "--domain", "sales", "--yes")
    assert done.exit_code == 0, done
    assert "schemas" not in platform.workspace.snapshot().resources


def test_a_schema_that_may_not_be_deleted_is_not_forgotten_by_a_second_destroy(platform: Platform) -> None:
    platform.sandbox.write("resources/sales/orders/schemas.yml", resource_yaml("schemas", "sales_orders", SCHEMA))
    platform.push("Add a schema")
    assert platform.deploy().exit_code == 0
    platform.workspace.fail("DELETE", "/api/2.1/unity-catalog/schemas/*", 403, times=0)
    destroy = ("destroy", "--target", "prod", "--domain", "sales", "--yes")
    for _ in range(2):
        failed = platform.scope(*destroy)
        assert failed.exit_code == 1, failed
    platform.workspace.clear_rules()
    assert platform.scope(*destroy).exit_code == 0
    assert "schemas" not in platform.workspace.snapshot().resources


def test_a_schema_that_somebody_made_after_an_attempt_died_is_not_taken(platform: Platform) -> None:
    platform.sandbox.write("resources/sales/orders/schemas.yml", resource_yaml("schemas", "sales_orders", SCHEMA))
    platform.push("Add a schema")
    platform.workspace.kill(*CREATE_SCHEMA)
    assert platform.deploy("--retry-seconds", "0").exit_code == 1
    platform.workspace.call(*CREATE_SCHEMA, SCHEMA)
    # The attempt was another identity's, so this schema can't be its own.
    record = json.loads(platform.workspace.read(RECORD) or b"")
    record["attempted"]["creates"]["creators"] = ["deployer"]
    platform.workspace.write(RECORD, json.dumps(record).encode())
    failed = platform.deploy("--retry-seconds", "0")
    assert failed.exit_code == 1, failed
    assert "prod/sales didn't create it" in failed.stdout
    destroyed = platform.scope("destroy", "--target", "prod", "--domain", "sales", "--yes")
    assert destroyed.exit_code == 0, destroyed
    assert list(platform.workspace.snapshot().resources["schemas"]) == ["sales.orders"]
