"""The steps of one deployment, in between: what is looked at when, and what a failure at any step leaves."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from scope.controller.destroy import destroy_domain
from scope.controller.session import ApprovalRequired, Stopped
from scope.deployment.lock import acquire, read_holder
from scope.deployment.observation import find_due, observe
from scope.deployment.record import Record, read_record
from scope.documents.results import Outcome
from scope.errors import CliError, Fault, Locked, Refused, RemoteError
from scope.graph.closure import DeploymentIndex, UsesCache
from scope.repository.snapshot import Snapshot
from tests.support.fakes import InMemoryCli
from tests.support.sandbox import Sandbox
from tests.support.scene import PATHS, ROOT, Scene, setting


@pytest.fixture
def scene(sandbox: Sandbox) -> Iterator[Scene]:
    with setting(sandbox) as found:
        yield found


def failing(fault: Fault) -> Callable[[], None]:
    def fail() -> None:
        raise CliError(fault, "It failed.")

    return fail


def test_a_deploy_ends_with_a_clean_record_and_without_a_lock(scene: Scene) -> None:
    assert scene.deploy().outcome is Outcome.DEPLOYED
    assert scene.record.is_clean
    assert read_holder(scene.workspace, PATHS.state) is None
    assert (
        find_due(observe(scene.workspace, "dev", "sales", PATHS), scene.session.index.fingerprint("dev", "sales"), "")
        is None
    )
    assert scene.deploy().outcome is Outcome.NOTHING


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
    found = find_due(observe(scene.workspace, "dev", "sales", PATHS), scene.session.index.fingerprint("dev", "sales"), "")
    assert found is not None
    assert found.because == "failed-attempt"
    assert read_holder(scene.workspace, PATHS.state) is None


def test_the_lock_is_taken_before_the_cli_is_asked_anything(scene: Scene) -> None:
    acquire(scene.workspace, PATHS.state, "another")
    with pytest.raises(Locked, match="held by another"):
        scene.deploy()
    assert scene.cli.calls == []


def test_orphans_are_bound_before_a_second_try(scene: Scene) -> None:
    def leave_an_orphan() -> None:
        scene.cli.before_deploy = lambda: None
        scene.workspace.add_resource("jobs", "job b", PATHS.metadata)
        raise CliError(Fault.SERVER, "The answer was an error.")

    scene.cli.before_deploy = leave_an_orphan
    assert scene.deploy(retry_seconds=30).outcome is Outcome.DEPLOYED
    assert scene.jobs == ["job a", "job b"]
    assert any("binding job `job b`" in event for event in scene.notes)


def test_a_second_orphan_of_one_name_is_not_chosen_between(scene: Scene) -> None:
    for _ in range(2):
        scene.workspace.add_resource("jobs", "job b", PATHS.metadata)
    with pytest.raises(Refused, match=r"scope recover --target dev --domain sales"):
        scene.deploy()
    assert "deploy" not in scene.cli.calls


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
    assert read_holder(scene.workspace, PATHS.state) is None


def test_an_upload_that_is_not_what_was_staged_is_a_failure(scene: Scene) -> None:
    scene.cli.files = (*scene.cli.files[:1], "src/sales/other.py")
    with pytest.raises(RemoteError, match=r"without src/sales/orders/facts\.py and with src/sales/other\.py beside it"):
        scene.deploy()
    assert not scene.record.is_clean


def test_a_listed_file_that_is_not_there_is_a_failure(scene: Scene) -> None:
    class Losing(InMemoryCli):
        def deploy(self) -> None:
            super().deploy()
            self.workspace.delete(f"{ROOT}/files/src/sales/orders/facts.py")

    losing = Losing(scene.workspace, ROOT, scene.cli.jobs, scene.cli.files)
    scene.session = replace(scene.session, make_cli=lambda _folder, _domain: losing)
    with pytest.raises(RemoteError, match="should be in"):
        scene.deploy()


def test_a_stray_file_is_removed(scene: Scene) -> None:
    scene.workspace.make_folder(f"{ROOT}/files/src/sales")
    scene.workspace.write(f"{ROOT}/files/src/sales/stray.py", b"")
    scene.deploy()
    assert scene.notes == ["removed src/sales/stray.py, which no deploy has uploaded"]
    assert scene.workspace.read(f"{ROOT}/files/src/sales/stray.py") is None


def test_runs_are_waited_for_where_that_is_asked(scene: Scene, sandbox: Sandbox) -> None:
    scene.deploy()
    sandbox.write("pyproject.toml", '[tool.scope]\nactive-runs = "wait"\n')
    commit = sandbox.commit("two")
    scene.session = replace(
        scene.session, index=DeploymentIndex(Snapshot(scene.session.git, scene.session.git.root_tree(commit)), UsesCache())
    )
    running = next(iter(scene.workspace.owned))
    # What the state has is looked for by key, kind and id.
    shown = replace(running, name="a" if running.name == "job a" else "b")
    scene.workspace.running.add(shown)

    def event(_domain: str, message: str) -> None:
        scene.notes.append(message)
        scene.workspace.running.clear()

    scene.session = replace(scene.session, event=event)
    assert scene.deploy().outcome is Outcome.DEPLOYED
    assert scene.notes == [f"waiting for the end of {shown}"]


def test_a_destroy_takes_everything_with_it(scene: Scene) -> None:
    scene.deploy()
    scene.workspace.add_resource("jobs", "orphan", PATHS.metadata)
    with pytest.raises(ApprovalRequired) as needed:
        destroy_domain(scene.session, "sales")
    assert len(needed.value.items) == 3
    done = destroy_domain(scene.allowing(approvals=frozenset({needed.value.digest})), "sales")
    assert (done.outcome, done.counts.deleted) == (Outcome.DESTROYED, 3)
    assert scene.jobs == []
    assert scene.workspace.entries(ROOT) is None
    assert destroy_domain(scene.session, "sales").outcome is Outcome.NOTHING
