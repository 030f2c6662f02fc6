from collections.abc import Iterator

import pytest

from tests.support.sandbox import Sandbox
from tests.support.scene import Scene, setting


@pytest.fixture
def scene(sandbox: Sandbox) -> Iterator[Scene]:
    with setting(sandbox) as prepared:
        yield prepared


@pytest.fixture
def scene_with_a_scope(scene: Scene) -> Scene:
    """Give a scene whose domain defines a secret scope too: of a kind that doesn't say to which deployment it belongs."""
    scene.cli.named |= {"secret_scopes.x": "shared"}
    return scene
