"""The controller's law: whatever happened to a target, the next undisturbed reconcile makes it what the head says.

Each sequence of commits, deploys, faults and manual changes comes from a seed, which its test is named after.
`SCOPE_LAW_SEQUENCES` says how many (30), `SCOPE_LAW_SEED` where they begin (0): seed 7 alone is `SCOPE_LAW_SEED=7
SCOPE_LAW_SEQUENCES=1`.
"""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.support.cli import DatabricksCli
from tests.support.deploying import Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.law.scenario import Scenario

_FIRST = int(os.environ.get("SCOPE_LAW_SEED", "0"))
_COUNT = int(os.environ.get("SCOPE_LAW_SEQUENCES", "30"))


@pytest.mark.parametrize("seed", range(_FIRST, _FIRST + _COUNT))
def test_the_next_undisturbed_reconcile_makes_the_target_what_the_head_says(
    seed: int, tmp_path: Path, fake_workspace: FakeWorkspace, databricks_cli: DatabricksCli, counts: Counter[str]
) -> None:
    chance = random.Random(seed)  # noqa: S311  a scenario, not a secret
    platform = Platform.create(tmp_path, fake_workspace, databricks_cli, {"sales": ["orders"]})
    scenario = Scenario(platform, chance)
    try:
        if chance.random() < 0.6:
            scenario.deploys.deploy()
        for _ in range(chance.randint(1, 5)):
            scenario.play_event()
        counts.update(scenario.played)
        scenario.settling.settle()
        scenario.settling.check()
    except BaseException:
        print("\n\n".join(scenario.world.log))  # noqa: T201  what led to the failure
        raise
