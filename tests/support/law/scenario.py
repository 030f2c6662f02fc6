"""Random sequences of events in a platform: commits, deploys, faults, manual changes, neighbours. A seed repeats each."""

import random
from collections import Counter
from typing import TYPE_CHECKING

from tests.support.deploying import Platform
from tests.support.law.commits import Commits
from tests.support.law.deploys import Deploys
from tests.support.law.hands import Hands
from tests.support.law.neighbours import Neighbours
from tests.support.law.settling import Settling
from tests.support.law.world import World

if TYPE_CHECKING:
    from collections.abc import Callable


class Scenario:
    """One platform and the random events that it goes through. `played` says how often each came."""

    def __init__(self, platform: Platform, chance: random.Random) -> None:
        self.world = World(platform, chance)
        self.played: Counter[str] = Counter()
        self.deploys = Deploys(self.world)
        self.commits = Commits(self.world)
        self.hands = Hands(self.world)
        self.neighbours = Neighbours(self.world)
        self.settling = Settling(self.world, self.hands, self.neighbours)
        self._events: dict[Callable[[], None], int] = {
            self.commits.commit: 6,
            self.commits.revert: 1,
            self.commits.rename: 2,
            self.rename_and_be_killed: 2,
            self.deploys.deploy: 2,
            self.deploys.deploy_with_a_killed_cli: 2,
            self.deploys.deploy_killed: 3,
            self.deploys.deploy_with_lost_answers: 2,
            self.deploys.deploy_with_errors: 2,
            self.deploys.two_deploys_at_once: 1,
            self.deploys.deploy_an_older_commit: 1,
            self.deploys.deploy_an_older_commit_over_a_lost_record: 2,
            self.hands.lose_state: 2,
            self.hands.deploy_by_hand: 2,
            self.hands.recover: 1,
            self.hands.let_another_create_a_schema: 1,
            self.hands.edit_a_resource: 1,
            self.hands.edit_a_file: 2,
            self.hands.edit_between_plan_and_apply: 2,
            self.neighbours.deploy_another_target: 1,
            self.neighbours.deploy_another_repository: 1,
            self.neighbours.deploy_another_repository_to_the_same_root: 1,
        }

    def play_event(self) -> None:
        """Play one random event."""
        event = self.world.chance.choices(list(self._events), list(self._events.values()))[0]
        self.played[event.__name__] += 1
        event()
        self.world.workspace.clear_rules()

    def rename_and_be_killed(self) -> None:
        """Rename what is deployed, and be killed while it moves: the ids stay what they are."""
        self.settling.settle()
        before = self.settling.own_ids()
        self.commits.rename(is_declared=True)
        self.deploys.deploy_killed()
        self.settling.settle()
        assert before <= self.settling.own_ids(), "what was renamed was made anew"
