"""A domain that would run code is refused before the CLI sees it, by every command that would start it."""

from collections.abc import Callable

import pytest

from scope.controller.approval import ApprovalRequired
from scope.documents.results import Outcome
from scope.errors import Refused
from tests.support.sandbox import Sandbox
from tests.support.scene import Scene


@pytest.mark.parametrize("start", [Scene.deploy, Scene.recover, lambda scene: scene.deployment.stage().__enter__()])
def test_a_domain_that_would_run_code_is_refused_before_the_cli_sees_it(
    scene: Scene, sandbox: Sandbox, start: Callable[[Scene], object]
) -> None:
    sandbox.write("resources/sales/jobs.py", "import os\n")
    scene.check_out(sandbox.commit("two"))
    with pytest.raises(Refused, match=r"resources/sales/jobs\.py:1: Python that no generator wrote"):
        start(scene)
    assert scene.cli.calls == []
    assert scene.workspace.held == {}


def test_it_can_be_destroyed_since_nothing_of_it_is_staged(scene: Scene, sandbox: Sandbox) -> None:
    scene.deploy()
    sandbox.write("resources/sales/jobs.py", "import os\n")
    scene.check_out(sandbox.commit("two"))
    with pytest.raises(ApprovalRequired) as caught:
        scene.destroy()
    assert scene.destroy(str(caught.value).rpartition(" ")[2]).outcome is Outcome.DESTROYED
