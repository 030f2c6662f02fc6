"""The real CLI judges the deploy set: what it resolves for a domain, or what is staged, differs exactly for what is in it.

`bundle plan -o json` against an empty workspace shows the payload of every resource and is the same byte for byte each time.
It is asked in the full repository, with all domains there, and in the stage: both must say the same of the domain.
"""

import json
import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scope.graph.closure import DomainIndex
from scope.model import Change, Effect, Status
from scope.planning.effect import classify_effect
from scope.planning.impact import ImpactAnalysis
from scope.repository.snapshot import Snapshot
from scope.stage.folder import StageFacts, write_stage
from tests.support.builders import domain, resource_module, resource_yaml, skeleton, wheel_job_fields
from tests.support.cli import DatabricksCli
from tests.support.fake_git import FakeGit, Files, Node
from tests.support.fake_workspace import FakeWorkspace, new_token
from tests.support.sandbox import Sandbox

HISTORIES = max(int(os.environ.get("SCOPE_HISTORIES", "1000")) // 33, 30)
DOMAINS = ("finance", "marketing")
TARGET = "prod"
_VERSION = re.compile(r"\d+\.\d+\.\d+\+[0-9a-f]{12}")

State = dict[str, str | bytes | Node]
FACTS = "src/{}/orders/base/facts.py"
SIZES = "resources/_models/sizes.py"
PROD = f"targets/{TARGET}.yml"


def start() -> State:
    """Return a platform of two domains: one shared module for both, one for each, a resource model, a wheel job."""
    files: State = {**skeleton()}
    files = {path: content for path, content in files.items() if not path.startswith("resources/_models/")}
    files["src/common/shared.py"] = "X = 1\n"
    files[SIZES] = 'SMALL = {"team": "a"}\n'
    for name in DOMAINS:
        files |= domain(name, imports=["common.shared", f"common.for_{name}"])
        files[f"src/common/for_{name}.py"] = "from pathlib import Path\n\nX = 1\n"
    job: dict[str, Any] = {"name": "finance_sized", "tasks": []}
    text = resource_module("job", "finance_sized_job", job).replace("'tasks': []", "'tasks': [], 'tags': sizes.SMALL")
    files["resources/finance/orders/jobs/sized.py"] = f"from resources._models import sizes\n{text}"
    wheel = resource_module("job", "marketing_wheel_job", wheel_job_fields("marketing_wheel"))
    files["resources/marketing/orders/jobs/wheel.py"] = wheel
    return files


def play(state: State, random: Random) -> None:
    """Change a platform by one step, in one of the ways that people do."""
    name = random.choice(DOMAINS)
    number = random.randrange(1000)
    volume = {"catalog_name": name, "schema_name": "orders", "name": f"v{number}", "volume_type": "MANAGED"}
    job = {"name": f"{name}_extra_{number}", "tasks": []}
    edits: tuple[State, ...] = (
        {FACTS.format(name): f"import common.shared\nROWS = {number}\n"},
        {FACTS.format(name): _text(state.get(FACTS.format(name), "")) + f"# {number}\n"},
        {f"src/{name}/orders/base/facts_{number % 3}.py": "import common.shared\n"},
        {f"resources/{name}/orders/jobs/extra.py": resource_module("job", f"{name}_extra_job", job)},
        {f"resources/{name}/orders/volume.yml": resource_yaml("volumes", f"{name}_volume", volume)},
        {f"src/common/for_{name}.py": f"X = {number}\n"},
        {"src/common/shared.py": f"X = {number}\n"},
        {f"src/common/new_{number % 3}.py": "X = 1\n"},
        {SIZES: f'SMALL = {{"team": "t{number}"}}\n'},
        {SIZES: _text(state[SIZES]) + f"# {number}\n"},
        {"resources/_models/unused.py": f"X = {number}\n"},
        {"databricks.yml": _text(state["databricks.yml"]) + f"# {number}\n"},
        {PROD: _text(state[PROD]).replace("mode: production", f"mode: production  # {number}")},
        {"targets/dev.yml": _text(state["targets/dev.yml"]) + f"# {number}\n"},
        {"uv.lock": f"{number}\n"},
        {"docs/a.md": f"{number}\n"},
        {"Makefile": f"all: # {number}\n"},
        {f"specs/jobs/{name}/orders/a.yml": f"# {number}\n"},
    )  # fmt: skip
    state.update(random.choice(edits))
    if random.random() < 0.15:
        gone = sorted(path for path in state if re.search(r"extra|volume|facts_|new_|for_", path))
        if gone:
            del state[random.choice(gone)]


def _text(content: str | bytes | Node) -> str:
    return content.decode() if isinstance(content, bytes) else str(content)


@dataclass
class Judge:
    """Asks the CLI what it makes of a domain."""

    cli: DatabricksCli
    workspace: FakeWorkspace
    root: Path

    def in_stage(self, index: DomainIndex, name: str) -> dict[str, Any]:
        folder = self.root / f"stage-{index.snapshot.tree[:10]}-{name}"
        folder.mkdir()
        facts = StageFacts(TARGET, name, commit=None, branch=None, origin=None, host=self.workspace.url)
        write_stage(folder, index.snapshot, tuple(index.staged(TARGET, name)), facts)
        return self._resolved(folder, name)

    def in_full(self, index: DomainIndex, name: str) -> dict[str, Any]:
        """Return what the whole repository gives for one domain: all resources but those of the others."""
        files = index.snapshot.files("")
        contents = index.snapshot.read_all(files)
        sandbox = Sandbox.create(self.root / f"full-{index.snapshot.tree[:10]}-{name}", {**contents})
        sandbox.point_at(self.workspace)
        sandbox.link_venv()
        plan = self._resolved(sandbox.root, name)
        others = tuple(f".{other}_" for other in DOMAINS if other != name)
        return {key: value for key, value in plan.items() if not any(other in key for other in others)}

    def _resolved(self, folder: Path, name: str) -> dict[str, Any]:
        result = self.cli.bundle(
            "plan", "-o", "json", "--force", cwd=folder, workspace=self.workspace, target=TARGET, domain=name
        )
        assert result.exit_code == 0, result
        plan: dict[str, Any] = result.json["plan"]
        return plan


def without_version(plan: dict[str, Any]) -> str:
    """Return a plan without the wheel's version: in the full repository it counts all domains."""
    return _VERSION.sub("VERSION", json.dumps(plan, sort_keys=True))


def is_cosmetic(git: FakeGit, change: Change) -> bool:
    if change.status is not Status.MODIFIED or change.before is None or change.after is None:
        return False
    return classify_effect(change.path, git.blob(change.before.oid), git.blob(change.after.oid)) is Effect.COSMETIC


@pytest.fixture
def judge(databricks_cli: DatabricksCli, fake_workspace_url: str, tmp_path: Path) -> Judge:
    return Judge(databricks_cli, FakeWorkspace(fake_workspace_url, new_token()), tmp_path)


def test_what_the_cli_resolves_or_what_is_staged_differs_exactly_for_the_set(judge: Judge, counts: Counter[str]) -> None:
    git = FakeGit()
    random = Random(20260101)  # noqa: S311  the same histories each time
    base_files = start()
    pairs: list[tuple[Files, Files]] = []
    for _ in range(HISTORIES):
        head = dict(base_files)
        for _ in range(random.randint(1, 3)):
            play(head, random)
        pairs.append((base_files, head))
        if random.random() < 0.5:
            base_files = head

    @cache
    def closures_of(tree: str) -> DomainIndex:
        return DomainIndex(Snapshot(git, tree))

    trees = [(git.make(before), git.make(after)) for before, after in pairs]
    wanted = sorted({(tree, name) for pair in trees for tree in pair for name in DOMAINS})
    # A stage is made of these, and asked for once: of the same bytes the CLI makes the same.
    contents = {(tree, name): (name, *closures_of(tree).staged(TARGET, name).items()) for tree, name in wanted}
    distinct = {content: item for item, content in contents.items()}
    with ThreadPoolExecutor(2) as pool:
        plans = pool.map(lambda item: judge.in_stage(closures_of(item[0]), item[1]), distinct.values())
        resolved = dict(zip(distinct, plans, strict=True))
        stages = {item: resolved[content] for item, content in contents.items()}
        full = dict(zip(wanted, pool.map(lambda item: judge.in_full(closures_of(item[0]), item[1]), wanted), strict=True))
    for item in wanted:
        assert without_version(stages[item]) == without_version(full[item]), item
        counts["stages that resolve as the full repository"] += 1
    for before, after in trees:
        counts["histories"] += 1
        base, head = closures_of(before), closures_of(after)
        impact = ImpactAnalysis(base, head, git.changes(before, after)).find_impact(targets=[TARGET])
        impacted = {item.domain: item for item in impact.impacted}
        for name in DOMAINS:
            resolves_alike = stages[before, name] == stages[after, name]
            whole_alike = without_version(full[before, name]) == without_version(full[after, name])
            staged_alike = base.staged(TARGET, name) == head.staged(TARGET, name)
            if name not in impacted:
                assert resolves_alike, name
                assert whole_alike, name
                assert staged_alike, name
                counts["deployments that stay"] += 1
            elif resolves_alike and staged_alike:
                assert impacted[name].because == "rule", name
                counts["deployments in it only by rule"] += 1
            else:
                cosmetic = all(is_cosmetic(git, change) for change, _ in impacted[name].causes)
                assert not (cosmetic and not whole_alike), name
                counts["deployments in it only for cosmetic changes" if cosmetic else "deployments that differ"] += 1
                counts["of those, resources differ"] += not whole_alike
