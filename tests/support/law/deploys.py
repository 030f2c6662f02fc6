"""Deploys, disturbed by everything that can disturb one."""

from dataclasses import dataclass

from tests.support.deploying import BASE
from tests.support.killing import Running, run_and_kill
from tests.support.law.world import QUICK, World, read_json


@dataclass
class Deploys:
    """Deploys the head of a world, or an older commit."""

    world: World

    def deploy(self) -> None:
        self.world.note("deploy", self.world.platform.deploy(*QUICK, *self._maybe_prune()))

    def _maybe_prune(self) -> tuple[str, ...]:
        return ("--prune",) if self.world.chance.random() < 0.5 else ()

    def deploy_with_a_killed_cli(self) -> None:
        after = self.world.chance.randint(0, 60)
        self.world.workspace.kill(skip=after, after_work=self.world.chance.random() < 0.5)
        retry = self.world.chance.choice(["0", "3"])
        self.world.note(
            f"deploy, CLI killed at request {after}",
            self.world.platform.deploy("--retry-seconds", retry, "--lock-timeout", "0", "--prune"),
        )

    def deploy_killed(self) -> None:
        """Kill scope and all its children at a random request, as a runner that disappears would."""
        number = self.world.chance.randint(1, 91)
        after_work = self.world.chance.random() < 0.5
        result = run_and_kill(
            self.world.platform, number, "deploy", "--target", "prod", *QUICK, "--prune", after_work=after_work
        )
        self.world.note(f"deploy, all killed at request {number}", result)

    def deploy_with_lost_answers(self) -> None:
        after = self.world.chance.randint(0, 20)
        self.world.workspace.lose_answer("POST", "/api/*", skip=after, times=self.world.chance.randint(1, 3))
        self.world.note(f"deploy, answers lost after {after} writes", self.world.platform.deploy(*QUICK, "--prune"))

    def deploy_with_errors(self) -> None:
        status = self.world.chance.choice([429, 500, 502, 503, 504])
        after, times = self.world.chance.randint(0, 60), self.world.chance.randint(1, 4)
        is_after = self.world.chance.random() < 0.5
        self.world.workspace.fail("", "/api/*", status, skip=after, times=times, after_work=is_after)
        self.world.note(f"deploy, {times} x {status} after {after} requests", self.world.platform.deploy(*QUICK, "--prune"))

    def two_deploys_at_once(self) -> None:
        both = [Running.start(self.world.platform, "deploy", "--target", "prod", *QUICK) for _ in range(2)]
        for running in both:
            self.world.note("one of two deploys at once", running.finish())

    def deploy_an_older_commit(self) -> None:
        commit = self.world.older_commit()
        self.world.sandbox.git("checkout", "--quiet", "--detach", commit)
        self.world.note(f"deploy of {commit[:9]}, which may be older", self.world.platform.deploy(*QUICK))
        self.world.sandbox.git("checkout", "--quiet", "main")

    def deploy_an_older_commit_over_a_lost_record(self) -> None:
        """Break what tells which commit is deployed, then deploy an older one: it must not replace the newer."""
        names = [name for name in self.world.deployed() if self._cli_commit(name) is not None]
        if not names:
            return
        name = self.world.chance.choice(names)
        newer = self._cli_commit(name)
        path = f"{BASE}/{name}/state/scope.json"
        content = self.world.chance.choice([None, b"", b"garbage", b"{}", (self.world.workspace.read(path) or b"")[:90]])
        if content is None:
            self.world.workspace.delete(path)
        else:
            self.world.workspace.write(path, content)
        if self.world.chance.random() < 0.3:
            self.world.workspace.delete(f"{BASE}/{name}/state/metadata.json")
            newer = self.world.sandbox.head  # nothing tells of it, so only the newest is certainly not older
        commit = self.world.older_commit()
        is_older = commit in self.world.sandbox.git("rev-list", f"{newer}~1").splitlines()
        before = self.world.platform.files(name), self.world.platform.owned(name)
        self.world.sandbox.git("checkout", "--quiet", "--detach", commit)
        done = self.world.platform.deploy(*QUICK, *self._maybe_prune())
        self.world.sandbox.git("checkout", "--quiet", "main")
        self.world.note(f"{path} is {content!r}; deploy of {commit[:9]}, {newer} was deployed: {is_older}", done)
        after = self.world.platform.files(name), self.world.platform.owned(name)
        assert not is_older or before == after, f"an older commit has replaced a newer one of {name}"

    def _cli_commit(self, name: str) -> str | None:
        """Return the commit that the CLI's own metadata names, which tells where the record doesn't."""
        bundle = (
            read_json(self.world.workspace.read(f"{BASE}/{name}/state/metadata.json")).get("config", {}).get("bundle", {})
        )
        return bundle.get("git", {}).get("commit")
