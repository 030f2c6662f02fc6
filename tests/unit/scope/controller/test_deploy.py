"""The steps of one deployment, in between: what is looked at when, and what a failure at any step leaves."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from scope.controller.approval import ApprovalRequired
from scope.controller.deploy import deploy_domain
from scope.controller.deployment import Deployment
from scope.controller.session import Stopped
from scope.deployment.lock import acquire, read_lock
from scope.deployment.observation import find_due
from scope.deployment.record import Record, read_record
from scope.documents.results import Counts, Outcome
from scope.errors import CliError, Fault, Locked, Refused, RemoteError
from scope.workspace_model import BundlePlan
from tests.support.fakes import InMemoryCli
from tests.support.sandbox import Sandbox
from tests.support.scene import PATHS, ROOT, Scene


def once(act: Callable[[], None]) -> Callable[[], None]:
    """Return a function that acts when it is called first."""
    acts = [act]
    return lambda: acts.pop()() if acts else None


def failing(fault: Fault) -> Callable[[], None]:
    def fail() -> None:
        raise CliError(fault, "It failed.")

    return fail


def test_a_deploy_ends_with_a_clean_record_and_without_a_lock(scene: Scene) -> None:
    assert scene.deploy().outcome is Outcome.DEPLOYED
    assert scene.record.is_clean
    assert read_lock(scene.workspace, PATHS.state) is None
    assert find_due(scene.deployment.observe(), scene.deployment.fingerprint, "") is None
    assert scene.deploy().outcome is Outcome.NOTHING


def test_a_deploy_of_code_alone_counts_what_it_uploaded(scene: Scene, sandbox: Sandbox) -> None:
    assert scene.deploy().counts == Counts(created=2, uploaded=2)
    sandbox.write("src/sales/orders/facts.py", "ROWS = 2\n")
    scene.check_out(sandbox.commit("two"))
    assert scene.deploy().counts == Counts(uploaded=1)


def test_a_stage_that_does_not_stand_alone_is_refused_before_anything_is_written(scene: Scene, sandbox: Sandbox) -> None:
    sandbox.append("src/sales/orders/facts.py", "import common.gone\n")
    scene.check_out(sandbox.commit("two"))
    with pytest.raises(Refused, match=r"facts\.py:2: `common\.gone` isn't in the repository"):
        scene.deploy()
    assert scene.cli.calls == []
    assert scene.workspace.held == {}


def test_what_was_attempted_is_on_record_before_the_cli_begins(scene: Scene) -> None:
    seen: list[Record] = []
    scene.cli.before_deploy = lambda: seen.append(scene.record)
    scene.deploy()
    assert seen[0].applied is None
    assert seen[0].attempted == scene.record.attempted


def test_a_failed_attempt_stays_on_record_and_is_due(scene: Scene) -> None:
    scene.deploy()
    scene.cli.before_deploy = failing(Fault.PERMISSION)
    scene.workspace.delete(f"{PATHS.state}/scope.json")
    with pytest.raises(CliError):
        scene.deploy()
    assert not scene.record.is_clean
    due = find_due(scene.deployment.observe(), scene.deployment.fingerprint, "")
    assert due is not None
    assert due.because == "failed-attempt"
    assert read_lock(scene.workspace, PATHS.state) is None


def test_the_lock_is_taken_before_the_cli_is_asked_anything(scene: Scene) -> None:
    acquire(scene.workspace, PATHS.state, "another", if_dead="wait")
    with pytest.raises(Locked, match=r"held by another.* Run: scope recover --target dev --domain sales --yes"):
        scene.deploy()
    assert scene.cli.calls == []


def test_what_does_not_pass_by_itself_is_not_tried_again(scene: Scene) -> None:
    scene.cli.before_deploy = failing(Fault.QUOTA)
    with pytest.raises(CliError):
        scene.deploy(retry_seconds=30)
    assert scene.cli.calls.count("deploy") == 1


def test_asked_to_stop_before_the_deploy_nothing_is_changed(scene: Scene) -> None:
    scene.session.stop.set()
    with pytest.raises(Stopped):
        scene.deploy()
    assert "deploy" not in scene.cli.calls
    assert read_record(scene.workspace, PATHS.state) is None
    assert read_lock(scene.workspace, PATHS.state) is None


def test_an_upload_that_is_not_what_was_staged_is_a_failure(scene: Scene) -> None:
    scene.cli.files = (*scene.cli.files[:1], "src/sales/other.py")
    with pytest.raises(RemoteError, match=r"without src/sales/orders/facts\.py and with src/sales/other\.py added"):
        scene.deploy()
    assert not scene.record.is_clean


def test_a_listed_file_that_is_not_there_is_a_failure(scene: Scene) -> None:
    class Losing(InMemoryCli):
        def deploy(self, plan: BundlePlan) -> None:
            super().deploy(plan)
            self.workspace.delete(f"{ROOT}/files/src/sales/orders/facts.py")

    losing = Losing(scene.workspace, ROOT, scene.cli.jobs, scene.cli.files)
    scene.session = replace(scene.session, make_cli=lambda _folder, _domain: losing)
    with pytest.raises(RemoteError, match="should be in"):
        scene.deploy()


def test_a_stray_file_is_removed(scene: Scene) -> None:
    scene.workspace.make_folder(f"{ROOT}/files/src/sales")
    scene.workspace.write(f"{ROOT}/files/src/sales/stray.py", b"")
    scene.deploy()
    assert scene.events == ["deleted stray file src/sales/stray.py (not in any upload)"]
    assert scene.workspace.read(f"{ROOT}/files/src/sales/stray.py") is None


@pytest.mark.parametrize("key", ["x", "resources.schemas.a.grants", "resources.Schemas.a"])
def test_a_record_whose_keys_cannot_be_is_not_believed(scene: Scene, key: str) -> None:
    scene.deploy()
    path = f"{PATHS.state}/scope.json"
    record = json.loads(scene.workspace.read(path) or b"")
    record["attempted"]["creates"]["names"] = {key: "y"}
    scene.workspace.write(path, json.dumps(record).encode())
    scene.deploy()
    assert scene.record.is_clean


def test_a_plan_that_something_else_made_stale_is_made_anew_and_asks_again(scene: Scene) -> None:
    scene.deploy()
    other = InMemoryCli(scene.workspace, ROOT, {**scene.cli.jobs, "c": "job c"}, scene.cli.files)
    scene.workspace.delete(f"{PATHS.state}/scope.json")
    scene.cli.before_deploy = once(lambda: other.deploy(other.plan()))
    # Of the job that came meanwhile nobody was asked.
    with pytest.raises(ApprovalRequired) as needed:
        scene.deploy(retry_seconds=30)
    assert [item.partition(" (")[0] for item in needed.value.items] == ["delete jobs.c"]
    assert scene.jobs == ["job a", "job b", "job c"]


def test_a_first_plan_is_not_applied_over_a_state_that_came_meanwhile(scene: Scene) -> None:
    other = InMemoryCli(scene.workspace, ROOT, scene.cli.jobs, scene.cli.files)

    class Overtaken(InMemoryCli):
        def plan(self) -> BundlePlan:
            first = super().plan()
            other.deploy(other.plan())
            return first

    overtaken = Overtaken(scene.workspace, ROOT, scene.cli.jobs, scene.cli.files)
    scene.session = replace(scene.session, make_cli=lambda _folder, _domain: overtaken)
    with pytest.raises(RemoteError, match="was deployed by something else since it was planned"):
        scene.deploy()
    assert scene.jobs == ["job a", "job b"]


def test_built_files_that_a_plan_refers_to_are_uploaded_before_it_is_applied(scene: Scene) -> None:
    scene.cli.wheels["x-1-py3-none-any.whl"] = b"wheel"
    seen: list[bytes | None] = []
    path = f"{ROOT}/artifacts/.internal/x-1-py3-none-any.whl"
    scene.cli.before_deploy = lambda: seen.append(scene.workspace.read(path))
    scene.deploy()
    assert seen == [b"wheel"]


def test_an_approval_is_used_up_by_the_attempt_that_completed(scene: Scene) -> None:
    scene.deploy()
    del scene.cli.jobs["b"]
    scene.workspace.delete(f"{PATHS.state}/scope.json")
    with pytest.raises(ApprovalRequired) as needed:
        scene.deploy()
    digest = needed.value.digest
    deploy_domain(Deployment(scene.allowing(approvals=frozenset({digest})), "sales"))
    assert scene.jobs == ["job a"]
    # The same list comes up again: the job is back under its old name and key.
    scene.cli.jobs["b"] = "job b"
    scene.workspace.delete(f"{PATHS.state}/scope.json")
    scene.deploy()
    del scene.cli.jobs["b"]
    scene.workspace.delete(f"{PATHS.state}/scope.json")
    with pytest.raises(ApprovalRequired):
        deploy_domain(Deployment(scene.allowing(approvals=frozenset({digest})), "sales"))


# Values from the environment


def with_value(scene: Scene, sandbox: Sandbox, value: str | None) -> Scene:
    """Check out a commit whose domain refers to a listed variable, in an environment with a value for it, or without one."""
    sandbox.write("pyproject.toml", '[tool.scope]\nvariables = ["region"]\n')
    sandbox.append("databricks.yml", "# ${var.region}\n")
    scene.check_out(sandbox.commit("refer"))
    scene.session = replace(scene.session, environment={"BUNDLE_VAR_region": value} if value else {})
    return scene


def test_a_new_value_is_due_and_is_on_record_by_its_digest_alone(scene: Scene, sandbox: Sandbox) -> None:
    with_value(scene, sandbox, "eu-central-7").deploy()
    assert scene.deploy().outcome is Outcome.NOTHING
    assert set(scene.record.attempted.values) == {"region"}
    assert b"eu-central-7" not in scene.workspace.held[f"{PATHS.state}/scope.json"]
    scene.session = replace(scene.session, environment={"BUNDLE_VAR_region": "us"})
    due = find_due(scene.deployment.observe(), scene.deployment.fingerprint, "", scene.deployment.values)
    assert due is not None
    assert (due.because, due.why) == ("new-value", "the environment gives a new value to region")
    assert scene.deploy().outcome is Outcome.DEPLOYED


def test_a_deploy_without_a_value_that_the_last_one_had_is_refused(scene: Scene, sandbox: Sandbox) -> None:
    with_value(scene, sandbox, "eu").deploy()
    with_value(scene, sandbox, None)
    with pytest.raises(Refused, match=r"last deployed with a value for region.* Set BUNDLE_VAR_region, or take the name"):
        scene.deploy()
