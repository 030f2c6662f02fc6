"""Runs that are active while their deployment is about to change."""

from dataclasses import replace

from scope.documents.results import Outcome
from tests.support.sandbox import Sandbox
from tests.support.scene import Scene


def test_runs_are_waited_for_where_that_is_asked(scene: Scene, sandbox: Sandbox) -> None:
    scene.deploy()
    sandbox.write("pyproject.toml", '[tool.scope]\nactive-runs = "wait"\n')
    scene.check_out(sandbox.commit("two"))
    running = next(iter(scene.workspace.owned))
    # What the state has is looked for by key, kind and id.
    shown = running._replace(name="a" if running.name == "job a" else "b")
    scene.workspace.running.add(shown)

    def event(_domain: str, message: str) -> None:
        scene.events.append(message)
        scene.workspace.running.clear()

    scene.session = replace(scene.session, event=event)
    assert scene.deploy().outcome is Outcome.DEPLOYED
    assert scene.events == [f"waiting for the end of {shown}"]
