"""What the random events share: the platform, the chance, what happened so far, and what isn't the platform's own."""

import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.support.cli import CliResult
from tests.support.deploying import BASE, Platform
from tests.support.fake_workspace import FakeWorkspace
from tests.support.sandbox import Sandbox

STAGING = BASE.replace("/prod", "/staging")
"""Another target of the platform."""
ELSEWHERE = BASE.replace("/data-platform/", "/elsewhere/")
"""Another repository's target."""
QUICK = ("--retry-seconds", "3", "--lock-timeout", "0")


@dataclass
class World:
    """One platform and what has happened to it. `log` is for a failing test."""

    platform: Platform
    chance: random.Random
    log: list[str] = field(default_factory=list)
    foreign: set[str] = field(default_factory=set)
    """Schemas that a stranger has created."""
    has_manual_edits: bool = False
    """Whether somebody has edited a resource that no deploy would touch: only `reconcile --drift` sees that."""
    titles: dict[str, str] = field(default_factory=dict)
    """The names of jobs whose key has changed, by key."""
    _number: int = 0

    @property
    def sandbox(self) -> Sandbox:
        return self.platform.sandbox

    @property
    def workspace(self) -> FakeWorkspace:
        return self.platform.workspace

    def note(self, words: str, result: CliResult | None = None) -> None:
        self.log.append(words if result is None else f"{words}\n{result}")

    def next_number(self) -> int:
        self._number += 1
        return self._number

    @property
    def domains(self) -> list[str]:
        """The domains in the work tree; a wheel that was built there by hand is none."""
        return sorted(
            path.parent.name for path in self.sandbox.root.glob("src/*/__init__.py") if path.parent.name != "common"
        )

    def pick_domain(self) -> str | None:
        return self.chance.choice(self.domains) if self.domains else None

    def deployed(self, base: str = BASE) -> list[str]:
        """Return the names of the folders in a target's folder, sorted: those of its deployments."""
        folders = self.workspace.snapshot(base).folders
        return sorted({path.removeprefix(f"{base}/").split("/")[0] for path in folders if path.startswith(f"{base}/")})

    def schemas_of(self, base: str) -> set[str]:
        """Return the schemas that the states in a target's folder have and that exist."""
        snapshot = self.workspace.snapshot()
        names: set[str] = set()
        for path, content in snapshot.below(base).items():
            if path.endswith("state/resources.json"):
                entries = (read_json(content).get("state") or {}).items()
                names |= {entry["__id__"] for key, entry in entries if ".schemas." in key and key.count(".") == 2}
        return names & snapshot.resources.get("schemas", {}).keys()

    @property
    def others_schemas(self) -> set[str]:
        """The schemas that others than the platform's prod have."""
        return self.foreign | self.schemas_of(STAGING) | self.schemas_of(ELSEWHERE)

    def older_commit(self) -> str:
        """Return any commit of the branch but the first, which has no host yet."""
        return self.chance.choice(self.sandbox.git("rev-list", "HEAD").splitlines()[:-1])


def read_json(content: bytes | None) -> dict[str, Any]:
    """Return the object that a file holds, or an empty one if it can't be read."""
    try:
        tree = json.loads(content or b"")
    except ValueError:
        return {}
    return tree if isinstance(tree, dict) else {}
