"""What is timed of plans and checks: `git diff` as the floor, `scope plan`, `scope check` and all fingerprints."""

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.bench.repositories import BRANCHES, DOMAINS, Branch, before
from tests.bench.timing import BenchError, Command, run
from tests.support.sandbox import REPOSITORY

DIFF = "git diff --raw main...BRANCH"
PLAN = "scope plan"
CHECK = "scope check"
FINGERPRINTS = "fingerprints of all domains"
COLD = "cold"
KEPT = "kept"
WORK_TREE = "scope plan of the work tree, cold"
TYPED = "just scope main, cold"
_SCOPE = (sys.executable, "-m", "scope.cli")
_PLAN = ("plan", "--quiet", "--format", "json")


def name_of(what: str, state: str) -> str:
    """Return the name of a command that finds nothing of earlier runs (cold), or what one kept."""
    return f"{what}, {state}"


def _plan(base: str, head: str) -> list[str]:
    return [*_SCOPE, *_PLAN, "--base", base, "--head", head]


class ScopeCommands:
    """The commands of scope in one repository; what runs keep lies in its git folder, and is laid there for each run."""

    def __init__(self, root: Path, aside: Path, env: Mapping[str, str]) -> None:
        """Use a folder for what is set aside. CI keeps nothing."""
        self._root = root
        self._aside = aside
        self._kept = root / ".git" / "scope"
        state = aside / "state"
        self._env = {**env, "PYTHONPATH": str(REPOSITORY), "XDG_STATE_HOME": str(state), "CI": ""}
        self._ci = self._env | {"CI": "true"}

    def plans(self, branch: Branch) -> list[Command]:
        """Return git's diff and the plans of a branch that is checked out."""

        def read(text: str) -> str:
            return read_answer(text, branch)

        def look_before() -> None:
            self._forget()
            run(Command("scope plan before that", _plan(before("main"), before(branch.name)), self._root, self._env))

        plan = _plan("main", branch.name)
        diff = ["git", "diff", "--raw", "--no-renames", f"main...{branch.name}"]
        typed = ["just", "scope", "main", *_PLAN[1:], "--head", branch.name, "-C", str(self._root)]
        return [
            Command(DIFF, diff, self._root, self._env),
            Command(name_of(PLAN, COLD), plan, self._root, self._ci, self._forget, read),
            self._kept_after(PLAN, plan, read, look_before),
            Command(WORK_TREE, [*_SCOPE, *_PLAN, "--base", "main"], self._root, self._env, self._forget, read),
            Command(TYPED, typed, REPOSITORY, self._env, self._forget, read),
        ]

    def checks(self) -> list[Command]:
        """Return the commands that need every domain's files, whatever the change."""
        leaf, shared = BRANCHES[:2]

        def read(text: str) -> str:
            return read_answer(text, shared)

        check = [*_SCOPE, "check", "--quiet", "--head"]
        every = ["--no-readers", "--fingerprints"]
        # What a cold run leaves is what is kept for the other branch.
        return [
            self._cold(CHECK, [*check, before(leaf.name)], str.strip),
            self._kept_after(CHECK, [*check, leaf.name], str.strip),
            self._cold(FINGERPRINTS, [*_plan(before("main"), before(shared.name)), *every], read),
            self._kept_after(FINGERPRINTS, [*_plan("main", shared.name), *every], read),
        ]

    def _cold(self, what: str, words: list[str], read: Callable[[str], str]) -> Command:
        return Command(name_of(what, COLD), words, self._root, self._env, self._forget, read)

    def _kept_after(
        self, what: str, words: list[str], read: Callable[[str], str], earlier: Callable[[], object] = int
    ) -> Command:
        """Return a command that finds what is kept before its first run, by the command before it or by `earlier`."""
        kept = self._aside / f"{what} of {words[words.index('--head') + 1]}"
        shutil.rmtree(kept, ignore_errors=True)

        def prepare() -> None:
            if not kept.exists():
                earlier()
                # A command that keeps nothing leaves nothing.
                self._kept.mkdir(exist_ok=True)
                shutil.copytree(self._kept, kept)
            self._forget()
            shutil.copytree(kept, self._kept)

        return Command(name_of(what, KEPT), words, self._root, self._env, prepare, read)

    def _forget(self) -> None:
        shutil.rmtree(self._kept, ignore_errors=True)


def read_answer(text: str, branch: Branch) -> str:
    """Return the answer of a plan in a few words. Raises `BenchError` where it isn't what the branch deploys."""
    domains = {item["domain"] for item in json.loads(text)["deploy"]}
    if domains != branch.deploys:
        raise BenchError(f"A plan of {branch.name} deploys {sorted(domains)}, not {sorted(branch.deploys)}.")
    return f"{len(domains)} of {len(DOMAINS)} domains"
