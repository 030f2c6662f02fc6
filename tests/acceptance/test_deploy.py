"""`scope deploy` with the real CLI: what is due is deployed, once, and reported."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from scope.documents.results import json_schema
from tests.support.builders import domain
from tests.support.cli import DatabricksCli
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace

JOB, PIPELINE = "sales_orders_refresh", "sales_orders_final_facts"


@pytest.fixture
def platform(tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli) -> Platform:
    return Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})


def test_the_same_deploy_twice_does_nothing_the_second_time_and_says_so(platform: Platform) -> None:
    first = platform.deploy()
    assert first.exit_code == 0, first
    platform.check("sales", [JOB], [PIPELINE])
    assert re.search(rf"^    {platform.workspace.url}/jobs/\d+  jobs\.sales_orders_refresh_job$", first.stdout, re.MULTILINE)
    assert f"    {platform.workspace.url}/#workspace/deploy/.bundle/data-platform/prod/sales  folder\n" in first.stdout
    assert re.search(r"^[1-9]\d* files uploaded\.$", first.stdout, re.MULTILINE)
    platform.workspace.clear_requests()
    second = platform.deploy()
    assert second.exit_code == 0, second
    assert "1 deployment already in sync." in second.stdout
    assert platform.workspace.writes() == []


def test_only_what_a_commit_touched_is_deployed(platform: Platform) -> None:
    platform.sandbox.write_all(domain("sales_eu"))
    platform.push("Add a look-alike")
    assert platform.deploy().exit_code == 0
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.sandbox.write("docs/note.md", "words\n")
    platform.push("Change one")
    platform.workspace.clear_requests()
    assert platform.deploy().exit_code == 0
    assert {key: item["because"] for key, item in platform.results().items()} == {"prod/sales": "changed"}
    assert not [write for write in platform.workspace.writes() if "/sales_eu/" in write.workspace_path]
    platform.check("sales", [JOB], [PIPELINE])


def test_a_manifest_only_narrows(platform: Platform) -> None:
    platform.sandbox.write_all(domain("refunds"))
    platform.push("Add another")
    base = platform.sandbox.git("rev-parse", "HEAD~1")
    assert platform.scope("plan", "--base", base, "--head", "HEAD").exit_code == 0
    done = platform.deploy("--manifest", str(platform.sandbox.path(".scope/manifest.json")))
    assert done.exit_code == 0, done
    # sales was never deployed, but the manifest doesn't name it.
    assert set(platform.results()) == {"prod/refunds"}
    assert platform.owned("sales") == {"jobs": [], "pipelines": []}


def test_a_manifest_of_another_commit_or_digest_is_refused_before_anything_is_written(platform: Platform) -> None:
    base = platform.sandbox.head
    assert platform.scope("plan", "--base", base, "--head", "HEAD").exit_code == 0
    manifest = str(platform.sandbox.path(".scope/manifest.json"))
    wrong = platform.deploy("--manifest", manifest, "--manifest-sha256", "0" * 64)
    assert wrong.exit_code == 2
    assert "it isn't the one that was planned" in wrong.stderr
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Go on")
    stale = platform.deploy("--manifest", manifest)
    assert stale.exit_code == 2
    assert f"is of {base[:9]}" in stale.stderr
    assert platform.workspace.writes() == []


def test_prod_is_deployed_from_the_commit_whatever_the_work_tree_looks_like(platform: Platform) -> None:
    committed = platform.sandbox.path("src/sales/orders/base/facts.py").read_bytes()
    platform.sandbox.append("src/sales/orders/base/facts.py", "SECRET = 1\n")
    platform.sandbox.write("src/sales/orders/base/untracked.py", "SECRET = 2\n")
    assert platform.deploy().exit_code == 0
    files = platform.files("sales")
    assert files["src/sales/orders/base/facts.py"] == committed
    assert "src/sales/orders/base/untracked.py" not in files
    assert platform.record("sales")["attempted"]["dirty"] is False


def test_dev_is_deployed_from_the_work_tree_recorded_as_dirty_and_listed(platform: Platform) -> None:
    platform.sandbox.write("src/sales/orders/base/untracked.py", "MINE = 2\n")
    first = platform.deploy("--domain", "sales", target="dev")
    assert first.exit_code == 0, first
    assert platform.workspace.snapshot().names("jobs") == ["[dev tester] sales_orders_refresh"]
    again = platform.deploy("--domain", "sales", target="dev")
    assert "already in sync" in again.stdout
    listed = platform.scope("destroy", "--target", "dev")
    assert listed.stdout.split("\t")[:2] == ["sales", platform.sandbox.head[:9] + "+"]
    gone = platform.scope("destroy", "--target", "dev", "--domain", "sales", "--yes")
    assert gone.exit_code == 0, gone
    held = platform.workspace.snapshot("/Workspace/Users")
    assert (held.names("jobs"), held.names("pipelines"), dict(held.files)) == ([], [], {})


def test_an_older_commit_never_wins_unless_that_is_asked_for(platform: Platform) -> None:
    old = platform.sandbox.head
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Go on")
    assert platform.deploy().exit_code == 0
    platform.sandbox.git("checkout", "--quiet", "--detach", old)
    platform.workspace.clear_requests()
    superseded = platform.deploy()
    assert superseded.exit_code == 0, superseded
    assert platform.results()["prod/sales"]["outcome"] == "superseded"
    assert "is newer, and was deployed or tried already" in superseded.stdout
    assert {write.workspace_path for write in platform.workspace.writes()} <= {
        f"{BASE}/sales/state",
        f"{BASE}/sales/state/deploy.lock",
    }
    rollback = platform.deploy("--allow-rollback")
    assert rollback.exit_code == 0, rollback
    platform.check("sales", [JOB], [PIPELINE])


def test_a_commit_that_the_targets_branch_does_not_have_is_refused_on_a_detached_head_too(platform: Platform) -> None:
    platform.sandbox.switch("feature", create=True)
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.sandbox.commit("Not merged")
    platform.sandbox.git("checkout", "--quiet", "--detach")
    refused = platform.deploy()
    assert refused.exit_code == 3
    assert "doesn't have the commit" in refused.stderr
    assert platform.workspace.requests() == []


def test_the_results_follow_their_published_schema_and_github_gets_a_summary(platform: Platform, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    done = platform.deploy("--results", str(tmp_path / "out.json"), "--format", "json", GITHUB_STEP_SUMMARY=str(summary))
    assert done.exit_code == 0, done
    content = json.loads((tmp_path / "out.json").read_text())
    assert json.loads(done.stdout) == content
    Draft202012Validator(json_schema()).validate(content)
    assert "| `prod/sales` | deployed | 2 | 0 | 0 |" in summary.read_text()


def test_the_lock_is_held_in_the_clis_own_file_while_a_deploy_goes_on(platform: Platform) -> None:
    rule = platform.workspace.hold("POST", "/api/2.2/jobs/create")
    process = platform.start(
        "deploy", "--target", "prod", GITHUB_SERVER_URL="https://ci", GITHUB_REPOSITORY="a/b", GITHUB_RUN_ID="42"
    )
    rule.wait_until_holding()
    platform.sandbox.link_venv()
    by_hand = platform.cli.bundle(
        "deploy",
        "--var",
        "stage=prod/sales",
        cwd=platform.sandbox.root,
        workspace=platform.workspace,
        target="prod",
        domain="sales",
    )
    rule.release()
    out, err = process.communicate(timeout=60)
    assert by_hand.exit_code == 1
    assert "deploy lock acquired by scope run https://ci/a/b/actions/runs/42 (sales)" in by_hand.stderr
    assert process.returncode == 0, out + err
    platform.check("sales", [JOB], [PIPELINE])


def test_a_value_from_the_environment_reaches_the_bundle_and_a_new_one_is_deployed(platform: Platform) -> None:
    config = platform.sandbox.read("pyproject.toml")
    listed = '[tool.scope]\nvariables = ["sales.region"]\n'
    platform.sandbox.write("pyproject.toml", config.replace("[tool.scope]\n", listed))
    platform.sandbox.write(
        "resources/sales/orders/regional.yml",
        "variables: {region: {description: Where it runs.}}\n"
        "resources: {jobs: {regional: {name: 'regional_${var.region}', tasks: []}}}\n",
    )
    platform.push("Ask for a region")
    missing = platform.deploy()
    assert missing.exit_code == 1, missing
    assert "no value assigned to required variable region" in missing.stdout + missing.stderr
    for region, because in (("eu", "first-deploy"), ("us", "new-value")):
        done = platform.deploy(BUNDLE_VAR_region=region)
        assert done.exit_code == 0, done
        assert platform.results()["prod/sales"]["because"] == because
        assert f"regional_{region}" in platform.owned("sales")["jobs"]
        assert platform.scope("status", "--target", "prod", BUNDLE_VAR_region=region).exit_code == 0
    status = platform.scope("status", "--target", "prod", "--format", "json", BUNDLE_VAR_region="asia")
    (told,) = json.loads(status.stdout)["domains"]
    assert (told["sync"], told["why"]) == ("behind", "the environment gives a new value to region")
    plan = platform.scope("plan", "--base", "deployed", "--target", "prod", "--output", "-", BUNDLE_VAR_region="asia")
    assert [item["because"] for item in json.loads(plan.stdout)["deploy"]] == ["new-value"]
    assert platform.scope("status", "--target", "prod").exit_code == 0
    platform.sandbox.append("src/sales/orders/base/facts.py", "MORE = 1\n")
    platform.push("Go on")
    refused = platform.deploy()
    assert refused.exit_code == 3, refused
    assert "was last deployed with a value for region, and now there is none. Set BUNDLE_VAR_region" in refused.stdout


def test_what_a_manifest_destroys_and_is_gone_already_has_nothing_to_do(platform: Platform) -> None:
    platform.sandbox.write_all(domain("refunds"))
    base = platform.push("Add another")
    for path in [path for path in platform.sandbox.tracked if "/refunds/" in path]:
        platform.sandbox.delete(path)
    platform.push("Remove it before it was ever deployed")
    assert platform.scope("plan", "--base", base, "--head", "HEAD", "--target", "prod").exit_code == 0
    done = platform.deploy("--prune", "--domain", "refunds", "--manifest", ".scope/manifest.json")
    assert (done.exit_code, "1 deployment already in sync." in done.stdout) == (0, True), done
    unknown = platform.deploy("--prune", "--domain", "refunds")
    assert unknown.exit_code == 2, unknown
