"""The end of a scenario: undisturbed reconciles until the target is what the head says, and the law."""

import json
import re
from dataclasses import dataclass

from tests.support.deploying import BASE, Platform
from tests.support.law.contents import held, owned_ids
from tests.support.law.hands import STRANGER, Hands
from tests.support.law.moves import declare, forget_source
from tests.support.law.neighbours import Neighbours
from tests.support.law.world import World

# How many reconciles it may take to bring the target to the head: each shows what needs approval or recovery next.
_ROUNDS = 12
_CANT_MOVE = re.compile(r"^prod/(\S+) can't move to ")
_ELSEWHERE = re.compile(r"Check out (\w+), in which they are defined, run `scope ([^`]*)`")


@dataclass
class Settling:
    """Does what people do when nothing disturbs them, and asserts what must be so then."""

    world: World
    hands: Hands
    neighbours: Neighbours

    def settle(self) -> None:
        """Reconcile undisturbed, recover where a run asks for it, and approve what it shows."""
        self.world.workspace.clear_rules()
        drift = ("--drift",) if self.world.has_manual_edits else ()
        approvals: list[str] = []
        for _ in range(_ROUNDS):
            words = [word for digest in approvals for word in ("--approve-destructive", digest)]
            done = self.world.platform.scope(
                "reconcile", "--target", "prod", "--prune", "--lock-timeout", "0", *drift, *words
            )
            self.world.note("reconcile, undisturbed", done)
            if done.exit_code == 0:
                return
            for item in self.world.platform.results().values():
                if item["digest"]:
                    approvals.append(item["digest"])
                elif item["message"]:
                    self._follow(item["domain"], item["message"])
        raise AssertionError("It doesn't settle.")

    def _follow(self, name: str, message: str) -> None:
        """Do what a message asks for."""
        schema = re.search(r"The schema (\S+) ", message)
        if " belongs to prod/" in message or (schema is not None and schema.group(1) in self.world.others_schemas):
            self._give_way(name)
        elif refused := _CANT_MOVE.search(message):
            forget_source(self.world.sandbox, refused.group(1))
            self._declare([f"{refused.group(1)} -> nowhere"])
        elif others := re.findall(r"write `(\S+ -> nowhere)` instead", message):
            # What was declared to come has been made there by hand.
            self._declare(others)
        elif "looks like a move" in message:
            self._answer(re.findall(r'^  "(\S+) -> (\S+)",$', message, re.MULTILINE))
        elif there := _ELSEWHERE.search(message):
            self.world.sandbox.git("checkout", "--quiet", "--detach", there.group(1))
            self.world.note("recover at that commit", self.world.platform.scope(*there.group(2).split()))
            self.world.sandbox.git("checkout", "--quiet", "main")
        elif "scope recover" in message:
            self.hands.recover_domain(name)

    def _give_way(self, name: str) -> None:
        """Commit that a domain doesn't define the schema that somebody else has."""
        self.world.sandbox.delete(f"resources/{name}/orders/schema.yml")
        self.world.platform.push("Leave that schema to its owner")

    def _answer(self, alike: list[tuple[str, str]]) -> None:
        """Commit what looks like a move as one, or as none; only one thing can go to one place."""
        is_move = self.world.chance.random() < 0.5
        chosen = {goal: source for source, goal in reversed(alike)} if is_move else {}
        self._declare([f"{source} -> {goal if chosen.get(goal) == source else 'nowhere'}" for source, goal in alike])

    def _declare(self, lines: list[str]) -> None:
        declare(self.world.sandbox, *dict(zip((line.split()[0] for line in lines), lines, strict=True)).values())
        self.world.note(f"declare {lines}")
        self.world.platform.push("Say what is a move")

    def own_ids(self) -> set[tuple[str, str]]:
        """Return the kinds and ids of all resources that the target's states have."""
        contents = (self.world.workspace.read(f"{BASE}/{name}/state/resources.json") for name in self.world.deployed())
        entries = [entry for content in contents for entry in (json.loads(content or b"{}").get("state") or {}).items()]
        return {(key.split(".")[1], entry["__id__"]) for key, entry in entries if key.count(".") == 2}

    def _theirs(self) -> set[str]:
        """Return the schemas that a stranger created and still has: none of our states knows them."""
        schemas = self.world.workspace.snapshot().resources.get("schemas", {})
        states = (self.world.workspace.read(f"{BASE}/{name}/state/resources.json") or b"" for name in self.world.deployed())
        ours = b"".join(states)
        return {
            name for name, item in schemas.items() if item["created_by"] == STRANGER and f'"{name}"'.encode() not in ours
        }

    def check(self) -> None:
        """Assert the law: the workspace equals a fresh full deploy of the head, records say so; all else is as it was."""
        status = self.world.platform.scope(
            "status", "--target", "prod", "--verify", "--format", "json", "--detailed-exitcode"
        )
        self.world.note("status", status)
        assert status.exit_code == 0
        assert {item["domain"] for item in status.json["domains"]} == set(self.world.domains)
        assert all(item["locked_by"] is None for item in status.json["domains"])
        fresh = Platform(self.world.sandbox, self.world.workspace.other(), self.world.platform.cli)
        done = fresh.deploy()
        self.world.note("a fresh full deploy elsewhere", done)
        assert done.exit_code == 0
        self.neighbours.check()
        assert self._theirs() == self.world.foreign, "what wasn't ours was deleted or taken"
        files, resources = held(self.world.platform, self.world.others_schemas)
        expected_files, expected = held(fresh)
        assert files == expected_files
        assert resources == expected
        for name in self.world.domains:
            state = json.loads(self.world.workspace.read(f"{BASE}/{name}/state/resources.json") or b"{}")
            ids = {
                entry["__id__"]
                for key, entry in state["state"].items()
                if key.split(".")[1] in {"jobs", "pipelines"} and key.count(".") == 2
            }
            assert ids == owned_ids(self.world.platform, name), f"{name}'s state and what belongs to it differ"
